"""What the tests have the workers of a cluster do. They import it from here."""

import os
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass
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


def begun(folder: Path, process: int) -> bool:
    return any(folder.glob(f"begun-{process}-*"))


def fails(_numbers: Sequence[int]) -> list[int]:
    raise ValueError("a defect of the work")
