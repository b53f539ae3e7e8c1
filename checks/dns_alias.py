"""The host name's aliases lead to names that exist.

## Rationale
A CNAME record hands a name over: who has the last name of the chain decides what visitors get, and can have a
certificate issued for the first. So a record that is left behind when a service is cancelled is an open door: whoever
books that name at the provider, or registers the domain, takes the host over, its cookies among it. Where the chain
leaves the organisation, that is stated, as somebody should know of it.

## Remediation
Delete the CNAME record of a service that is no longer used, before it is cancelled. Where the target is to exist, have
it back at the provider first.
"""

from collections.abc import Iterator

from tlsaudit.check import Fact, PublicSuffixes, Severity, Verdict, check, failed, not_applicable, passed
from tlsaudit.evidence import HostRecords


@check(
    title="Aliases lead to names that exist",
    severity=Severity.HIGH,
    tags={"dns"},
    references=("RFC 1034 section 3.6.2", "RFC 2308 section 2.1"),
)
def dns_alias(name: HostRecords, *, public_suffixes: PublicSuffixes) -> Iterator[Verdict]:
    if not name.aliases:
        yield not_applicable("no CNAME record")
        return
    target = name.aliases[-1]
    registered = public_suffixes.registrable(target)
    facts: dict[str, Fact] = {"target": target, "aliases": len(name.aliases)}
    if name.loop:
        yield failed(f"an alias of {target}, which leads back to itself", **facts)
    elif not name.exists:
        if registered and name.zone is not None and _is_above(name.zone, registered):  # the registry itself denies it
            yield failed(f"an alias of {target}, and anybody can register {registered}", **facts)
        else:
            yield failed(f"an alias of {target}, which does not exist: who books that name has this host", **facts)
    elif registered and registered != public_suffixes.registrable(name.host):
        yield passed(
            f"an alias of {target}, so that {registered} decides what this host is", domain=registered, **facts
        )
    else:
        yield passed(f"an alias of {target}", **facts)


def _is_above(zone: str, domain: str) -> bool:
    """Whether a zone, the root being the empty one, holds a domain without being it."""
    return not zone or domain.endswith(f".{zone}")
