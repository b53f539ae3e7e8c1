"""Pages name one https URL as their canonical address.

## Rationale
Search engines index a page under the address that its `rel=canonical` names. Where that is an https URL, on the http
and on the https copy alike, visitors arrive over https at once and the http copy fades from the index. A link to http
keeps sending them the other way; two different links, or a link in the head and another in the Link header, are
ignored. Only the document's head and the Link header count.

## Remediation
Write the full https URL into the head of both copies: `<link rel="canonical" href="https://www.example.org/page">`.
A header does the same for files that are not HTML:

- nginx: `add_header Link '<https://$server_name$request_uri>; rel="canonical"';`
- apache: `Header set Link 'expr=<https://%{SERVER_NAME}%{REQUEST_URI}>; rel="canonical"'`
"""

from collections.abc import Iterator

from tlsaudit.check import Fact, Setting, Severity, Verdict, check, failed, passed, unknown
from tlsaudit.evidence import CanonicalLinks, NotObserved, Page, PageCopy, Reason

# A closed or missing http port and a redirect leave no http copy that a search engine could index.
_NO_COPY = (Reason.REFUSED, Reason.NOT_PROBED)


@check(
    title="Pages name one https URL as canonical",
    severity=Severity.MEDIUM,
    tags={"http", "canonical"},
    settings={Setting.PAGE},
    references=("RFC 6596", "RFC 8288"),
)
def canonical_https(links: CanonicalLinks) -> Iterator[Verdict]:
    for page in links.pages:
        where = f"{page.path}: " if len(links.pages) > 1 else ""
        yield _judge(page, where)


def _judge(page: Page, where: str) -> Verdict:
    copies = {"http": page.http, "https": page.https}
    served = {name: _links(copy) for name, copy in copies.items() if isinstance(copy, PageCopy) and copy.status == 200}
    faults = [fault for name, links in served.items() for fault in _faults(name, links)]
    named = list(dict.fromkeys(link for links in served.values() for link in links))
    unseen = [why for name, copy in copies.items() if (why := _unseen(name, copy))]
    facts: dict[str, Fact] = {"page": page.path, "canonical": named}
    if len(named) > 1:
        faults.append(f"{len(named)} different canonical links: {named[0]:.120} and {named[1]:.120}")
    if faults:
        return failed(where + ", ".join(faults), **facts)
    if unseen or not served:
        return unknown(where + (", ".join(unseen) or _no_page(page)), **facts)
    return passed(f"{where}canonical is {named[0]:.120}", **facts)


def _links(copy: PageCopy) -> list[str]:
    return list(dict.fromkeys((*copy.html_links, *copy.header_links)))


def _faults(name: str, links: list[str]) -> Iterator[str]:
    if not links:
        yield f"the {name} copy names no canonical link"
    for link in links:
        if not link.startswith("https://"):
            yield f"the {name} copy names {link:.120}"


def _unseen(name: str, copy: PageCopy | NotObserved) -> str | None:
    if isinstance(copy, NotObserved):
        return None if name == "http" and copy.reason in _NO_COPY else f"the {name} copy: {copy}"
    if copy.status in (403, 429) or copy.status >= 500:
        return f"{copy.status} from the server over {name}"
    return None


def _no_page(page: Page) -> str:
    answers = [
        f"{copy.status} over {name}"
        for name, copy in (("http", page.http), ("https", page.https))
        if isinstance(copy, PageCopy)
    ]
    return f"no page to judge: {', '.join(answers)}"
