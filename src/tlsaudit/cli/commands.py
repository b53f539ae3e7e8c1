"""One function a command: its arguments and what its help says."""

import asyncio
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tlsaudit.cli.main import cli
from tlsaudit.cli.options import (
    EXISTING,
    SEVERITIES,
    Finite,
    as_of,
    checks,
    clustered,
    config,
    database,
    foreseeing,
    from_there,
    inventories,
    listening,
    min_coverage_help,
    notifying,
    placed,
    probing,
    seconds,
    selecting,
    severity,
    since,
    writing,
)
from tlsaudit.errors import UserError

if TYPE_CHECKING:
    from tlsaudit.app.output import Output
    from tlsaudit.app.settings import ProbeSettings
    from tlsaudit.app.targets import Pin
    from tlsaudit.registry import Registry, Selection


@cli.command(short_help="A quick look at some hosts; records nothing.")
@click.argument("targets", metavar="TARGET...", nargs=-1)
@inventories
@selecting
@probing
@clustered
@writing
@click.option("--fail-on", type=SEVERITIES, default="high", show_default=True, help="Exit 1 from this severity on.")
@click.option("--min-coverage", type=Finite(0, 100), default=100.0, show_default=True, help=min_coverage_help)
@foreseeing
def scan(
    *,
    targets: tuple[str, ...],
    files: tuple[Path, ...],
    file_format: str | None,
    selection: "Selection",
    settings: "ProbeSettings",
    pins: "list[Pin]",
    output: "Output",
    fail_on: str,
    min_coverage: float,
    dry_run: bool,
) -> int:
    """Look at hosts now, and record nothing.

    A TARGET is a host name or address, host:port, https://host/path, for STARTTLS smtp://host and the like, or - for
    a list on standard input.

    \b
    Exit status:
      0    nothing found
      1    a finding at or above --fail-on
      3    none, but less than --min-coverage could be judged
      2    a mistake on the command line or in a file
      130  interrupted
    """
    from tlsaudit.app.scan import Scan
    from tlsaudit.app.targets import endpoints_of

    found = endpoints_of(targets, files, pins, settings.sample, file_format)
    wanted = Scan(
        endpoints=found.endpoints,
        checks=selection.checks(),
        settings=settings,
        output=output,
        fail_on=severity(fail_on),
        min_coverage=min_coverage / 100,
        named=selection.named,
        notes=found.notes,
    )
    if dry_run:
        click.echo("\n".join(wanted.foresee()))
        return 0
    return asyncio.run(wanted.run())


@cli.command(short_help="Scan all of targets.yaml, compare with its timetable, record, report.")
@config
@database
@click.option(
    "--reports", type=EXISTING, default=None, help="Where to write report.html and audit.json; else reports/ beside it."
)
@selecting
@probing
@clustered
@placed
@writing
@click.option("--fail-on", type=SEVERITIES, default="never", show_default=True, help="Exit 1 from this severity on.")
@click.option(
    "--min-coverage",
    type=Finite(0, 100),
    default=None,
    help=f"{min_coverage_help} Unset: only where nothing answered.",
)
@click.option("--resume", is_flag=True, help="Go on where the last audit of the same was interrupted, within 20 hours.")
@foreseeing
@notifying
def audit(
    *,
    config: Path,
    db: str | None,
    reports: Path | None,
    selection: "Selection",
    settings: "ProbeSettings",
    pins: "list[Pin]",
    output: "Output",
    fail_on: str,
    min_coverage: float | None,
    resume: bool,
    dry_run: bool,
    notify: bool,
) -> int:
    """Scan everything in the targets file, hold it against the timetable, record it, and write the reports.

    \b
    Exit status:
      0    done; findings do not count unless --fail-on says so, and neither does a notice that is not delivered
      1    a finding at or above --fail-on
      3    nothing answered, or less than --min-coverage could be judged
      2    a mistake on the command line or in a file
      130  interrupted, also by SIGTERM; what was seen so far is in the history, and with --resume the next one goes on
           from there
    """
    from tlsaudit.app.audit import Audit, run
    from tlsaudit.app.notify.run import after_audit, ready
    from tlsaudit.app.targets import asked_for, history_of, load

    targets, warnings = load(config, pins, selection.registry, settings.sample)
    chosen = selection.checks(asked_for(targets))
    database, folder = history_of(config, db, targets), reports or config.parent / "reports"
    teller = ready(targets, selection.registry, database, folder) if notify else None
    wanted = Audit(
        *(targets, warnings, selection.registry, chosen, settings.of(targets), output.quiet, selection.named),
        resume=resume,
    )
    if dry_run:
        output.check(making=folder)
        click.echo("\n".join(wanted.foresee()))
        return 0
    code = asyncio.run(
        run(
            wanted,
            database=database,
            folder=folder,
            output=output,
            fail_on=severity(fail_on),
            min_coverage=None if min_coverage is None else min_coverage / 100,
        )
    )
    if teller:
        after_audit(teller, output)
    return code


@cli.command(short_help="Tell what is new since the last notices, by mail, chat or webhook.")
@config
@database
@click.option(
    "--reports", type=EXISTING, default=None, help="Where the report is; else reports/ beside the targets file."
)
@checks
@click.option("--dry-run", is_flag=True, help="Show what would be sent to whom; send nothing, and record nothing.")
def notify(*, config: Path, db: str | None, reports: Path | None, registry: "Registry", dry_run: bool) -> int:
    """Look at the last audits and at the day, and tell what is new to whom the targets file names; probe nothing.

    In a schedule of its own it also tells that audits fail, or are not run any more. See docs/notify.md.

    \b
    Exit status:
      0    all that is new was delivered, or nothing is
      1    something could not be delivered; the next run tries it again
      2    a mistake on the command line or in a file
    """
    from tlsaudit.app.notify.run import notify as tell
    from tlsaudit.app.targets import history_of, load

    targets, _ = load(config, [], registry)
    return tell(
        targets, registry, history_of(config, db, targets), reports or config.parent / "reports", dry_run=dry_run
    )


@cli.command(short_help="The timetable now: who is late, who is on track.")
@config
@database
@as_of
@since
@from_there
@checks
@click.option("--waivers", is_flag=True, help="List the waivers instead: when each expires, and what it excuses.")
@writing
def goals(
    *,
    config: Path,
    db: str | None,
    at: date | None,
    since: date | None,
    vantages: tuple[str, ...],
    registry: "Registry",
    waivers: bool,
    output: "Output",
) -> None:
    """Hold the last audit against the timetable, without probing anything.

    With --at, the last audit up to that day is taken, and today's targets file judges it as of that day.
    """
    from tlsaudit.app.past import Asked, show_goals
    from tlsaudit.app.targets import history_of, load
    from tlsaudit.app.waivers import show_waivers

    targets, _ = load(config, [], registry)
    asked = Asked(at, since, vantages=vantages)
    if waivers:
        if since:
            raise UserError("goals --waivers --since: waivers are not compared with earlier ones: leave one out")
        show_waivers(targets, history_of(config, db, targets), asked, output)
    else:
        show_goals(targets, registry, history_of(config, db, targets), asked, output)


@cli.command(short_help="The leadership report from the history, or another format of an audit.json.")
@click.argument("document", metavar="[AUDIT.json]", type=EXISTING, required=False)
@config
@database
@as_of
@since
@from_there
@click.option("--owner", "owners", metavar="NAME", multiple=True, help="Only what is this owner's; repeatable.")
@checks
@writing
def report(
    *,
    document: Path | None,
    config: Path,
    db: str | None,
    at: date | None,
    since: date | None,
    vantages: tuple[str, ...],
    owners: tuple[str, ...],
    registry: "Registry",
    output: "Output",
) -> None:
    """Write a report of an audit in the history, or convert an audit document.

    An owner's NAME is as in the targets file, or its part before the @: only their goals, services, findings and
    waivers are shown. A goal's share is of all that it counts all the same. See docs/report.md.

    Without --format and -o, reports/report.html is written beside the targets file; of a document, an .html beside it.
    """
    from tlsaudit.app.past import Asked, convert, show_report
    from tlsaudit.app.targets import history_of, load

    if document is not None:
        if at or since or owners or vantages:
            options = "--at, --since, --owner and --vantage"
            raise UserError(f"report {options} need the history: leave the audit document out")
        convert(document, output)
        return
    targets, _ = load(config, [], registry)
    show_report(targets, registry, history_of(config, db, targets), Asked(at, since, owners, vantages), output)


@cli.command(short_help="The list of checks and published guidelines, or one of them in full.")
@click.argument("name", metavar="[CHECK|PROFILE]", required=False)
@checks
def explain(name: str | None, registry: "Registry") -> None:
    """Say what a check judges, why it matters, and what to do when it fails.

    Of the tier of a published guideline it says the rules, each with its source, and the ready lines for servers.
    """
    from tlsaudit.app.explain import explanation

    click.echo(explanation(name, registry))


@cli.command(short_help="Audits on a schedule, light looks in between, and metrics: one process.")
@config
@database
@click.option(
    "--schedule",
    metavar="CRON",
    default="15 2 * * *",
    show_default=True,
    help="When to audit: five fields as in crontab, UTC; six begin with the second.",
)
@click.option("--now", is_flag=True, help="Audit once at the start, too.")
@click.option(
    "--every",
    metavar="SECONDS",
    callback=seconds,
    default="60s",
    show_default=True,
    help="How often to see whether each endpoint answers: one handshake, one GET. 0 for never.",
)
@click.option("--listen", metavar="ADDRESS:PORT", callback=listening, help="Serve /metrics and /healthz there.")
@click.option(
    "--reports", type=EXISTING, default=None, help="Where to write report.html and audit.json; else reports/ beside it."
)
@notifying
@selecting
@probing
@click.option("-q", "--quiet", is_flag=True, help="Say nothing but what is wrong at the start.")
def watch(
    *,
    config: Path,
    db: str | None,
    schedule: str,
    now: bool,
    every: float,
    listen: tuple[str, int] | None,
    reports: Path | None,
    selection: "Selection",
    settings: "ProbeSettings",
    pins: "list[Pin]",
    notify: bool,
    quiet: bool,
) -> int:
    """Audit on a schedule, and look in between whether each endpoint answers, until a signal says stop.

    The targets file is read anew for each audit. An audit that is due while one runs is skipped. A history that goes
    away for a while is waited for. See docs/schedule.md for what to do with /metrics.

    \b
    Exit status:
      0    stopped by SIGTERM; an audit under way stays unfinished in the history
      2    a mistake on the command line or in a file, found at the start
      130  interrupted
    """
    from tlsaudit.app.watch import Watch

    wanted = Watch(
        config=config,
        database=db,
        folder=reports or config.parent / "reports",
        selection=selection,
        settings=settings,
        pins=pins,
        schedule=schedule,
        every_s=every,
        listen=listen,
        at_once=now,
        notify=notify,
        quiet=quiet,
    )
    return asyncio.run(wanted.run())


@cli.command(short_help="A first targets.yaml, and a ready schedule.")
@click.argument("hosts", metavar="[HOST...]", nargs=-1)
@inventories
@config
@click.option(
    "--for",
    "schedule",
    type=click.Choice(["systemd", "cron", "k8s", "github", "gitlab", "prometheus"]),
    help="Also write the files of this schedule here; for prometheus, alerts on what tlsaudit watch tells it.",
)
@click.option("--force", is_flag=True, help="Overwrite what is there.")
def init(
    *,
    hosts: tuple[str, ...],
    files: tuple[Path, ...],
    file_format: str | None,
    config: Path,
    schedule: str | None,
    force: bool,
) -> None:
    """Write a targets file for these hosts, with dates from today on, and where asked for a ready schedule.

    A HOST is written as for tlsaudit scan. Without any, the targets file is there already, and the schedule is for it.
    """
    from datetime import UTC, datetime

    from tlsaudit.app.init import init as write_files
    from tlsaudit.app.targets import endpoints_of

    found = endpoints_of(hosts, files, (), format=file_format) if hosts or files else None
    click.echo(write_files(found, config, schedule, datetime.now(UTC).date(), force=force))


@cli.command(short_help="A real move to HTTPS, 2013-2015, replayed on loopback.")
@click.option("--output", "folder", type=EXISTING, default=Path("reports/demo"), show_default=True, help="The folder.")
@click.option("-q", "--quiet", is_flag=True, help="No progress and no notices on standard error.")
def demo(folder: Path, quiet: bool) -> int:
    """Replay a real operator's move to HTTPS: a few servers on loopback are set up as its were on sixteen days, 2013 to
    2015, and audited against a timetable as of each. Writes the report of the last day, and the history.

    Needs no network and no rights; nothing is left running. What an earlier demo left in the folder is replaced.
    """
    from tlsaudit.app.demo import run_demo

    return asyncio.run(run_demo(folder, quiet=quiet))


@cli.command(short_help="The JSON Schema of targets.yaml or of the audit document.")
@click.argument("name", type=click.Choice(["targets", "audit"]))
def schema(name: str) -> None:
    """Print a JSON Schema."""
    import json

    if name == "targets":
        from tlsaudit.target import targets_schema as schema_of
    else:
        from tlsaudit.report.json import audit_schema as schema_of
    click.echo(json.dumps(schema_of(), indent=2))
