"""Cookies are set over https alone, and come back over https alone.

## Rationale
A cookie without the Secure attribute goes along with every request to the host, also with the first one over plain
http, before any redirect: whoever listens there has the session. A cookie that is set over plain http is read by
everybody on the path from the start, and an attacker can set another one in its place. A name that begins with
`__Secure-` or `__Host-` promises that this cannot be; browsers throw the cookie away where the promise is not kept:
Secure for both, for `__Host-` also no Domain and `Path=/`. Cookies that are deleted do not count, nor do those for a
Domain that the host is not in, which browsers drop, and those of other hosts that a redirect leads to.

What was seen are the cookies of the pages asked for, without a login. Where plain http is not offered at all, those of
https are judged alone; an endpoint that has no port for plain http is not asked.

## Remediation
Set Secure where the application sets the cookie. A server in front of it can add it to all of them; redirect plain
http, and set no cookies there.

- nginx: `proxy_cookie_flags ~ secure;`
- apache: `Header edit Set-Cookie "^(.*)$" "$1; Secure"`
- haproxy: `http-after-response replace-header Set-Cookie (.*) "\\1; Secure"`
"""

from collections.abc import Iterable, Iterator

from tlsaudit.check import Severity, Verdict, check, failed, listed, not_applicable, passed, unknown
from tlsaudit.evidence import Cookie, HttpExchange, HttpsExchange, origin

_TURNED_AWAY = (403, 429, 503)


@check(
    title="Cookies are for https alone",
    severity=Severity.MEDIUM,
    tags={"http", "cookies"},
    faults={"over_http", "without_secure", "broken_prefix"},
    references=("RFC 6265 section 5.2.5", "RFC 6265 section 8.3", "draft-ietf-httpbis-rfc6265bis section 4.1.3"),
)
def cookies_secure(http: HttpExchange, https: HttpsExchange) -> Iterator[Verdict]:
    hops = [hop for visit in (*https.visits, *http.visits) for hop in visit.hops]
    own = [(origin(hop.url)[0], cookie) for hop in hops if origin(hop.url)[1] == https.host for cookie in hop.cookies]
    over_http = _names(cookie for scheme, cookie in own if scheme == "http")
    bare = _names(cookie for scheme, cookie in own if scheme == "https" and not cookie.secure)
    broken = _names(cookie for scheme, cookie in own if not _keeps_its_promise(scheme, cookie))
    every = _names(cookie for _, cookie in own)
    faults = [
        *_fault("set over plain http", over_http),
        *_fault("without Secure", bare),
        *_fault("not what the prefix of the name promises", broken),
    ]
    if faults:
        yield failed("; ".join(faults), cookies=every, over_http=over_http, without_secure=bare, broken_prefix=broken)
    elif every:
        yield passed(f"over https and with Secure: {_listed(every)}", cookies=every)
    elif hops[0].status in _TURNED_AWAY:
        yield unknown(f"{hops[0].status} from the server: no cookies to judge")
    else:
        yield not_applicable("no cookies are set")


def _keeps_its_promise(scheme: str, cookie: Cookie) -> bool:
    name = cookie.name.lower()
    secure = cookie.secure and scheme == "https"
    if name.startswith("__host-"):
        return secure and cookie.host_only and cookie.root_path
    return secure or not name.startswith("__secure-")


def _names(cookies: Iterable[Cookie]) -> list[str]:
    return list(dict.fromkeys(cookie.name for cookie in cookies))


def _fault(what: str, names: list[str]) -> list[str]:
    return [f"{what}: {_listed(names)}"] if names else []


def _listed(names: list[str]) -> str:
    return listed([f"{name:.60}" or "one without a name" for name in names], 5)
