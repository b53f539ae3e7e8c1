"""Plain http leads straight to https on the same host.

## Rationale
Whoever types a name or follows an old link starts with http. The first answer must send them to https on the host
they asked for (only then can that host set HSTS), permanently (or browsers ask again each time) and with the path
kept (or links break). A detour over another host, a later step back to http, a page that redirects by script or meta
tag, or an error leave the request open to whoever sits on the path. A closed port 80 is as good as a redirect, and so
is one whose packets are dropped, twice, while https answers. Besides the pages listed, a path is asked for that nobody
listed. 403, 429 and 503 may be for the probe alone, 407 and 511 come from somebody in between: they say nothing.

308 keeps the method of a request, 301 lets browsers turn a POST into a GET; both will do for pages.

## Remediation
Answer every request on port 80 with a permanent redirect, and nothing else. In Apache, give each host name its own
virtual host for that.

- nginx: `return 301 https://$host$request_uri;`
- apache: `Redirect permanent / https://www.example.org/`
- haproxy: `http-request redirect scheme https code 301 unless { ssl_fc }`
"""

from collections.abc import Iterator, Mapping
from urllib.parse import unquote, urlsplit

from tlsaudit.check import Fact, Setting, Severity, Verdict, check, failed, passed, unknown
from tlsaudit.evidence import CanonicalLinks, Hop, HttpExchange, NotObserved, PageCopy, Reason, UrlError, Visit, origin

_PERMANENT = (301, 308)
_KEEP_THE_METHOD = (307, 308)

# Turned away or told to come back; and those that only a proxy in between gives (RFC 9110 section 15.5.8, RFC 6585).
_SAYS_NOTHING = (403, 407, 429, 503, 511)


@check(
    title="Plain http is redirected to https",
    severity=Severity.MEDIUM,
    tags={"http", "redirect"},
    settings={Setting.REDIRECT},
    references=("RFC 9110 section 15.4", "RFC 6797 section 7.2", "OMB M-15-13"),
)
def redirect_https(http: HttpExchange, links: CanonicalLinks | NotObserved) -> Iterator[Verdict]:
    if http.refused:
        yield passed("plain http is closed")
    if http.dropped:
        yield passed("plain http is not answered, asked twice, while https is")
    pages = links.pages if isinstance(links, CanonicalLinks) else ()
    copies = (copy for page in pages for copy in (page.http, page.https))
    refreshes = {copy.url: copy.refresh for copy in copies if isinstance(copy, PageCopy) and copy.refresh}
    told = set()
    for visit in http.visits:
        faults = _faults(visit, http.https_port, refreshes)
        verdict = _judge(visit, faults, refreshes.get(visit.url))
        alike = (verdict.outcome, visit.stopped, *faults)
        if alike not in told:  # of pages that are treated alike, the first speaks for all
            yield verdict
        told.add(alike)


def _judge(visit: Visit, faults: list[str], refresh: str | None) -> Verdict:
    path = visit.url.split("/", 3)[3]
    said = f"http /{path:.120}" if path else "http"
    if not visit.hops:
        return unknown(f"{said}: {visit.stopped}")
    first = visit.hops[0]
    target = _target(first)
    if first.status in _SAYS_NOTHING:
        return unknown(f"{said} -> {first.status}: nothing to judge", status=first.status, path=f"/{path}")
    if target is None:
        why = f"{visit.stopped}" if first.redirects else "not a redirect"
        no_redirect = f" (a refresh to {refresh:.120} does not count)" if refresh else ""
        return failed(f"{said} -> {first.status}: {why}{no_redirect}", status=first.status, path=f"/{path}")
    step = f"{said} -> {first.status} {target:.120}"
    facts: dict[str, Fact] = {
        "path": f"/{path}",
        "status": first.status,
        "target": target,
        "redirects": sum(hop.redirects for hop in visit.hops),
        "keeps_method": first.status in _KEEP_THE_METHOD,
    }
    if faults:
        return failed(f"{step}: {', '.join(faults)}", **facts)
    if visit.stopped:
        return unknown(f"{step}: not seen to its end ({visit.stopped})", **facts)
    return passed(step, **facts)


def _target(hop: Hop) -> str | None:
    try:
        return hop.target() if hop.redirects else None
    except UrlError:
        return None


def _faults(visit: Visit, https_port: int, refreshes: Mapping[str, str]) -> list[str]:
    """What is wrong with the redirects, first of all with the first one."""
    target = _target(visit.hops[0]) if visit.hops else None
    return (
        [] if target is None else [*_first_step(visit.hops[0], target, https_port), *_further_steps(visit, refreshes)]
    )


def _first_step(first: Hop, target: str, https_port: int) -> Iterator[str]:
    _, asked_host, _ = origin(first.url)
    scheme, host, port = origin(target)
    if scheme != "https":
        yield "not https"
    if host != asked_host:
        yield "other host"
    elif scheme == "https" and port not in (443, https_port):
        yield "other port"
    if _path_and_query(target) != _path_and_query(first.url):
        yield "other path"
    if first.status not in _PERMANENT:
        yield "not permanent"


def _further_steps(visit: Visit, refreshes: Mapping[str, str]) -> Iterator[str]:
    for hop in visit.hops:
        target = _target(hop) or ""
        if hop.url.startswith("https:") and target.startswith("http:"):
            yield f"later back to {target:.120}"
            break
    last = visit.hops[-1].url
    if last.startswith("https:") and (refresh := refreshes.get(last, "")).startswith("http:"):
        yield f"later back to {refresh:.120} by a refresh"
    # Where cookies are set on the way, it may be only who does not send them back that goes in circles.
    if _in_a_loop(visit) and not any(hop.cookies for hop in visit.hops):
        yield f"{visit.stopped}"


def _in_a_loop(visit: Visit) -> bool:
    return visit.stopped is not None and visit.stopped.reason is Reason.REDIRECT_LOOP


def _path_and_query(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return unquote(parts.path), unquote(parts.query)
