"""The protocols whose connections begin in clear and turn to TLS on request, as targets name them."""

import re
from collections.abc import Mapping

from tlsaudit.target.name import parse_authority
from tlsaudit.target.problem import TargetError, did_you_mean, shown

STARTTLS_PORTS: Mapping[str, int] = {
    "smtp": 25,
    "imap": 143,
    "pop3": 110,
    "ftp": 21,
    "xmpp": 5222,
    "xmpp-server": 5269,
    "ldap": 389,
    "postgres": 5432,
    "mysql": 3306,
    "sieve": 4190,
    "nntp": 119,
}
"""The port of each where a target names none (IANA service names and port numbers)."""

_HTTP = ("http", "https")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")


def scheme_of(text: str) -> str | None:
    """What stands before `://`, in lower case."""
    matched = _SCHEME.match(text)
    return matched[1].lower() if matched else None


def parse_starttls(text: str) -> tuple[str, str, int]:
    """`smtp://host`, `smtp://host:port` -> (protocol, host, port). Raises TargetError, also for the schemes of HTTP."""
    scheme = scheme_of(text) or ""
    if scheme in _HTTP:
        raise TargetError(f"{shown(text)}: leave out {scheme}://: a bare host means https, and http beside it")
    if scheme.removesuffix("s") in STARTTLS_PORTS and scheme not in STARTTLS_PORTS:
        raise TargetError(f"{shown(text)}: {shown(scheme)}:// is TLS from the first byte: write host:port")
    if scheme not in STARTTLS_PORTS:
        hint = did_you_mean(scheme, (*STARTTLS_PORTS, *_HTTP)).replace("?", "://?")
        known = ": write host, host:port, https://host/path or one of " + ", ".join(STARTTLS_PORTS)
        raise TargetError(f"{shown(text)}: {shown(scheme)}:// is not known" + (hint or known))
    authority = text.partition("://")[2].removesuffix("/")
    if "@" in authority:
        raise TargetError("leave user and password out of the URL: tlsaudit never logs in")
    if "/" in authority:
        raise TargetError(f"{shown(text)}: name no more than host and port: {scheme}:// has no pages")
    host, port = parse_authority(authority)
    return scheme, host, STARTTLS_PORTS[scheme] if port is None else port
