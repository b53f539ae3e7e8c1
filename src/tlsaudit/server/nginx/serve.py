"""Run nginx with a configuration, on loopback."""

import re
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tlsaudit.check import Setting
from tlsaudit.server.daemon import Command, DaemonError, running
from tlsaudit.server.directive import Directive, Place
from tlsaudit.server.fingerprint import fingerprint
from tlsaudit.server.host import VirtualHost
from tlsaudit.server.nginx.decide import decision
from tlsaudit.server.nginx.hosts import Answering, hosts, names_of, servers_of
from tlsaudit.server.nginx.read import Reader
from tlsaudit.server.nginx.write import Writer
from tlsaudit.server.problem import ConfigurationError
from tlsaudit.server.program import program as installed
from tlsaudit.server.served import Decision, Served
from tlsaudit.server.standin import StandIns
from tlsaudit.server.tree import Tree

_HTTP_LEVEL = frozenset({"server", "upstream", "map", "geo", "split_clients"})

_LINE = re.compile(r"\[emerg\] (?:\d+#\d+: )?(?P<said>.*?)(?: in (?P<file>\S+):(?P<line>\d+))?$", re.MULTILINE)


@contextmanager
def served(files: Sequence[Path], tree: Tree, folder: Path, program: str | None, *, allow: bool) -> Iterator[Served]:
    """Serve a main file, or several that belong into its http block, until leaving; all that is written is below
    `folder`. Raises ConfigurationError and MissingDaemonError.
    """
    daemon = installed(program, "nginx", title="nginx", package="nginx")
    reader = Reader(tree)
    directives = _whole([each for file in files for each in reader.read(file)])
    names = [name for server in servers_of(directives) for name in names_of(server)]
    standins = StandIns(folder, [*names, *(name[2:] for name in names if name.startswith("*."))])
    written = Writer(folder, tree, standins, allow=allow).write(directives)
    found, notes = hosts(directives, written.sockets)
    if not found:
        raise ConfigurationError(f"{tree.shown(files[0])}: no server listens with ssl: there is nothing to judge")
    answering = dict(found)

    def decide(setting: Setting, host: VirtualHost, address: str | None, path: str) -> Decision | None:
        return decision(setting, answering[host], address, path)

    command = Command([daemon, "-p", str(folder), "-e", "stderr", "-c", str(written.file)], folder)
    try:
        with running(command, [written.sockets.standing_for(public) for public in written.sockets]):
            yield Served(
                [host for host, _ in found],
                written.sockets,
                decide,
                standins.authority.file,
                _version(daemon),
                [*written.notes, *notes],
                reader.files,
                {host: _print(behind, tree) for host, behind in found},
            )
    except DaemonError as error:
        raise ConfigurationError(written.plain(str(error), _LINE, "nginx", tree.shown(files[0]))) from None


def _print(answering: Answering, tree: Tree) -> str:
    behind = (answering.tls, answering.first, answering.http)
    return fingerprint(behind, tree, section="server", name_files=("ssl_certificate", "ssl_dhparam"))


def _whole(directives: list[Directive]) -> list[Directive]:
    """With an http block around what belongs into one."""
    loose = [each for each in directives if each.name in _HTTP_LEVEL]
    if not loose or any(each.name == "http" for each in directives):
        return directives
    http = Directive("http", (), Place(directives[0].place.file, 1), directives)
    for each in directives:
        each.parent = http
    return [http]


def _version(daemon: str) -> str:
    asked = [daemon, "-V"]
    said = subprocess.run(asked, capture_output=True, text=True, check=False, timeout=10).stderr  # noqa: S603 see above
    version = re.search(r"nginx version: (\S+)", said)
    library = re.search(r"running with (\S+ \S+)", said) or re.search(r"built with (\S+ \S+)", said)
    return ", ".join(found[1].replace("/", " ") for found in (version, library) if found) or "nginx"
