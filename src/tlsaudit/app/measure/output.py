"""Where a measurement of crawlers goes: one format on standard output, any number of files."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tlsaudit.evidence import CrawlLog
from tlsaudit.report.crawlers import RENDERERS, SUFFIXES
from tlsaudit.report.formats import check_place, write_whole
from tlsaudit.report.renderer import ReportError


@dataclass(frozen=True, slots=True)
class CrawlOutput:
    """`files` get the format of their suffix; `-` among them is standard output, which gets `format_name`."""

    format_name: str = "terminal"
    files: tuple[Path, ...] = ()
    verbose: bool = False

    def check(self) -> None:
        """Raise ReportError for a suffix or folder that does not exist, before anything is read."""
        for file, _ in self._written():
            check_place(file)

    def emit(self, log: CrawlLog) -> None:
        """Write the files, then standard output. Raises ReportError."""
        for file, renderer in self._written():
            write_whole(file, partial(renderer, log, verbose=self.verbose))
        RENDERERS[self.format_name](log, sys.stdout, verbose=self.verbose)

    def _written(self) -> list[tuple[Path, Callable[..., None]]]:
        return [(file, _renderer(file)) for file in self.files if file != Path("-")]


def _renderer(file: Path) -> Callable[..., None]:
    name = SUFFIXES.get(file.suffix.lower())
    if name is None:
        raise ReportError(f"{file}: no format has this suffix: there is {', '.join(SUFFIXES)}")
    return RENDERERS[name]
