"""A configuration that is run on loopback instead of the one that was read, and what became of each line.

Every directive is written anew from what was read, a line each, so that nginx reads what was judged fit to be run.
"""

import re
import secrets
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath

from tlsaudit.server.directive import Directive
from tlsaudit.server.nginx.keep import (
    BLOCKS,
    CONFIGURES,
    KEPT,
    KEPT_IN_STREAM,
    PASSES,
    STREAM_MODULE,
    TABLES,
    runs_code,
)
from tlsaudit.server.nginx.listen import listens
from tlsaudit.server.nginx.stream import Front, Streams
from tlsaudit.server.problem import ConfigurationError
from tlsaudit.server.standin import StandIns
from tlsaudit.server.tree import Tree
from tlsaudit.server.written import APPLICATION, PAGE, Written

_PORT = re.compile(r"\$(server_port\b|\{server_port\})")


class Writer:
    """Writes nginx.conf and what it names to a folder."""

    def __init__(
        self, folder: Path, tree: Tree, standins: StandIns, *, allow: bool, modules: Sequence[Path] = ()
    ) -> None:
        self._folder = folder
        self._tree = tree
        self._standins = standins
        self._allow = allow
        self._modules = modules
        self._written = Written(folder / "nginx.conf")

    def write(self, directives: Sequence[Directive]) -> Written:
        """Raises ConfigurationError for what is refused."""
        for directive in directives:
            self._refuse(directive)
        www = self._folder / "www"
        www.mkdir()
        (www / "index.html").write_text(PAGE, "utf-8")
        for line in (*(f"load_module {_quoted(str(module))};" for module in self._modules),
                     "daemon off;", "master_process off;", "worker_processes 1;", f"pid {_quoted(self._path('pid'))};",
                     "error_log stderr notice;", "events { worker_connections 512; }"):  # fmt: skip
            self._written.line(line)
        blocks = [each for each in directives if each.name == "http"]
        self._written.line("http {")
        self._prelude(www)
        for block in blocks:
            self._block(block)
        self._ports()
        self._written.line("}")
        streams = Streams.of(directives)
        for block in directives:
            if block.name == "stream" and streams.judged:
                self._stream(block, streams)
        self._written.notes += [f"{each.place}: mail is not judged" for each in directives if each.name == "mail"]
        self._written.save()
        return self._written

    def _refuse(self, directive: Directive) -> None:
        known = directive.name == "load_module" and PurePosixPath(" ".join(directive.args)).name == STREAM_MODULE
        if runs_code(directive.name) and not self._allow and not known:
            raise ConfigurationError(
                f"{directive.place}: {directive.name} runs code or writes files, so this is not started: "
                "--allow starts it all the same"
            )
        if directive.name not in TABLES:
            for child in directive.block or ():
                self._refuse(child)

    def _prelude(self, www: Path) -> None:
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"):
            self._written.line(f"{kind}_temp_path {_quoted(self._path(kind))};")
        self._written.line("access_log off;")
        self._written.line("port_in_redirect off;")
        self._written.line(f"root {_quoted(str(www))};")
        # With a header of its own it inherits none, which would else be sent twice.
        self._written.line(
            f"server {{ listen {self._written.at(APPLICATION)}; default_type text/html; add_header X-Stand-In 1; "
            f'return 200 "{PAGE}"; }}'
        )

    def _ports(self) -> None:
        self._written.line('map "$server_addr:$server_port" $tlsaudit_port {')
        for public in self._written.sockets:
            self._written.line(f'"{self._written.at(public)}" {public.port};')
        self._written.line("}")

    def _block(self, block: Directive) -> None:
        for directive in block.block or ():
            self._directive(directive)

    def _directive(self, made: Directive) -> None:
        if made.name == "server" and made.block is not None:
            self._server(made)
        elif made.block is not None and made.name in BLOCKS:
            self._written.line(f"{self._head(made)} {{", made.place)
            self._block(made)
            self._written.line("}", made.place)
        elif made.block is not None and made.name in TABLES:
            self._table(made)
        elif made.block is None:
            for line in self._lines_of(made):
                self._written.line(line, made.place)

    def _server(self, server: Directive) -> None:
        if any(listens(server)):
            self._open(server)
            self._block(server)
            self._written.line("}", server.place)

    def _open(self, server: Directive) -> None:
        self._written.line("server {", server.place)
        for listen in listens(server):
            self._written.line(
                f"listen {' '.join([self._written.at(listen.public), *listen.options])};", listen.directive.place
            )

    def _stream(self, block: Directive, streams: Streams) -> None:
        """It connects to nothing but loopback: where to, is said anew."""
        self._written.line("stream {", block.place)
        self._leaves(block)
        for server in (each for each in block.children("server") if each in streams.judged):
            front = next((front for front in streams.fronts if front.server is server), None)
            target = self._target(front) if front else self._written.at(APPLICATION)
            self._open(server)
            self._leaves(server)
            self._written.line(f"proxy_pass {target};", server.place)
            self._written.line("}", server.place)
        self._written.line("}", block.place)

    def _leaves(self, block: Directive) -> None:
        """What a block of a stream says but for what becomes of a connection."""
        for each in block.block or ():
            if each.block is None and each.name != "return" and each.name not in PASSES:
                for line in self._lines_of(each, KEPT_IN_STREAM):
                    self._written.line(line, each.place)

    def _target(self, front: Front) -> str:
        """An address, or a variable with a map of addresses."""
        if not front.table:
            return self._socket(front, front.target)
        variable = f"$tlsaudit_{front.table.args[1].lstrip('$')}_{front.server.place.line}"
        self._written.line(f"map {front.table.args[0]} {variable} {{", front.table.place)
        for entry in front.table.block or ():
            target = f" {self._socket(front, entry.args[0])}" if entry.args else ""
            self._written.line(f"{_quoted(entry.name)}{target};", entry.place)
        self._written.line("}", front.table.place)
        return variable

    def _socket(self, front: Front, target: str) -> str:
        return self._written.at(front.socket(target) or APPLICATION)

    def _table(self, table: Directive) -> None:
        self._written.line(f"{self._head(table)} {{", table.place)
        for entry in table.block or ():
            self._written.line(f"{self._head(entry)};", entry.place)
        self._written.line("}", table.place)

    def _lines_of(self, made: Directive, kept: Collection[str] = KEPT) -> Iterator[str]:
        name = made.name
        if name in _REWRITTEN:
            yield from _REWRITTEN[name](self, made)
        elif name in kept or (self._allow and runs_code(name)):
            yield f"{self._head(made)};"
        elif name.startswith("more_"):
            self._written.notes.append(f"{made.place}: {name} is not judged: its module is not run here")

    def _pass(self, _made: Directive) -> Iterator[str]:
        yield f"proxy_pass http://{self._written.at(APPLICATION)};"

    def _files(self, made: Directive) -> Iterator[str]:
        yield f"{made.name} {_quoted(self._path('www') + ('/' if made.name == 'alias' else ''))};"

    def _index(self, made: Directive) -> Iterator[str]:
        yield f"{self._head(made)} index.html;"

    def _variable(self, made: Directive) -> Iterator[str]:
        yield f'set {self._joined(made.args[:1])} "";'

    def _certificate(self, made: Directive) -> Iterator[str]:
        for pem in self._standins.certificates(made, self._tree):
            yield f"ssl_certificate {_quoted(str(pem))};"
            yield f"ssl_certificate_key {_quoted(str(pem))};"

    def _authority(self, made: Directive) -> Iterator[str]:
        yield f"{made.name} {_quoted(str(self._standins.authority.file))};"

    def _command(self, made: Directive) -> Iterator[str]:
        if made.args and made.args[0].lower() in CONFIGURES:
            yield f"{self._head(made)};"

    def _dh_parameters(self, made: Directive) -> Iterator[str]:
        for copy in self._written.copy(" ".join(made.args), made, self._tree, "suites with DHE are not judged"):
            yield f"ssl_dhparam {_quoted(str(copy))};"

    def _ticket_key(self, made: Directive) -> Iterator[str]:
        file = self._written.path("ticket-key")
        file.write_bytes(secrets.token_bytes(80))
        yield f"{made.name} {_quoted(str(file))};"

    def _head(self, made: Directive) -> str:
        if made.name == "if":
            return f"if ( {self._joined(made.args)} )"
        return f"{_quoted(made.name)} {self._joined(made.args)}" if made.args else _quoted(made.name)

    def _joined(self, args: Iterable[str]) -> str:
        return " ".join(_quoted(_PORT.sub("$tlsaudit_port", arg)) for arg in args)

    def _path(self, name: str) -> str:
        return str(self._folder / name)


_REWRITTEN: Mapping[str, Callable[[Writer, Directive], Iterator[str]]] = {
    **dict.fromkeys(PASSES, Writer._pass),
    "root": Writer._files,
    "alias": Writer._files,
    "index": Writer._index,
    "auth_request_set": Writer._variable,
    "ssl_certificate": Writer._certificate,
    "ssl_client_certificate": Writer._authority,
    "ssl_trusted_certificate": Writer._authority,
    "ssl_dhparam": Writer._dh_parameters,
    "ssl_session_ticket_key": Writer._ticket_key,
    "ssl_conf_command": Writer._command,
}


def _quoted(text: str) -> str:
    """A word as nginx reads it: within quotes a backslash is one before another, before a quote, t, r or n, and else
    stands for itself; what was read has its backslashes still.
    """
    if re.fullmatch(r"[A-Za-z0-9_./:$=~*^@!-]+", text):
        return text
    whole = re.sub(r"(\\.)|([\"\\])", lambda found: found[1] or "\\" + found[2], text, flags=re.DOTALL)
    return f'"{whole}"'
