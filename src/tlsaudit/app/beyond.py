"""Judge what is beyond one endpoint, from the evidence in the history: services and the fleet; and links."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import groupby
from typing import NamedTuple

from tlsaudit.app.applicable import applies
from tlsaudit.app.links import LinkStates
from tlsaudit.app.vantages import beside, names_in
from tlsaudit.check import ByVantage, Finding, Fleet, Rule, SubjectKind, judge_fleet, judge_link, judge_service
from tlsaudit.evidence import Evidence, EvidenceType, NotObserved
from tlsaudit.store import AT_ONCE, NOT_ASKED, EvidenceSeen, Store
from tlsaudit.target import Service, Targets

Seen = tuple[Evidence | NotObserved, ...]
Places = Mapping[str, Mapping[str, Seen]]
"""host:port -> place -> evidence."""

Part = Callable[[], list[Finding]]
"""Judges part of an audit by what the history has of it. All that is said of one subject is of one part."""


class _Held(NamedTuple):
    """Rules about services, and the audits whose evidence they are held against."""

    rules: Sequence[Rule]
    store: Store
    audit: int
    beside: Sequence[int] = ()


def judge_beyond(
    store: Store,
    audit: int,
    targets: Targets,
    rules: Sequence[Rule],
    *,
    links: LinkStates,
    history: tuple[Store, int] | None = None,
) -> Iterator[Part]:
    """The findings of the rules about services at two sites or more, or seen from two vantages or more; about these
    links, and the fleet. Those of a part are to be kept before the next is judged: all of a large fleet's would take
    too much memory. `history` is where the audit is to be found among others, if not here.
    """
    across = [rule for rule in rules if rule.check.subject_kind is SubjectKind.SERVICE]
    by_vantage = [rule for rule in across if rule.check.across is ByVantage]
    at_vantages = _at_vantages(by_vantage, *(history or (store, audit)), targets)
    at_sites = _Held([rule for rule in across if rule.check.across is not ByVantage], store, audit)

    def parts() -> Iterator[Part]:
        if at_sites.rules or at_vantages.rules:
            for services in _some(targets.services.values()):
                yield partial(_judge_services, services, at_sites, at_vantages)
        yield lambda: [
            judge_link(rule, link, state)
            for rule in rules
            if rule.check.subject_kind is SubjectKind.LINK
            for link, state in links.items()
        ]
        yield lambda: [
            _judge_fleet(rule, store, audit) for rule in rules if rule.check.subject_kind is SubjectKind.FLEET
        ]

    return parts()


def _at_vantages(rules: Sequence[Rule], store: Store, audit: int, targets: Targets) -> _Held:
    """None of the rules, where there is but one vantage."""
    others = beside(store, audit, targets) if rules else []
    alone = rules and not others and len(names_in(store.audit(audit).vantage)) == 1
    return _Held([] if alone else rules, store, audit, others)


def _some(services: Iterable[Service]) -> Iterator[list[Service]]:
    """As many at a time as have AT_ONCE endpoints, or one that has more."""
    batch: list[Service] = []
    count = 0
    for service in services:
        if batch and count + len(service.endpoints) > AT_ONCE:
            yield batch
            batch, count = [], 0
        batch.append(service)
        count += len(service.endpoints)
    if batch:
        yield batch


def _judge_services(services: Sequence[Service], at_sites: _Held, at_vantages: _Held) -> list[Finding]:
    several = [service for service in services if service.at_sites]
    return [
        *(judge_service(rule, name, _by_site(seen)) for rule, name, seen in _seen(at_sites, several)),
        *(
            judge_service(rule, name, _by_vantage(seen))
            for rule, name, seen in _seen(at_vantages, services)
            if len({row.vantage for row in seen}) > 1
        ),
    ]


def _seen(held: _Held, services: Sequence[Service]) -> Iterator[tuple[Rule, str, list[EvidenceSeen]]]:
    """What each rule wants of the services. What several want is read once."""
    if not held.rules or not services:
        return
    among = {service.id: service.endpoints for service in services}
    kinds = [*dict.fromkeys(kind for rule in held.rules for kind in rule.check.evidence)]
    ids = [each for endpoints in among.values() for each in endpoints.ids()]
    rows = held.store.evidence(held.audit, kinds, beside=held.beside, of=ids)
    for name, group in groupby(rows, key=lambda row: row.service):
        if name not in among:
            continue
        read = [*group]
        for rule in held.rules:
            wanted = [kinds.index(kind) for kind in rule.check.evidence]
            own = [replace(row, evidence=tuple(row.evidence[number] for number in wanted)) for row in read]
            looks = [row for row in own if any(item is not NOT_ASKED for item in row.evidence)]
            if looks:
                asked = {endpoint.id for endpoint in among[name] if applies(rule.check, endpoint)}
                yield rule, name, [row for row in looks if row.endpoint in asked]


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
    missing = (
        (seen.endpoint, item)
        for seen in store.missing(audit, rule.check.evidence)
        for item in seen.evidence
        if isinstance(item, NotObserved)
    )
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
