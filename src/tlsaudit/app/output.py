"""Where the result goes: one format on standard output, any number of files."""

import io
import sys
from dataclasses import dataclass
from pathlib import Path

from tlsaudit.report import Format, Options, ReportError, check_place, format_by_name, format_by_suffix, write
from tlsaudit.report.view import AuditView


@dataclass(frozen=True, slots=True)
class Output:
    """`format_name` is for standard output, None where none was asked for; `files` get the format of their suffix;
    `-` among them is standard output, which gets what it gets. Messages go to standard error.
    """

    format_name: str | None = None
    files: tuple[Path, ...] = ()
    verbose: bool = False
    quiet: bool = False

    @property
    def asked(self) -> bool:
        """Whether a format or a file was named."""
        return self.format_name is not None or bool(self.files)

    @property
    def _real_files(self) -> list[Path]:
        return [file for file in self.files if file != Path("-")]

    def check(self, making: Path | None = None) -> None:
        """Raise ReportError for a format, suffix or folder that does not exist, and for a format that lacks what it
        takes, before anything has been probed.

        `making` is a folder that need not exist yet.
        """
        self._check_stdout()
        self._for_stdout.load()
        if making is not None and making.exists() and not making.is_dir():
            raise ReportError(f"{making}: is a file; name a folder")
        for file in self._real_files:
            format_by_suffix(file).load()
            if making is None or file.absolute().parent != making.absolute():
                check_place(file)

    def _check_stdout(self) -> None:
        chosen = self._for_stdout
        if chosen.name != "terminal" and isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(encoding="utf-8")  # as the document itself says, whatever the terminal shows
        if chosen.binary and sys.stdout.isatty():
            file = f"-o audit{chosen.suffixes[0]}" if chosen.suffixes else "a file"
            raise ReportError(f"{chosen.name} is not for a terminal: write it with {file}, or send it there with >")

    @property
    def _for_stdout(self) -> Format:
        return format_by_name(self.format_name or "terminal")

    def emit(self, view: AuditView, *, exit_code: int | None = None, fail_on: str | None = None) -> None:
        """Write the files, then standard output; the screen is not for one who wants it quiet and has a file. Raises
        ReportError.
        """
        self.check()
        for file in self._real_files:
            write(view, file)
        if self.quiet and self.format_name is None and self.files and len(self.files) == len(self._real_files):
            return
        options = Options(verbose=self.verbose, exit_code=exit_code, fail_on=fail_on)
        chosen = self._for_stdout
        chosen.render(view, sys.stdout.buffer if chosen.binary else sys.stdout, options)

    def say(self, message: str) -> None:
        """A notice for a person."""
        if not self.quiet:
            print(message, file=sys.stderr)  # noqa: T201


def report_folder(folder: Path) -> None:
    """Make the folder that reports are written to. Raises ReportError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ReportError(f"{folder}: cannot be made: {error.strerror}") from error
