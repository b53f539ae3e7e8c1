"""What is measured outside an audit."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tlsaudit.cli.main import cli
from tlsaudit.cli.options import EXISTING, Finite, config, database, written_as

if TYPE_CHECKING:
    from tlsaudit.evidence import CrawlLog

_PORT = click.IntRange(1, 65535)


@cli.group(short_help="What is measured outside an audit: crawlers on https, what sizes tell, leaks of a link.")
def measure() -> None:
    """Measure what no audit sees."""


@measure.command(short_help="Which share of crawlers' requests come over https, by access logs.")
@click.argument("logs", metavar="LOG...", nargs=-1, required=True)
@click.option(
    "--log-format",
    metavar="FORMAT",
    help="How a line is written, as in nginx's log_format or Apache's LogFormat, or combined, combined-scheme, "
    "scheme-combined, combined-https, vhost-combined; else the first lines tell.",
)
@click.option(
    "--column",
    "columns",
    metavar="ROLE=NAME",
    multiple=True,
    help="Which column of JSON or Parquet is the time, scheme, tls, port, agent, referer, address, forwarded-proto or "
    "forwarded-for; repeatable.",
)
@click.option(
    "--scheme",
    "schemes",
    metavar="SCHEME[=PATTERN]",
    multiple=True,
    help="Requests whose line tells no scheme came over this one, http or https; with a pattern, in its files. "
    "Repeatable.",
)
@click.option(
    "--http-port", type=_PORT, multiple=True, default=(80,), show_default=True, help="Logged ports with http."
)
@click.option(
    "--https-port", type=_PORT, multiple=True, default=(443,), show_default=True, help="Logged ports with https."
)
@click.option(
    "--trust-forwarded",
    is_flag=True,
    help="A proxy of yours sets X-Forwarded-Proto and X-Forwarded-For: take scheme and address from there.",
)
@click.option(
    "--ranges",
    metavar="CRAWLER=FILE",
    multiple=True,
    help="The addresses that a crawler's operator publishes, as JSON or a prefix a line; repeatable.",
)
@click.option(
    "--verify-dns",
    is_flag=True,
    help="Look up whose the addresses of crawlers are, where their operators name the domains: sends DNS queries.",
)
@click.option("--record", is_flag=True, help="Keep each whole day's shares in the history, for objectives.")
@config
@database
@written_as("terminal", "json", "csv", suffixes=".json, .csv, .txt")
@click.option("--jobs", type=click.IntRange(1, 64), help="Processes that read; else one for each core.")
@click.option("-v", "--verbose", is_flag=True, help="Show every day.")
@click.option("-q", "--quiet", is_flag=True, help="No progress and no notices on standard error.")
def crawlers(
    *,
    logs: tuple[str, ...],
    log_format: str | None,
    columns: tuple[str, ...],
    schemes: tuple[str, ...],
    http_port: tuple[int, ...],
    https_port: tuple[int, ...],
    trust_forwarded: bool,
    ranges: tuple[str, ...],
    verify_dns: bool,
    record: bool,
    config: Path,
    db: str | None,
    format_name: str,
    outputs: tuple[Path, ...],
    jobs: int | None,
    verbose: bool,
    quiet: bool,
) -> int:
    """Read access logs, and show the requests on http and https of each crawler, and of readers who came from a search
    engine, by day.

    A LOG is a file or a pattern, packed (gz, zst, bz2, xz) or not, or - for standard input; docs/measure-crawlers.md
    has the formats.

    \b
    Exit status:
      0    measured
      3    nothing to measure: no such request, or not one whose scheme is known
      2    a mistake on the command line or in a file
      130  interrupted
    """
    from tlsaudit.app.measure.crawlers import MeasureCrawlers
    from tlsaudit.app.measure.options import parse_columns, parse_schemes, read_ranges
    from tlsaudit.app.measure.output import MeasureOutput
    from tlsaudit.probe.accesslog.recognise import Wishes
    from tlsaudit.probe.accesslog.scheme import Ports
    from tlsaudit.report.crawlers import RENDERERS, SUFFIXES

    output = MeasureOutput(RENDERERS, SUFFIXES, format_name, outputs, verbose=verbose)
    output.check()
    history = _history(config, db) if record else None
    published = read_ranges(ranges)
    wishes = Wishes(
        log_format=log_format,
        columns=parse_columns(columns),
        forwarded=trust_forwarded,
        addresses=bool(published) or verify_dns,
        ports=Ports(frozenset(map(str, http_port)), frozenset(map(str, https_port))),
    )
    rules = parse_schemes(schemes)
    log = MeasureCrawlers(logs, wishes, rules, published, verify_dns, jobs or 0, quiet=quiet).run()
    output.emit(log)
    if history is not None:
        _record(log, history, quiet=quiet)
    return 0 if log.measured else 3


@measure.command(short_help="Whether packets between two sites pass an interface in clear; takes root.")
@click.argument("link")
@config
@click.option("--interface", metavar="NAME", required=True, help="Where the packets pass that should be encrypted.")
@click.option("--seconds", type=Finite(0.1, 3600), default=10.0, show_default=True, help="How long to look.")
@click.option(
    "--packets",
    type=click.IntRange(1, 1_000_000),
    default=10_000,
    show_default=True,
    help="How many packets in clear are enough; of encrypted ones no more are counted.",
)
@click.option(
    "--format",
    "format_name",
    type=click.Choice(["terminal", "json"]),
    default="terminal",
    show_default=True,
    help="What standard output gets.",
)
def leak(*, link: str, config: Path, interface: str, seconds: float, packets: int, format_name: str) -> int:
    """Watch an interface that leads from one site of a LINK to the other, and count which packets between the prefixes
    of the two sites pass it in clear.

    Run it on a gateway, or where a switch mirrors what passes. Headers alone are looked at, and nothing is kept but
    numbers and the addresses of what was in clear. Linux; root or CAP_NET_RAW. See docs/ipsec.md.

    \b
    Exit status:
      0    nothing passed in clear, and something encrypted did
      1    something passed in clear
      3    nothing of the link was seen, or it cannot be told from here
      2    a mistake on the command line or in the targets file, or no permission
      130  interrupted
    """
    from tlsaudit.app.measure.leak import MeasureLeak

    return MeasureLeak(link, config, interface, seconds, packets).run(format_name)


def _history(config: Path, db: str | None) -> str:
    from tlsaudit.app.targets import history_of

    return history_of(config, db)


def _record(log: "CrawlLog", history: str, *, quiet: bool) -> None:
    from tlsaudit.app.measure.record import record
    from tlsaudit.app.settings import utc_now

    kept = record(history, log, utc_now())
    if not quiet:
        click.echo(f"tlsaudit: {kept}", err=True)


@measure.command(short_help="Which pages an observer recognises by size, and what padding would change.")
@click.argument("urls", metavar="URL...", nargs=-1)
@click.option("-f", "--file", "files", type=EXISTING, multiple=True, help="A file with a URL a line; repeatable.")
@click.option(
    "--sitemap", is_flag=True, help="Also a sample of the pages in the sitemap of each host; docs/traffic-analysis.md."
)
@click.option(
    "--sample", type=click.IntRange(1, 2000), default=200, show_default=True, help="So many pages of each sitemap."
)
@click.option("--repeat", type=click.IntRange(1, 100), default=1, show_default=True, help="Load each page so often.")
@click.option(
    "--har",
    "hars",
    metavar="FILE",
    type=EXISTING,
    multiple=True,
    help="Read page loads that a browser saved, and load nothing; repeatable.",
)
@click.option(
    "--ca-file", "ca_files", type=EXISTING, multiple=True, help="Trust the roots in this PEM file; repeatable."
)
@click.option("--connect-to", metavar="HOST:PORT:ADDRESS:PORT", multiple=True, help="Connect there; repeatable.")
@click.option("--contact", metavar="TEXT", help="How to reach you, for the User-Agent.")
@click.option("--record", is_flag=True, help="Keep the figures in the history, for objectives.")
@config
@database
@written_as("terminal", "json", "csv", "markdown", "svg", suffixes=".json, .csv, .md, .svg, .txt")
@click.option("-v", "--verbose", is_flag=True, help="Show the sizes of every page.")
@click.option("-q", "--quiet", is_flag=True, help="No progress and no notices on standard error.")
def padding(
    *,
    urls: tuple[str, ...],
    files: tuple[Path, ...],
    sitemap: bool,
    sample: int,
    repeat: int,
    hars: tuple[Path, ...],
    ca_files: tuple[Path, ...],
    connect_to: tuple[str, ...],
    contact: str | None,
    record: bool,
    config: Path,
    db: str | None,
    format_name: str,
    outputs: tuple[Path, ...],
    verbose: bool,
    quiet: bool,
) -> int:
    """Load pages, one at a time, and tell which of them an observer on the way recognises by the number of bytes that
    come for each; and what padding would leave of that, and cost.

    A URL is of a page, as https://www.example.org/wiki/Encryption; docs/traffic-analysis.md has the method.

    \b
    Exit status:
      0    measured
      3    nothing to measure: no page was answered
      2    a mistake on the command line or in a file
      130  interrupted
    """
    from tlsaudit.app.measure.output import MeasureOutput
    from tlsaudit.app.measure.padding import MeasurePadding, read_hars, read_urls
    from tlsaudit.app.measure.record_padding import record as keep
    from tlsaudit.app.settings import utc_now
    from tlsaudit.report.padding import RENDERERS, SUFFIXES, PaddingReport
    from tlsaudit.report.padding_plot import check_plot
    from tlsaudit.target import parse_connect_to

    named = (*urls, *read_urls(files))
    if bool(hars) == bool(named):
        raise click.UsageError("name pages by their URLs, or a saved page load with --har, and not both")
    output = MeasureOutput(RENDERERS, SUFFIXES, format_name, outputs, verbose=verbose)
    output.check()
    if format_name == "svg" or any(file.suffix.lower() == ".svg" for file in outputs):
        check_plot()
    history = _history(config, db) if record else None
    if hars:
        report = PaddingReport(read_hars(hars), har=True)
    else:
        pins = [parse_connect_to(text) for text in connect_to]
        wanted = sample if sitemap else 0
        report = PaddingReport(MeasurePadding(named, pins, ca_files, wanted, repeat, contact, quiet=quiet).run())
    output.emit(report)
    if history is not None:
        kept = keep(history, report, utc_now())
        if not quiet:
            click.echo(f"tlsaudit: {kept}", err=True)
    return 0 if report.measured else 3
