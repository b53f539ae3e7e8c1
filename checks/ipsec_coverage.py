"""All traffic between the prefixes of a link's two sites matches an installed security association.

## Rationale
A gateway encrypts what its traffic selectors name, and nothing else. A network that was added to a data centre later,
or a prefix that was typed too narrow, leaves the building in clear although the tunnel is up. So each pair of declared
prefixes must be covered whole, by one selector or by several together; a selector that only overlaps, or that is for
one protocol or port, does not do. It is held against each side that was looked at, in both directions.

## Remediation
Have both gateways name all prefixes of both sites, in the same words, and start the new child. Where the list of
networks grows often, one selector over the whole block of a site stays right.

- swanctl: `local_ts = 10.64.0.0/16`
- libreswan: `leftsubnets={10.64.0.0/16 10.65.0.0/16}`
"""

from collections.abc import Iterator

from tlsaudit.check import (
    UNDECLARED,
    Severity,
    Verdict,
    check,
    child_sas,
    declared,
    failed,
    gaps,
    listed,
    passed,
    unknown,
)
from tlsaudit.evidence import Direction, LinkState, LinkView, PolicyAction

_ONE_WAY = {Direction.OUT: "on its way out", Direction.IN: "on its way in"}


@check(
    title="All prefixes between the sites are encrypted",
    severity=Severity.HIGH,
    tags={"ipsec"},
    references=("RFC 4301 section 4.4.1", "RFC 7296 section 2.9"),
    faults={"missing"},
)
def ipsec_coverage(link: LinkState) -> Iterator[Verdict]:
    judged = False
    for view in link.views:
        if view.children is not None and not _silent(link, view):
            judged = True
            yield _judge(link, view)
    if not judged:
        yield unknown("no source tells which security associations are installed")


def _silent(link: LinkState, view: LinkView) -> bool:
    """A kernel shows nothing of what its daemon encrypts by itself: then another source at the site tells."""
    shows = view.children or view.policies or view.connections
    return not shows and any(other.children for other in link.views if other.site == view.site)


def _judge(link: LinkState, view: LinkView) -> Verdict:
    pairs = declared(link, view.site)
    if not pairs:
        return unknown(UNDECLARED)
    missing = gaps(link, view.site, [child.selectors for child in child_sas(link, view)])
    if missing and not (view.children or view.policies or view.connections or view.ike):
        return unknown(f"nothing of IPsec is installed or configured there ({view.source})")
    if missing:
        return failed(f"no SA for {listed(missing)} ({view.source})", pairs=len(pairs), missing=missing)
    for direction, way in _ONE_WAY.items():
        lacking = _without_policy(link, view, direction)
        if lacking:
            return failed(f"no policy for {lacking[0]} {way} ({view.source})", pairs=len(pairs), missing=lacking)
    return passed(f"every pair of prefixes is covered ({view.source})", pairs=len(pairs), missing=[])


def _without_policy(link: LinkState, view: LinkView, direction: Direction) -> list[str]:
    """What no policy protects in this direction, where the source has policies by direction at all."""
    protecting = [item for item in view.policies or () if item.action is PolicyAction.PROTECT]
    if all(item.direction is Direction.BOTH for item in protecting):
        return []
    return gaps(
        link, view.site, [item.selectors for item in protecting if item.direction in (direction, Direction.BOTH)]
    )
