"""What can be done with earlier audits."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tlsaudit.cli.main import cli
from tlsaudit.cli.options import EXISTING, Day, config, database, selecting

if TYPE_CHECKING:
    from datetime import datetime

    from tlsaudit.app.latency import By
    from tlsaudit.registry import Selection


@cli.group(short_help="Earlier audits: list, compare, judge again, export, prune, back up.")
def history() -> None:
    """What was recorded. AUDIT is a number from the list, a date, or `latest`. Where several fleets share a history, a
    date and `latest` are of the audits of the targets file, if it has any such."""


@history.command(short_help="What today's checks make of what an audit saw.")
@click.argument("which", metavar="[AUDIT]", default="latest")
@config
@database
@selecting
@click.option("--preload-list", metavar="FILE", type=EXISTING, help="The HSTS preload list, where a check takes it.")
@click.option("--format", "format_name", type=click.Choice(["terminal", "json"]), default="terminal")
@click.option("-o", "--output", "outputs", type=EXISTING, multiple=True, help="Also write the whole audit; repeatable.")
def rejudge(
    *,
    which: str,
    config: Path,
    db: str | None,
    selection: "Selection",
    preload_list: Path | None,
    format_name: str,
    outputs: tuple[Path, ...],
) -> None:
    """Judge what an audit saw again, by the checks installed now and the options in the targets file; nothing is
    probed, and the history stays as it is.

    It shows what another targets file would change: name it with -c, and the history with --db. So does a newer
    tlsaudit, which brings the tables up to date before it reads: give it a copy, see history backup.
    """
    from tlsaudit.app.rejudge import rejudge as judge_again
    from tlsaudit.app.targets import history_of, load
    from tlsaudit.policy import read_preload_list

    targets, _ = load(config, [], selection.registry)
    known = None if preload_list is None else read_preload_list(preload_list)
    database = history_of(config, db, targets)
    as_json = format_name == "json"
    click.echo(judge_again(database, which, targets, selection, preload_list=known, files=outputs, as_json=as_json))


@history.command("list", short_help="The audits, newest first.")
@config
@database
@click.option("--format", "format_name", type=click.Choice(["terminal", "json"]), default="terminal")
def list_(config: Path, db: str | None, format_name: str) -> None:
    """List the audits in the history, newest first."""
    from tlsaudit.app.history import list_audits
    from tlsaudit.app.targets import history_of

    click.echo(list_audits(history_of(config, db), as_json=format_name == "json"))


@history.command(short_help="What changed between two audits.")
@click.argument("before", metavar="BEFORE")
@click.argument("after", metavar="[AFTER]", default="latest")
@config
@database
@click.option("--format", "format_name", type=click.Choice(["terminal", "json"]), default="terminal")
def diff(before: str, after: str, config: Path, db: str | None, format_name: str) -> None:
    """Compare two audits: what regressed, what else fails now, what was fixed, what became unknown, which endpoints
    came and went.

    BEFORE and AFTER are each an AUDIT of the history, or an audit.json; between two files no history is needed.
    """
    from tlsaudit.app.diff import diff_audits
    from tlsaudit.app.targets import history_of

    click.echo(diff_audits(lambda: history_of(config, db), config, before, after, as_json=format_name == "json"))


@history.command(short_help="The findings, or how endpoints answered, as CSV or JSON Lines.")
@click.argument("which", metavar="[AUDIT]", required=False)
@config
@database
@click.option("--all", "everything", is_flag=True, help="Of every finished audit, oldest first.")
@click.option(
    "--availability",
    is_flag=True,
    help="How endpoints answered the light looks of tlsaudit watch instead, by the hour.",
)
@click.option("--format", "format_name", type=click.Choice(["csv", "jsonl"]), default="csv", show_default=True)
@click.option("-o", "--output", "file", type=EXISTING, help="Write this file; else standard output.")
def export(
    *,
    which: str | None,
    config: Path,
    db: str | None,
    everything: bool,
    availability: bool,
    format_name: str,
    file: Path | None,
) -> None:
    """Write the findings of an audit, the latest by default, a line each; or how endpoints answered, a line for each
    and each hour, or day where that is older than a week.

    In CSV, what a spreadsheet would take for a formula begins with an apostrophe.
    """
    from tlsaudit.app.export import export as export_rows
    from tlsaudit.app.targets import history_of

    database = history_of(config, db)
    export_rows(
        database, config, which, file, everything=everything, availability=availability, format_name=format_name
    )


@history.command(short_help="How services answered over time, and when they did not.")
@config
@database
@click.option(
    "--by",
    type=click.Choice(["service", "site", "region", "vantage"]),
    default="service",
    show_default=True,
    help="What a line is of. Regions are those of the sites.",
)
@click.option("--since", type=Day(), help="The first day, UTC; else five weeks in all.")
@click.option("--until", type=Day(), help="The last day, UTC; else today.")
@click.option("--service", metavar="NAME", help="Only this service.")
@click.option(
    "--format", "format_name", type=click.Choice(["table", "json", "csv"]), default="table", show_default=True
)
def latency(
    *,
    config: Path,
    db: str | None,
    by: "By",
    since: "datetime | None",
    until: "datetime | None",
    service: str | None,
    format_name: str,
) -> None:
    """Availability, times and outages, week by week, or day by day up to fourteen days: by the light looks of tlsaudit
    watch, or by audits where there are none.

    Each vantage is told apart. See docs/availability.md for what the figures can tell.
    """
    import sys

    from tlsaudit.app.inventory import read_file
    from tlsaudit.app.latency import LatencyQuestion
    from tlsaudit.app.latency import latency as found
    from tlsaudit.app.settings import utc_now
    from tlsaudit.app.targets import history_of
    from tlsaudit.report.latency import as_csv, as_json, as_screen
    from tlsaudit.target import load_targets

    targets = load_targets(config, read_file)
    asked = LatencyQuestion(by, since.date() if since else None, (until or utc_now()).date(), service)
    document = found(history_of(config, db, targets), targets, asked)
    if format_name == "json":
        click.echo(as_json(document))
    elif format_name == "csv":
        as_csv(document, sys.stdout)
    else:
        as_screen(document, sys.stdout)


@history.command(short_help="Forget old audits.")
@config
@database
@click.option("--keep", metavar="DAYS", type=click.IntRange(1, 36_500), required=True, help="Forget what is older.")
@click.option("--dry-run", is_flag=True, help="Only say what would be forgotten.")
def prune(config: Path, db: str | None, keep: int, *, dry_run: bool) -> None:
    """Forget the audits that began more than DAYS days ago, and what no later one saw.

    The last finished audit of each targets file and vantage stays, and so do the figures of the goals. SQLite's file
    becomes smaller, for which it is written anew: there must be room for a second one. PostgreSQL sees to its space by
    itself.
    """
    from tlsaudit.app.history import prune as forget
    from tlsaudit.app.settings import utc_now
    from tlsaudit.app.targets import history_of

    for line in forget(history_of(config, db), keep, utc_now(), rehearsed=dry_run):
        click.echo(line)


@history.command(short_help="A copy of the history, consistent while an audit writes.")
@click.argument("file", type=EXISTING)
@config
@database
def backup(file: Path, config: Path, db: str | None) -> None:
    """Copy a history in SQLite to a new FILE. For PostgreSQL, say how pg_dump is called."""
    from tlsaudit.app.targets import history_of
    from tlsaudit.store.backup import backup as copy

    copy(history_of(config, db), file)
