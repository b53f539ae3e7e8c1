"""What is being written, hidden beside what it is to replace. Its writer holds a lock on it, so that the next one can
tell what a kill has left behind, and clears that away.
"""

import fcntl
import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

_SUFFIX = ".part"
_RANDOM = 8  # characters, as tempfile has it


def part_file(place: Path) -> tuple[int, Path]:
    """A new file for what is to be at that place, open to be written. Raises OSError."""
    while True:
        descriptor, name = tempfile.mkstemp(dir=place.parent, prefix=_prefix(place), suffix=_SUFFIX)
        if _held(descriptor):
            return descriptor, Path(name)
        os.close(descriptor)


def part_folder(place: Path) -> tuple[int, Path]:
    """The same, a folder; its lock is held until the descriptor is closed. Raises OSError."""
    while True:
        name = tempfile.mkdtemp(dir=place.parent, prefix=_prefix(place), suffix=_SUFFIX)
        try:
            descriptor = os.open(name, os.O_RDONLY)
        except FileNotFoundError:  # cleared away just before
            continue
        if _held(descriptor):
            return descriptor, Path(name)
        os.close(descriptor)


def clear_parts(place: Path) -> None:
    """Remove what was left by those who were killed before it was at that place."""
    with suppress(OSError), os.scandir(place.parent) as entries:
        for entry in entries:
            middle = entry.name.removeprefix(_prefix(place)).removesuffix(_SUFFIX)
            if len(middle) == _RANDOM and entry.name == f"{_prefix(place)}{middle}{_SUFFIX}":
                _remove_unless_held(Path(entry.path))


def _prefix(place: Path) -> str:
    return f".{place.name}."


def _held(descriptor: int) -> bool:
    """Hold it; whether nobody has cleared it away just before that."""
    with suppress(OSError):  # a file system without locks, where nothing is cleared away either
        fcntl.flock(descriptor, fcntl.LOCK_EX)
    return os.fstat(descriptor).st_nlink > 0


def _remove_unless_held(path: Path) -> None:
    with suppress(OSError):
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()
        finally:
            os.close(descriptor)
