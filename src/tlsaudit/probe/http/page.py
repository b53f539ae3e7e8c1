"""Read the page in an answer, as far as evidence needs it."""

from dataclasses import replace
from typing import NamedTuple

from tlsaudit.evidence import Hop, NotObserved, PageContent, PageCopy, Reason, UrlError
from tlsaudit.probe.http.client import Answer, UnansweredError
from tlsaudit.probe.limits import Limits
from tlsaudit.probe.pages import is_html, link_field, read_document, refresh, upgrades

_NGINX_SAYS = ("No required SSL certificate was sent", "The SSL certificate error")
_NGINX_PAGE_BYTES = 4096


class PageRead(NamedTuple):
    """A page, and what it loads by plain http: None where it is no page or nobody asked."""

    copy: PageCopy | NotObserved
    content: PageContent | NotObserved | None = None


async def read(answer: Answer, limits: Limits, *, contents: bool = False) -> PageRead:
    """Of a page that is not served, or is not HTML, only what the header says."""
    hop = answer.hop
    links = link_field(hop.link, hop.url)
    copy = PageCopy(
        url=hop.url,
        status=hop.status,
        html_links=(),
        header_links=links.canonicals,
        alternates=links.alternates,
        refresh=refresh(answer.refresh, hop.url) if answer.refresh else None,
        redirect=_redirect(hop),
    )
    if hop.status != 200:
        return PageRead(copy, _turned_away(hop.status))
    if not is_html(answer.content_type):
        return PageRead(copy)
    try:
        body = await answer.body(limits.body_bytes)
    except UnansweredError as error:
        return PageRead(error.why, error.why)
    said = read_document(body.data, hop.url, answer.content_type, whole=contents)
    complete = body.complete and not said.cut_off
    upgraded = said.upgraded or upgrades(answer.security_policies)
    content = said.contents.content(upgraded=upgraded, complete=complete) if said.contents else None
    if not (said.head_complete or complete):
        return PageRead(NotObserved(Reason.TOO_LARGE, "the document's head does not end"), content)
    copy = replace(
        copy,
        html_links=said.links,
        og_url=said.og_url,
        alternates=tuple(dict.fromkeys((*said.alternates, *copy.alternates))),
        refresh=copy.refresh or said.refresh,
    )
    return PageRead(copy, content)


def refusal(status: int) -> NotObserved:
    """Why there is no page, where another status than 200 was not to be expected."""
    return _turned_away(status) or NotObserved(Reason.NOT_PROBED, f"{status} from the server")


def _turned_away(status: int) -> NotObserved | None:
    if status in (403, 429):
        return NotObserved(Reason.FORBIDDEN if status == 403 else Reason.RATE_LIMITED)
    return NotObserved(Reason.SERVER_ERROR, str(status)) if status >= 500 else None


def _redirect(hop: Hop) -> str | None:
    try:
        return hop.target() if hop.redirects else None
    except UrlError:
        return None


async def turned_away(answer: Answer) -> NotObserved | None:
    """nginx finishes the handshake without the certificate that it wants, and answers every request with a page of
    its own: the site behind it was not seen.
    """
    if answer.hop.status != 400 or not answer.hop.url.startswith("https:"):
        return None
    try:
        page = await answer.body(_NGINX_PAGE_BYTES)
    except UnansweredError:
        return None
    said = next((said for said in _NGINX_SAYS if said.encode() in page.data), None)
    return NotObserved(Reason.CLIENT_CERTIFICATE, f"400 {said}") if said else None
