"""The server takes a hello that says more than it understands.

## Rationale
A server must pass over the versions, suites, groups and extensions that it does not know. One that closes the
connection instead, or that chokes on a large hello, cannot be reached by clients that are newer than itself, or only
by such as try again with less and so let an attacker on the path choose the version. What breaks it today is often a
middlebox in front of it. Today's hellos with a post-quantum key share have more than 1,500 bytes and come in two
packets.

## Remediation
Update the server, or the load balancer, firewall or intrusion detection in front of it. Ask it directly, past them, to
learn which it is.
"""

from collections.abc import Iterator

from tlsaudit.check import Severity, Verdict, check, failed, passed
from tlsaudit.evidence import TlsOffer


@check(
    title="The server takes hellos of newer clients",
    severity=Severity.MEDIUM,
    tags={"tls"},
    references=("RFC 8446 section 4.1.2", "RFC 8446 section 4.2.1", "RFC 8701"),
)
def tls_tolerance(tls: TlsOffer) -> Iterator[Verdict]:
    for intolerance in tls.intolerances:
        message = f"a hello with {intolerance.what} fails ({intolerance.how}), one with less is answered"
        yield failed(message, what=intolerance.what, how=intolerance.how)
    if not tls.intolerances:
        yield passed("every hello was answered, or refused for what it offers")
