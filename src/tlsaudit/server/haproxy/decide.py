"""Which line decides what: the one that is to be changed.

What a bind line says of TLS replaces the defaults of the global section; an answer is changed by the rules of
the backend and then of the frontend (HAProxy configuration manual, 5.1 and 4.2).
"""

from collections.abc import Iterator, Sequence

from tlsaudit.check import Setting
from tlsaudit.server.directive import Directive
from tlsaudit.server.haproxy.bind import Bind
from tlsaudit.server.haproxy.hosts import Answering
from tlsaudit.server.haproxy.keep import SERVERS
from tlsaudit.server.haproxy.read import plain
from tlsaudit.server.served import Decision

_VERSIONS = (
    "ssl-min-ver", "ssl-max-ver", "no-sslv3", "no-tlsv10", "no-tlsv11", "no-tlsv12", "no-tlsv13", "force-sslv3",
    "force-tlsv10", "force-tlsv11", "force-tlsv12", "force-tlsv13",
)  # fmt: skip

_PARAMETERS = {
    Setting.PROTOCOLS: _VERSIONS,
    Setting.CIPHER_SUITES: ("ciphers", "ciphersuites"),
    Setting.NAMED_GROUPS: ("curves", "ecdhe"),
    Setting.SESSIONS: ("no-tls-tickets",),
    Setting.EARLY_DATA: ("allow-0rtt",),
    Setting.CERTIFICATE: ("crt", "crt-list"),
    Setting.DH_PARAMETERS: (),
}
_GLOBAL = {
    Setting.PROTOCOLS: ("ssl-default-bind-options",),
    Setting.CIPHER_SUITES: ("ssl-default-bind-ciphers",),
    Setting.NAMED_GROUPS: ("ssl-default-bind-curves",),
    Setting.SESSIONS: ("ssl-default-bind-options",),
    Setting.DH_PARAMETERS: ("tune.ssl.default-dh-param", "ssl-dh-param-file"),
}
_HSTS = "strict-transport-security"


def decision(setting: Setting, answering: Answering, address: str | None, path: str) -> Decision | None:  # noqa: ARG001 the same for all
    """See Decide."""
    if setting is Setting.REDIRECT:
        proxy = answering.http.get(address or "") or next(iter(answering.http.values()), None)
        return _redirect(proxy, answering.sections) if proxy else None
    bind, proxy = answering.tls.get(address or "") or next(iter(answering.tls.values()))
    if setting is Setting.HSTS:
        return _header(bind, proxy, answering.sections)
    if setting not in _PARAMETERS:
        return None
    if bind.has(*_PARAMETERS[setting]):
        return Decision(bind.directive, bind.directive)
    found = [
        line
        for section in answering.sections
        if section.name == "global"
        for line in section.children(*_GLOBAL.get(setting, ()))
    ]
    return Decision(found[-1] if found else None, bind.directive)


def _header(bind: Bind, proxy: Directive, sections: Sequence[Directive]) -> Decision:
    behind = list(_backends(proxy, sections))
    found = [line for section in (*behind, proxy) for line in section.block or () if _sets_hsts(line)]
    application = next((line for section in (proxy, *behind) for line in section.children(*SERVERS)), None)
    return Decision(found[-1] if found else None, bind.directive, None if found else application)


def _sets_hsts(line: Directive) -> bool:
    names = ("http-response", "http-after-response", "http-request", "rspadd")
    return line.name in names and any(plain(word).lower().startswith(_HSTS) for word in line.args)


def _redirect(proxy: Directive, sections: Sequence[Directive]) -> Decision:
    behind = list(_backends(proxy, sections))
    for section in (proxy, *behind):
        for line in section.block or ():
            if line.name == "redirect" or (line.name == "http-request" and line.args[:1] == ("redirect",)):
                return Decision(line, proxy)
    application = next((line for section in (proxy, *behind) for line in section.children(*SERVERS)), None)
    chosen = next(proxy.children("default_backend", "use_backend"), None)
    return Decision(chosen or application, next(proxy.children("bind"), proxy), application)


def _backends(proxy: Directive, sections: Sequence[Directive]) -> Iterator[Directive]:
    """Those that a proxy hands requests to."""
    wanted = [line.args[0] for line in proxy.children("default_backend", "use_backend") if line.args]
    return (
        section
        for section in sections
        if section.name in ("backend", "listen") and section.args[:1] and section.args[0] in wanted
    )
