"""The domain meets the requirements of the HSTS preload list.

## Rationale
Browsers are built with a list of domains that they never visit over plain http, not even the first time. It is fed by
hstspreload.org, which takes a registered domain in where the answers of the domain itself meet its requirements, and
takes it off again, sooner or later, where they no longer do. This check tells beforehand, with the issue codes of the
site's own scanner in the fact `issues`.

Preloading is hard to undo: it takes months until an entry is gone from the browsers, and it is for all subdomains,
those of the intranet included. The site itself advises against it for most. So this is no goal by default, and eligible
is not preloaded: see hsts-preloaded.

What is not looked at is what only the owner knows: whether all subdomains are served over https. The site tries `www`
where it exists; look at it by listing it as a host of its own.

## Remediation
Answer `http://` with a redirect to `https://` on the same host before anything else, and let that answer carry exactly
one header, with a year or more, `includeSubDomains` and `preload`. Write max-age without quotes, which the scanner does
not read.

- nginx: `add_header Strict-Transport-Security "max-age=63072000; includeSubDomains; preload" always;`
- apache: `Header always set Strict-Transport-Security "max-age=63072000; includeSubDomains; preload"`
- haproxy: `http-after-response set-header Strict-Transport-Security "max-age=63072000; includeSubDomains; preload"`
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from tlsaudit.check import PublicSuffixes, Setting, Severity, Verdict, check, failed, not_applicable, passed, unknown
from tlsaudit.evidence import (
    Hop,
    HstsError,
    HttpExchange,
    HttpsExchange,
    Reason,
    UrlError,
    Visit,
    is_ip_address,
    origin,
    parse_hsts,
)

_YEAR_S = 31536000
_MOST_REDIRECTS = 3
_PLAIN_MAX_AGE = re.compile(r"(?:^|;)\s*max-age=[0-9]+\s*(?:;|$)", re.IGNORECASE)


class _Issue(NamedTuple):
    """What stands in the way. `code` is None where it was not seen whether it does."""

    code: str | None
    text: str


@check(
    title="The domain is eligible for HSTS preloading",
    severity=Severity.LOW,
    tags={"preload"},
    settings={Setting.HSTS, Setting.REDIRECT},
    references=("hstspreload.org, Submission Requirements", "github.com/chromium/hstspreload", "RFC 6797 section 12.3"),
    opt_in=True,
)
def hsts_preload_eligible(https: HttpsExchange, http: HttpExchange, *, suffixes: PublicSuffixes) -> Iterator[Verdict]:
    domain = None if is_ip_address(https.host) else suffixes.registrable(https.host)
    if domain is None:
        yield not_applicable("neither an IP address nor a public suffix can be submitted")
    elif domain != https.host:
        yield not_applicable(f"a subdomain: what can be preloaded is {domain}", issues=["domain.is_subdomain"])
    else:
        over_https = [*_https(https)]
        issues = [*over_https, *_http(http, sound=not over_https)]
        yield _verdict(list(dict.fromkeys(issues)))


def _verdict(issues: list[_Issue]) -> Verdict:
    seen = [issue for issue in issues if issue.code]
    if seen:
        message = f"not eligible for preloading: {'; '.join(issue.text for issue in seen)}"
        return failed(message, issues=list(dict.fromkeys(issue.code for issue in seen)))
    if issues:
        return unknown(issues[0].text)
    return passed("eligible for preloading", issues=[])


def _https(https: HttpsExchange) -> Iterator[_Issue]:
    first = https.visits[0]
    if https.chain_error is not None:
        yield _Issue("domain.tls.invalid_cert_chain", f"the certificate is not trusted: {https.chain_error}")
    elif not first.hops:
        yield _Issue(None, f"no answer over https: {first.stopped}")
    elif _turned_away(first.hops[0]) and not first.hops[0].hsts:
        yield _Issue(None, f"{first.hops[0].status} over https: nothing to judge")
    else:
        yield from _header(first.hops[0])
        yield from _redirects(first)


def _http(http: HttpExchange, *, sound: bool) -> Iterator[_Issue]:
    """Nobody on port 80 is no issue. `sound`: nothing is wrong over https, so that what is wrong with the header behind
    the redirect is not told twice.
    """
    if http.refused or http.dropped:
        return
    first = http.visits[0]
    if not first.hops:
        yield _Issue(None, f"no answer over http: {first.stopped}")
        return
    if _turned_away(first.hops[0]):
        yield _Issue(None, f"{first.hops[0].status} over http: nothing to judge")
        return
    target = next(_targets(first), None)
    if target is None:
        yield _Issue(
            "redirects.http.no_redirect", f"http -> {first.hops[0].status}: not a redirect that leads anywhere"
        )
        return
    scheme, host, _ = origin(target)
    if host == f"www.{http.host}":
        yield _Issue("redirects.http.www_first", f"http leads to {target:.120} before https on the same host")
    elif (scheme, host) != ("https", http.host):
        yield _Issue("redirects.http.first_redirect.insecure", f"http leads to {target:.120}, not to https here")
    else:
        if sound and len(first.hops) > 1 and [*_header(first.hops[1])]:
            text = f"the header of {target:.120}, where http leads to, does not qualify"
            yield _Issue("redirects.http.first_redirect.no_hsts", text)
        yield from _redirects(first)


def _header(answer: Hop) -> Iterator[_Issue]:
    if len(answer.hsts) != 1:
        if answer.hsts:
            yield _Issue("response.multiple_headers", f"{len(answer.hsts)} HSTS headers")
        else:
            yield _Issue("response.no_header", "no HSTS header")
        return
    policy = parse_hsts(answer.hsts[0])
    if isinstance(policy, HstsError):
        yield _Issue("header.void", f"browsers ignore the HSTS header: {policy}")
        return
    if not _PLAIN_MAX_AGE.search(answer.hsts[0]):
        yield _Issue("header.parse.max_age.non_digit_characters", "max-age is not written as max-age=digits")
    if policy.max_age == 0:
        yield _Issue("header.preloadable.max_age.zero", "HSTS is withdrawn (max-age=0)")
    elif policy.max_age < _YEAR_S:
        yield _Issue("header.preloadable.max_age.below_1_year", f"max-age={policy.max_age} is less than {_YEAR_S}")
    if not policy.include_subdomains:
        yield _Issue("header.preloadable.include_sub_domains.missing", "no includeSubDomains")
    if not policy.preload:
        yield _Issue("header.preloadable.preload.missing", "no preload directive")


def _redirects(visit: Visit) -> Iterator[_Issue]:
    targets = [*_targets(visit)]
    insecure = next((number for number, target in enumerate(targets) if not target.startswith("https:")), None)
    if insecure is not None:
        which = "subsequent" if insecure else "initial"
        yield _Issue(f"redirects.insecure.{which}", f"{visit.url:.120} leads to {targets[insecure]:.120}")
    if len(targets) > _MOST_REDIRECTS or (visit.stopped and visit.stopped.reason is Reason.REDIRECT_LOOP):
        yield _Issue("redirects.too_many", f"more than {_MOST_REDIRECTS} redirects from {visit.url:.120}")
    elif visit.hops[-1].redirects and len(targets) < len(visit.hops):
        yield _Issue("redirects.follow_error", f"a redirect from {visit.url:.120} leads nowhere: {visit.stopped}")
    elif visit.stopped:
        yield _Issue(None, f"where {visit.url:.120} leads was not seen to its end: {visit.stopped}")


def _targets(visit: Visit) -> Iterator[str]:
    """Where the redirects lead, up to the first that leads nowhere."""
    for hop in visit.hops:
        try:
            if hop.redirects:
                yield hop.target()
        except UrlError:
            return


def _turned_away(answer: Hop) -> bool:
    return answer.status in (403, 429) or answer.status >= 500
