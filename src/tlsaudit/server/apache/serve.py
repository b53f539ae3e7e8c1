"""Run Apache with a configuration, on loopback."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tlsaudit.check import Setting
from tlsaudit.server.apache.decide import decision
from tlsaudit.server.apache.hosts import Answering, hosts, names_of, sections_of, unnamed
from tlsaudit.server.apache.read import Reader, whole
from tlsaudit.server.apache.write import Writer
from tlsaudit.server.daemon import Command, DaemonError, running
from tlsaudit.server.fingerprint import fingerprint
from tlsaudit.server.host import VirtualHost
from tlsaudit.server.problem import ConfigurationError, MissingDaemonError
from tlsaudit.server.program import program as installed
from tlsaudit.server.served import Decision, Served
from tlsaudit.server.standin import StandIns
from tlsaudit.server.tree import Tree

_MODULES = ("/usr/lib/apache2/modules", "/usr/lib64/httpd/modules", "/usr/local/apache2/modules")

_READY = re.compile(r"Apache/(\S+).* OpenSSL/(\S+).* configured")

_LINE = re.compile(r"Syntax error on line (?P<line>\d+) of (?P<file>[^:]+):\s*(?P<said>.+)", re.DOTALL)


@contextmanager
def served(files: Sequence[Path], tree: Tree, folder: Path, program: str | None, *, allow: bool) -> Iterator[Served]:
    """Serve files that belong together, until leaving; all that is written is below `folder`. Raises ConfigurationError
    and MissingDaemonError.
    """
    daemon = installed(program, "apache2", "httpd", title="Apache", package="apache2")
    reader = Reader(tree)
    directives = whole([each for file in files for each in reader.read(file)], tree.shown(files[0]))
    names = [name for section in sections_of(directives) for name in names_of(section)]
    standins = StandIns(folder, [*names, *(name[2:] for name in names if name.startswith("*."))])
    written = Writer(folder, tree, standins, _modules(daemon), allow=allow).write(directives[0].block or [])
    found = hosts(directives, written.sockets)
    if not found:
        raise ConfigurationError(f"{tree.shown(files[0])}: no virtual host has SSLEngine on: there is nothing to judge")
    answering = dict(found)

    def decide(setting: Setting, host: VirtualHost, address: str | None, path: str) -> Decision | None:
        return decision(setting, answering[host], address, path)

    command = Command([daemon, "-DFOREGROUND", "-d", str(folder), "-f", str(written.file)], folder)
    try:
        sockets = [written.sockets.standing_for(public) for public in written.sockets]
        with running(command, sockets, _READY) as said:
            yield Served(
                [host for host, _ in found],
                written.sockets,
                decide,
                standins.authority.file,
                _version(said),
                [*written.notes, *unnamed(directives)],
                reader.files,
                {host: _print(behind, tree) for host, behind in found},
            )
    except DaemonError as error:
        raise ConfigurationError(written.plain(str(error), _LINE, "Apache", tree.shown(files[0]))) from None


def _print(answering: Answering, tree: Tree) -> str:
    behind = (answering.tls, answering.http)
    return fingerprint(behind, tree, section="virtualhost", name_files=("sslcertificatefile", "sslopensslconfcmd"))


def _modules(daemon: str) -> Path:
    """The folder of its modules."""
    found = next((Path(name) for name in _MODULES if Path(name).is_dir()), None)
    if found is None:
        raise MissingDaemonError(f"the modules of {daemon} are in none of {', '.join(_MODULES)}")
    return found


def _version(said: str) -> str:
    found = _READY.search(said)
    return f"Apache {found[1]}, OpenSSL {found[2]}" if found else "Apache"
