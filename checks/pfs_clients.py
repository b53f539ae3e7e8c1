"""Every reference client that can connect gets a forward-secret session.

## Rationale
A server may offer forward secrecy and still hand out static-RSA sessions, when its order of preference or a
client's puts them first. This check computes, from the versions, suites, groups and order that were measured, what
each of a list of real clients would get. Clients that cannot connect at all are named, but are no failure here.

The clients, and where the hello of each comes from, are listed in docs/clients.md. With `--clients` their hellos are
really sent, and pfs-clients-replayed judges what the server answered.

## Remediation
Put ECDHE suites first and let the server's order decide, or serve nothing else (see pfs-suites).

HAProxy keeps the server's order unless `prefer-client-ciphers` is set.

- nginx: `ssl_prefer_server_ciphers on;`
- apache: `SSLHonorCipherOrder on`
"""

from collections.abc import Iterator

from tlsaudit.check import (
    Outcome,
    ReferenceClients,
    Setting,
    Severity,
    Verdict,
    check,
    forward_secrecy,
    negotiate_all,
    unknown,
)
from tlsaudit.evidence import TlsOffer


@check(
    title="Reference clients get forward secrecy",
    severity=Severity.HIGH,
    tags={"tls", "pfs"},
    settings={Setting.CIPHER_SUITES, Setting.PROTOCOLS, Setting.NAMED_GROUPS},
    references=("RFC 9325 section 4.1", "RFC 8446 appendix E.1"),
)
def pfs_clients(tls: TlsOffer, *, clients: ReferenceClients) -> Iterator[Verdict]:
    sessions = zip((client.name for client in clients), negotiate_all(tls, clients), strict=True)
    verdict = forward_secrecy(dict(sessions))
    if verdict.outcome is Outcome.FAIL and tls.incomplete:  # a suite that was not seen may be the one they get
        yield unknown(str(tls.incomplete))
    else:
        yield verdict
