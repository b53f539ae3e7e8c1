"""A folder of further pages beside a report, for what would make its one file too large to open."""

import os
import shutil
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Self

from tlsaudit.report.part import clear_parts, part_folder
from tlsaudit.report.renderer import Fill, ReportError

_MARK = ".tlsaudit"
"""The file by which a folder is known to be one that may be replaced."""


class Pages:
    """The pages of one report, to be used as a context: the folder takes its place as a whole, in `take_place`, and an
    earlier one comes back where what follows raises. Without any page, that of an earlier report is removed.

    `name` is that of the folder, `report` that of the file, for the links between them: `report-pages`, `report.html`.
    """

    def __init__(self, report: Path) -> None:
        self.report = report.name
        self.name = f"{report.name.removesuffix('.html')}-pages"
        self._place = report.parent / self.name
        self._made: Path | None = None
        self._earlier: Path | None = None
        self._placed = False
        self._held: list[int] = []
        self._scratch: IO[bytes] | None = None

    def __enter__(self) -> Self:
        clear_parts(self._place)
        return self

    def add(self, name: str, fill: Fill) -> None:
        """Write a page of text; its name must be a file name of its own in the folder. Raises ReportError, OSError."""
        with self._new(name).open("x", encoding="utf-8", newline="\n") as out:
            fill(out)

    def put(self, name: str, page: bytes) -> None:
        """The same of one that is made already."""
        with self._new(name).open("xb") as out:
            out.write(page)

    def scratch(self) -> IO[bytes]:
        """A file without a name, for what is kept until it can be written: where there must be room for it anyway."""
        file = self._scratch = TemporaryFile(dir=self._folder())  # noqa: SIM115  it is closed with this
        return file

    def _new(self, name: str) -> Path:
        return self._folder() / name

    def _folder(self) -> Path:
        if self._made is None:
            if self._taken() and not self._is_ours():
                raise ReportError(
                    f"{self._place}: belongs here, but there is something else: move it away, or name another file"
                )
            self._made = self._hidden()
            (self._made / _MARK).write_text("tlsaudit writes this folder anew with each report.\n", encoding="utf-8")
        return self._made

    def take_place(self) -> None:
        """Raises OSError."""
        if self._is_ours():
            self._earlier = self._hidden()
            self._place.rename(self._earlier / self.name)
        if self._made is not None:
            self._made.chmod(0o777 & ~umask())
            self._made.rename(self._place)
            self._made, self._placed = None, True

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None and self._placed:
            shutil.rmtree(self._place, ignore_errors=True)
        if kind is not None and self._earlier is not None:
            (self._earlier / self.name).rename(self._place)
        if self._scratch is not None:
            with suppress(OSError):  # what could not be written is nobody's business any more
                self._scratch.close()
        for left in filter(None, (self._made, self._earlier)):
            shutil.rmtree(left, ignore_errors=True)
        for descriptor in self._held:
            os.close(descriptor)

    def _taken(self) -> bool:
        return os.path.lexists(self._place)

    def _is_ours(self) -> bool:
        return not self._place.is_symlink() and (self._place / _MARK).is_file()

    def _hidden(self) -> Path:
        descriptor, folder = part_folder(self._place)
        self._held.append(descriptor)
        return folder


def umask() -> int:
    """The bits that new files of this process do not get."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
