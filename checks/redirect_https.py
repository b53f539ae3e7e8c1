"""Plain http leads straight to https on the same host.

## Rationale
Whoever types a name or follows an old link starts with http. The first answer must send them to https on the host
they asked for (only then can that host set HSTS), permanently (or browsers ask again each time) and with the path
kept (or links break). A detour over another host, a later step back to http, a page that redirects by script or meta
tag, or a 404 leave the request open to whoever sits on the path. A closed port 80 is as good as a redirect.

## Remediation
Answer every request on port 80 with a permanent redirect, and nothing else. In Apache, give each host name its own
virtual host for that.

- nginx: `return 301 https://$host$request_uri;`
- apache: `Redirect permanent / https://www.example.org/`
- haproxy: `http-request redirect scheme https code 301 unless { ssl_fc }`
"""

from collections.abc import Iterator
from urllib.parse import unquote, urlsplit

from tlsaudit.check import Fact, Setting, Severity, Verdict, check, failed, passed, unknown
from tlsaudit.evidence import Hop, HttpExchange, Reason, UrlError, Visit, origin

_PERMANENT = (301, 308)


@check(
    title="Plain http is redirected to https",
    severity=Severity.MEDIUM,
    tags={"http", "redirect"},
    settings={Setting.REDIRECT},
    references=("RFC 9110 section 15.4", "RFC 6797 section 7.2", "OMB M-15-13"),
)
def redirect_https(http: HttpExchange) -> Iterator[Verdict]:
    if http.refused:
        yield passed("plain http is closed")
    for visit in http.visits:
        path = visit.url.split("/", 3)[3]
        said = f"http /{path:.120}" if path else "http"
        if visit.hops:
            yield _judge(visit, said, http.https_port)
        else:
            yield unknown(f"{said}: {visit.stopped}")


def _judge(visit: Visit, said: str, https_port: int) -> Verdict:
    first = visit.hops[0]
    if first.status in (403, 429) or first.status >= 500:
        return unknown(f"{said} -> {first.status}: nothing to judge", status=first.status)
    if not first.redirects:
        return failed(f"{said} -> {first.status}: not a redirect", status=first.status)
    target = _target(first)
    if target is None:
        return failed(f"{said} -> {first.status}: {visit.stopped}", status=first.status)
    faults = [*_first_step(first, target, https_port), *_further_steps(visit)]
    step = f"{said} -> {first.status} {target:.120}"
    facts: dict[str, Fact] = {
        "status": first.status,
        "target": target,
        "redirects": sum(hop.redirects for hop in visit.hops),
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


def _further_steps(visit: Visit) -> Iterator[str]:
    for hop in visit.hops[1:]:
        target = _target(hop) or ""
        if target.startswith("http:"):
            yield f"later back to {target:.120}"
            break
    if visit.stopped and visit.stopped.reason is Reason.REDIRECT_LOOP:
        yield f"{visit.stopped}"


def _path_and_query(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return unquote(parts.path), unquote(parts.query)
