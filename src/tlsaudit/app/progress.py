"""How far an audit is, on standard error: a bar on a terminal, a plain line now and then elsewhere."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tlsaudit.report.text import duration

_LINE_EVERY_S = 10.0

Advance = Callable[[], None]


@contextmanager
def progress(total: int, *, quiet: bool, done: int = 0) -> Iterator[Advance]:
    """Yield what is to be called for each endpoint that is done, beside those that were before."""
    if quiet or total < 2:
        yield lambda: None
    elif sys.stderr.isatty():
        with _bar(total, done) as advance:
            yield advance
    else:
        yield _lines(total, done)


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
def _bar(total: int, done: int) -> Iterator[Advance]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    rate = TextColumn("{task.fields[rate]}")
    columns = (TextColumn("endpoints"), BarColumn(), MofNCompleteColumn(), rate, TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("endpoints", total=total, completed=done, rate="")

        def advance() -> None:
            speed = bar.tasks[task].speed
            bar.update(task, advance=1, rate=a_second(speed) if speed else "")

        yield advance


def _lines(total: int, done: int) -> Advance:
    begun = last = time.monotonic()
    before = done

    def advance() -> None:
        nonlocal done, last
        done += 1
        now = time.monotonic()
        if now - last >= _LINE_EVERY_S:
            last = now
            rate = (done - before) / (now - begun)
            left = duration((total - done) / rate)
            print(f"{done:,} of {total:,} endpoints, {a_second(rate)}, {left} left", file=sys.stderr)  # noqa: T201

    return advance


def a_second(rate: float) -> str:
    """`12 a second`, or `0.4 a second`."""
    return f"{rate:,.0f} a second" if rate >= 10 else f"{rate:.1f} a second"
