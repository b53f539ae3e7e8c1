"""No password is asked for before TLS.

## Rationale
A server that announces how to log in with a password while the connection is still in clear invites its clients to
send it so. One client that is not told to insist on TLS, or an attacker who strips the offer of it, and the password
is on the wire. Whether a server would refuse the attempt cannot be seen without making it: what it announces counts.
Mechanisms that do not show the password (SCRAM, CRAM-MD5, GSSAPI, EXTERNAL) are let be. ftp, ldap, postgres and mysql
announce nothing before the upgrade; there is nothing to judge of them.

## Remediation
Let the server take passwords over TLS only; it then does not announce the mechanism before. (Dovecot takes a client
with its own address for secure, and offers it everything: scan it from another machine.)

- postfix: `smtpd_tls_auth_only = yes`
- dovecot: `ssl = required`
- exim: `auth_advertise_hosts = ${if def:tls_cipher {*}}`
- prosody: `c2s_require_encryption = true`
- ejabberd: `starttls_required: true`
"""

from collections.abc import Iterator

from tlsaudit.check import Severity, Verdict, check, failed, not_applicable, passed
from tlsaudit.evidence import StartTlsOffer

_SAYS_NOTHING = frozenset({"ftp", "ldap", "postgres", "mysql"})


@check(
    title="No password is asked for before TLS",
    severity=Severity.HIGH,
    tags={"tls", "starttls"},
    references=("RFC 8314 section 4.1", "RFC 4954 section 4", "RFC 9051 section 11.3", "RFC 4643 section 2.2"),
)
def starttls_before_login(clear: StartTlsOffer) -> Iterator[Verdict]:
    if clear.protocol in _SAYS_NOTHING:
        yield not_applicable(f"{clear.protocol} announces no way to log in")
    elif clear.clear_text_auth:
        announced = list(clear.clear_text_auth)
        yield failed(f"announced before TLS: {', '.join(announced)}", announced=announced)
    else:
        yield passed("no clear-text login is announced before TLS")
