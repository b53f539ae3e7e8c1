"""A service that begins in clear can be upgraded to TLS.

## Rationale
Mail, directories, databases and chat begin in clear text and turn to TLS when the client asks for it (STARTTLS). A
server that does not offer that leaves every message and every password to whoever listens. Clients that do not insist
fall back to clear text in silence, so nobody notices. And whatever a server sends in clear together with its go-ahead
must never be taken for a part of what is encrypted: an attacker on the path can put it there (CVE-2011-0411,
CVE-2021-23222).

## Remediation
Give the service a certificate and switch the upgrade on. For clients prefer the ports on which TLS is spoken from the
first byte (RFC 8314); between mail servers publish MTA-STS or DANE, so that the upgrade cannot be suppressed.

MySQL and MariaDB count each connection of a scan as an interrupted one, and lock out a host that has
`max_connect_errors` of them in a row (100 unless set). One scan of an address stays below that; where scans come
regularly from a host that never logs in, raise the value, or run `FLUSH HOSTS` after them.

- postfix: `smtpd_tls_security_level = may`
- dovecot: `ssl = required`
- prosody: `c2s_require_encryption = true`
- postgresql: `ssl = on`
- mariadb: `require_secure_transport = ON`
- slapd: `olcTLSCertificateFile: /etc/ssl/fullchain.pem`
- proftpd: `TLSEngine on`
"""

from collections.abc import Iterator

from tlsaudit.check import Severity, Verdict, check, failed, passed
from tlsaudit.evidence import StartTlsOffer


@check(
    title="A service that begins in clear can be upgraded to TLS",
    severity=Severity.HIGH,
    tags={"tls", "starttls"},
    references=("RFC 3207", "RFC 9051 section 6.2.1", "RFC 2595", "RFC 4217", "RFC 6120 section 5", "RFC 4511"),
)
def starttls(clear: StartTlsOffer) -> Iterator[Verdict]:
    if not clear.offered:
        yield failed(f"{clear.protocol} without TLS: the server does not offer to start it", protocol=clear.protocol)
    elif clear.early:
        yield failed("the server sends more in clear after its go-ahead for TLS", protocol=clear.protocol)
    else:
        yield passed("TLS is offered", protocol=clear.protocol)
