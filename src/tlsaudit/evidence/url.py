"""References to absolute http and https URLs in one normal form, so that two spellings of one URL compare equal."""

import re
from functools import lru_cache
from ipaddress import ip_address
from typing import NamedTuple
from urllib.parse import quote, urlsplit, urlunsplit

MAX_LENGTH = 8000
"""Characters; RFC 9110 section 4.1 asks every party to support at least this many."""

DEFAULT_PORTS = {"http": 80, "https": 443}

_FORBIDDEN = re.compile(r"[\x00-\x1f\x7f\\]")
# RFC 3986 appendix B.
_PARTS = re.compile(r"(?:([a-zA-Z][a-zA-Z0-9+.-]*):)?(?://([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#.*)?", re.DOTALL)
_HOST = re.compile(r"[a-z0-9._-]{1,253}|[0-9a-f:.]{2,45}")

# What RFC 3986 allows somewhere in a path or query, and `%`, so that what is encoded stays as it is.
_SAFE = "%/:@!$&'()*+,;=-._~?|[]"

# What is in normal form as it stands, as most URLs are that are written in full: the long way takes 15 times longer.
_NORMAL = re.compile(
    r"https?://[a-z0-9._-]{1,253}/[A-Za-z0-9%/:@!$&'()*+,=._~|-]*+(?:\?[A-Za-z0-9%/:@!$&'()*+,=._~?|-]++)?"
)


class _Parts(NamedTuple):
    """What a reference is made of; an authority and a query may be empty, and None where there is none."""

    scheme: str
    authority: str | None
    path: str
    query: str | None

    @classmethod
    def of(cls, reference: str) -> "_Parts":
        scheme, authority, path, query = _PARTS.fullmatch(reference).groups()  # type: ignore[union-attr]  # it takes any text
        return cls((scheme or "").lower(), authority, path, query)


class UrlError(ValueError):
    """A reference that does not lead to an http or https URL; the message says why, without quoting it."""


def absolute_url(base: str, reference: str) -> str:
    """Resolve a reference (RFC 3986 section 5) against an absolute URL.

    The result has a lower-case scheme and host (IDNA A-labels), no default port, no fragment, and non-ASCII
    characters as percent-encoded UTF-8. Raises UrlError.
    """
    if len(reference) > MAX_LENGTH:
        raise UrlError("the URL is too long")
    if "/." not in reference and _NORMAL.fullmatch(reference):
        return reference
    if _FORBIDDEN.search(reference):
        raise UrlError("a control character or backslash in the URL")
    parts = _resolved(_Parts.of(base), _Parts.of(reference))
    try:
        authority = urlsplit(f"//{parts.authority or ''}")
        host, port = authority.hostname or "", authority.port
        host = host if host.isascii() else _a_labels(host)
    except ValueError:
        raise UrlError("the URL is malformed") from None
    if parts.scheme not in DEFAULT_PORTS:
        raise UrlError("the URL is neither http nor https")
    if authority.username is not None:
        raise UrlError("a user name in the URL")
    if not _HOST.fullmatch(host):
        raise UrlError("no valid host name in the URL")
    place = f"[{host}]" if ":" in host else host
    if port is not None and port != DEFAULT_PORTS[parts.scheme]:
        place = f"{place}:{port}"
    path, query = (quote(text, safe=_SAFE, errors="replace") for text in (_without_dots(parts.path), parts.query or ""))
    return urlunsplit((parts.scheme, place, path, query, ""))


def _resolved(base: _Parts, reference: _Parts) -> _Parts:
    """RFC 3986 section 5.2.2; a reference of the same scheme without a host is relative, as to browsers. The library's
    urljoin leaves out empty segments of paths, which lead to other pages, and takes no `?` for none.
    """
    if reference.authority is not None or reference.scheme not in ("", base.scheme):
        return reference._replace(scheme=reference.scheme or base.scheme)
    if not reference.path:
        return base if reference.query is None else base._replace(query=reference.query)
    above = "" if reference.path.startswith("/") else base.path.rpartition("/")[0] + "/"
    return base._replace(path=above + reference.path, query=reference.query)


def _a_labels(host: str) -> str:
    """As browsers write a name (UTS 46, non-transitional): by IDNA of 2003 a sharp s leads to another domain. Emoji and
    what else IDNA of 2008 does not know are still written by that of 2003. Raises ValueError."""
    import idna

    try:
        return idna.encode(host, uts46=True).decode("ascii")
    except idna.IDNAError:
        return host.encode("idna").decode("ascii")


def _without_dots(path: str) -> str:
    """RFC 3986 section 5.2.4."""
    if "/." not in path:
        return path or "/"
    kept: list[str] = []
    segments = path.split("/")[1:]
    for segment in segments:
        if segment == "..":
            del kept[-1:]
        elif segment != ".":
            kept.append(segment)
    if segments[-1] in (".", ".."):
        kept.append("")
    return "/" + "/".join(kept)


def is_ip_address(host: str) -> bool:
    """Whether a host is an IP address, IPv6 without brackets, and not a name."""
    if not (host[-1:].isdigit() or ":" in host):  # no other is one, and to try takes long
        return False
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


@lru_cache(maxsize=1024)  # asked several times for each request
def origin(url: str) -> tuple[str, str, int]:
    """Scheme, host and port of an absolute URL in normal form."""
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port or DEFAULT_PORTS[parts.scheme]
