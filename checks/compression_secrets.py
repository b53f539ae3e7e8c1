"""No page is compressed together with a secret and with what somebody else may choose.

## Rationale
Compression makes short what repeats. Where a page holds a secret, such as a token against forged requests, and repeats
a part of what is asked, another site can have a visitor's browser ask for it over and over, each time with another
guess: the answer that comes out shortest on the network holds the better one. That is BREACH (Gluck, Harris and Prado
2013), and no encryption is against it.

From outside its conditions are to be seen, and not more. A page that shows all of them fails, also where it writes its
tokens anew for each answer (masking), which makes them useless to guess: from one visit that cannot be told. A page
that repeats an unknown parameter of the query may repeat others, and a stranger sees nothing of what is shown to who is
logged in: that is unknown.

It takes a request for each listed page, at most five, as another site would have a browser make it, and a second one
where the answer is compressed, with a word of no meaning in the query.

## Remediation
Do not compress pages with secrets, at least not for requests from other sites (`Sec-Fetch-Site: cross-site`); or mask
each token with a random value of its own in every answer; and keep cookies to the own site (`SameSite`).

- nginx: `gzip off;`
- apache: `SetEnv no-gzip 1`
- haproxy: `http-request del-header Accept-Encoding if { req.hdr(sec-fetch-site) cross-site }`
"""

from collections.abc import Iterator, Mapping

from tlsaudit.check import Fact, Severity, Verdict, check, failed, not_applicable, passed, unknown
from tlsaudit.evidence import CompressedPages, NotObserved, PageCompression


@check(
    title="No page is compressed together with a secret",
    severity=Severity.MEDIUM,
    tags={"traffic-analysis"},
    references=("BREACH: Reviving the CRIME Attack (2013)", "RFC 9110 section 8.4.1", "RFC 9325 section 3.3"),
    opt_in=True,
)
def compression_secrets(compressed: CompressedPages) -> Iterator[Verdict]:
    if not compressed.pages:
        yield not_applicable("no listed page is served over https")
    for path, page in compressed.pages:
        yield unknown(f"{path}: {page}") if isinstance(page, NotObserved) else _judge(path, page)


def _judge(path: str, page: PageCompression) -> Verdict:
    facts: dict[str, Fact] = {"path": path, "coding": page.coding, "repeats": page.repeats, "secrets": [*page.secrets]}
    if page.refused or page.coding is None:
        how = "refused" if page.refused else "not answered with compression"
        return passed(f"{path}: requests from other sites are {how}", **facts)
    if page.secrets:
        return _with_secret(
            f"{path}: {page.coding} over what looks like a secret ({', '.join(page.secrets)})", page, facts
        )
    if page.personal:
        return unknown(f"{path}: {page.coding}; what it holds for those with a cookie was not seen", **facts)
    return passed(f"{path}: {page.coding}, but no secret and no cookie is to be seen", **facts)


def _with_secret(said: str, page: PageCompression, facts: Mapping[str, Fact]) -> Verdict:
    if page.repeats:
        return failed(f"{said} and over what is asked", **facts)
    if page.repeats is None:
        return unknown(f"{said}; too large to see whether it repeats what is asked", **facts)
    return unknown(f"{said}; it does not repeat our parameter, others were not tried", **facts)
