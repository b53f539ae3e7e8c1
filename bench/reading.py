"""What of a report's time is reading the history: `python -m bench.reading FOLDER [--at DAY]`.

FOLDER has a targets.yaml and its history.db, as `python -m bench.history --folder FOLDER` leaves them. Each format is
rendered by a process of its own, in which all that comes from the history is timed on its way to the renderer. Prints a
Markdown table, in seconds: the start of the program and the targets, by the CPU; then by the clock what the history is
asked for (the audit, the goals, what changed, and all that the renderer reads), and the rendering, to nowhere or for
HTML with its pages to files that are thrown away.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TypeVar

from tlsaudit.app.past import Asked, look_back
from tlsaudit.app.targets import load
from tlsaudit.registry import Registry
from tlsaudit.report import Format, format_by_name, write
from tlsaudit.report.document import AvailabilityRecord, EndpointRecord, FindingRecord
from tlsaudit.report.view import Answers, AuditView, Faults, OfSubject, Outline, Seen, Tallies
from tlsaudit.store import Store

FORMATS = ("terminal", "prometheus", "markdown", "html", "csv", "sarif", "junit", "json", "jsonl")
PAGES = "html, pages"

T = TypeVar("T")

_HERE = str(Path(__file__).parents[1])


class Timed(AuditView):
    """What another view reads, and in `seconds` how long it took to."""

    def __init__(self, view: AuditView, seconds: float) -> None:
        self.header, self.objectives = view.header, view.objectives
        self.seconds = seconds
        self._view = view

    def endpoints(self) -> Iterator[EndpointRecord]:
        return self._timed(self._view.endpoints())

    def findings(self) -> Iterator[FindingRecord]:
        return self._timed(self._view.findings())

    def availability(self) -> Iterator[AvailabilityRecord]:
        return self._timed(self._view.availability())

    def answers(self) -> Iterator[Answers]:
        return self._timed(self._view.answers())

    def silent(self) -> Iterator[tuple[str, str | None]]:
        return self._timed(self._view.silent())

    def by_subject(self) -> Iterator[OfSubject]:
        return self._timed(self._view.by_subject())

    def outlines(self) -> Iterator[Outline]:
        return self._timed(self._view.outlines())

    def faults(self) -> Iterator[Faults]:
        return self._timed(self._view.faults())

    def seen(self) -> Iterator[Seen]:
        return self._timed(self._view.seen())

    def tallies(self) -> Tallies:
        return self._took(self._view.tallies)

    def _timed(self, items: Iterator[T]) -> Iterator[T]:
        while (item := self._took(lambda: next(items, None))) is not None:
            yield item

    def _took(self, read: Callable[[], T]) -> T:
        begun = time.perf_counter()
        item = read()
        self.seconds += time.perf_counter() - begun
        return item


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("--at", type=date.fromisoformat, default=datetime.now(UTC).date())
    arguments.add_argument("--only", choices=[*FORMATS, PAGES])
    asked = arguments.parse_args()
    os.chdir(asked.folder)
    if asked.only:
        print(row(asked.only, asked.at))
        return
    print("| | start and targets | reading | rendering | whole |\n|---|---:|---:|---:|---:|", flush=True)
    for name in (*FORMATS, PAGES):
        again = ["-m", "bench.reading", ".", "--at", str(asked.at), "--only", name]
        subprocess.run([sys.executable, *again], env=os.environ | {"PYTHONPATH": _HERE}, check=True)


def row(name: str, day: date) -> str:
    registry = Registry.load()
    targets, _ = load(Path("targets.yaml"), [], registry)
    chosen = format_by_name("html" if name == PAGES else name)
    chosen.load()
    started, begun = time.process_time(), time.perf_counter()
    with Store.open("sqlite:///history.db", create=False) as store:
        view = look_back(store, targets, registry, Asked(day))
        timed = Timed(view, time.perf_counter() - begun)
        _render(chosen, timed, pages=name == PAGES)
    took = time.perf_counter() - begun
    figures = (started, timed.seconds, took - timed.seconds, started + took)
    return f"| {name} | " + " | ".join(f"{figure:.1f}" for figure in figures) + " |"


def _render(chosen: Format, view: AuditView, *, pages: bool) -> None:
    if pages:
        with tempfile.TemporaryDirectory() as folder:
            write(view, Path(folder, "report.html"))
        return
    with Path(os.devnull).open("w", encoding="utf-8") as out:
        chosen.render(view, out)


if __name__ == "__main__":
    main()
