"""A configuration that is run on loopback instead of the one that was read, and what became of each line.

Every line is written anew from what was read, so that HAProxy reads what was judged fit to be run.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from tlsaudit.server.directive import Directive, Place
from tlsaudit.server.haproxy.bind import Bind, binds
from tlsaudit.server.haproxy.keep import ACTIONS, GLOBAL, PROXY, SECTIONS, SERVERS, runs_code
from tlsaudit.server.haproxy.read import plain
from tlsaudit.server.problem import ConfigurationError
from tlsaudit.server.standin import StandIns
from tlsaudit.server.tree import Tree, lines_of
from tlsaudit.server.written import APPLICATION, PAGE, Written

_MAP = re.compile(r"(\bmap(?:_[a-z_]+)?\()([^,()]+)")
"""A converter that looks something up in a file (HAProxy configuration manual, 7.3.1)."""

_TIMEOUTS = ("timeout client 30s", "timeout server 30s", "timeout connect 5s", "timeout http-request 30s")


class Writer:
    """Writes haproxy.cfg and what it names to a folder."""

    def __init__(self, folder: Path, tree: Tree, standins: StandIns, *, allow: bool) -> None:
        self._folder = folder
        self._tree = tree
        self._standins = standins
        self._allow = allow
        self._written = Written(folder / "haproxy.cfg")

    def write(self, sections: Sequence[Directive]) -> Written:
        """Raises ConfigurationError for what is refused."""
        for section in sections:
            for each in section.walk():
                self._refuse(each)
        self._written.line("global")
        for line in ("maxconn 400", "nbthread 1", "log stderr format raw daemon"):
            self._written.line(f"  {line}")
        self._defaults()
        self._written.line("frontend tlsaudit-stand-in")
        self._written.line(f"  bind {self._written.at(APPLICATION)}")
        self._written.line("  mode http")
        self._written.line(f'  http-request return status 200 content-type text/html string "{PAGE}"')
        for section in sections:
            if section.name in SECTIONS:
                self._section(section)
        self._written.save()
        return self._written

    def _refuse(self, line: Directive) -> None:
        if runs_code(line.name, line.args) and not self._allow:
            raise ConfigurationError(
                f"{line.place}: {line.name} runs code, so this is not started: --allow starts it all the same"
            )

    def _section(self, section: Directive) -> None:
        if section.name == "defaults":
            self._defaults(*section.args)
        else:
            self._written.line(" ".join([section.name, *section.args]), section.place)
        for bind in binds(section):
            self._bind(bind)
        if any(section.children(*SERVERS)):
            self._written.line(
                f"  server stand-in {self._written.at(APPLICATION)}", next(section.children(*SERVERS)).place
            )
        for each in section.block or ():
            for line in self._lines_of(each, section):
                self._written.line(f"  {line}", each.place)

    def _defaults(self, *args: str) -> None:
        self._written.line(" ".join(["defaults", *args]))
        for timeout in _TIMEOUTS:
            self._written.line(f"  {timeout}")

    def _lines_of(self, each: Directive, section: Directive) -> Iterator[str]:
        name, args = each.name, each.args
        if section.name == "global":
            if name in GLOBAL or (self._allow and name.startswith("lua")):
                yield " ".join([name, *args])
            elif name == "ssl-dh-param-file" and args:
                yield from self._dh_parameters(each)
        elif name == "acl":
            yield " ".join([name, *self._with_files(each)])
        elif name.startswith("http-") and name in PROXY:
            if args and args[0].partition("(")[0] in ACTIONS and not {"file", "lf-file", "errorfile"} & set(args):
                yield " ".join([name, *self._with_files(each)])
        elif name in PROXY:
            yield " ".join([name, *self._with_files(each)])

    def _with_files(self, each: Directive) -> Iterator[str]:
        """The words; a file of patterns or a map is copied, or stood in for by an empty one."""
        after = ""
        for word in each.args:
            yield (
                self._patterns(word, each)
                if after == "-f"
                else _MAP.sub(lambda found: found[1] + self._patterns(found[2], each), word)
            )
            after = word

    def _patterns(self, word: str, at: Directive) -> str:
        for copy in self._written.copy(plain(word), at, self._tree, "it is taken to be empty"):
            return str(copy)
        empty = self._written.path("empty")
        empty.touch()
        return str(empty)

    def _dh_parameters(self, each: Directive) -> Iterator[str]:
        for copy in self._written.copy(plain(each.args[0]), each, self._tree, "other parameters are judged"):
            yield f"ssl-dh-param-file {copy}"

    def _bind(self, bind: Bind) -> None:
        said: list[str] = []
        for name, value in bind.parameters:
            if name in ("crt", "default-crt"):
                said += [word for pem in self._certificates(plain(value or ""), bind) for word in ("crt", pem)]
            elif name == "crt-list":
                said += ["crt-list", self._list(plain(value or ""), bind)]
            elif name == "ca-file":
                said += ["ca-file", str(self._standins.authority.file)]
            else:
                said += [name] if value is None else [name, value]
        for public in bind.publics:
            self._written.line(f"  bind {self._written.at(public)} {' '.join(said)}".rstrip(), bind.directive.place)

    def _certificates(self, name: str, bind: Bind) -> Iterator[str]:
        """Of one that is here, the kind of key is all that counts."""
        for pem in self._standins.certificates(Directive("crt", (name,), bind.directive.place), self._tree):
            self._written.led_to.append(pem.name.encode())
            yield str(pem)

    def _list(self, name: str, bind: Bind) -> str:
        """A crt-list with stand-ins for its certificates (HAProxy configuration manual, 5.1, crt-list)."""
        copy = self._written.path("crt-list")
        found = self._tree.find(name)
        if len(found) == 1:
            content = self._tree.read(found[0])
            self._written.led_to.append(content)
            lines = lines_of(content.decode("utf-8", "replace"))
        else:
            lines = ["stand-in.pem"]
            self._written.notes.append(
                f"{bind.directive.place}: {name} is not here: what it says of names is not judged"
            )
        made = []
        for line in lines:
            text = line.partition("#")[0].strip()
            if text:
                file, _, rest = text.partition(" ")
                options = rest[rest.find("[") : rest.find("]") + 1] if "[" in rest else ""
                names = rest.replace(options, "").strip()
                made += [
                    " ".join(word for word in (pem, self._options(options, bind.directive.place), names) if word)
                    for pem in self._certificates(file, bind)
                ]
        copy.write_text("".join(f"{line}\n" for line in made), "utf-8")
        return str(copy)

    def _options(self, text: str, place: Place) -> str:
        proxy = Directive("frontend", (), place, [])
        proxy.block = [Directive("bind", (":1", *text.strip("[]").split()), place, None, proxy)]
        said = [word for bind in binds(proxy) for pair in bind.parameters for word in pair if word]
        return f"[{' '.join(said)}]" if said else ""
