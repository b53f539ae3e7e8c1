"""How many files this process has open."""

import gc
from pathlib import Path


def open_files() -> int:
    """What earlier tests have left to the garbage collector is closed before, not while a test counts."""
    gc.collect()
    return len(list(Path("/proc/self/fd").iterdir()))
