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
    protocol, clear, _ = subject.partition("://")
    wanted = {*_SERVERS.get(protocol, ()), _ZONE} if clear else check.fixes.keys() - _ANY
    return {server: line for server, line in check.fixes.items() if server in wanted}
