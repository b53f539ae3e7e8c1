"""Every reference client that can connect gets a forward-secret session.

## Rationale
A server may offer forward secrecy and still hand out static-RSA sessions, when its order of preference or a
client's puts them first. This check computes, from the versions, suites, groups and order that were measured, what
each of a list of real clients would get. Clients that cannot connect at all are named, but are no failure here.

## Remediation
Put ECDHE suites first and let the server's order decide, or serve nothing else (see pfs-suites).

HAProxy keeps the server's order unless `prefer-client-ciphers` is set.

- nginx: `ssl_prefer_server_ciphers on;`
- apache: `SSLHonorCipherOrder on`
"""

from collections.abc import Iterator

from tlsaudit.check import Fact, ReferenceClients, Setting, Severity, Verdict, check, failed, negotiate, passed, unknown
from tlsaudit.evidence import TlsOffer, suite


@check(
    title="Reference clients get forward secrecy",
    severity=Severity.HIGH,
    tags={"tls", "pfs"},
    settings={Setting.CIPHER_SUITES, Setting.PROTOCOLS, Setting.NAMED_GROUPS},
    references=("RFC 9325 section 4.1", "RFC 8446 appendix E.1"),
)
def pfs_clients(tls: TlsOffer, *, clients: ReferenceClients) -> Iterator[Verdict]:
    sessions = {client.name: negotiate(tls, client) for client in clients}
    connected = {name: session for name, session in sessions.items() if session}
    without = [f"{name} gets {suite(got.suite).name}" for name, got in connected.items() if not got.forward_secret]
    facts: dict[str, Fact] = {
        "forward_secret": len(connected) - len(without),
        "connected": len(connected),
        "not_connected": [name for name, session in sessions.items() if not session],
    }
    if not connected:
        yield unknown("none of the reference clients has anything in common with this server", **facts)
    elif without and tls.incomplete:  # a suite that was not seen may be the one they get
        yield unknown(str(tls.incomplete))
    elif without:
        message = f"{len(without)} of {len(connected)} reference clients get no forward secrecy: {without[0]}"
        yield failed(message, **facts, without=without)
    else:
        yield passed(f"all {len(connected)} reference clients that connect get forward secrecy", **facts)
