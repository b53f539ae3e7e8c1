"""DNSSEC signatures are valid.

## Rationale
A resolver that validates gives no answer rather than one whose signatures do not hold: for its clients, which are those
of most large public resolvers and of many providers, the name does not exist. Others notice nothing. The usual causes
are signatures that expired, a key that was changed without the DS record at the registrar, and a move to another DNS
provider with the old DS record still there. It is told by this: the resolver fails, and answers when it is asked not to
validate.

## Remediation
Compare the DS records at the registrar with the keys in the zone, and sign the zone anew. In an emergency, have the DS
records deleted at the registrar: the zone is then unsigned, and reachable, once they are out of the caches.
"""

from collections.abc import Iterator

from tlsaudit.check import Severity, Verdict, check, failed, not_applicable, passed, unknown
from tlsaudit.evidence import Dnssec, HostRecords, NotObserved


@check(
    title="DNSSEC signatures are valid",
    severity=Severity.HIGH,
    tags={"dns", "dnssec"},
    references=("RFC 4033 section 5", "RFC 4035 section 4.3", "RFC 4035 section 5.5"),
)
def dnssec_valid(name: HostRecords) -> Iterator[Verdict]:
    if isinstance(name.dnssec, NotObserved):
        yield unknown(str(name.dnssec))
    elif name.dnssec is Dnssec.BOGUS:
        yield failed("DNSSEC validation fails: who validates cannot reach this name")
    elif name.dnssec is Dnssec.SECURE:
        yield passed("the signatures are valid")
    else:
        yield not_applicable("not signed")
