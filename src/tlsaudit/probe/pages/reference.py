"""References as documents write them, made absolute as browsers do it (WHATWG URL section 4.4)."""

import re
from collections.abc import Hashable, Iterable
from typing import TypeVar
from urllib.parse import quote

from tlsaudit.evidence import UrlError, absolute_url

T = TypeVar("T", bound=Hashable)

_AROUND = "".join(map(chr, range(0x21)))  # C0 controls and the space
PASSED_OVER = str.maketrans("", "", "\t\n\r")
"""What browsers take out of references, as str.translate wants it."""

_QUERY = re.compile(r"[^?#]*\?([^#]*)")
_ASCII = "".join(map(chr, range(128)))
_SHOWN = 200


def cleaned(reference: str, codec: str = "utf-8") -> str:
    """The reference in a document of that encoding, which its query is in, too, without what browsers pass over."""
    reference = reference.strip(_AROUND).translate(PASSED_OVER)
    if "\\" in reference:
        end = next((place for place, sign in enumerate(reference) if sign in "?#"), len(reference))
        reference = reference[:end].replace("\\", "/") + reference[end:]
    if not reference.isascii() and not codec.startswith("utf") and (query := _QUERY.match(reference)):
        begin, end = query.span(1)
        said = quote(query[1], safe=_ASCII, encoding=codec, errors="xmlcharrefreplace")
        reference = reference[:begin] + said + reference[end:]
    return reference


def base_url(url: str, base: str | None) -> str:
    """What references are relative to in a document fetched from `url`, whose first `<base href>` is `base`."""
    try:
        return absolute_url(url, cleaned(base)) if base is not None else url
    except UrlError:
        return url


def absolute(base: str, reference: str) -> str:
    """A reference that cannot be made absolute stays as it is written, cut off. Never raises."""
    try:
        return absolute_url(base, reference)
    except UrlError:
        return reference[:_SHOWN]


def distinct(items: Iterable[T], most: int) -> tuple[T, ...]:
    """The first of them, each once."""
    found: dict[T, None] = {}
    for item in items:
        found[item] = None
        if len(found) == most:
            break
    return tuple(found)
