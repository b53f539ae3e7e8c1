"""Every reference client that really connects gets a forward-secret session.

## Rationale
What pfs-clients predicts from the versions, suites, groups and order of a server is seen here: with `--clients`, the
hello of each reference client is sent as that client sends it, and the server's choice is read. A server that tells
its clients apart by more than what they offer, or several servers behind one address, can only be seen this way.
Clients that are turned away are named, but are no failure here.

## Remediation
Put ECDHE suites first and let the server's order decide, or serve nothing else (see pfs-suites).

HAProxy keeps the server's order unless `prefer-client-ciphers` is set.

- nginx: `ssl_prefer_server_ciphers on;`
- apache: `SSLHonorCipherOrder on`
"""

from collections.abc import Iterator

from tlsaudit.check import Session, Setting, Severity, Verdict, check, forward_secrecy
from tlsaudit.evidence import ClientSessions, ReplayedSession


@check(
    title="Reference clients whose hellos are replayed get forward secrecy",
    severity=Severity.HIGH,
    tags={"tls", "pfs"},
    settings={Setting.CIPHER_SUITES, Setting.PROTOCOLS, Setting.NAMED_GROUPS},
    references=("RFC 9325 section 4.1", "RFC 8446 appendix E.1"),
)
def pfs_clients_replayed(seen: ClientSessions) -> Iterator[Verdict]:
    yield forward_secrecy({replayed.client: _session(replayed) for replayed in seen.sessions})


def _session(replayed: ReplayedSession) -> Session | None:
    if replayed.version is None or replayed.suite is None:
        return None
    groups = () if replayed.group is None else (replayed.group,)
    return Session(replayed.version, (replayed.suite,), groups)
