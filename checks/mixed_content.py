"""Pages over https load nothing by plain http.

## Rationale
If everybody is sent to https, whatever a page loads by plain http breaks. Browsers block scripts, style sheets, fonts,
frames and the candidates of `srcset`, and warn of forms that send what was typed by http. They ask for images, audio
and video by https instead, which fails where that host has none; so these pass with a note, unless `passive` is set.
HSTS changes nothing: requests are blocked before it is looked at. A page that sends `upgrade-insecure-requests` has all
of it asked for by https, forms included; it passes with a note, too. `block-all-mixed-content` no longer means
anything.

The pages are those listed, and those sampled from the sitemap. Only their markup and the style sheets within it are
read: what scripts or other style sheets load is not seen.

## Remediation
Write `https://` or leave out scheme and host in what pages load. Until all are mended, tell browsers to ask for https:

- nginx: `add_header Content-Security-Policy "upgrade-insecure-requests" always;`
- apache: `Header always set Content-Security-Policy "upgrade-insecure-requests"`
- haproxy: `http-after-response set-header Content-Security-Policy "upgrade-insecure-requests"`
"""

from collections.abc import Iterator

from tlsaudit.check import Fact, Setting, Severity, Verdict, check, failed, not_applicable, passed, unknown
from tlsaudit.evidence import MixedContent, NotObserved, PageContent, Reference

_MAX_FIRST = 10


@check(
    title="Pages load nothing by plain http",
    severity=Severity.MEDIUM,
    tags={"http", "content"},
    settings={Setting.PAGE},
    references=("W3C Mixed Content", "W3C Upgrade Insecure Requests"),
)
def mixed_content(content: MixedContent, *, passive: bool = False) -> Iterator[Verdict]:
    """One verdict, so that its facts are about all pages. What a page has upgraded is in `upgraded` alone."""
    if not content.pages:
        yield not_applicable("no page is served over https")
        return
    seen = {path: page for path, page in content.pages if isinstance(page, PageContent)}
    left = {path: page for path, page in seen.items() if not page.upgraded}
    active, images, forms = (
        (sum(counts) for counts in zip(*map(_counts, left.values()), strict=True)) if left else (0, 0, 0)
    )
    upgraded = sum(sum(_counts(page)) for page in seen.values() if page.upgraded)
    first = [
        f"{path}: {reference.element} {reference.url}"
        for path, page in left.items()
        for reference in _worst_first(page, passive=passive)
    ]
    facts: dict[str, Fact] = {
        "active": active,
        "passive": images,
        "forms": forms,
        "upgraded": upgraded,
        "pages": len(seen),
        "first": first[:_MAX_FIRST],
    }
    said = [_count(active, "load that browsers block", "loads that browsers block"), _count(forms, "form", "forms")]
    noted = _count(images, "image, audio or video", "images, audio or videos")
    broken = [words for words in (*said, noted if passive else "") if words]
    where = _count(len(seen), "page", "pages")
    if broken:
        yield failed(f"{where}: by plain http {', '.join(broken)}, first on {first[0]:.200}", **facts)
    elif missing := _missing(content):
        yield unknown(missing, **facts)
    else:
        asked = [f"{noted} by plain http, which browsers ask for by https"] if noted else []
        asked += [f"{upgraded} by plain http, upgraded by upgrade-insecure-requests"] if upgraded else []
        yield passed(f"{where}: {', '.join(asked) or 'nothing by plain http'}", **facts)


def _counts(page: PageContent) -> tuple[int, int, int]:
    return page.active_count, page.passive_count, page.form_count


def _worst_first(page: PageContent, *, passive: bool) -> tuple[Reference, ...]:
    return (*page.active, *page.forms, *(page.passive if passive else ()))


def _missing(content: MixedContent) -> str | None:
    """Which page was not seen, or not to its end."""
    for path, page in content.pages:
        if isinstance(page, NotObserved):
            return f"{path}: {page}"
        if not page.complete:
            return f"{path}: the page is too large to be read to its end"
    return None


def _count(number: int, one: str, several: str) -> str:
    return f"{number} {one if number == 1 else several}" if number else ""
