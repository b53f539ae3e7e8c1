"""Nothing else on a page contradicts its canonical address.

## Rationale
Besides `rel=canonical`, search engines and social networks take other hints for the address of a page: `og:url`, and
the `hreflang` links among its translations. Where these name plain http, or another address than the canonical one,
they may keep the http copy in the index or split what is known of the page between two addresses. A page that lists
its translations must be on the list itself, or the list may be ignored.

What the canonical link itself says is judged by `canonical-https`. A page without such hints is not judged.

## Remediation
Write the canonical https URL into `og:url`, and https URLs into all `hreflang` links, that of the page itself among
them.
"""

from collections.abc import Iterator

from tlsaudit.check import Setting, Severity, Verdict, check, failed, not_applicable, passed, unknown
from tlsaudit.evidence import CanonicalLinks, NotObserved, Page, PageCopy


@check(
    title="Nothing on a page contradicts its canonical address",
    severity=Severity.LOW,
    tags={"http", "canonical"},
    settings={Setting.PAGE},
    references=("RFC 6596", "The Open Graph protocol"),
)
def canonical_agreement(links: CanonicalLinks) -> Iterator[Verdict]:
    for page in links.pages:
        where = f"{page.path}: " if len(links.pages) > 1 else ""
        yield _judge(page, where)


def _judge(page: Page, where: str) -> Verdict:
    copies = [copy for copy in (page.http, page.https) if isinstance(copy, PageCopy) and copy.status == 200]
    if faults := dict.fromkeys(fault for copy in copies for fault in _faults(copy)):
        return failed(where + ", ".join(faults), page=page.path)
    if isinstance(page.https, NotObserved):
        return unknown(f"{where}the https copy: {page.https}", page=page.path)
    hints = [
        name
        for name, given in (
            ("og:url", any(copy.og_url for copy in copies)),
            ("hreflang", any(copy.alternates for copy in copies)),
        )
        if given
    ]
    if not hints:
        return not_applicable(f"{where}no og:url and no hreflang links", page=page.path)
    return passed(f"{where}{' and '.join(hints)}: no contradiction to the canonical address", page=page.path)


def _faults(copy: PageCopy) -> Iterator[str]:
    if copy.og_url and not copy.og_url.startswith("https://"):
        yield f"og:url is {copy.og_url:.120}"
    elif copy.og_url and copy.links and copy.og_url not in copy.links:
        yield f"og:url is {copy.og_url:.120}, not {copy.links[0]:.120}"
    plain = [alternate for alternate in copy.alternates if not alternate.url.startswith("https://")]
    if plain:
        count = f"{len(plain)} of {len(copy.alternates)} hreflang links"
        yield f"{count} not to https: {plain[0].language:.40} {plain[0].url:.120}"
    elif copy.alternates and not _own(copy) & {alternate.url for alternate in copy.alternates}:
        yield "the hreflang links leave out the page itself"


def _own(copy: PageCopy) -> set[str]:
    return {copy.url.replace("http:", "https:", 1), *copy.links}
