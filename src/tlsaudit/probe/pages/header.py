"""What header fields say of a page: Link (RFC 8288), Refresh (WHATWG HTML), Content-Security-Policy (CSP level 3)."""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from tlsaudit.evidence import Alternate, UrlError, absolute_url
from tlsaudit.probe.pages.reference import absolute, cleaned
from tlsaudit.probe.pages.tags import SPACE

MAX_LINKS = 20
MAX_ALTERNATES = 300

_SPACE = r"[ \t]*+"
_TARGET = re.compile(rf"{_SPACE}<([^>]*+)>")
_PARAMETER = re.compile(
    rf"{_SPACE};{_SPACE}([!#$%&'*+.^_`|~0-9A-Za-z-]++){_SPACE}"
    rf'(?:={_SPACE}(?:"((?:[^"\\]|\\.)*+)"|([^\s;,"]*+)))?+',
    re.DOTALL,
)
_NEXT_LINK = re.compile(r'(?:[^,"]|"(?:[^"\\]|\\.)*+"?)*+,?', re.DOTALL)

_URL_IS = rf"[uU][rR][lL][{SPACE}]*+=[{SPACE}]*+"
# Not with `?+`: Python 3.11.2 would keep half of a prefix that is none.
_REFRESH = re.compile(
    rf"[{SPACE}]*+(?:[0-9]++|(?=\.))[0-9.]*+(?:[{SPACE}]++[;,]?|[;,])[{SPACE}]*+"
    rf"(?:{_URL_IS}|(?!{_URL_IS}))(.++)",
    re.DOTALL,
)


class Links(NamedTuple):
    """The distinct canonical links and alternates that Link fields name, in order."""

    canonicals: tuple[str, ...]
    alternates: tuple[Alternate, ...]


def link_field(values: Iterable[str], url: str) -> Links:
    """What the values of Link fields sent with `url` name, absolute where possible, the first of them. Never raises."""
    canonicals: dict[str, None] = {}
    alternates: dict[Alternate, None] = {}
    for target, parameters in (link for value in values for link in _links(value)):
        relations = parameters.get("rel", "").lower().split()
        if not _is_about(url, parameters.get("anchor")):
            continue
        if "canonical" in relations and len(canonicals) < MAX_LINKS:
            canonicals[absolute(url, target)] = None
        language = parameters.get("hreflang")
        if "alternate" in relations and language and len(alternates) < MAX_ALTERNATES:
            alternates[Alternate(language[:40], absolute(url, target))] = None
    return Links(tuple(canonicals), tuple(alternates))


def refresh(value: str, base: str) -> str | None:
    """Where the value of a Refresh field, or of a meta element that does the same, leads to. None where that is nowhere
    else. Never raises.
    """
    found = _REFRESH.match(value)
    if found is None:
        return None
    target = found[1]
    if target[0] in ('"', "'"):
        target = target[1:].partition(target[0])[0]
    try:
        return absolute_url(base, cleaned(target)) if target else None
    except UrlError:
        return None


def upgrades(policies: Iterable[str]) -> bool:
    """Whether one of the Content-Security-Policy values has the directive upgrade-insecure-requests."""
    directives = (directive for value in policies for directive in re.split("[,;]", value))
    return any(directive.split()[:1] == ["upgrade-insecure-requests"] for directive in map(str.lower, directives))


def _links(value: str) -> Iterator[tuple[str, dict[str, str]]]:
    position = 0
    while position < len(value):
        if target := _TARGET.match(value, position):
            position = target.end()
            parameters: dict[str, str] = {}
            while parameter := _PARAMETER.match(value, position):
                position = parameter.end()
                quoted = re.sub(r"\\(.)", r"\1", parameter[2], flags=re.DOTALL) if parameter[2] is not None else None
                # The first rel counts (RFC 8288 section 3.3).
                parameters.setdefault(parameter[1].lower(), parameter[3] or "" if quoted is None else quoted)
            yield target[1].strip(), parameters
        following = _NEXT_LINK.match(value, position)
        position = following.end() if following and following.end() > position else len(value)


def _is_about(url: str, anchor: str | None) -> bool:
    if anchor is None:
        return True
    try:
        return absolute_url(url, anchor) == url
    except UrlError:
        return False
