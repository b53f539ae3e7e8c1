"""Run HAProxy with a configuration, on loopback."""

import hashlib
import re
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tlsaudit.check import Setting
from tlsaudit.server.daemon import Command, DaemonError, running
from tlsaudit.server.haproxy.decide import decision
from tlsaudit.server.haproxy.hosts import hosts, names_of, passed_through, unnamed
from tlsaudit.server.haproxy.read import Reader
from tlsaudit.server.haproxy.write import Writer
from tlsaudit.server.host import VirtualHost
from tlsaudit.server.problem import ConfigurationError
from tlsaudit.server.program import program as installed
from tlsaudit.server.served import Decision, Served
from tlsaudit.server.standin import StandIns
from tlsaudit.server.tree import Tree

_LINE = re.compile(r"\[ALERT\].*?parsing \[[^]]*?:(?P<line>\d+)\]\s*:?\s*(?P<said>.+)")


@contextmanager
def served(files: Sequence[Path], tree: Tree, folder: Path, program: str | None, *, allow: bool) -> Iterator[Served]:
    """Serve files that belong together, until leaving; all that is written is below `folder`. Raises ConfigurationError
    and MissingDaemonError.
    """
    daemon = installed(program, "haproxy", title="HAProxy", package="haproxy")
    reader = Reader(tree)
    sections = [each for file in files for each in reader.read(file)]
    names = [name for section in sections for name in names_of(section, tree)]
    standins = StandIns(folder, [*names, *(name[2:] for name in names if name.startswith("*."))])
    written = Writer(folder, tree, standins, allow=allow).write(sections)
    found = hosts(sections, written.sockets, tree)
    through = [f"{section.place}: hands TLS on: what is behind it decides" for section in passed_through(sections)]
    if not found:
        raise ConfigurationError(f"{tree.shown(files[0])}: no bind line has ssl: there is nothing to judge")
    answering = dict(found)

    def decide(setting: Setting, host: VirtualHost, address: str | None, path: str) -> Decision | None:
        return decision(setting, answering[host], address, path)

    # Nearly every line may decide for every host.
    lines = [(each.name, each.args) for section in sections for each in section.walk()]
    digest = hashlib.sha256(repr([lines, written.led_to]).encode()).hexdigest()
    sockets = [written.sockets.standing_for(public) for public in written.sockets]
    try:
        with running(Command([daemon, "-db", "-f", str(written.file)], folder), sockets):
            yield Served(
                [host for host, _ in found],
                written.sockets,
                decide,
                standins.authority.file,
                _version(daemon),
                [*written.notes, *unnamed(sections), *through],
                reader.files,
                {host: digest for host, _ in found},
            )
    except DaemonError as error:
        raise ConfigurationError(written.plain(str(error), _LINE, "HAProxy", tree.shown(files[0]))) from None


def _version(daemon: str) -> str:
    asked = [daemon, "-vv"]
    said = subprocess.run(asked, capture_output=True, text=True, check=False, timeout=10).stdout  # noqa: S603 see above
    version = re.search(r"HAProxy version ([0-9.]+)", said)
    library = re.search(r"Running on OpenSSL version : (\S+ \S+)", said)
    shown = [f"HAProxy {version[1]}"] if version else ["HAProxy"]
    return ", ".join([*shown, *([library[1]] if library else [])])
