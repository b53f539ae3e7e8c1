"""What an element loads, or sends to, and how browsers treat that over https (W3C Mixed Content, 2023-02-23)."""

import re
from collections.abc import Callable, Iterator, Mapping
from enum import IntEnum
from typing import NamedTuple

from tlsaudit.probe.pages.css import loaded
from tlsaudit.probe.pages.document import Element, Place
from tlsaudit.probe.pages.tags import SPACE, words


class Sort(IntEnum):
    """`ACTIVE` is blocked, `PASSIVE` is asked for by https instead (section 3.1), `FORM` is warned of (section 4.5)."""

    ACTIVE = 0
    PASSIVE = 1
    FORM = 2


class Load(NamedTuple):
    """A reference as it is written, and the attribute that it is from, empty for a style element. `at_once`: it is
    asked for while the page is read, and not once it is shown."""

    sort: Sort
    attribute: str
    reference: str
    at_once: bool = True


_Attributes = Mapping[str, str]

_SINGLE: Mapping[str, Mapping[str, Sort]] = {
    **{name: {"src": Sort.ACTIVE} for name in ("iframe", "frame", "embed", "track")},
    "object": {"data": Sort.ACTIVE},
    **{name: {"src": Sort.PASSIVE} for name in ("img", "image", "audio", "source")},
    "video": {"src": Sort.PASSIVE, "poster": Sort.PASSIVE},
    **{name: {"background": Sort.PASSIVE} for name in ("body", "table", "thead", "tbody", "tfoot", "tr", "td", "th")},
}
_IN_SVG = {"image": Sort.PASSIVE, "feimage": Sort.PASSIVE, "use": Sort.ACTIVE, "script": Sort.ACTIVE}

_SCRIPT = re.compile(
    r"module|(?:application|text)/(?:x-)?(?:java|ecma)script|text/(?:javascript1\.[0-5]|jscript|livescript)",
    re.IGNORECASE,
)
_LINKS = frozenset(("stylesheet", "modulepreload", "prefetch", "manifest"))
_CANDIDATE = re.compile(rf"[{SPACE},]*+([^{SPACE}]++)(?:(?<=,)|[^,(]*+(?:\([^)]*+\)?+[^,(]*+)*+)")


def may_load(element: Element) -> bool:
    """Whether it is worth to read its attributes."""
    name, written = element.name, element.written
    if not isinstance(written, str) or element.place is Place.SVG or name == "style":
        return True
    if name in _READERS and name != "a":  # nearly all of which have nothing but href
        return True
    lower = written.lower()
    return "url(" in lower or "ping" in lower


def loads(element: Element) -> Iterator[Load]:
    """What the markup says of the element, in order."""
    if element.name == "style":
        yield from _styles("", element.content)
        return
    said = element.attributes
    read = _in_svg if element.place is Place.SVG else _READERS.get(element.name)
    if read:
        yield from read(element.name, said)
    yield from _styles("style", said.get("style", ""))


def _styles(attribute: str, style: str) -> Iterator[Load]:
    for url, active, at_once in loaded(style):
        yield Load(Sort.ACTIVE if active else Sort.PASSIVE, attribute, url, at_once)


def _in_svg(name: str, said: _Attributes) -> Iterator[Load]:
    attribute = "href" if "href" in said else "xlink:href"
    if attribute in said and (sort := _IN_SVG.get(name.lower())) is not None:
        yield Load(sort, attribute, said[attribute])


def _single(name: str, said: _Attributes) -> Iterator[Load]:
    if name == "iframe" and "srcdoc" in said:  # which takes the place of its src
        return
    for attribute, sort in _SINGLE[name].items():
        yield Load(sort, attribute, said.get(attribute, ""))
    # Browsers do not try https for one of several candidates: they block it.
    for candidate in _CANDIDATE.findall(said.get("srcset", "")) if name in ("img", "source") else ():
        yield Load(Sort.ACTIVE, "srcset", candidate.rstrip(","))


def _script(_: str, said: _Attributes) -> Iterator[Load]:
    language = "javascript" if "type" in said else said.get("language") or "javascript"
    kind = (said.get("type") or f"text/{language}").strip(SPACE)
    is_module = kind.lower() == "module"
    if _SCRIPT.fullmatch(kind) and (is_module or "nomodule" not in said):
        yield Load(Sort.ACTIVE, "src", said.get("src", ""))


def _link(_: str, said: _Attributes) -> Iterator[Load]:
    relations = set(words(said.get("rel", "").lower()))
    href, destination = said.get("href", ""), said.get("as", "").lower()
    if "disabled" in said or said.get("type", "").partition(";")[0].strip(SPACE).lower() not in ("", "text/css"):
        relations.discard("stylesheet")
    if relations & _LINKS:
        yield Load(Sort.ACTIVE, "href", href)
    elif "preload" in relations and destination:
        yield Load(Sort.PASSIVE if destination in ("image", "audio", "video") else Sort.ACTIVE, "href", href)
    elif "icon" in relations:
        yield Load(Sort.PASSIVE, "href", href, at_once=False)


def _anchor(_: str, said: _Attributes) -> Iterator[Load]:
    for reference in words(said.get("ping", "")):
        yield Load(Sort.ACTIVE, "ping", reference)


def _form(_: str, said: _Attributes) -> Iterator[Load]:
    if said.get("method", "").lower() != "dialog":
        yield Load(Sort.FORM, "action", said.get("action", ""))


def _button(name: str, said: _Attributes) -> Iterator[Load]:
    kind = said.get("type", "submit" if name == "button" else "text").lower()
    if kind == "image" and name == "input":
        yield Load(Sort.PASSIVE, "src", said.get("src", ""))
    if kind in ("submit", "image") or (name == "button" and kind not in ("button", "reset")):
        yield Load(Sort.FORM, "formaction", said.get("formaction", ""))


_READERS: Mapping[str, Callable[[str, _Attributes], Iterator[Load]]] = {
    **dict.fromkeys(_SINGLE, _single),
    **dict.fromkeys(("a", "area"), _anchor),
    **dict.fromkeys(("button", "input"), _button),
    "script": _script,
    "link": _link,
    "form": _form,
}
