"""The tags of an HTML document, told from everything else as browsers do it (WHATWG HTML section 13.2.5).

Time is linear: what is not closed ends the document, so that nothing is looked at again.
"""

import re
from collections.abc import Iterator
from html import unescape
from html.entities import html5
from typing import NamedTuple

SPACE = "\t\n\f\r "
_BLANK = f"{SPACE}\0"  # browsers drop the latter from text

_WHITE = re.compile(f"[{SPACE}]+")
_EQUALS = rf"[{SPACE}]*+=[{SPACE}]*+"
_VALUE = rf"""(?:"[^"]*+"|'[^']*+'|(?!["'])[^{SPACE}>]*+)"""
_NAME = rf"(?:=[^{SPACE}/>=]*+|[^{SPACE}/>=]++)"
_OPENING = re.compile(r"<[a-zA-Z/!?]")
_ATTRIBUTE = re.compile(rf"[{SPACE}/]*+({_NAME})(?:{_EQUALS}({_VALUE}))?+")
_TAG = re.compile(
    rf"<(/?)([a-zA-Z][^{SPACE}/>]*+)((?:[{SPACE}/]*+{_NAME}(?:{_EQUALS}{_VALUE}|(?!{_EQUALS})))*+[{SPACE}/]*+)>"
)
_REFERENCE = re.compile(r"&(?:#[0-9]++;?|#[xX][0-9a-fA-F]++;?|([a-zA-Z][a-zA-Z0-9]*+)(;?)(=?))")

_NO_TEXT = re.compile(r"<!\[CDATA\[|\]\]>|<!--.*?-->", re.DOTALL)
_FOREIGN_TEXT = re.compile(r"(?:[^<]|<!\[CDATA\[|<!--.*?-->)*+", re.DOTALL)
_COMMENT_END = re.compile(r"--!?>")
_SCRIPT_MARK = re.compile(rf"<!--|-->|<(/?)script(?=[{SPACE}/>])", re.IGNORECASE)

# Between the tags of these there is no markup. Scripts are taken to run, as in browsers: then noscript is one of them.
_RAW = {
    name: re.compile(rf"</{name}(?=[{SPACE}/>])", re.IGNORECASE)
    for name in ("title", "textarea", "style", "xmp", "iframe", "noembed", "noframes", "noscript")
}
_NO_MARKUP = frozenset((*_RAW, "script", "plaintext"))


class Tag(NamedTuple):
    """A start tag or an end tag. `after_text`: something else than white space stands between it and the tag before.

    `content` is what follows a start tag where that is not markup, and the text of a style element.
    """

    name: str
    is_end: bool
    raw_attributes: str
    after_text: bool
    content: str = ""

    @property
    def self_closing(self) -> bool:
        """Whether it is written `<name/>`, which means something in SVG and MathML alone."""
        return self.raw_attributes.endswith("/")


class Tags:
    """Iterates over the tags. Whoever does sets `foreign` while inside SVG or MathML: there are CDATA sections there,
    and the content of each element is markup. `after_text` is, once there are no more tags, that of the end.
    """

    def __init__(self, document: str) -> None:
        self.foreign = False
        self.after_text = False
        self._document = document

    def __iter__(self) -> Iterator[Tag]:
        document, at, after_text = self._document, 0, False
        while opening := _OPENING.search(document, at):
            begin = opening.start()
            after_text = after_text or (at < begin and _is_text(document[at:begin]))
            if tag := _TAG.match(document, begin):
                at = end = tag.end()
                slash, name, raw_attributes = tag.groups()
                name = name.lower()
                if name in _NO_MARKUP and not (self.foreign or slash):
                    at = _content_end(document, name, end)
                content = document[end:at]
                if name == "style" and self.foreign and (text := _FOREIGN_TEXT.match(document, end)):
                    content = unescape(_NO_TEXT.sub("", text[0]))
                yield Tag(name, bool(slash), raw_attributes, after_text, content)
                after_text = False
            else:
                at = self._no_tag(begin)
        self.after_text = after_text or _is_text(document[at:])

    def _no_tag(self, begin: int) -> int:
        """Where to go on behind a `<` that begins no tag."""
        document = self._document
        following = document[begin + 1 : begin + 3]
        if document.startswith("<!--", begin):
            return self._comment_end(begin)
        if self.foreign and document.startswith("<![CDATA[", begin):
            return self._behind("]]>", begin)
        if following[:1] in ("!", "?"):
            return self._behind(">", begin)
        if following[:1] == "/" and not (following[1:].isascii() and following[1:].isalpha()):
            return self._behind(">", begin)
        return len(document)  # a tag that is not closed

    def _behind(self, mark: str, begin: int) -> int:
        end = self._document.find(mark, begin)
        return len(self._document) if end < 0 else end + len(mark)

    def _comment_end(self, begin: int) -> int:
        for abrupt in (">", "->"):
            if self._document.startswith(abrupt, begin + 4):
                return begin + 4 + len(abrupt)
        end = _COMMENT_END.search(self._document, begin + 4)
        return end.end() if end else len(self._document)


def words(text: str) -> list[str]:
    """Those of an attribute; browsers part them at white space of ASCII alone."""
    return [word for word in _WHITE.split(text) if word]


def attributes(raw: str) -> dict[str, str]:
    """The attributes of a tag by lower-case name, the first of each."""
    found: dict[str, str] = {}
    for name, value in _ATTRIBUTE.findall(raw):
        text = value[1:-1] if value[:1] in ('"', "'") else value
        found.setdefault(name.lower(), _REFERENCE.sub(_character, text) if "&" in text else text)
    return found


def _character(reference: re.Match[str]) -> str:
    """In an attribute, a reference without a semicolon counts only where nothing that could belong to it follows."""
    name, semicolon, equals = reference.groups()
    if name is None:
        return unescape(reference[0])
    if semicolon and f"{name};" in html5:
        return html5[f"{name};"]
    if name in html5 and not equals:
        return html5[name] + semicolon
    return reference[0]


def _is_text(between: str) -> bool:
    return bool((unescape(between) if "&" in between else between).strip(_BLANK))


def _content_end(document: str, name: str, begin: int) -> int:
    """Where the content of an element ends that is one of _NO_MARKUP."""
    if name == "script":
        return _script_end(document, begin)
    found = _RAW[name].search(document, begin) if name in _RAW else None
    return found.start() if found else len(document)


def _script_end(document: str, begin: int) -> int:
    """Where the end tag of a script begins. One that stands in a script within a comment is part of the script."""
    in_comment = in_script = False
    at = begin
    while mark := _SCRIPT_MARK.search(document, at):
        at = mark.end()
        if mark[0] == "<!--":
            in_comment = True
            at -= 2  # its hyphens may end it
        elif mark[0] == "-->":
            in_comment = in_script = False
        elif not mark[1]:
            in_script = in_comment
        elif in_script:
            in_script = False
        else:
            return mark.start()
    return len(document)
