"""Page loads that a browser saved: HTTP Archive 1.2, as the developer tools of browsers export it."""

import json
from collections import defaultdict
from collections.abc import Iterator
from typing import Any, NamedTuple

from tlsaudit.evidence import NotObserved, PageSizes, Reason, Transfer, UrlError, absolute_url, origin

MAX_BYTES = 256 << 20


class HarError(ValueError):
    """The document is no HAR; the message says why."""


class _Entry(NamedTuple):
    url: str
    size: int | None


def read_har(text: str) -> list[PageSizes]:
    """Each page with its loads: what came by https from the page's own host while it was loaded, subresources
    included. Raises HarError.
    """
    visits: defaultdict[str, list[_Entry]] = defaultdict(list)
    for entry in _entries(text):
        if isinstance(page := entry.get("pageref"), str) and (read := _entry(entry)):
            visits[page].append(read)
    found: defaultdict[str, list[Transfer | NotObserved]] = defaultdict(list)
    for entries in visits.values():
        if entries[0].url.startswith("https:"):
            found[entries[0].url].append(_load(entries))
    if not found:
        raise HarError("it has no page that came by https: save the HAR with its pages, as browsers do")
    return [_page(url, loads) for url, loads in found.items()]


def _entries(text: str) -> Iterator[dict[str, Any]]:
    try:
        entries = json.loads(text)["log"]["entries"]
    except (ValueError, RecursionError):
        raise HarError("it is no JSON") from None
    except (KeyError, TypeError):
        entries = None
    if not isinstance(entries, list):
        raise HarError("it is no HAR: log.entries is missing")
    return (entry for entry in entries if isinstance(entry, dict))


def _entry(entry: dict[str, Any]) -> _Entry | None:
    request, response = entry.get("request"), entry.get("response")
    if not (isinstance(request, dict) and isinstance(response, dict)):
        return None
    try:
        url = absolute_url("", str(request.get("url")))
    except UrlError:  # data: and the like are not sent
        return None
    return _Entry(url, _size(response))


def _size(response: dict[str, Any]) -> int | None:
    """As transferred, head and body. Chromium has a field of its own for it, and leaves -1 in one of the standard's."""
    transferred = response.get("_transferSize")
    if isinstance(transferred, int) and transferred >= 0:
        return transferred
    head, body = response.get("headersSize"), response.get("bodySize")
    return head + body if isinstance(head, int) and isinstance(body, int) and min(head, body) >= 0 else None


def _load(entries: list[_Entry]) -> Transfer | NotObserved:
    own = origin(entries[0].url)
    sizes = [entry.size for entry in entries if origin(entry.url) == own]
    known = [size for size in sizes if size is not None]
    if len(known) < len(sizes):
        return NotObserved(Reason.NOT_PROBED, "the HAR tells not what was transferred")
    if not known[0]:
        return NotObserved(Reason.NOT_PROBED, "the page came from the browser's cache: save it with the cache disabled")
    return Transfer(sum(known))


def _page(url: str, loads: list[Transfer | NotObserved]) -> PageSizes:
    _, host, port = origin(url)
    seen = tuple(load for load in loads if isinstance(load, Transfer))
    missing = next((load for load in loads if isinstance(load, NotObserved)), None)
    authority = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    return PageSizes(url, authority, seen, missing=None if seen else missing)
