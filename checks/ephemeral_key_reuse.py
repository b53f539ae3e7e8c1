"""Every connection has an ephemeral key of its own.

## Rationale
An exchange is forward secret once its keys are gone. A server that keeps one to save work can be made to give up every
session that it was used for, and a key that lives long is worth attacking: Raccoon (2020) and the invalid-curve attacks
need many connections with the same one. A server should not use a finite-field key again, and one over an elliptic
curve only with checks of what clients send (RFC 9325). Only the connections of one look are compared: a server that
changes its key between them passes.

## Remediation
OpenSSL makes a new key for each connection since 1.0.2f (1.1.0 for elliptic curves), whatever the configuration; update
it. In load balancers look for a setting such as "single DH use" and switch it on.
"""

from collections.abc import Iterator

from tlsaudit.check import Severity, Verdict, check, failed, not_applicable, passed
from tlsaudit.evidence import EphemeralKeys, group_name

_FINITE_FIELD = 0


@check(
    title="Ephemeral keys are used once",
    severity=Severity.MEDIUM,
    tags={"tls", "pfs"},
    references=("RFC 9325 section 7.4",),
)
def ephemeral_key_reuse(keys: EphemeralKeys) -> Iterator[Verdict]:
    compared = [_name(group) for group in keys.compared]
    if keys.reused:
        again = [_name(group) for group in keys.reused]
        yield failed(f"the same key share came twice: {', '.join(again)}", reused=again, compared=compared)
    elif compared:
        yield passed(f"every key share was a new one: {', '.join(compared)}", compared=compared)
    else:
        yield not_applicable("no two key shares were seen that could be compared")


def _name(group: int) -> str:
    return "finite field" if group == _FINITE_FIELD else group_name(group)
