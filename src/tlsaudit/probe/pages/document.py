"""The elements of an HTML document and where they stand: what browsers make of its tags (WHATWG HTML section 13.2.6),
as far as it decides which elements count. No tree is built, so that nothing grows with what is nested.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from enum import Enum, auto
from typing import NamedTuple

from tlsaudit.probe.pages.foreign import Foreign
from tlsaudit.probe.pages.tags import Tag, Tags, attributes

MAX_TAGS = 50_000
"""Twice what a page of a mebibyte has; with more, a hostile one could keep this machine busy."""

# What leaves the parser in the head, or before it.
_HEAD = re.compile("base|basefont|bgsound|head|html|link|meta|noframes|noscript|script|style|template|title")
_END_THE_HEAD = frozenset(("body", "html", "br"))


class Place(Enum):
    """Where an element stands."""

    HEAD = auto()
    BODY = auto()
    SVG = auto()


class Element(NamedTuple):
    """`content` is that of an element whose content is text, such as style. `written` are the attributes."""

    name: str
    place: Place
    content: str
    written: str | Mapping[str, str]

    @property
    def attributes(self) -> Mapping[str, str]:
        """By lower-case name; they are read anew each time."""
        return attributes(self.written) if isinstance(self.written, str) else self.written


class HtmlDocument:
    """Iterates over the elements that count: not those of a template, nor of a noscript, since scripts are taken to
    run. `head_ended`: nothing further is in the head. `cut_off`: there are more tags than are read.
    """

    def __init__(self, text: str) -> None:
        self.head_ended = False
        self.cut_off = False
        self._tags = Tags(text)
        self._foreign = Foreign()
        self._head_closed = False
        self._frameset = False
        self._templates = 0
        self._open: Counter[str] = Counter()

    def __iter__(self) -> Iterator[Element]:
        for count, tag in enumerate(self._tags):
            if count == MAX_TAGS:
                self.cut_off = True
                return
            if not (self.head_ended or self._templates):
                self.head_ended = self._ends_the_head(tag)
            if tag.is_end:
                self._end(tag.name)
            elif place := self._start(tag):
                yield Element(tag.name, place, tag.content, tag.raw_attributes)
            self._tags.foreign = self._foreign.inside
        self.head_ended |= self._tags.after_text

    def _ends_the_head(self, tag: Tag) -> bool:
        name = tag.name
        if tag.after_text:
            return True
        if tag.is_end:
            self._head_closed |= name == "head"
            return name in _END_THE_HEAD
        self._frameset |= name == "frameset"
        # Behind </head> the elements of a head still go there, but for this one.
        return not _HEAD.fullmatch(name) or (name == "noscript" and self._head_closed)

    def _start(self, tag: Tag) -> Place | None:
        """Where the element stands; None where it does not count."""
        root = self._foreign.start(tag)
        if root:
            return Place.SVG if root == "svg" and not self._templates else None
        self._templates += tag.name == "template" and not self._is_shadow_root(tag)
        self._open[tag.name] += 1
        if self._templates or not self._expected(tag.name):
            return None
        return Place.BODY if self.head_ended else Place.HEAD

    def _is_shadow_root(self, tag: Tag) -> bool:
        """A template of that kind is put in its place at once; in a head there is nothing to be the host of one."""
        if self._templates or not self.head_ended:
            return False
        return attributes(tag.raw_attributes).get("shadowrootmode", "").lower() in ("open", "closed")

    def _expected(self, name: str) -> bool:
        """Browsers ignore frames outside a frameset and the other way round, and forms within forms."""
        return (name == "frame") == self._frameset and (name != "form" or self._open[name] == 1)

    def _end(self, name: str) -> None:
        count = self._open[name]
        self._foreign.end(name, count > 0)
        if name == "template":
            self._templates = max(self._templates - 1, 0)
        if count:
            self._open[name] = 0 if name == "form" else count - 1
