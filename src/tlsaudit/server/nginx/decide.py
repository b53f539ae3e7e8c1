"""Which directive decides what: the line that is to be changed.

A directive in a block replaces that of the block around it; `add_header` in a block replaces all of those around it
(nginx.org, ngx_http_headers_module). What is decided before the name of the host is known, the protocol version and the
groups, is decided by the default server of the socket.
"""

from collections.abc import Iterator, Mapping

from tlsaudit.check import Setting
from tlsaudit.server.directive import Directive
from tlsaudit.server.nginx.hosts import Answering
from tlsaudit.server.nginx.keep import PASSES
from tlsaudit.server.nginx.match import matches
from tlsaudit.server.served import Decision

_BY_NAME = (Setting.CIPHER_SUITES, Setting.DH_PARAMETERS, Setting.SESSIONS, Setting.EARLY_DATA, Setting.CERTIFICATE)
"""What the server block of the name decides."""

_DIRECTIVES = {
    Setting.PROTOCOLS: ("ssl_protocols",),
    Setting.NAMED_GROUPS: ("ssl_ecdh_curve",),
    Setting.CIPHER_SUITES: ("ssl_ciphers",),
    Setting.DH_PARAMETERS: ("ssl_dhparam",),
    Setting.SESSIONS: ("ssl_session_tickets", "ssl_session_ticket_key", "ssl_session_timeout", "ssl_session_cache"),
    Setting.EARLY_DATA: ("ssl_early_data",),
    Setting.CERTIFICATE: ("ssl_certificate",),
}


def decision(setting: Setting, answering: Answering, address: str | None, path: str) -> Decision | None:
    """See Decide."""
    if setting is Setting.REDIRECT:
        server = _at(answering.http, address)
        return _redirect(server, path) if server else None
    named, first = _at(answering.tls, address), _at(answering.first, address)
    if named is None or first is None:
        return None
    if setting is Setting.HSTS:
        return _header(named, path, "strict-transport-security")
    if setting not in _DIRECTIVES:
        return None
    server = named if setting in _BY_NAME else first
    own = None if server is named else next(named.children(*_DIRECTIVES[setting]), None)
    why = f"the default server of the socket decides, not {own.place}" if own else ""
    return Decision(_nearest(server, _DIRECTIVES[setting]), _listening(server), why=why)


def _at(servers: Mapping[str, Directive], address: str | None) -> Directive | None:
    return servers.get(address or "") or next(iter(servers.values()), None)


def _nearest(block: Directive, names: tuple[str, ...]) -> Directive | None:
    """The last of these in the block, else in those around it."""
    for each in (block, *block.within()):
        if found := list(each.children(*names)):
            return found[-1]
    return None


def _listening(server: Directive) -> Directive:
    return next(server.children("listen"), server)


def _header(server: Directive, path: str, name: str) -> Decision:
    """Who sets a header of the answers for a path."""
    chain = [*reversed(list(_locations(server, path))), server, *server.within()]
    setting = [block for block in chain if any(block.children("add_header"))]
    application = next((found for block in chain if (found := next(block.children(*PASSES), None))), None)
    if not setting:
        return Decision(None, _listening(server), application)
    inner = list(setting[0].children("add_header"))
    if here := [each for each in inner if each.args and each.args[0].lower() == name]:
        return Decision(here[0], server)
    outer = (each for block in setting[1:] for each in block.children("add_header"))
    lost = next((each for each in outer if each.args and each.args[0].lower() == name), None)
    if lost:
        return Decision(inner[0], server, why=f"an add_header here takes away all that are set around it, {lost.place}")
    return Decision(None, _listening(server), application)


def _redirect(server: Directive, path: str) -> Decision:
    """Who answers a request by plain http: what the server says to any, else what its location does."""
    chain = [server, *_locations(server, path)]
    for block in chain:
        if found := _answer(block):
            return Decision(found, server)
    inner = chain[-1]
    application = next(inner.children(*PASSES), None)
    content = application or next(inner.children("root", "alias", "try_files"), None)
    return Decision(content, inner if inner is not server else _listening(server), application)


def _answer(block: Directive) -> Directive | None:
    for each in block.block or ():
        if each.name == "return" or (each.name == "rewrite" and each.args[-1:] in (("permanent",), ("redirect",))):
            return each
        if each.name == "if" and (found := _answer(each)):
            return found
    return None


def _locations(block: Directive, path: str) -> Iterator[Directive]:
    """The location of a path, then that within it, and so on (ngx_http_core_module, location)."""
    here = _location(block, path)
    if here is not None:
        yield here
        yield from _locations(here, path)


def _location(block: Directive, path: str) -> Directive | None:
    longest: Directive | None = None
    expressions = []
    for each in block.children("location"):
        modifier, pattern = each.args if len(each.args) == 2 else ("", each.args[0] if each.args else "")
        if modifier == "=" and pattern == path:
            return each
        if modifier in ("~", "~*"):
            expressions.append((modifier == "~*", pattern, each))
        elif (
            modifier != "="
            and path.startswith(pattern)
            and not pattern.startswith("@")
            and (longest is None or len(pattern) > len(longest.args[-1]))
        ):
            longest = each
    if longest is not None and longest.args[0] == "^~":
        return longest
    found = (each for ignore_case, pattern, each in expressions if matches(pattern, path, ignore_case=ignore_case))
    return next(found, longest)
