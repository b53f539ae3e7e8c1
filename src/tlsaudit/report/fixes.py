"""Whose line of configuration helps an endpoint: a web server's, that of a server of its protocol, or its zone's."""

from collections.abc import Mapping

from tlsaudit.report.document import CheckRecord

_XMPP = ("prosody", "ejabberd")
_SERVERS: Mapping[str, tuple[str, ...]] = {
    "smtp": ("postfix", "exim"),
    "imap": ("dovecot",),
    "pop3": ("dovecot",),
    "sieve": ("dovecot",),
    "ftp": ("proftpd",),
    "xmpp": _XMPP,
    "xmpp-server": _XMPP,
    "ldap": ("slapd",),
    "postgres": ("postgresql",),
    "mysql": ("mariadb",),
}
_ZONE = "zone"
_ANY = frozenset(name for names in _SERVERS.values() for name in names)


def fixes_for(check: CheckRecord, subject: str) -> dict[str, str]:
    """The fixes of a check by the server's name, for the subject of a finding: `smtp://mx.example.org:25` is no web
    server.
    """
    return fixes_of(check, protocol(subject))


def fixes_of(check: CheckRecord, protocol: str) -> dict[str, str]:
    """Those for subjects of a protocol, of `""` for what begins with TLS."""
    wanted = {*_SERVERS.get(protocol, ()), _ZONE} if protocol else check.fixes.keys() - _ANY
    return {server: line for server, line in check.fixes.items() if server in wanted}


def protocol(subject: str) -> str:
    """`smtp` of `smtp://mx.example.org:25`, `""` where nothing is said in clear before TLS."""
    return subject.partition("://")[0] if "://" in subject else ""
