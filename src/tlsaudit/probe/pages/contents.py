"""What a document loads or sends to by plain http, counted (W3C Mixed Content, 2023-02-23)."""

import ipaddress

from tlsaudit.evidence import PageContent, Reference, UrlError, absolute_url, origin
from tlsaudit.probe.pages.document import Element, HtmlDocument
from tlsaudit.probe.pages.loads import Sort, loads, may_load
from tlsaudit.probe.pages.reference import PASSED_OVER, base_url, cleaned

_MAX_SHOWN = 5
_MAX_URL = 500

# The only character references to what is in `http:`, or to what browsers pass over.
_HIDING = ("&#", "&colon;", "&tab;", "&newline;")


def may_name_http(text: str) -> bool:
    """Whether some reference in a document may begin with `http:`; on many pages there is nothing like it."""
    said = text.translate(PASSED_OVER).lower()
    return "http:" in said or any(reference in said for reference in _HIDING)


class Contents:
    """Is told of each element of the document fetched from `url`. `asked`: it loads something by plain http that is
    asked for at once.
    """

    def __init__(self, url: str, codec: str) -> None:
        self._url = url
        self._codec = codec
        self._base: str | None = None
        self._base_url = url
        self.asked = False
        self._count = [0 for _ in Sort]
        self._first: list[dict[Reference, None]] = [{} for _ in Sort]

    def see(self, element: Element) -> None:
        if element.name == "base" and self._base is None:  # counts for what follows: the rest is on its way already
            self._base = element.attributes.get("href")
            self._base_url = base_url(self._url, self._base)
        for sort, attribute, reference, at_once in loads(element) if may_load(element) else ():
            if url := self._by_http(reference):
                self.asked |= at_once
                self._note(sort, f"{element.name} {attribute}".rstrip(), url)
        if element.name == "iframe" and (markup := element.attributes.get("srcdoc")):
            self._within(markup)

    def _within(self, markup: str) -> None:
        """What a document loads that stands in the page itself."""
        inner = Contents(self._base_url, self._codec)
        inner._count, inner._first = self._count, self._first
        for element in HtmlDocument(markup):
            inner.see(element)
        self.asked |= inner.asked

    def content(self, *, upgraded: bool, complete: bool) -> PageContent:
        active, passive, forms = map(tuple, self._first)
        return PageContent(
            active=active,
            passive=passive,
            forms=forms,
            active_count=self._count[Sort.ACTIVE],
            passive_count=self._count[Sort.PASSIVE],
            form_count=self._count[Sort.FORM],
            upgraded=upgraded,
            complete=complete,
        )

    def _by_http(self, reference: str) -> str | None:
        reference = cleaned(reference, self._codec)
        relative = reference[:5].lower() != "http:"
        if not reference or (relative and self._base_url.startswith("https:")):
            return None
        if not relative:  # with one slash, or none, browsers take a host for it all the same (WHATWG URL)
            reference = f"http://{reference[5:].lstrip('/')}"
        try:
            url = absolute_url(self._base_url, reference)
        except UrlError:
            return None
        return url if url.startswith("http:") and not _is_own_machine(url) else None

    def _note(self, sort: Sort, where: str, url: str) -> None:
        if sort is Sort.PASSIVE and _address(url):
            sort = Sort.ACTIVE  # browsers try https for names alone (section 4.1)
        self._count[sort] += 1
        if len(self._first[sort]) < _MAX_SHOWN:
            self._first[sort][Reference(where, url[:_MAX_URL])] = None


def _is_own_machine(url: str) -> bool:
    """Whether browsers trust it without encryption (W3C Secure Contexts section 3.1)."""
    _, host, _ = origin(url)
    address = _address(url)
    return host == "localhost" or host.endswith(".localhost") or (address is not None and address.is_loopback)


def _address(url: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    _, host, _ = origin(url)
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None
