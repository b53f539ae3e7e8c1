"""A configuration that is run on loopback instead of the one that was read, and what became of each line.

Every directive is written anew from what was read, a line each, so that Apache reads what was judged fit to be run.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from tlsaudit.server.apache.keep import CONFIGURES, KEPT, MODULES, PASSES, SECTIONS, runs_code
from tlsaudit.server.apache.listen import sockets_of
from tlsaudit.server.apache.read import Line
from tlsaudit.server.directive import Directive
from tlsaudit.server.problem import ConfigurationError
from tlsaudit.server.sockets import Public
from tlsaudit.server.standin import StandIns
from tlsaudit.server.tree import Tree
from tlsaudit.server.written import APPLICATION, PAGE, Written

_PROXIED = re.compile(r"\[[^]]*\b(P|proxy)\b[^]]*\]\s*$")


class Writer:
    """Writes apache2.conf and what it names to a folder."""

    def __init__(self, folder: Path, tree: Tree, standins: StandIns, modules: Path, *, allow: bool) -> None:
        self._folder = folder
        self._tree = tree
        self._standins = standins
        self._modules = modules
        self._allow = allow
        self._written = Written(folder / "apache2.conf")

    def write(self, directives: Sequence[Directive]) -> Written:
        """Raises ConfigurationError for what is refused."""
        for directive in directives:
            for each in directive.walk():
                self._refuse(each)
        hosts = [each for top in directives for each in top.walk() if each.name == "virtualhost"]
        self._prelude(list(dict.fromkeys(public for host in hosts for public in sockets_of(host))))
        for directive in directives:
            self._directive(directive)
        self._written.save()
        return self._written

    def _refuse(self, directive: Directive) -> None:
        if runs_code(directive.name, _raw(directive)) and not self._allow:
            raise ConfigurationError(
                f"{directive.place}: {directive.name} runs code, so this is not started: --allow starts it all the same"
            )

    def _prelude(self, publics: Sequence[Public]) -> None:
        page = self._root("/")
        for name in MODULES:
            if (file := self._modules / f"mod_{name}.so").is_file():
                self._written.line(f'LoadModule {name}_module "{file}"')
        for line in (
            f'ServerRoot "{self._folder}"', f'DefaultRuntimeDir "{self._folder}"', f'PidFile "{self._folder}/pid"',
            "ErrorLog /dev/stderr", "LogLevel notice", "ServerName unnamed.invalid", "StartServers 1",
            "GracefulShutdownTimeout 1", "UseCanonicalPhysicalPort Off", "DirectoryIndex index.html",
            "TypesConfig /dev/null", "ThreadsPerChild 16", "ThreadStackSize 262144", "MaxRequestWorkers 64",
            "ServerLimit 4",
            f'DocumentRoot "{page}"', f'Mutex "file:{self._folder}"',
            "SSLSessionCache shmcb:" + str(self._folder / "sessions") + "(102400)",
            f'<Directory "{self._folder}">', "Options FollowSymLinks", "AllowOverride None", "Require all granted",
            "ForceType text/html", "</Directory>",
        ):  # fmt: skip
            self._written.line(line)
        for public in (*publics, APPLICATION):
            self._written.line(f"Listen {self._written.at(public)}")
        for line in (
            f"<VirtualHost {self._written.at(APPLICATION)}>", "ServerName unnamed.invalid", "SSLEngine off",
            "Header unset Strict-Transport-Security", "Header always unset Strict-Transport-Security",
            "FallbackResource /index.html", "</VirtualHost>",
        ):  # fmt: skip
            self._written.line(line)

    def _directive(self, made: Directive) -> None:
        if made.block is None:
            for line in self._lines_of(made):
                self._written.line(line, made.place)
        elif made.name in SECTIONS:
            head = self._head(made)
            if head is None:
                return
            self._written.line(f"<{head}>", made.place)
            for child in made.block:
                self._directive(child)
            self._written.line(f"</{made.name}>", made.place)

    def _head(self, section: Directive) -> str | None:
        """What stands in its brackets; None where nothing of it can be run."""
        if section.name == "virtualhost":
            return " ".join(["virtualhost", *(self._written.at(public) for public in sockets_of(section))])
        if section.name == "directory":
            if not section.args or section.args[0].startswith("~"):
                return None
            return f'directory "{self._root(section.args[0])}"'
        return f"{section.name} {_raw(section)}"

    def _lines_of(self, made: Directive) -> Iterator[str]:
        name = made.name
        if name in _REWRITTEN:
            yield from _REWRITTEN[name](self, made)
        elif name in KEPT or (self._allow and (name == "loadmodule" or runs_code(name, _raw(made)))):
            yield f"{name} {_raw(made)}"

    def _document_root(self, made: Directive) -> Iterator[str]:
        yield f'documentroot "{self._root(made.args[0] if made.args else "/")}"'

    def _index(self, made: Directive) -> Iterator[str]:
        yield f"directoryindex {_raw(made)} index.html"

    def _certificate(self, made: Directive) -> Iterator[str]:
        for pem in self._standins.certificates(made, self._tree):
            yield f'sslcertificatefile "{pem}"'

    def _authority(self, _made: Directive) -> Iterator[str]:
        yield f'sslcacertificatefile "{self._standins.authority.file}"'

    def _command(self, made: Directive) -> Iterator[str]:
        command = made.args[0].lower() if made.args else ""
        if command in CONFIGURES:
            yield f"sslopensslconfcmd {_raw(made)}"
        elif command == "dhparameters":
            for copy in self._written.copy(made.args[-1], made, self._tree, "other parameters are judged"):
                yield f'sslopensslconfcmd DHParameters "{copy}"'

    def _pass(self, made: Directive) -> Iterator[str]:
        """To the stand-in, whatever it was handed to."""
        if "!" in made.args:
            yield f"{made.name} {_raw(made)}"
            return
        application = f"http://{self._written.at(APPLICATION)}/"
        if made.name in ("sethandler", "addhandler"):
            return  # the file of the stand-in answers
        if made.parent is not None and made.parent.name in ("location", "locationmatch"):
            yield f"proxypass {application}"
        elif made.args:
            matching = made.name.endswith("match")
            yield f'{"proxypassmatch" if matching else "proxypass"} "{_escaped(made.args[0])}" {application}'

    def _rewrite(self, made: Directive) -> Iterator[str]:
        raw = _raw(made)
        if _PROXIED.search(raw) and len(made.args) >= 3:
            yield f'rewriterule "{_escaped(made.args[0])}" http://{self._written.at(APPLICATION)}/ {made.args[2]}'
        else:
            yield f"rewriterule {raw}"

    def _root(self, path: str) -> Path:
        """The stand-in for a folder, with a page in it."""
        parts = [part for part in path.split("/") if part not in ("", ".", "..") and part.isprintable()]
        made = self._folder.joinpath("root", *(re.sub(r'["*?\[\]$\\]', "_", part)[:100] for part in parts[:20]))
        made.mkdir(parents=True, exist_ok=True)
        (made / "index.html").write_text(PAGE, "utf-8")
        return made


def _raw(made: Directive) -> str:
    return made.raw if isinstance(made, Line) else " ".join(made.args)


def _escaped(word: str) -> str:
    return word.replace("\\", "\\\\").replace('"', '\\"')


_REWRITTEN: Mapping[str, Callable[[Writer, Directive], Iterator[str]]] = {
    **dict.fromkeys(PASSES, Writer._pass),
    "documentroot": Writer._document_root,
    "directoryindex": Writer._index,
    "sslcertificatefile": Writer._certificate,
    "sslcacertificatefile": Writer._authority,
    "sslopensslconfcmd": Writer._command,
    "rewriterule": Writer._rewrite,
}
