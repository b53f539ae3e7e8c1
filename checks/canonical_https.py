"""Pages name one https URL as their canonical address.

## Rationale
Search engines index a page under the address that its `rel=canonical` names. Where that is an https URL, on the http
and on the https copy alike, visitors arrive over https at once and the http copy fades from the index. A link to http
keeps sending them the other way; two different links, or a link in the head and another in the Link header, are
ignored. Only the document's head and the Link header count.

A search engine follows the link only to a page that it can have: the address that is named must answer 200, by
redirects over https at most. It should name itself. Where it names a third address, that is said but no failure, as
long as all of them are https: which one is indexed is then up to the search engine. Up to ten addresses that are not
among the sampled pages are asked for.

What has no copy of its own in the index is not judged: a page that redirects to another https URL, or that answers
with an error such as 404. Name the page that it leads to instead.

## Remediation
Write the full https URL into the head of both copies: `<link rel="canonical" href="https://www.example.org/page">`.
A header does the same for files that are not HTML:

- nginx: `add_header Link '<https://$server_name$request_uri>; rel="canonical"';`
- apache: `Header set Link 'expr=<https://%{SERVER_NAME}%{REQUEST_URI}>; rel="canonical"'`
"""

from collections.abc import Iterator, Mapping

from tlsaudit.check import Fact, Setting, Severity, Verdict, check, failed, not_applicable, passed, unknown
from tlsaudit.evidence import CanonicalLinks, CanonicalTarget, NotObserved, Page, PageCopy, Reason, UrlError, Visit

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
    targets = {target.url: target for target in links.targets}
    for page in links.pages:
        where = f"{page.path}: " if len(links.pages) > 1 else ""
        yield _judge(page, targets, where)


def _judge(page: Page, targets: Mapping[str, CanonicalTarget], where: str) -> Verdict:
    copies = {"http": page.http, "https": page.https}
    answers = {name: copy for name, copy in copies.items() if isinstance(copy, PageCopy)}
    served = {name: copy.links for name, copy in answers.items() if copy.status == 200}
    named = list(dict.fromkeys(link for links in served.values() for link in links))
    reached = [targets[link] for link in named if link in targets]
    unseen = [why for name, copy in copies.items() if (why := _unseen(name, copy))]
    unseen = unseen or [why for target in reached if (why := _unseen_target(target))]
    faults = [fault for name, links in served.items() for fault in _faults(name, links)]
    if len(named) > 1:
        faults.append(f"{len(named)} different canonical links: {named[0]:.120} and {named[1]:.120}")
    faults = faults or [fault for target in reached if (fault := _target_fault(target))]
    if back := _back_to_http(page.https):
        faults.append(back)
    facts: dict[str, Fact] = {"page": page.path, "canonical": named}
    if faults:
        return failed(where + ", ".join(faults), **facts)
    if unseen:
        return unknown(where + ", ".join(unseen), **facts)
    if not served:
        return not_applicable(f"{where}nothing to index: {', '.join(map(_answer, answers.items()))}", **facts)
    notes = [note for target in reached if (note := _note(target))]
    return passed(f"{where}canonical is {', '.join([f'{named[0]:.120}', *notes])}", **facts)


def _faults(name: str, links: tuple[str, ...]) -> Iterator[str]:
    if not links:
        yield f"the {name} copy names no canonical link"
    for link in links:
        if not link.startswith("https://"):
            yield f"the {name} copy names {link:.120}"


def _target_fault(target: CanonicalTarget) -> str | None:
    visit = target.visit
    if plain := _plain(visit):
        return f"{target.url:.120} is named, which leads through {plain:.120}"
    if visit.stopped:
        return f"{target.url:.120} is named: {visit.stopped}" if visit.stopped.reason is Reason.REDIRECT_LOOP else None
    status = visit.hops[-1].status
    if status != 200 and not _says_nothing(status):
        return f"{target.url:.120} is named, which answers {status}"
    if plain := next((name for name in target.names if not name.startswith("https://")), None):
        return f"{target.url:.120} is named, which in turn names {plain:.120}"
    return None


def _plain(visit: Visit) -> str | None:
    """The first URL by plain http on the way, whether it was asked for or not."""
    for hop in visit.hops:
        try:
            if hop.redirects and (url := hop.target()).startswith("http:"):
                return url
        except UrlError:
            return None
    return None


def _unseen_target(target: CanonicalTarget) -> str | None:
    if target.visit.stopped:
        return f"{target.url:.120} is named: {target.visit.stopped}"
    status = target.visit.hops[-1].status
    return f"{target.url:.120} is named: {status} from the server" if _says_nothing(status) else None


def _unseen(name: str, copy: PageCopy | NotObserved) -> str | None:
    if isinstance(copy, NotObserved):
        return None if name == "http" and copy.reason in _NO_COPY else f"the {name} copy: {copy}"
    return f"{copy.status} from the server over {name}" if _says_nothing(copy.status) else None


def _says_nothing(status: int) -> bool:
    return status in (403, 429) or status >= 500


def _back_to_http(https: PageCopy | NotObserved) -> str | None:
    if isinstance(https, PageCopy) and https.redirect and https.redirect.startswith("http:"):
        return f"https leads back to {https.redirect:.120}"
    return None


def _answer(answer: tuple[str, PageCopy]) -> str:
    name, copy = answer
    return f"{copy.status} over {name}" + (f" to {copy.redirect:.120}" if copy.redirect else "")


def _note(target: CanonicalTarget) -> str | None:
    end = target.visit.hops[-1].url
    if end != target.url:
        return f"which redirects to {end:.120}"
    others = [name for name in target.names if name != target.url]
    return f"which in turn names {others[0]:.120}" if others else None
