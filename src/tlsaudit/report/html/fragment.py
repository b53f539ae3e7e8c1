"""HTML that thousands of pages have alike, with holes: a template is filled once, and the holes for each page."""

from functools import lru_cache

from markupsafe import Markup, escape

from tlsaudit.report.text import clean

HOLE = Markup("\ue000")
"""Nothing that is printed has this character: `clean` writes it as an escape."""


class Fragment:
    """What a template made of holes. What fills them is made harmless unless it is HTML already."""

    def __init__(self, made: str) -> None:
        self._first, *self._rest = made.split(HOLE)

    def __call__(self, *values: object) -> Markup:
        filled = [self._first]
        for value, rest in zip(values, self._rest, strict=True):
            filled += (value if isinstance(value, Markup) else harmless(str(value)), rest)
        return Markup("".join(filled))  # noqa: S704 made harmless above


@lru_cache(maxsize=4096)  # in the pages of a large fleet most is said again and again
def harmless(said: str) -> Markup:
    return escape(clean(said))
