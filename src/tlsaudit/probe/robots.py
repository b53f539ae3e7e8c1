"""Where robots.txt says that the sitemaps are (RFC 9309 section 2.2.4, sitemaps.org)."""

import re

from tlsaudit.evidence import UrlError, absolute_url

MAX_BYTES = 500 * 1024
"""What every crawler reads of a robots.txt at least (RFC 9309 section 2.5)."""

_MAX_SITEMAPS = 100
_SHOWN = 200
_LINE = re.compile(r"[^\r\n]+")
_SITEMAP = re.compile(r"[ \t]*sitemap[ \t]*:([^#]*)", re.IGNORECASE)


def sitemaps_of(robots: bytes, url: str) -> tuple[str, ...]:
    """The distinct targets of the `Sitemap:` lines of a robots.txt fetched from `url`, in order. Never raises.

    They belong to no group of user agents. One that is no http or https URL stays as it was written, with … where it is
    long. At most 100.
    """
    found: dict[str, None] = {}
    for line in _LINE.finditer(robots.decode("utf-8-sig", "replace")):
        if (matched := _SITEMAP.match(line[0])) and (target := matched[1].strip()):
            try:
                found[absolute_url(url, target)] = None
            except UrlError:
                found[target if len(target) <= _SHOWN else target[:_SHOWN] + "…"] = None
        if len(found) == _MAX_SITEMAPS:
            break
    return tuple(found)
