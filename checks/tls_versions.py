"""Only current versions of TLS are served.

## Rationale
SSL 2.0 does not even authenticate the handshake, and breaks the TLS of every server with the same key (DROWN, 2016).
SSL 3.0, TLS 1.0 and TLS 1.1 rest on broken or ageing constructions (POODLE, BEAST, SHA-1 in the handshake) and
must not be negotiated (RFC 6176, RFC 7568, RFC 8996). No browser of the last years needs them; a server that still
answers them lets an attacker on the path hold old clients there.

## Remediation
Serve TLS 1.2 and 1.3 only. Clients that know neither are older than 2014; the server's log says whether any are left.

- nginx: `ssl_protocols TLSv1.2 TLSv1.3;`
- apache: `SSLProtocol -all +TLSv1.2 +TLSv1.3`
- haproxy: `ssl-default-bind-options ssl-min-ver TLSv1.2`
- postfix: `smtpd_tls_protocols = >=TLSv1.2`
- dovecot: `ssl_min_protocol = TLSv1.2`
- proftpd: `TLSProtocol TLSv1.2 TLSv1.3`
- postgresql: `ssl_min_protocol_version = 'TLSv1.2'`
- mariadb: `tls_version = TLSv1.2,TLSv1.3`
"""

from collections.abc import Iterator
from typing import Literal

from tlsaudit.check import Setting, Severity, Verdict, check, failed, passed
from tlsaudit.evidence import TlsOffer, TlsVersion

_MINIMUM = {"1.0": TlsVersion.TLS1_0, "1.1": TlsVersion.TLS1_1, "1.2": TlsVersion.TLS1_2, "1.3": TlsVersion.TLS1_3}


@check(
    title="Only current versions of TLS are served",
    severity=Severity.HIGH,
    tags={"tls"},
    settings={Setting.PROTOCOLS},
    faults={"too_old"},
    references=("RFC 8996", "RFC 7568", "RFC 6176", "RFC 9325 section 3.1.1"),
)
def tls_versions(tls: TlsOffer, *, minimum: Literal["1.0", "1.1", "1.2", "1.3"] = "1.2") -> Iterator[Verdict]:
    served = [offer.version.label for offer in tls.versions]
    old = [offer.version.label for offer in tls.versions if offer.version < _MINIMUM[minimum]]
    if old:
        oldest_first = " and ".join(filter(None, (", ".join(old[:0:-1]), old[0])))
        verb = "is" if len(old) == 1 else "are"
        yield failed(f"{oldest_first} {verb} served", served=served, too_old=old)
    else:
        yield passed(f"{' and '.join(served)}, nothing older", served=served)
