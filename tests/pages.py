"""Pages of realistic sizes: as those of the web, their lengths are distributed log-normally."""

import random
from collections.abc import Mapping

_WORDS = ["the", "of", "and", "to", "in", "for", "that", "with", "from", "this", "which", "were", "not", "page"]


def generated(count: int, *, median: int = 12_000, sigma: float = 1.0, seed: int = 2014) -> Mapping[str, str]:
    """HTML by path, the same each time. A few share their text, as errors, stubs and redirects of a wiki do."""
    chosen = random.Random(seed)
    pages: dict[str, str] = {}
    for number in range(count):
        size = int(chosen.lognormvariate(0, sigma) * median)
        words = chosen.choices([*_WORDS, *(f"{chosen.randrange(36**4):x}" for _ in range(40))], k=max(size // 5, 1))
        text = " ".join(words)
        earlier = pages.get(f"/page/{number - 1}") if number % 10 == 9 else None
        pages[f"/page/{number}"] = earlier or f"<!doctype html><title>Page</title><p>{text}"
    return pages
