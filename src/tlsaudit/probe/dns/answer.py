"""An answer of a resolver: what there is at the end of a name's aliases."""

from dataclasses import dataclass
from typing import Any

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype

from tlsaudit.evidence import NotObserved, Reason


@dataclass(frozen=True, slots=True)
class Answer:
    """What is at the end of a name's aliases. `records` are dnspython's, none where there are none of the type asked
    for. `exists` is False for NXDOMAIN; `zone` is the one that says there is nothing. `authentic`: the resolver says
    that it has validated this (RFC 4035 section 3.2.3). `bogus`: it tells it only to whom does not want it validated.
    """

    exists: bool
    aliases: tuple[str, ...]
    zone: str | None
    records: tuple[Any, ...]
    authentic: bool
    bogus: bool


def text(name: dns.name.Name) -> str:
    """In lower case, without the final dot; empty for the root."""
    return name.to_text(omit_final_dot=True).lower().removesuffix(".")


def read(said: dns.message.Message | NotObserved, name: str, kind: str, *, bogus: bool = False) -> Answer | NotObserved:
    """What was said of the records of a type at a name; NotObserved where that is nothing to go by."""
    if isinstance(said, NotObserved):
        return said
    rcode = said.rcode()
    if rcode not in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
        return untold(dns.rcode.to_text(rcode), kind, name)
    try:
        chain = said.resolve_chaining() if isinstance(said, dns.message.QueryMessage) else None
    except dns.exception.DNSException:
        chain = None
    if chain is None:
        return untold("an answer that leads nowhere", kind, name)
    zones = (text(rrset.name) for rrset in said.authority if rrset.rdtype == dns.rdatatype.SOA)
    return Answer(
        exists=rcode is dns.rcode.NOERROR,
        aliases=tuple(text(rrset[0].target) for rrset in chain.cnames),
        zone=next(zones, None),
        records=tuple(chain.answer or ()),
        authentic=bool(said.flags & dns.flags.AD),
        bogus=bogus,
    )


def untold(why: str, kind: str, name: str) -> NotObserved:
    return NotObserved(Reason.DNS, f"{why} for {kind} of {name}")
