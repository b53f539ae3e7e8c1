"""Judge what is beyond one endpoint, from the evidence in the history: services and the fleet; and links."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from tlsaudit.app.applicable import applies
from tlsaudit.app.links import LinkStates
from tlsaudit.app.vantages import beside, names_in
from tlsaudit.check import ByVantage, Check, Finding, Fleet, Rule, SubjectKind, judge_fleet, judge_link, judge_service
from tlsaudit.evidence import Evidence, EvidenceType, NotObserved
from tlsaudit.store import NOT_ASKED, EvidenceSeen, Store
from tlsaudit.target import Endpoint, Service, Targets

Seen = tuple[Evidence | NotObserved, ...]
Places = Mapping[str, Mapping[str, Seen]]
"""host:port -> place -> evidence."""

Applies = Callable[[Check, Endpoint], bool]
"""Whether a check is held against an endpoint."""


def judge_beyond(
    store: Store,
    audit: int,
    targets: Targets,
    rules: Sequence[Rule],
    *,
    links: LinkStates,
    applies: Applies = applies,
    history: tuple[Store, int] | None = None,
) -> Iterator[Finding]:
    """The findings of the rules about services at two sites or more, or seen from two vantages or more; about these
    links, and the fleet. `history` is where the audit is to be found among others, if not here.
    """
    across = [rule for rule in rules if rule.check.subject_kind is SubjectKind.SERVICE]
    by_vantage = [rule for rule in across if rule.check.across is ByVantage]
    by_site = [rule for rule in across if rule.check.across is not ByVantage]
    yield from _judge_by_site(by_site, store, audit, targets, applies)
    if by_vantage:
        yield from _judge_by_vantage(by_vantage, *(history or (store, audit)), targets, applies)
    for rule in rules:
        if rule.check.subject_kind is SubjectKind.LINK:
            for link, state in links.items():
                yield judge_link(rule, link, state)
        elif rule.check.subject_kind is SubjectKind.FLEET:
            yield _judge_fleet(rule, store, audit)


def _judge_by_site(
    rules: Sequence[Rule], store: Store, audit: int, targets: Targets, applies: Applies
) -> Iterator[Finding]:
    several = {name: each for name, each in targets.services.items() if len({end.site for end in each.endpoints}) > 1}
    if rules and several:  # else all evidence would be read for nothing
        for rule, service, seen in _seen(rules, store.services(audit, _kinds(rules)), several, applies):
            yield judge_service(rule, service, _by_site(seen))


def _judge_by_vantage(
    rules: Sequence[Rule], store: Store, audit: int, targets: Targets, applies: Applies
) -> Iterator[Finding]:
    others = beside(store, audit, targets)
    if not others and len(names_in(store.audit(audit).vantage)) == 1:
        return
    services = store.services(audit, _kinds(rules), beside=others)
    for rule, service, seen in _seen(rules, services, targets.services, applies):
        if len({row.vantage for row in seen}) > 1:
            yield judge_service(rule, service, _by_vantage(seen))


def _kinds(rules: Iterable[Rule]) -> list[EvidenceType]:
    return [*dict.fromkeys(kind for rule in rules for kind in rule.check.evidence)]


def _seen(
    rules: Sequence[Rule],
    services: Iterable[tuple[str, Iterable[EvidenceSeen]]],
    among: Mapping[str, Service],
    applies: Applies,
) -> Iterator[tuple[Rule, str, list[EvidenceSeen]]]:
    """What each rule wants of the `services` that are `among` those. What several want is read once."""
    kinds = _kinds(rules)
    for service, rows in services:
        if service not in among:
            continue
        read = [*rows]
        for rule in rules:
            wanted = [kinds.index(kind) for kind in rule.check.evidence]
            own = [replace(row, evidence=tuple(row.evidence[number] for number in wanted)) for row in read]
            looks = [row for row in own if any(item is not NOT_ASKED for item in row.evidence)]
            if looks:
                asked = {endpoint.id for endpoint in among[service].endpoints if applies(rule.check, endpoint)}
                yield rule, service, [row for row in looks if row.endpoint in asked]


def _by_site(seen: Iterable[EvidenceSeen]) -> Places:
    """A place is a site, with the address where the host has several there, and the vantage where there are several."""
    found: dict[str, dict[str, dict[tuple[str | None, str], Seen]]] = {}
    for row in seen:
        found.setdefault(row.host, {}).setdefault(str(row.site), {})[row.address, row.vantage] = row.evidence
    return {host: dict(_sites(sites)) for host, sites in found.items()}


def _sites(sites: Mapping[str, Mapping[tuple[str | None, str], Seen]]) -> Iterator[tuple[str, Seen]]:
    for site, looks in sites.items():
        addresses, vantages = (len(set(names)) > 1 for names in zip(*looks, strict=True))
        for (address, vantage), evidence in looks.items():
            yield f"{site}{f' {address}' if addresses else ''}{f' from {vantage}' if vantages else ''}", evidence


def _by_vantage(seen: Iterable[EvidenceSeen]) -> Places:
    """A place is a vantage. Where a host has several addresses, each is compared with itself if it has the same from
    everywhere; else the address is part of the place.
    """
    found: dict[str, dict[str, dict[str | None, Seen]]] = {}
    for row in seen:
        found.setdefault(row.endpoint, {}).setdefault(row.vantage, {})[row.address] = row.evidence
    places: dict[str, dict[str, Seen]] = {}
    for endpoint, vantages in found.items():
        several = {address for addresses in vantages.values() for address in addresses}
        alike = all(addresses.keys() == several for addresses in vantages.values())
        for vantage, addresses in sorted(vantages.items()):
            for address, evidence in addresses.items():
                host = f"{endpoint} {address}" if alike and len(several) > 1 else endpoint
                place = vantage if alike or address is None else f"{vantage} {address}"
                places.setdefault(host, {})[place] = evidence
    return places


def _judge_fleet(rule: Rule, store: Store, audit: int) -> Finding:
    missing = [
        (seen.endpoint, item)
        for seen in store.missing(audit, rule.check.evidence)
        for item in seen.evidence
        if isinstance(item, NotObserved)
    ]
    fleets = [Fleet(_FleetEvidence(store, audit, kind)) for kind in rule.check.evidence]
    return judge_fleet(rule, fleets, missing)


@dataclass(frozen=True, slots=True)
class _FleetEvidence:
    """What a fleet check iterates, as often as it likes."""

    store: Store
    audit: int
    kind: EvidenceType

    def __iter__(self) -> Iterator[tuple[str, str, Evidence]]:
        for seen in self.store.evidence(self.audit, [self.kind]):
            (item,) = seen.evidence
            if seen.address is not None and not isinstance(item, NotObserved):
                yield seen.endpoint, seen.address, item
