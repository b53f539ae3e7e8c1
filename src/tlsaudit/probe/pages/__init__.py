"""What a page says: which URL it calls its own, and what it loads without encryption.

It is read as a browser does that runs scripts, though none is run: what they would change is not seen.
"""

from dataclasses import dataclass

from tlsaudit.evidence import Alternate
from tlsaudit.probe.pages.contents import Contents, may_name_http
from tlsaudit.probe.pages.decode import decode, mime
from tlsaudit.probe.pages.document import MAX_TAGS, HtmlDocument, Place
from tlsaudit.probe.pages.head import Head
from tlsaudit.probe.pages.header import Links, link_field, refresh, upgrades
from tlsaudit.probe.pages.secrets import secret_fields
from tlsaudit.probe.pages.xhtml import XhtmlDocument

__all__ = ["Links", "Reading", "is_html", "link_field", "read_document", "refresh", "secret_fields", "upgrades"]

_XHTML = "application/xhtml+xml"


@dataclass(frozen=True, slots=True)
class Reading:
    """What a document says. The fields are those of PageCopy; `head_complete`: the head was seen to its end.

    `contents` is None where it was not asked for. `upgraded`: the head tells browsers to ask for everything by https.
    What it tells them after something by plain http is for what follows alone, which is not in `contents` then.
    `cut_off`: there is more of it than is read.
    """

    links: tuple[str, ...]
    og_url: str | None
    alternates: tuple[Alternate, ...]
    refresh: str | None
    upgraded: bool
    head_complete: bool
    cut_off: bool
    contents: Contents | None


def read_document(body: bytes, url: str, content_type: str = "", *, whole: bool = False) -> Reading:
    """What the document fetched from `url` says in its head, and on the `whole` what it loads. Never raises.

    References are made absolute; one that cannot be stays as it was written.
    """
    xml = _type(content_type) == _XHTML
    text, codec = decode(body, content_type, xml=xml)
    document = XhtmlDocument(text) if xml else HtmlDocument(text)
    head = Head(url, codec)
    contents = Contents(url, codec) if whole else None
    # Whatever else the body refers to, it is by https then, as the document itself.
    beyond_head = whole and (may_name_http(text) or not url.startswith("https:") or text.count("<") > MAX_TAGS)
    upgraded: bool | None = None  # None as long as there is no policy (CSP level 3, section 3.3)
    for element in document:
        if element.place is Place.BODY and not beyond_head:
            break
        if contents and upgraded is not False:
            contents.see(element)
        head.see(element)
        if head.upgraded and upgraded is None:
            upgraded = not (contents and contents.asked)
    return Reading(
        links=head.canonicals(),
        og_url=head.og_url(),
        alternates=head.alternates(),
        refresh=head.refresh(),
        upgraded=bool(upgraded),
        head_complete=document.head_ended,
        cut_off=document.cut_off,
        contents=contents,
    )


def is_html(content_type: str) -> bool:
    """Whether a Content-Type stands for HTML; a missing one may."""
    return not content_type or _type(content_type) in ("text/html", _XHTML)


def _type(content_type: str) -> str:
    return mime(content_type).get_content_type()
