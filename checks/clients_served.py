"""Every current client can connect over TLS, and enough of the older ones.

## Rationale
Where https is forced, whoever cannot connect over TLS is locked out. This check computes, from the versions, suites
and groups that were measured, which of a list of real clients have nothing in common with the server, and names them.
It fails where one that knows TLS 1.3 is among them, as every browser since 2019 does: then visitors of today are turned
away. To turn away what is older is often right, since it could only be let in by old versions or weak suites; how much
of it may be turned away is the option `minimum`, the share of all these clients that must be able to connect.

The clients, and where the hello of each comes from, are listed in docs/clients.md. Whether a client can verify the
certificate is not looked at.

## Remediation
Serve TLS 1.2 beside TLS 1.3, with suites of ECDHE and an AEAD, over X25519 and secp256r1. Look at the clients that are
locked out, and in your logs for how many of your visitors they stand, before you force https. Never bring back TLS 1.0
or static RSA for them: tls-versions and pfs-suites say why.

- nginx: `ssl_protocols TLSv1.2 TLSv1.3;`
- apache: `SSLProtocol -all +TLSv1.2 +TLSv1.3`
- haproxy: `ssl-default-bind-options ssl-min-ver TLSv1.2`
"""

from collections.abc import Iterator

from tlsaudit.check import (
    Fact,
    ReferenceClients,
    Setting,
    Severity,
    Verdict,
    check,
    failed,
    listed,
    negotiate_all,
    passed,
    unknown,
)
from tlsaudit.evidence import TlsOffer, TlsVersion


@check(
    title="Reference clients can connect",
    severity=Severity.LOW,
    tags={"tls", "clients"},
    settings={Setting.CIPHER_SUITES, Setting.PROTOCOLS, Setting.NAMED_GROUPS},
    references=("RFC 9325 section 3.1", "RFC 8446 section 4.1.1"),
)
def clients_served(tls: TlsOffer, *, clients: ReferenceClients, minimum: float = 0.5) -> Iterator[Verdict]:
    sessions = zip(clients, negotiate_all(tls, clients), strict=True)
    locked_out = [client for client, session in sessions if session is None]
    current = [client.name for client in locked_out if TlsVersion.TLS1_3 in client.versions]
    served = len(clients) - len(locked_out)
    can = f"{served} of {len(clients)} reference clients can connect"
    facts: dict[str, Fact] = {
        "served": served,
        "clients": len(clients),
        "share": round(served / len(clients), 4),
        "locked_out": [client.name for client in locked_out],
    }
    if not current and served >= minimum * len(clients):
        yield passed(can, **facts)
    elif tls.incomplete:  # what was not seen may serve them
        yield unknown(str(tls.incomplete))
    elif current:
        yield failed(f"current clients cannot connect: {listed(current)}; {can}", **facts)
    else:
        yield failed(f"only {can}, less than {minimum:.0%}", **facts)
