"""The group of commands, and how the process ends: one clear line for what the user can mend, never a traceback."""

import errno
import gc
import io
import logging
import os
import signal
import sys
from types import FrameType

import click

from tlsaudit.errors import UserError

_READER_GONE = 141
"""What a shell says of a program that SIGPIPE ended."""

_FIRST = ("scan", "audit", "gate", "goals", "report", "explain")


class Commands(click.Group):
    """Lists the commands that most people need first, the others below."""

    def invoke(self, ctx: click.Context) -> object:
        """Of an interrupt click itself would say an empty line before anybody else can say anything; of a reader that
        is gone that the command failed."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            raise click.Abort from None
        except BrokenPipeError:
            raise click.exceptions.Exit(_READER_GONE) from None

    def list_commands(self, ctx: click.Context) -> list[str]:
        names = super().list_commands(ctx)
        return [name for name in _FIRST if name in names] + [name for name in names if name not in _FIRST]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        names = self.list_commands(ctx)
        for title, chosen in (
            ("Commands", [name for name in names if name in _FIRST]),
            ("More", [name for name in names if name not in _FIRST]),
        ):
            with formatter.section(title):
                formatter.write_dl([(name, self.commands[name].get_short_help_str(80)) for name in chosen])


def _version(ctx: click.Context, _parameter: click.Parameter, asked: bool) -> None:
    if asked and not ctx.resilient_parsing:
        from importlib import metadata

        click.echo(f"tlsaudit {metadata.version('tlsaudit')}")
        ctx.exit()


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option("--version", is_flag=True, expose_value=False, is_eager=True, callback=_version, help="Show the version.")
def cli() -> None:
    """Audit how your services encrypt, and hold the result against a dated timetable of goals."""


def main() -> None:
    """Run the command line and leave the process. Exit codes: see `tlsaudit scan --help`; 130 when interrupted, also by
    SIGTERM.
    """
    _prepare_stdout()
    # Evidence and findings come by the hundred thousand and are in no cycles: to look through them for garbage as often
    # as Python would takes a tenth of the time, and what is imported for a report is 100,000 objects by itself.
    gc.set_threshold(400_000)
    logging.basicConfig(format="tlsaudit: %(message)s", level=logging.WARNING)
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        result = cli.main(standalone_mode=False)
        sys.stdout.flush()
        gc.freeze()  # before it ends Python looks through everything once more, which takes as long as to read targets
        sys.exit(result if isinstance(result, int) else 0)
    except UserError as error:
        for line in str(error).splitlines():
            _say(line)
        sys.exit(error.code)
    except click.ClickException as error:
        _complain(error)
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        after_ctrl_c = "\n" if sys.stderr and sys.stderr.isatty() else ""  # which shows as ^C
        click.echo(f"{after_ctrl_c}tlsaudit: interrupted", err=True)
        sys.exit(130)
    except BrokenPipeError:
        # The reader of our output has gone. Python would complain once more while it closes standard output.
        _silence_stdout()
        sys.exit(_READER_GONE)
    except (OSError, RuntimeError) as error:
        said = _of_files(error)
        if said is None:
            raise
        _say(said)
        sys.exit(2)
    finally:
        _take_no_more_interrupts()


def _of_files(error: OSError | RuntimeError) -> str | None:
    """What is wrong with a file, or with where the output goes; None for what is a defect."""
    if isinstance(error, RuntimeError):
        return str(error) if str(error).startswith("Symlink loop") else None  # as Python 3.11 says it
    if error.errno in _NO_ROOM:
        _silence_stdout()
        return f"{_NO_ROOM[error.errno]}: the output is not complete"
    return None if error.filename is None else f"{str(error.filename)[:_OF_A_NAME]}: {error.strerror}"


def _prepare_stdout() -> None:
    if sys.stdout is None:  # closed by the caller
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123
    if not isinstance(sys.stdout, io.TextIOWrapper):
        return
    if isinstance(sys.stdout.buffer, io.RawIOBase):  # as PYTHONUNBUFFERED asks
        # Python would take what a full disk or a signal cut short for written.
        number, encoding = sys.stdout.fileno(), sys.stdout.encoding
        sys.stdout = open(number, "w", buffering=1, encoding=encoding, closefd=False)  # noqa: SIM115
    sys.stdout.reconfigure(errors="backslashreplace")  # a terminal without UTF-8 is no reason to fail


_NO_ROOM = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "your share of the disk is full",
    errno.EFBIG: "the file is as large as your system allows",
}
"""Why standard output cannot be written."""

_OF_A_NAME = 100
"""Letters of a file's name that an error shows."""


def _take_no_more_interrupts() -> None:
    """A signal ends the process: Python would complain if it were interrupted while it puts things away."""
    for number in (signal.SIGINT, signal.SIGTERM):
        if callable(signal.getsignal(number)):
            signal.signal(number, signal.SIG_DFL)


def _interrupt(number: int, frame: FrameType | None) -> None:
    """As Ctrl-C does, also where that is ignored, as by what a shell starts in the background."""
    as_ctrl_c = signal.getsignal(signal.SIGINT)
    if not callable(as_ctrl_c):
        raise KeyboardInterrupt
    as_ctrl_c(number, frame)


def _complain(error: click.ClickException) -> None:
    """One line, and where to read on."""
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        error.show()
        return
    message = " ".join(error.format_message().split())
    context = error.ctx if isinstance(error, click.UsageError) else None
    where = f": see {context.command_path} --help" if context else ""
    _say(f"{message.rstrip('.')}{where}")


def _say(line: str) -> None:
    """What others called their files, and wrote into them, moves no cursor."""
    if not line.isprintable():
        from tlsaudit.report.text import clean

        line = clean(line)
    click.echo(f"tlsaudit: {line}", err=True)


def _silence_stdout() -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
