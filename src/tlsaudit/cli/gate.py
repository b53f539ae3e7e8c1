"""`tlsaudit gate`: its arguments and what its help says."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tlsaudit.cli.main import cli
from tlsaudit.cli.options import EXISTING, SEVERITIES, Finite, min_coverage_help, selecting, writing

if TYPE_CHECKING:
    from tlsaudit.app.output import Output
    from tlsaudit.registry import Selection


@cli.command(short_help="For CI: judge a server's configuration before it ships.")
@click.argument("configs", metavar="CONFIG...", nargs=-1, required=True, type=EXISTING)
@click.option("--base", metavar="REF", help="Compare with this revision; inferred on GitHub and GitLab.")
@click.option("--baseline", metavar="FILE", type=EXISTING, help="Compare with the JSON that an earlier run wrote.")
@click.option(
    "--root", metavar="DIR", type=EXISTING, help="The folder that stands for / in names of files; else the repository."
)
@click.option("--daemon", metavar="PATH", help="The server to run; else the one that is installed.")
@click.option("--allow", is_flag=True, help="Run modules, Perl and Lua too: only for files that you trust.")
@click.option(
    "--render",
    metavar="COMMAND",
    help="Render templates: a shell command that gets each on standard input, and its name as $1.",
)
@selecting
@writing
@click.option(
    "--fail-on",
    type=click.Choice(["worse", *SEVERITIES.choices]),
    default="worse",
    show_default=True,
    help="Exit 1 for what got worse, or from this severity on; with nothing to compare with, worse is high.",
)
@click.option("--min-coverage", type=Finite(0, 100), default=100.0, show_default=True, help=min_coverage_help)
def gate(
    *,
    configs: tuple[Path, ...],
    base: str | None,
    baseline: Path | None,
    root: Path | None,
    daemon: str | None,
    allow: bool,
    render: str | None,
    selection: "Selection",
    output: "Output",
    fail_on: str,
    min_coverage: float,
) -> int:
    """Start the real server from a copy of its configuration, on loopback and without privileges, ask it what a scan
    asks, and name the line that decides each finding.

    A CONFIG is nginx's main file, a file of server blocks, or a folder of them. Certificates, keys and applications
    that are not here are stood in for. Nothing is written beside the files, and nothing but loopback is connected to.

    To excuse a finding, write on its line or above it: # tlsaudit: ignore[check-id] reason, until YYYY-MM-DD

    \b
    Exit status:
      0    nothing got worse
      1    something did; or, with --fail-on SEVERITY, a finding at or above it
      3    neither, but something could not be judged; or the server is not installed
      2    a mistake on the command line or in a file, or a configuration that is refused or does not start
      130  interrupted
    """
    from tlsaudit.app.gate.run import Gate, run
    from tlsaudit.app.settings import ProbeSettings

    if base and baseline:
        raise click.UsageError("--base and --baseline: compare with one of them")
    return run(
        Gate(
            configs=configs,
            base=base,
            baseline=baseline,
            root=root,
            daemon=daemon,
            allow=allow,
            render=render,
            checks=selection.checks(),
            registry=selection.registry,
            settings=ProbeSettings(),
            output=output,
            fail_on=fail_on,
            min_coverage=min_coverage / 100,
        )
    )
