"""Where SVG and MathML begin and end in an HTML document (WHATWG HTML section 13.2.6.5)."""

import re
from collections import Counter
from typing import NamedTuple

from tlsaudit.probe.pages.tags import Tag, attributes

# By language: the elements inside which there is HTML again.
_HOLD_HTML = {
    "svg": frozenset(("foreignobject", "desc", "title")),
    "math": frozenset(("mi", "mo", "mn", "ms", "mtext")),
}
_HTML_ENCODINGS = ("text/html", "application/xhtml+xml")

_HTML_ALONE = re.compile(
    "b|big|blockquote|body|br|center|code|dd|div|dl|dt|em|embed|h[1-6]|head|hr|i|img|li|listing|menu|meta|nobr|ol|p|pre"
    "|ruby|s|small|span|strong|strike|sub|sup|table|tt|u|ul|var"
)
# Their end tags leave what is open in them as it is.
_CLOSE_NOTHING = ("form", "body", "html")


class _Open(NamedTuple):
    name: str
    language: str
    holds_html: bool


class Foreign:
    """The elements of SVG and MathML that are open. `inside`: what comes next is one of them, not HTML."""

    def __init__(self) -> None:
        self.inside = False
        self._open: list[_Open] = []
        self._count: Counter[str] = Counter()

    def start(self, tag: Tag) -> str | None:
        """`svg` or `math` where the element belongs to one of them."""
        if not self._open and tag.name not in _HOLD_HTML:
            return None
        if self.inside and _is_html(tag):
            self._leave()
        language = self._open[-1].language if self.inside else tag.name
        if language not in _HOLD_HTML:
            return None
        if tag.name == "svg" and self._open and self._open[-1].name == "annotation-xml":
            language = "svg"
        if not tag.self_closing:
            holds_html = tag.name in _HOLD_HTML[language] or (language == "math" and _is_annotation(tag))
            self._open.append(_Open(tag.name, language, holds_html))
            self._count[tag.name] += 1
            self.inside = not holds_html
        return language

    def end(self, name: str, is_open: bool) -> None:
        """`is_open`: an HTML element of that name is, too."""
        if not self._open:
            return
        if self._count[name]:
            while self._close() != name:
                pass
        elif name in ("br", "p") or (is_open and name not in _CLOSE_NOTHING):
            self._leave()

    def _leave(self) -> None:
        while self.inside:
            self._close()

    def _close(self) -> str:
        name = self._open.pop().name
        self._count[name] -= 1
        self.inside = bool(self._open) and not self._open[-1].holds_html
        return name


def _is_html(tag: Tag) -> bool:
    return bool(_HTML_ALONE.fullmatch(tag.name)) or (
        tag.name == "font" and not attributes(tag.raw_attributes).keys().isdisjoint(("color", "face", "size"))
    )


def _is_annotation(tag: Tag) -> bool:
    encoding = attributes(tag.raw_attributes).get("encoding", "") if tag.name == "annotation-xml" else ""
    return encoding.lower() in _HTML_ENCODINGS
