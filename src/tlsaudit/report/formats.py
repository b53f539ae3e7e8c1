"""The formats a report can have, those built in and those of installed packages; and writing one to a file."""

import contextlib
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import cache
from importlib import import_module, metadata
from pathlib import Path
from types import MappingProxyType
from typing import IO, TYPE_CHECKING, Any

from tlsaudit.report.pages import Pages, umask
from tlsaudit.report.part import clear_parts, part_file
from tlsaudit.report.renderer import Fill, Options, Renderer, ReportError

if TYPE_CHECKING:
    from tlsaudit.report.view import AuditView

ENTRY_POINT_GROUP = "tlsaudit.formats"


class FormatError(ReportError):
    """A format or suffix that no renderer has. `suggestion` is the nearest name, if any is near."""

    def __init__(self, wanted: str, known: Iterable[str]) -> None:
        names = list(known)
        self.suggestion = next(iter(get_close_matches(wanted, names, n=1)), None)
        hint = f"; did you mean {self.suggestion}?" if self.suggestion else ""
        super().__init__(f"no report format is called {wanted!r}: there is {', '.join(names)}{hint}")


@dataclass(frozen=True, slots=True)
class Format:
    """A way to write an audit. `load` imports the renderer, so that only the one in use is paid for.

    `suffixes` may have several parts, as in `.oscal.json`; a format without any is only had by its name. A `binary` one
    is written to a stream of bytes, any other to one of text.
    """

    name: str
    suffixes: tuple[str, ...]
    load: Callable[[], Renderer]
    binary: bool = False

    def render(self, view: "AuditView", out: IO[Any], options: Options | None = None) -> None:
        self.load()(view, out, options or Options())


def _of(module: str) -> Callable[[], Renderer]:
    """What imports a module of this package, for its renderer."""

    def load() -> Renderer:
        renderer: Renderer = import_module(f"tlsaudit.report.{module}").render
        return renderer

    return load


_BUILT_IN = (
    Format("terminal", (".txt",), _of("terminal")),
    Format("json", (".json",), _of("json")),
    Format("jsonl", (".jsonl",), _of("jsonl")),
    Format("html", (".html", ".htm"), _of("html")),
    Format("markdown", (".md",), _of("markdown")),
    Format("csv", (".csv",), _of("csv")),
    Format("sarif", (".sarif",), _of("sarif")),
    Format("junit", (".xml",), _of("junit")),
    Format("github", (), _of("github")),
    Format("prometheus", (".prom",), _of("prometheus")),
)


def formats() -> Mapping[str, Format]:
    """The installed formats by name, those built in first. Raises ReportError for a broken or doubled one."""
    return _on(tuple(sys.path))


@cache
def _on(_path: tuple[str, ...]) -> Mapping[str, Format]:
    """To read what every package on the path says of itself takes a while, and a run asks several times."""
    found = {item.name: item for item in _BUILT_IN}
    for entry in metadata.entry_points(group=ENTRY_POINT_GROUP):
        try:
            item = entry.load()
        except Exception as error:  # whatever a third party's module raises at import
            raise ReportError(f"the report format {entry.name} of {entry.value} cannot be loaded: {error}") from error
        if not isinstance(item, Format):
            raise ReportError(f"the report format {entry.name}: {entry.value} is no tlsaudit.report.Format")
        if item.name in found:
            raise ReportError(f"two report formats are called {item.name}; uninstall the package of {entry.value}")
        found[item.name] = item
    _check_suffixes(found.values())
    return MappingProxyType(found)


def _check_suffixes(known: Iterable[Format]) -> None:
    taken: dict[str, str] = {}
    for item in known:
        for suffix in item.suffixes:
            if suffix in taken:
                raise ReportError(f"the report formats {taken[suffix]} and {item.name} both claim {suffix}")
            taken[suffix] = item.name


def format_by_name(name: str) -> Format:
    """Raises FormatError."""
    known = formats()
    if name not in known:
        raise FormatError(name, known)
    return known[name]


def format_by_suffix(path: Path) -> Format:
    """The format whose suffix the file name has, the longest that fits. Raises FormatError."""
    known = {suffix: item for item in formats().values() for suffix in item.suffixes}
    fitting = [suffix for suffix in known if path.name.lower().endswith(suffix)]
    if not fitting:
        raise FormatError(path.suffix.lower() or path.name, known)
    return known[max(fitting, key=len)]


def check_place(path: Path) -> None:
    """Raise ReportError where no file can be."""
    folder = path.absolute().parent
    if not folder.is_dir():
        raise ReportError(f"{path}: the folder {folder} does not exist")
    if path.is_dir():
        raise ReportError(f"{path}: is a folder; name a file in it")


def write(view: "AuditView", path: Path, options: Options | None = None, format_name: str | None = None) -> None:
    """Write the audit in the format of the file's suffix, or in the one named.

    The file, and the pages that the renderer adds to it, appear whole or not at all: earlier ones stay as they were
    until the new ones are on the disk. Raises ReportError.
    """
    chosen = format_by_name(format_name) if format_name else format_by_suffix(path)
    with _checked(path), Pages(path) as pages:

        def fill(out: IO[Any]) -> None:
            chosen.render(view, out, replace(options or Options(), pages=pages))
            pages.take_place()

        _replace(path, fill, binary=chosen.binary)


def write_whole(path: Path, fill: Fill) -> None:
    """Let a text file be filled that appears whole or not at all. Raises ReportError."""
    with _checked(path):
        _replace(path, fill)


@contextlib.contextmanager
def _checked(path: Path) -> Iterator[None]:
    check_place(path)
    try:
        yield
    except OSError as error:
        raise ReportError(f"{path}: cannot be written: {error.strerror or error}") from error


def _replace(path: Path, fill: Fill, *, binary: bool = False) -> None:
    # Through a link to the file it names, and with the rights a new file of this user would have: mkstemp gives 0600.
    target = path.resolve()
    clear_parts(target)
    descriptor, part = part_file(target)
    try:
        with os.fdopen(descriptor, "wb") if binary else _text(descriptor) as out:
            fill(out)
            out.flush()
            os.fchmod(out.fileno(), _mode(target))
            os.fsync(out.fileno())
            part.replace(target)
    except BaseException:
        with contextlib.suppress(OSError):
            part.unlink()
        raise


def _text(descriptor: int) -> IO[Any]:
    return os.fdopen(descriptor, "w", encoding="utf-8", newline="\n")


def _mode(target: Path) -> int:
    return target.stat().st_mode & 0o777 if target.exists() else 0o666 & ~umask()
