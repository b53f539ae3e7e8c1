"""The targets file of a change, and that of its base, which is read out of git."""

import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tlsaudit.app.gate.base import commit_of, content, extract, inferred, top_of
from tlsaudit.app.inventory import read_below
from tlsaudit.app.targets import Pin, load
from tlsaudit.errors import UserError
from tlsaudit.registry import Registry
from tlsaudit.target import Targets


@dataclass(frozen=True, slots=True)
class Revision:
    """A targets file. `name` is that of the revision, None for the change itself; `notes` are what is odd about it."""

    name: str | None
    targets: Targets
    notes: Sequence[str]


@dataclass(frozen=True, slots=True)
class TargetsFile:
    """Which file, and how it is read: see `app.targets.load`."""

    path: Path
    pins: Sequence[Pin]
    registry: Registry
    sample: int | None

    def now(self) -> Revision:
        """As it stands on the disk. Raises UserError."""
        return Revision(None, *self._load(self.path, self._top() or self.path.parent))

    def before(self, reference: str | None) -> Revision | None:
        """As it was at the revision that is named, else inferred; None where none is. Where it was not there, or cannot
        be read, it said nothing. Raises UserError."""
        reference = reference or inferred()
        if reference is None:
            return None
        top, file = self._in_repository(reference)
        commit = commit_of(top, reference)
        text = content(top, commit, file)
        name = f"{reference} ({commit[:7]})"
        if text is None:
            return self._nothing(name, f"{file} is new since {name}, so all counts as new")
        with tempfile.TemporaryDirectory(prefix="tlsaudit-base-") as folder:
            copy = Path(folder) / file
            if b"inventory" in text:  # which lies beside it, and may include others
                extract(top, commit, Path(folder))
            else:
                copy.parent.mkdir(parents=True, exist_ok=True)
                copy.write_bytes(text)
            try:
                return Revision(name, *self._load(copy, Path(folder)))
            except UserError as error:
                said = str(error).replace(str(copy), f"{name}:{file}").partition("\n")[0]
                return self._nothing(name, f"what was there before cannot be read, so all counts as new: {said}")

    def _load(self, path: Path, root: Path) -> tuple[Targets, list[str]]:
        return load(path, self.pins, self.registry, self.sample, partial(read_below, root))

    def _nothing(self, name: str, why: str) -> Revision:
        with tempfile.TemporaryDirectory(prefix="tlsaudit-base-") as folder:
            empty = Path(folder) / "targets.yaml"
            empty.write_text("version: 1\n", "utf-8")
            return Revision(name, self._load(empty, Path(folder))[0], [why])

    @property
    def _written(self) -> Path:
        return Path(os.path.normpath(self.path.absolute()))

    def _top(self) -> Path | None:
        """Of the repository; None where the file is in none."""
        here = top_of(Path.cwd())
        return here if here and self._written.is_relative_to(here) else top_of(self._written.parent)

    def _in_repository(self, reference: str) -> tuple[Path, Path]:
        """The top of the repository, and the file below it.

        What the base is trusted for must not be for the change to choose: neither another file, by a symbolic link,
        nor another repository, by a submodule. So the repository is that of the working directory where the file is
        below it, and nothing on the way from its top is a link. Raises UserError.
        """
        written, top = self._written, self._top()
        if top is None:
            raise UserError(f"--base {reference}: {self.path} is in no git repository")
        outermost = next((folder for folder in reversed(written.parents) if folder.resolve() == top), None)
        if outermost is None or written.resolve() != top / written.relative_to(outermost):
            raise UserError(f"{self.path}: reached by a symbolic link: name the file itself")
        return top, written.relative_to(outermost)
