"""Run nginx with a configuration, on loopback."""

import re
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tlsaudit.check import Setting
from tlsaudit.server.daemon import Command, DaemonError, running
from tlsaudit.server.directive import Directive
from tlsaudit.server.fingerprint import fingerprint
from tlsaudit.server.host import VirtualHost
from tlsaudit.server.nginx.decide import decision
from tlsaudit.server.nginx.hosts import Answering, hosts, names_of, servers_of
from tlsaudit.server.nginx.keep import STREAM_MODULE
from tlsaudit.server.nginx.read import Reader, whole
from tlsaudit.server.nginx.stream import Streams
from tlsaudit.server.nginx.write import Writer
from tlsaudit.server.problem import ConfigurationError, MissingDaemonError
from tlsaudit.server.program import program as installed
from tlsaudit.server.served import Decision, Served
from tlsaudit.server.standin import StandIns
from tlsaudit.server.tree import Tree

_LINE = re.compile(r"\[emerg\] (?:\d+#\d+: )?(?P<said>.*?)(?: in (?P<file>\S+):(?P<line>\d+))?$", re.MULTILINE)


@contextmanager
def served(files: Sequence[Path], tree: Tree, folder: Path, program: str | None, *, allow: bool) -> Iterator[Served]:
    """Serve a main file, or several that belong into its http block, until leaving; all that is written is below
    `folder`. Raises ConfigurationError and MissingDaemonError.
    """
    daemon = installed(program, "nginx", title="nginx", package="nginx")
    reader = Reader(tree)
    directives = whole([each for file in files for each in reader.read(file)])
    streams = Streams.of(directives)
    names = [name for server in servers_of(directives) for name in names_of(server)] + streams.names
    standins = StandIns(folder, [*names, *(name[2:] for name in names if name.startswith("*."))])
    modules = list(_modules(_built(daemon), directives if allow else (), stream=bool(streams.judged)))
    written = Writer(folder, tree, standins, allow=allow, modules=modules).write(directives)
    found, notes = hosts(directives, streams, written.sockets)
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
                [*written.notes, *notes, *streams.notes],
                reader.files,
                {host: _print(behind, tree) for host, behind in found},
            )
    except DaemonError as error:
        raise ConfigurationError(written.plain(str(error), _LINE, "nginx", tree.shown(files[0]))) from None


def _print(answering: Answering, tree: Tree) -> str:
    first = {address: _before_the_name(server) for address, server in answering.first.items()}
    behind = (answering.tls, first, answering.http, answering.front)
    return fingerprint(behind, tree, section="server", name_files=("ssl_certificate", "ssl_dhparam"))


def _before_the_name(server: Directive) -> Directive:
    """What a socket's default server decides for all."""
    deciding = [each for each in server.block or () if each.name.startswith(("listen", "ssl"))]
    return Directive(server.name, (), server.place, deciding, server.parent)


def _built(daemon: str) -> str:
    asked = [daemon, "-V"]
    return subprocess.run(asked, capture_output=True, text=True, check=False, timeout=10).stderr  # noqa: S603 see above


def _modules(built: str, directives: Sequence[Directive], *, stream: bool) -> Iterator[Path]:
    """Those that the directives load, and the daemon's own for streams where it has to be loaded. Raises
    MissingDaemonError where it has none.
    """
    found = re.search(r"--modules-path=(\S+)", built)
    folder = Path(found[1]) if found else Path("/usr/lib/nginx/modules")
    for named in (Path(" ".join(each.args)) for each in directives if each.name == "load_module"):
        if named.name != STREAM_MODULE:
            yield named if named.is_absolute() else folder / named.name
    if stream and not re.search(r"--with-stream(\s|$)", built):
        if not (folder / STREAM_MODULE).is_file():
            raise MissingDaemonError("nginx's stream module is not installed: apt-get install libnginx-mod-stream")
        yield folder / STREAM_MODULE


def _version(daemon: str) -> str:
    said = _built(daemon)
    version = re.search(r"nginx version: (\S+)", said)
    library = re.search(r"running with (\S+ \S+)", said) or re.search(r"built with (\S+ \S+)", said)
    return ", ".join(found[1].replace("/", " ") for found in (version, library) if found) or "nginx"
