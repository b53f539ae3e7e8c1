"""DNSSEC vouches for the host name.

## Rationale
Without DNSSEC, whoever can forge an answer, or sits between a resolver and the zone, leads visitors where they want,
and can prove to a certificate authority that the name is theirs. With it, an answer is either the zone's own or none.
CAA and TLSA records are worth as much as the zone is signed. What is judged is the answer as a whole: an alias into a
zone that is not signed is not vouched for.

## Remediation
Sign the zone, hand the DS record to the registrar, and let the server roll its keys: a signature that nobody renews
takes the name off the net. Knot does it with `dnssec-signing: on`, BIND with `dnssec-policy default;`. Who judges it
needs a resolver that validates, on this machine or named with `--resolver`: from elsewhere its word could be forged.
"""

from collections.abc import Iterator

from tlsaudit.check import Severity, Verdict, check, failed, not_applicable, passed, unknown
from tlsaudit.evidence import Dnssec, HostRecords, NotObserved


@check(
    title="DNSSEC vouches for the name",
    severity=Severity.LOW,
    tags={"dns", "dnssec"},
    references=("RFC 4033 section 5", "RFC 9364"),
)
def dnssec_signed(name: HostRecords) -> Iterator[Verdict]:
    if isinstance(name.dnssec, NotObserved):
        yield unknown(str(name.dnssec))
    elif name.dnssec is Dnssec.SECURE:
        yield passed("signed, and the signatures are valid")
    elif name.dnssec is Dnssec.BOGUS:
        yield not_applicable("signed, but the signatures are not valid")
    else:
        yield failed("an alias into a zone that is not signed" if name.aliases else "not signed")
