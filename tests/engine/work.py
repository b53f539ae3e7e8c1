"""What the tests have the workers of a cluster do. They import it from here."""

import os
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

_DEADLINE_S = 60.0


@dataclass(frozen=True)
class Square:
    """Squares of numbers. Says in a folder which process has begun what, and waits there for the file `go`. Whoever
    gets `poison` ends.
    """

    folder: Path
    poison: int | None = None

    def __call__(self, numbers: Sequence[int]) -> list[int]:
        (self.folder / f"begun-{os.getpid()}-{numbers[0]}").touch()
        deadline = time.monotonic() + _DEADLINE_S
        while not (self.folder / "go").exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        if self.poison in numbers:
            os.kill(os.getpid(), signal.SIGKILL)
        return [number * number for number in numbers]


@dataclass(frozen=True)
class Timed:
    """Nothing but a file in a folder for each batch, which says when it was begun and when it was done."""

    folder: Path

    def __call__(self, numbers: Sequence[int]) -> list[int]:
        begun = time.time_ns()
        time.sleep(0.02)
        (self.folder / f"timed-{numbers[0]}").write_text(f"{begun} {time.time_ns()}", "ascii")
        return [0 for _ in numbers]


def most_at_once(folder: Path) -> int:
    """How many batches were under way at the same time."""
    events: list[tuple[int, int]] = []
    for file in folder.glob("timed-*"):
        begun, done = map(int, file.read_text("ascii").split())
        events += (begun, 1), (done, -1)
    return max(accumulate(step for _, step in sorted(events)))


def begun(folder: Path, process: int) -> bool:
    return any(folder.glob(f"begun-{process}-*"))


def fails(_numbers: Sequence[int]) -> list[int]:
    raise ValueError("a defect of the work")
