"""The files that a configuration may name: those below one folder, which stands for `/`.

Whatever a name leads to, through links too, lies below that folder, or is as good as missing.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tlsaudit.server.problem import ConfigurationError

LARGEST = 1 << 20
"""Bytes of a file that is read."""

_LONGEST_NAME = 4096
"""PATH_MAX of Linux."""

MOST = 500
"""Files of one configuration."""


def bounded(file: Path, shown: str) -> bytes:
    """The content of a file. Raises ConfigurationError for what cannot be read, or cannot be a configuration."""
    try:
        with file.open("rb") as opened:
            content = opened.read(LARGEST + 1)
    except OSError as error:
        raise ConfigurationError(f"{shown}: cannot be read: {error.strerror}") from None
    if len(content) > LARGEST:
        raise ConfigurationError(f"{shown}: larger than {LARGEST >> 20} MiB: no configuration")
    return content


def text_of(file: Path) -> str:
    """A file that was read before, its ends of lines as they are."""
    return file.read_bytes().decode("utf-8", "replace")


def lines_of(text: str) -> list[str]:
    """As servers count them: what else Python takes for the end of a line, such as a form feed, is none to them, and
    what follows it in a comment is still part of that."""
    return [line.removesuffix("\r") for line in text.split("\n")]


@dataclass(frozen=True, slots=True)
class Rendered:
    """What a template is rendered to, and for each line of it that of the template which it comes from, from 1 on."""

    file: Path
    lines: Sequence[int]


@dataclass(frozen=True, slots=True)
class Tree:
    """`root` stands for `/`; `home` is the folder of the main file, which relative names start from and which stands
    for each of `installed`, such as /etc/nginx, too. Both are resolved. Instead of a template, what it is `rendered`
    to is read.
    """

    root: Path
    home: Path
    installed: tuple[str, ...]
    rendered: Mapping[Path, Rendered] = field(default_factory=dict)

    def find(self, name: str) -> list[Path]:
        """The files that a name leads to, sorted; a name may be a pattern, as of glob(3)."""
        if "\0" in name or len(name) > _LONGEST_NAME:  # which leads to none
            return []
        for folder, rest in self._readings(name):
            found = sorted(path for match in self._glob(folder, rest) if (path := self._real(match)))
            if found:
                return found
        return []

    def content(self, file: Path) -> Path:
        """The file to read for another: what it is rendered to, where it is a template. Raises ConfigurationError for
        what cannot be read, or cannot be a configuration.
        """
        self.read(file)
        return self.rendered[file].file if file in self.rendered else file

    def line(self, file: Path, number: int) -> int:
        """The line of a file that a line of its content comes from."""
        lines = self.rendered[file].lines if file in self.rendered else ()
        return lines[number - 1] if 0 < number <= len(lines) else number

    def read(self, file: Path) -> bytes:
        """Raises ConfigurationError for what cannot be read, or cannot be a configuration."""
        return bounded(file, self.shown(file))

    def shown(self, file: Path) -> str:
        """The name of a file as seen from the root."""
        return str(file.relative_to(self.root)) if file.is_relative_to(self.root) else str(file)

    def _readings(self, name: str) -> Iterator[tuple[Path, str]]:
        if not name.startswith("/"):
            yield self.home, name
            return
        yield self.root, name.lstrip("/")
        for installed in self.installed:
            if name.startswith(f"{installed}/"):
                yield self.home, name.removeprefix(f"{installed}/")

    def _glob(self, folder: Path, pattern: str) -> Iterator[Path]:
        if not any(letter in pattern for letter in "*?["):
            yield folder / pattern
        elif ".." not in Path(pattern).parts:
            yield from folder.glob(re.sub(r"\*+", "*", pattern))  # of a whole tree only Python knows

    def _real(self, path: Path) -> Path | None:
        """The file itself, where it lies below the root. A link such as those of sites-enabled may name another by an
        absolute path, which is read as one below the root.
        """
        for _ in range(8):
            if not path.is_symlink():
                break
            target = path.readlink()
            if not target.is_absolute():
                break
            known = (folder / rest for folder, rest in self._readings(str(target)))
            path = next((each for each in known if each.exists() or each.is_symlink()), path.parent / "missing")
        try:
            real = path.resolve()
            return real if real.is_relative_to(self.root) and real.is_file() else None
        except (OSError, RuntimeError):  # a part of the name is too long, or links lead to one another
            return None
