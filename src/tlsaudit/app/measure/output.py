"""Where a measurement goes: one format on standard output, any number of files."""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from tlsaudit.report.formats import check_place, write_whole
from tlsaudit.report.renderer import ReportError

Renderers = Mapping[str, Callable[..., None]]


@dataclass(frozen=True, slots=True)
class MeasureOutput:
    """`renderers` are by the name of their format, and those names by suffix. `files` get the format of their suffix;
    `-` among them is standard output, which gets `format_name`.
    """

    renderers: Renderers
    suffixes: Mapping[str, str]
    format_name: str = "terminal"
    files: tuple[Path, ...] = ()
    verbose: bool = False

    def check(self) -> None:
        """Raise ReportError for a suffix or folder that does not exist, before anything is read."""
        for file, _ in self._written():
            check_place(file)

    def emit(self, measured: Any) -> None:
        """Write the files, then standard output. Raises ReportError."""
        for file, renderer in self._written():
            write_whole(file, partial(renderer, measured, verbose=self.verbose))
        self.renderers[self.format_name](measured, sys.stdout, verbose=self.verbose)

    def _written(self) -> list[tuple[Path, Callable[..., None]]]:
        return [(file, self._renderer(file)) for file in self.files if file != Path("-")]

    def _renderer(self, file: Path) -> Callable[..., None]:
        name = self.suffixes.get(file.suffix.lower())
        if name is None:
            raise ReportError(f"{file}: no format has this suffix: there is {', '.join(self.suffixes)}")
        return self.renderers[name]
