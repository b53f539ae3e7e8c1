"""How far an audit is, on standard error: a bar on a terminal, a plain line now and then elsewhere."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_LINE_EVERY_S = 10.0

Advance = Callable[[], None]


@contextmanager
def progress(total: int, *, quiet: bool) -> Iterator[Advance]:
    """Yield what is to be called for each endpoint that is done."""
    if quiet or total < 2:
        yield lambda: None
    elif sys.stderr.isatty():
        with _bar(total) as advance:
            yield advance
    else:
        yield _lines(total)


@contextmanager
def bytes_progress(total: int, *, quiet: bool) -> Iterator[Callable[[int], None]]:
    """Yield what is to be called with the number of bytes that were read. A total of 0 is one that is not known.

    Without a terminal nothing is shown.
    """
    if quiet or not sys.stderr.isatty():
        yield lambda _bytes: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

    columns = (TextColumn("reading"), BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("reading", total=total or None)
        yield lambda number: bar.advance(task, number)


@contextmanager
def _bar(total: int) -> Iterator[Advance]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("endpoints"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("endpoints", total=total)
        yield lambda: bar.advance(task)


def _lines(total: int) -> Advance:
    done = 0
    last = time.monotonic()

    def advance() -> None:
        nonlocal done, last
        done += 1
        if time.monotonic() - last >= _LINE_EVERY_S:
            last = time.monotonic()
            print(f"{done} of {total} endpoints", file=sys.stderr)  # noqa: T201

    return advance
