"""Options that several commands share. Each decorator hands the command one object instead of its options."""

import functools
import math
import os
import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from tlsaudit.errors import UserError

Command = Callable[..., Any]

SEVERITIES = click.Choice(["never", "info", "low", "medium", "high", "critical"])
EXISTING = click.Path(path_type=Path)

config = click.option(
    "-c", "--config", type=EXISTING, default=Path("targets.yaml"), show_default=True, help="The targets file."
)
database = click.option(
    "--db", metavar="URL", envvar="TLSAUDIT_DB", show_envvar=True, help="The history: a file or a database URL."
)


class Day(click.DateTime):
    """A date, as a datetime. In the years 1 and 9999 there is no day before or after."""

    def __init__(self) -> None:
        super().__init__(["%Y-%m-%d"])

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        moment = super().convert(value, param, ctx)
        if not _YEARS[0] <= moment.year <= _YEARS[1]:
            self.fail(f"{value} is not in the years {_YEARS[0]} to {_YEARS[1]}.", param, ctx)
        return moment


_YEARS = 1990, 2999

as_of = click.option(
    "--at",
    type=Day(),
    callback=lambda _context, _option, moment: moment and moment.date(),
    help="As it stood at the end of that day, UTC; else today.",
)
since = click.option(
    "--since",
    type=Day(),
    callback=lambda _context, _option, moment: moment and moment.date(),
    help="Tell what changed since the end of that day, UTC; else since the audit before.",
)
foreseeing = click.option(
    "--dry-run", is_flag=True, help="Say how many connections it would take and how long; connect to nothing."
)
notifying = click.option(
    "--notify",
    is_flag=True,
    envvar="TLSAUDIT_NOTIFY",
    show_envvar=True,
    help="Afterwards tell what is new to whom the targets file names: see docs/notify.md.",
)
min_coverage_help = "Exit 3 where less than this percentage could be judged."


class Finite(click.FloatRange):
    """A number in a range. Python takes `nan` and `inf` for numbers, too."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        number = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"{value} is no number.", param, ctx)
        return number


class PathList(click.types.StringParamType):
    """Text; in the environment several are written as in PATH."""

    envvar_list_splitter = os.pathsep


def seconds(_context: click.Context, _option: click.Parameter, text: str) -> float:
    """`60s`, `5m`, `1h` or `0`, in seconds."""
    matched = re.fullmatch(r"([0-9]{1,6})([smh]?)", text)
    if not matched:
        raise click.BadParameter(f"{text} is no time: write 60s, 5m or 1h, or 0 for never")
    return float(int(matched[1]) * {"": 1, "s": 1, "m": 60, "h": 3600}[matched[2]])


def listening(_context: click.Context, _option: click.Parameter, text: str | None) -> tuple[str, int] | None:
    """`127.0.0.1:9469` or `[::1]:9469`, as address and port."""
    if text is None:
        return None
    matched = re.fullmatch(r"(\[[0-9A-Fa-f:.]+\]|[^:\[\]\s]+):([0-9]{1,5})", text)
    if not matched or int(matched[2]) > 65535:
        raise click.BadParameter(f"{text}: write an address and a port, such as 127.0.0.1:9469")
    return matched[1].strip("[]"), int(matched[2])


def vantage_names(context: click.Context, option: click.Parameter, text: str | None) -> tuple[str, ...]:
    """Names with commas between them, each once."""
    names = [vantage_name(context, option, name.strip()) for name in (text or "").split(",")]
    return tuple(dict.fromkeys(name for name in names if name))


def vantage_name(_context: click.Context, _option: click.Parameter, text: str | None) -> str | None:
    """A name as in the targets file."""
    if text and not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", text):
        raise click.BadParameter(f"{text} is no name: use letters, digits, dots and dashes")
    return text or None


from_there = click.option(
    "--vantage",
    "vantages",
    metavar="NAME[,NAME...]",
    callback=vantage_names,
    help="The last audit from there, or from all of these together; else the last one, wherever it ran.",
)


def severity(name: str) -> Any:
    """A Severity, or None for `never`."""
    from tlsaudit.check import Severity

    return None if name == "never" else Severity[name.upper()]


def _stacked(*options: Callable[[Command], Command]) -> Callable[[Command], Command]:
    def decorate(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


inventories = _stacked(
    click.option(
        "-f",
        "--file",
        "files",
        type=EXISTING,
        multiple=True,
        help="A file of targets: a target a line, CSV, or another of docs/inventory.md; repeatable.",
    ),
    click.option(
        "--from",
        "file_format",
        type=click.Choice(["list", "csv", "zone", "kubernetes", "ct", "nginx", "apache", "haproxy"]),
        help="What the files are, where they do not look like it.",
    ),
)
"""The command gets `files` and `file_format`."""


def _outputs(suffixes: str) -> Callable[[Command], Command]:
    return click.option(
        "-o",
        "--output",
        "outputs",
        type=EXISTING,
        multiple=True,
        help=f"Also write this file, in the format of its suffix{suffixes}; repeatable. - is stdout.",
    )


def written_as(*formats: str, suffixes: str) -> Callable[[Command], Command]:
    """`format_name` is one of these, the first where none is named, and `outputs` are files with these suffixes."""
    return _stacked(
        click.option(
            "--format",
            "format_name",
            type=click.Choice(formats),
            default=formats[0],
            show_default=True,
            help="What standard output gets.",
        ),
        _outputs(f": {suffixes}"),
    )


def checks(command: Command) -> Command:
    """Adds --checks-dir; the command gets `registry`."""

    @click.option(
        "--checks-dir",
        "checks_dirs",
        type=EXISTING,
        multiple=True,
        help="A folder with checks of your own; their code is run.",
    )
    @functools.wraps(command)
    def call(*arguments: Any, checks_dirs: tuple[Path, ...], **others: Any) -> Any:
        from tlsaudit.registry import Registry

        return command(*arguments, registry=Registry.load(checks_dirs), **others)

    return call


def selecting(command: Command) -> Command:
    """Adds --checks-dir, --select, --ignore and --profile; the command gets `selection`."""

    @checks
    @click.option("--select", "select", metavar="ID|TAG", multiple=True, help="Only these checks; repeatable.")
    @click.option("--ignore", "ignore", metavar="ID|TAG", multiple=True, help="Not these checks; repeatable.")
    @click.option(
        "--profile",
        "profiles",
        metavar="NAME|FILE",
        multiple=True,
        help="Also hold everything against this published guideline: see docs/profiles.md; repeatable.",
    )
    @functools.wraps(command)
    def call(
        *arguments: Any,
        registry: Any,
        select: tuple[str, ...],
        ignore: tuple[str, ...],
        profiles: tuple[str, ...],
        **others: Any,
    ) -> Any:
        from tlsaudit.registry import Selection

        selection = Selection.of(registry, select, ignore, profiles)
        selection.checks()  # a name that nobody has is complained of before anything else
        return command(*arguments, selection=selection, **others)

    return call


def probing(command: Command) -> Command:
    """Adds how to reach and probe the endpoints; the command gets `settings` and `pins`."""

    @_stacked(
        click.option(
            "--ca-file",
            "ca_files",
            metavar="[NAME=]PEM",
            type=PathList(),
            multiple=True,
            envvar="TLSAUDIT_CA_FILE",
            show_envvar=True,
            help="Trust the roots in this file instead of Mozilla's; repeatable: one that trusts is enough. mozilla and"
            " system stand for theirs.",
        ),
        click.option(
            "--client-cert",
            metavar="PEM",
            type=EXISTING,
            envvar="TLSAUDIT_CLIENT_CERT",
            show_envvar=True,
            help="Show this certificate to hosts that ask for one over https.",
        ),
        click.option(
            "--client-key",
            metavar="PEM",
            type=EXISTING,
            envvar="TLSAUDIT_CLIENT_KEY",
            show_envvar=True,
            help="Its key, where that is in another file; not encrypted.",
        ),
        click.option(
            "--resolve", metavar="HOST:PORT:ADDRESS", multiple=True, help="Connect there, as with curl; repeatable."
        ),
        click.option(
            "--connect-to",
            metavar="HOST:PORT:ADDRESS:PORT",
            multiple=True,
            help="Connect there; verdicts still speak of the first port. Repeatable.",
        ),
        click.option(
            "--proxy",
            metavar="URL",
            envvar="TLSAUDIT_PROXY",
            show_envvar=True,
            help="Go through http://, socks5:// or socks5h://[user:password@]host:port, and never around it.",
        ),
        click.option(
            "--vantage",
            metavar="NAME",
            callback=vantage_name,
            envvar="TLSAUDIT_VANTAGE",
            show_envvar=True,
            help="What to call the place where this runs, as under vantages: in the targets file; else the name of the"
            " machine.",
        ),
        click.option("--dns", is_flag=True, help="Also judge DNS: CAA, TLSA and HTTPS records, aliases, DNSSEC."),
        click.option(
            "--resolver",
            metavar="ADDRESS[:PORT]",
            envvar="TLSAUDIT_RESOLVER",
            show_envvar=True,
            help="Judge DNS, and ask this resolver instead of the system's.",
        ),
        click.option("-4", "family", flag_value="v4", help="IPv4 addresses only."),
        click.option("-6", "family", flag_value="v6", help="IPv6 addresses only."),
        click.option(
            "--timeout",
            type=Finite(0.1, 86400),
            default=30.0,
            show_default=True,
            envvar="TLSAUDIT_TIMEOUT",
            help="Seconds for all that is asked of one endpoint.",
        ),
        click.option(
            "--no-order",
            is_flag=True,
            help="Do not ask whose order of cipher suites and groups decides: quicker where hosts are far away.",
        ),
        click.option(
            "--deep",
            is_flag=True,
            help="Look for known attacks, too, with sslyze: some 600 connections and seconds more an address.",
        ),
        click.option(
            "--deep-timeout",
            type=Finite(min=0.1),
            default=60.0,
            show_default=True,
            help="Seconds that sslyze may take for one address, beside --timeout.",
        ),
        click.option(
            "--concurrency",
            type=click.IntRange(1, 10_000),
            default=64,
            show_default=True,
            envvar="TLSAUDIT_CONCURRENCY",
            help="Endpoints probed at a time.",
        ),
        click.option(
            "--rate",
            metavar="N",
            type=Finite(5, 1_000_000),
            envvar="TLSAUDIT_RATE",
            show_envvar=True,
            help="TCP connections opened a second, at most, but for those of --deep; unset: no limit. Workers"
            " share it.",
        ),
        click.option(
            "--clients", is_flag=True, help="Also send the hellos of the reference clients, and see what each gets."
        ),
        click.option(
            "--sample",
            metavar="N",
            type=click.IntRange(0, 100),
            help="Also judge the sitemap of each host, and N of the pages in it; 0: none, whatever the file says.",
        ),
        click.option(
            "--preload-list",
            metavar="FILE",
            type=EXISTING,
            envvar="TLSAUDIT_PRELOAD_LIST",
            show_envvar=True,
            help="Look hosts up in this HSTS preload list, too: see tlsaudit explain hsts-preloaded.",
        ),
        click.option(
            "--contact",
            metavar="TEXT",
            envvar="TLSAUDIT_CONTACT",
            show_envvar=True,
            help="Named in the User-Agent, so that an operator can reach you.",
        ),
    )
    @functools.wraps(command)
    def call(
        *arguments: Any,
        ca_files: tuple[str, ...],
        resolve: tuple[str, ...],
        connect_to: tuple[str, ...],
        client_cert: Path | None,
        client_key: Path | None,
        proxy: str | None,
        vantage: str | None,
        dns: bool,
        resolver: str | None,
        family: str | None,
        timeout: float,
        no_order: bool,
        deep: bool,
        deep_timeout: float,
        concurrency: int,
        rate: float | None,
        clients: bool,
        sample: int | None,
        preload_list: Path | None,
        contact: str | None,
        **others: Any,
    ) -> Any:
        import socket

        from tlsaudit.app.settings import ProbeSettings
        from tlsaudit.evidence import DNS, ClientSessions, DeepScan
        from tlsaudit.policy import read_preload_list
        from tlsaudit.probe.certificate import RootFile
        from tlsaudit.probe.http import ClientCertificate
        from tlsaudit.probe.limits import Limits
        from tlsaudit.target import parse_connect_to, parse_proxy, parse_resolve, parse_resolver

        families = {"v4": socket.AF_INET, "v6": socket.AF_INET6, None: socket.AF_UNSPEC}
        on_demand = {kind for kind, asked in ((ClientSessions, clients), (DeepScan, deep)) if asked}
        settings = ProbeSettings(
            Limits(endpoint_s=timeout, deep_s=deep_timeout, order=not no_order),
            concurrency,
            families[family],
            ca_files=[RootFile.parse(written) for written in ca_files],
            contact=contact,
            client_certificate=ClientCertificate.read(client_cert, client_key),
            proxy=None if proxy is None else parse_proxy(proxy),
            on_demand=frozenset(on_demand | DNS if dns or resolver else on_demand),
            sample=sample,
            preload_list=None if preload_list is None else read_preload_list(preload_list),
            resolver=None if resolver is None else parse_resolver(resolver),
            rate=rate,
            vantage=vantage,
        )
        if family and settings.proxy and settings.proxy.resolves_names:
            raise UserError(
                f"-{family[1]}: with socks5h:// the proxy picks the address: write socks5://, or leave it out"
            )
        pins = [*map(parse_resolve, resolve), *map(parse_connect_to, connect_to)]
        return command(*arguments, settings=settings, pins=pins, **others)

    return call


def clustered(command: Command) -> Command:
    """Below `probing`. Adds on which machines the endpoints are probed, which becomes part of `settings`."""

    @_stacked(
        click.option(
            "--engine",
            type=click.Choice(["asyncio", "dask"]),
            default="asyncio",
            show_default=True,
            envvar="TLSAUDIT_ENGINE",
            show_envvar=True,
            help="Probe from this process, or from the workers of a Dask cluster: docs/fleet.md.",
        ),
        click.option(
            "--scheduler",
            metavar="URL",
            envvar="TLSAUDIT_SCHEDULER",
            show_envvar=True,
            help="Dask's scheduler: tls://host:port, or tcp:// on loopback.",
        ),
        *(
            click.option(
                f"--scheduler-{what}",
                metavar="PEM",
                type=EXISTING,
                envvar=f"TLSAUDIT_SCHEDULER_{what.upper()}",
                show_envvar=True,
                help=f"{of} of the cluster, for tls://.",
            )
            for what, of in (("ca", "Who vouches for all"), ("cert", "Our certificate"), ("key", "Our key"))
        ),
    )
    @functools.wraps(command)
    def call(
        *arguments: Any,
        settings: Any,
        engine: str,
        scheduler: str | None,
        scheduler_ca: Path | None,
        scheduler_cert: Path | None,
        scheduler_key: Path | None,
        **others: Any,
    ) -> Any:
        from dataclasses import replace

        from tlsaudit.engine import Cluster

        if engine == "dask":
            if scheduler is None:
                raise UserError("--engine dask: name its scheduler with --scheduler tls://host:port")
            cluster = Cluster.of(scheduler, scheduler_ca, scheduler_cert, scheduler_key)
            settings = replace(settings, cluster=cluster)
        elif scheduler is not None:
            raise UserError("--scheduler: only with --engine dask")
        return command(*arguments, settings=settings, **others)

    return call


def placed(command: Command) -> Command:
    """Below `clustered`. Adds from which vantages the endpoints are probed, which becomes part of `settings`."""

    @click.option(
        "--vantages",
        metavar="NAME,...",
        callback=vantage_names,
        envvar="TLSAUDIT_VANTAGES",
        show_envvar=True,
        help="Probe each endpoint from each of these vantages of the targets file, or from all, by the workers of the"
        " cluster that are there: docs/places.md.",
    )
    @functools.wraps(command)
    def call(*arguments: Any, settings: Any, vantages: tuple[str, ...], **others: Any) -> Any:
        from dataclasses import replace

        if vantages and not settings.cluster:
            raise UserError("--vantages: the workers at the vantages are those of a cluster: add --engine dask")
        if vantages and settings.vantage:
            raise UserError("--vantages and --vantage: the one is for several places, the other for one: leave one out")
        return command(*arguments, settings=replace(settings, vantages=vantages), **others)

    return call


def writing(command: Command) -> Command:
    """Adds where the result goes; the command gets `output`."""

    @_stacked(
        click.option(
            "--format",
            "format_name",
            metavar="NAME",
            default=None,
            help="What standard output gets: terminal (the default), html, json and others: docs/formats.md.",
        ),
        _outputs(", as .html or .json"),
        click.option("-v", "--verbose", is_flag=True, help="Name every host, shorten no list."),
        click.option(
            "-q", "--quiet", is_flag=True, help="No progress and no notices on standard error; with -o, no screen."
        ),
    )
    @functools.wraps(command)
    def call(
        *arguments: Any, format_name: str | None, outputs: tuple[Path, ...], verbose: bool, quiet: bool, **others: Any
    ) -> Any:
        from tlsaudit.app.output import Output

        return command(*arguments, output=Output(format_name, outputs, verbose=verbose, quiet=quiet), **others)

    return call
