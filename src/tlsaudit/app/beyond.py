"""Judge what is beyond one endpoint, from the evidence in the history: services and the fleet; and links."""

from collections.abc import Callable, Iterator, Sequence

from tlsaudit.app.applicable import applies
from tlsaudit.app.links import LinkStates
from tlsaudit.check import Check, Finding, Fleet, Rule, SubjectKind, judge_fleet, judge_link, judge_service
from tlsaudit.evidence import Evidence, EvidenceType, NotObserved
from tlsaudit.store import Store
from tlsaudit.store.history import SitesOfHosts
from tlsaudit.target import Endpoint, Targets

Seen = tuple[Evidence | NotObserved, ...]


def judge_beyond(
    store: Store,
    audit: int,
    targets: Targets,
    rules: Sequence[Rule],
    *,
    links: LinkStates,
    applies: Callable[[Check, Endpoint], bool] = applies,
) -> Iterator[Finding]:
    """The findings of the rules about services at two sites or more, these links, and the fleet."""
    for rule in rules:
        kind = rule.check.subject_kind
        if kind is SubjectKind.SERVICE:
            for service, hosts in store.services(audit, rule.check.evidence):
                endpoints = targets.services[service].endpoints
                if len({endpoint.site for endpoint in endpoints}) > 1:
                    asked = {endpoint.name for endpoint in endpoints if applies(rule.check, endpoint)}
                    seen = {host: places for host, places in hosts.items() if host in asked}
                    yield judge_service(rule, service, _places(seen))
        elif kind is SubjectKind.LINK:
            for link, state in links.items():
                yield judge_link(rule, link, state)
        elif kind is SubjectKind.FLEET:
            yield _judge_fleet(rule, store, audit)


def _places(hosts: SitesOfHosts) -> dict[str, dict[str, Seen]]:
    """host:port -> place -> evidence. A place is a site, with the address where the host has several there."""
    return {
        host: {
            str(site) if len(addresses) == 1 else f"{site} {address}": evidence
            for site, addresses in sites.items()
            for address, evidence in addresses.items()
        }
        for host, sites in hosts.items()
    }


def _judge_fleet(rule: Rule, store: Store, audit: int) -> Finding:
    missing = [
        (seen.endpoint, item)
        for seen in store.evidence(audit, rule.check.evidence)
        for item in seen.evidence
        if isinstance(item, NotObserved)
    ]
    fleets = [Fleet(_stream(store, audit, kind)) for kind in rule.check.evidence]
    return judge_fleet(rule, fleets, missing)


def _stream(store: Store, audit: int, kind: EvidenceType) -> Iterator[tuple[str, str, Evidence]]:
    for seen in store.evidence(audit, [kind]):
        (item,) = seen.evidence
        if seen.address is not None and not isinstance(item, NotObserved):
            yield seen.endpoint, seen.address, item
