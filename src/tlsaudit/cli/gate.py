"""`tlsaudit gate`: its arguments and what its help says."""

import signal
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tlsaudit.cli.main import cli
from tlsaudit.cli.options import EXISTING, SEVERITIES, Finite, min_coverage_help, probing, selecting, writing

if TYPE_CHECKING:
    from tlsaudit.app.output import Output
    from tlsaudit.app.settings import ProbeSettings
    from tlsaudit.app.targets import Pin
    from tlsaudit.registry import Selection


@cli.command(short_help="For CI: judge a server's configuration, or a change of targets.yaml, before it ships.")
@click.argument("configs", metavar="CONFIG...", nargs=-1, type=EXISTING)
@click.option("-c", "--config", "targets", type=EXISTING, help="A targets file: what the change does to its goals.")
@click.option("--base", metavar="REF", help="Compare with this revision; inferred on GitHub and GitLab.")
@click.option("--baseline", metavar="FILE", type=EXISTING, help="Compare with the JSON that an earlier run wrote.")
@click.option(
    "--root",
    metavar="DIR",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="The folder that stands for / in names of files; else the repository.",
)
@click.option("--daemon", metavar="PATH", help="The server to run; else the one that is installed.")
@click.option(
    "--allow",
    is_flag=True,
    help="Trust the change: run modules, Perl and Lua; connect to hosts that are new in the targets file.",
)
@click.option(
    "--render",
    metavar="COMMAND",
    help="Render templates: a shell command that gets each on standard input, and its name as $1.",
)
@selecting
@probing
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
    targets: Path | None,
    base: str | None,
    baseline: Path | None,
    root: Path | None,
    daemon: str | None,
    allow: bool,
    render: str | None,
    selection: "Selection",
    settings: "ProbeSettings",
    pins: "list[Pin]",
    output: "Output",
    fail_on: str,
    min_coverage: float,
) -> int:
    """Start the real server from a copy of its configuration, on loopback and without privileges, ask it what a scan
    asks, and name the line that decides each finding.

    A CONFIG is nginx's main file, a file of server blocks, or a folder of them. Certificates, keys and applications
    that are not here are stood in for. Nothing is written beside the files, and nothing but loopback is connected to.

    With -c, the hosts of a targets file are asked, as in an audit, and what is told is what the change of that file
    does: to its goals, to what they ask for, and to whom. Hosts that are new in it are not connected to without
    --allow. With a CONFIG beside it, what that does to the goals is told, too. How to reach hosts, as by --proxy, is of
    no matter to a CONFIG.

    To excuse a finding of a CONFIG, write on its line or above it:
    # tlsaudit: ignore[check-id] reason, until YYYY-MM-DD

    \b
    Exit status:
      0    nothing got worse
      1    something did, or a goal that was met is no more; or, with --fail-on SEVERITY, a finding at or above it
      3    neither, but something could not be judged; or the server is not installed
      2    a mistake on the command line or in a file, or a configuration that is refused or does not start
      130  interrupted
    """
    # Whoever ends it finds nothing left behind, whichever way it is ended.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    from tlsaudit.app.gate.live import LiveGate
    from tlsaudit.app.gate.live import run as run_live
    from tlsaudit.app.gate.run import Gate, run
    from tlsaudit.app.settings import ProbeSettings

    if base == "":  # as where the variable of a pipeline is empty: everything would be new
        raise click.UsageError("--base: it is empty: name a revision, or leave it out")
    if base and baseline:
        raise click.UsageError("--base and --baseline: compare with one of them")
    if not configs and not targets:
        raise click.UsageError("name a CONFIG, or a targets file with -c")
    live = None
    if targets:
        if baseline:
            raise click.UsageError("--baseline: a targets file is compared with --base")
        live = LiveGate(
            config=targets,
            base=base,
            allow=allow,
            selection=selection,
            settings=settings,
            pins=pins,
            output=output,
            fail_on=fail_on,
            min_coverage=min_coverage / 100,
        )
        if not configs:
            return run_live(live)
    return run(
        Gate(
            configs=configs,
            base=base,
            baseline=baseline,
            root=root,
            daemon=daemon,
            allow=allow,
            render=render,
            selection=selection,
            settings=ProbeSettings(),
            output=output,
            fail_on=fail_on,
            min_coverage=min_coverage / 100,
            live=live,
        )
    )
