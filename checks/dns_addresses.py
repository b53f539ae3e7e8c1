"""The host name leads to addresses that everybody can reach, of both families.

## Rationale
A name without an address is a service that is down, whatever its server does. One that leads to a public address in
one family and to a private one in the other fails for those clients alone that prefer the other, mostly IPv6, and
nobody who looks from inside sees it. Without an AAAA record, networks that have IPv6 alone go through a translator
that the operator does not run; that is stated, and fails only where `ipv6` is asked for. What answers at each address
is judged by all other checks.

## Remediation
Publish A and AAAA records of the addresses that the server listens on, and no private ones in a public zone. Break a
loop of CNAME records where it begins.
"""

import ipaddress
from collections.abc import Iterator

from tlsaudit.check import Severity, Verdict, check, failed, not_applicable, passed, unknown
from tlsaudit.evidence import HostRecords, NotObserved


@check(
    title="The name leads to addresses of both families",
    severity=Severity.MEDIUM,
    tags={"dns"},
    references=("RFC 1034 section 3.6", "RFC 3596 section 2.1"),
)
def dns_addresses(name: HostRecords, *, ipv6: bool = False) -> Iterator[Verdict]:
    if name.loop:
        yield failed(f"its CNAME records lead round in a circle: {' > '.join((name.host, *name.aliases))}")
        return
    missing = next((item for item in (name.ipv4, name.ipv6) if isinstance(item, NotObserved)), None)
    known = [*_known(name.ipv4), *_known(name.ipv6)]
    if missing:
        yield unknown(str(missing))
    elif not known and name.pinned:
        yield not_applicable("no address in DNS; where to connect was told")
    elif not known:
        yield failed("no address in DNS" if name.exists else "the name does not exist in DNS", exists=name.exists)
    else:
        yield _families(name, known, ipv6=ipv6)


def _known(addresses: tuple[str, ...] | NotObserved) -> tuple[str, ...]:
    return () if isinstance(addresses, NotObserved) else addresses


def _families(name: HostRecords, known: list[str], *, ipv6: bool) -> Verdict:
    private = [address for address in known if not ipaddress.ip_address(address).is_global]
    if private and len(private) < len(known):
        return failed(f"leads to {private[0]}, which is not public, beside addresses that are", address=private[0])
    if not name.ipv6:
        return (failed if ipv6 else passed)("IPv4 alone: no AAAA record", families=["IPv4"])
    if not name.ipv4:
        return passed("IPv6 alone: no A record", families=["IPv6"])
    return passed("IPv4 and IPv6", families=["IPv4", "IPv6"])
