"""Read the page in an answer, as far as evidence needs it."""

from dataclasses import replace

from tlsaudit.evidence import Hop, NotObserved, PageCopy, Reason, UrlError
from tlsaudit.probe.http.client import Answer, UnansweredError
from tlsaudit.probe.limits import Limits
from tlsaudit.probe.pages import is_html, link_field, read_document, refresh

_NGINX_SAYS = ("No required SSL certificate was sent", "The SSL certificate error")
_NGINX_PAGE_BYTES = 4096


async def read(answer: Answer, limits: Limits) -> PageCopy | NotObserved:
    """Of a page that is not served, or is not HTML, only what the header says."""
    hop = answer.hop
    copy = PageCopy(hop.url, hop.status, (), header_canonicals(hop.link, hop.url), redirect=_redirect(hop))
    if hop.status != 200 or not is_html(answer.content_type):
        return copy
    try:
        body = await answer.body(limits.body_bytes)
    except UnansweredError as error:
        return error.why
    head = html_canonicals(body.data, hop.url, answer.content_type)
    if not (body.complete or head.complete):
        return NotObserved(Reason.TOO_LARGE, "the document's head does not end")
    return replace(copy, html_links=head.links)


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
