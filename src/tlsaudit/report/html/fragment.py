"""HTML that thousands of pages have alike, with holes: a template is filled once, and the holes for each page."""

from collections.abc import Iterable
from functools import lru_cache

from markupsafe import Markup, escape

from tlsaudit.report.text import clean

HOLE = Markup("\ue000")
"""Nothing that is printed has this character: `clean` writes it as an escape."""


class Fragment:
    """What a template made of holes. What fills them is made harmless unless it is HTML already."""

    def __init__(self, made: str) -> None:
        self._form = str(made).replace("%", "%%").replace(HOLE, "%s")

    def __call__(self, *values: object) -> Markup:
        filled = tuple([each if type(each) is Markup else harmless(str(each)) for each in values])
        return _markup(self._form % filled)


class Frame:
    """The same of a whole page, most of which is always the same: as UTF-8, so that it is encoded once."""

    def __init__(self, made: str) -> None:
        self._first, *self._rest = (part.encode() for part in str(made).split(HOLE))

    def __call__(self, *values: object) -> bytes:
        page = [self._first]
        for value, rest in zip(values, self._rest, strict=True):
            page += (str.encode(_html(value)), rest)
        return b"".join(page)


def joined(rows: Iterable[object]) -> Markup:
    """One after the other."""
    return _markup("".join(map(_html, rows)))


def _markup(harmless: str) -> Markup:
    """The same as HTML. Markup itself asks first whether it is that already, which takes as long again."""
    return str.__new__(Markup, harmless)


def _html(value: object) -> Markup:
    return value if type(value) is Markup else harmless(str(value))


@lru_cache(maxsize=1024)  # in the pages of a large fleet most is said again and again
def harmless(said: str) -> Markup:
    return escape(clean(said))
