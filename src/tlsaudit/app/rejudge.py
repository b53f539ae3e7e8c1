"""Judge what an audit saw once more, by today's checks: what an upgrade or another targets file would change."""

import json
from array import array
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain, groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from tlsaudit.app.applicable import applies, lacks_preload_list
from tlsaudit.app.audit import add_beyond, add_endpoint
from tlsaudit.app.beyond import Part, judge_beyond
from tlsaudit.app.diff import changes_json, changes_lines
from tlsaudit.app.goalposts import goalposts, pinned
from tlsaudit.app.history import audit_json
from tlsaudit.app.links import LinkStates
from tlsaudit.app.observe import Observed, judge
from tlsaudit.app.output import Output
from tlsaudit.app.parents import Parents
from tlsaudit.app.records import Tally, tool
from tlsaudit.app.series import earlier, files_of
from tlsaudit.app.targets import asked_for
from tlsaudit.app.timetable import Timetable
from tlsaudit.app.view import view_of
from tlsaudit.check import Check, Rule, SubjectKind
from tlsaudit.errors import UserError
from tlsaudit.evidence import AddressObservation, EndpointObservation, EvidenceType, NotObserved, Reason
from tlsaudit.policy import PreloadList
from tlsaudit.registry import Registry, Selection, rule
from tlsaudit.report import write
from tlsaudit.report.document import ObjectiveRecord
from tlsaudit.report.text import clean, share_of
from tlsaudit.store import AT_ONCE, Audit, Diff, EndpointSeen, Pinned, Side, Spoken, Store, compare
from tlsaudit.target import Endpoint, Roster, Services, Targets, sqlite_url

_NOT_ASKED = NotObserved(Reason.NOT_PROBED)


class Look(NamedTuple):
    """What was seen of an endpoint, and the checks by which it was judged then."""

    endpoint: Endpoint
    observation: EndpointObservation
    judged: frozenset[str]


@dataclass(frozen=True)
class Recorded:
    """A finished audit in the history: what it saw, and whom it asked what."""

    store: Store
    audit: Audit
    registry: Registry
    targets: Targets

    @cached_property
    def pinned(self) -> Pinned:
        return self.store.pinned(self.audit.id)

    @cached_property
    def kinds(self) -> frozenset[EvidenceType]:
        """What it looked for, by what the checks that it ran take today."""
        ran = (self.registry[name] for name in self.pinned.rules if name in self.registry)
        return frozenset(kind for check in ran for kind in check.evidence)

    @cached_property
    def endpoints(self) -> Roster:
        """By id. What the history does not keep of an endpoint is taken from the targets file."""
        return Roster(map(self._as_then, self.store.endpoints(self.audit.id)))

    def _as_then(self, seen: EndpointSeen) -> Endpoint:
        number = self.targets.endpoints.find(seen.id)
        today = Endpoint(seen.host) if number is None else self.targets.endpoints[number]
        kept = ("host", "port", "starttls", "service", "site", "owner")
        return replace(today, **{name: getattr(seen, name) for name in kept})

    @property
    def links(self) -> LinkStates:
        """What was seen of those that it was told of."""
        seen = self.store.links(self.audit.id)
        return {link: seen.get(link, _NOT_ASKED) for link in self.pinned.links}

    def looks(self) -> Iterator[Look]:
        """What was seen of each endpoint, and by which checks it was judged."""
        kinds = sorted(self.kinds, key=lambda kind: kind.__name__)
        judged = _of_endpoints(self.store.spoken(self.audit.id))
        said = next(judged, None)
        known: dict[str, tuple[Endpoint, EndpointSeen, frozenset[str]]] = {}
        for endpoint, seen in zip(self.endpoints, self.store.endpoints(self.audit.id), strict=True):
            ran: frozenset[str] = frozenset()
            if said and said[0] == seen.id:
                ran, said = said[1], next(judged, None)
            known[seen.id] = endpoint, seen, ran
            if len(known) == AT_ONCE:
                yield from self._looked(known, kinds)
                known.clear()
        yield from self._looked(known, kinds)

    def _looked(
        self, known: Mapping[str, tuple[Endpoint, EndpointSeen, frozenset[str]]], kinds: Sequence[EvidenceType]
    ) -> Iterator[Look]:
        rows = self.store.evidence(self.audit.id, kinds, of=[*known])
        for name, group in groupby(rows, key=lambda each: each.endpoint):
            endpoint, seen, ran = known[name]
            addresses = []
            unresolved = None
            for each in group:
                if each.address is None:
                    unresolved = next((item for item in each.evidence if isinstance(item, NotObserved)), None)
                    continue
                # What was asked comes first: the first reason speaks for an endpoint of which nothing was seen.
                asked_first = sorted(zip(kinds, each.evidence, strict=True), key=lambda item: item[1] == _NOT_ASKED)
                vantage = each.vantage if seen.vantages else None
                addresses.append(AddressObservation(each.address, None, dict(asked_first), vantage=vantage))
            if addresses:
                addresses[0] = replace(addresses[0], connect_ms=seen.connect_ms, connections=seen.connections or 0)
            observed = EndpointObservation(name, seen.observed_at, tuple(addresses), seen.not_tried, unresolved)
            yield Look(endpoint, observed, ran)


def _of_endpoints(told: Iterable[Spoken]) -> Iterator[tuple[str, frozenset[str]]]:
    """By which checks each endpoint was judged."""
    for spoken in told:
        if spoken.subject.kind is SubjectKind.ENDPOINT:
            yield spoken.subject.id, frozenset(said.check for said in spoken.said)


@dataclass(frozen=True, slots=True)
class Rejudgement:
    """The rules of today that can be held against a recorded audit; `notes` say which it ran and cannot be."""

    recorded: Recorded
    rules: tuple[Rule, ...]
    notes: tuple[str, ...]

    def into(self, fresh: Store) -> tuple[Audit, list[ObjectiveRecord]]:
        """Judge, and record what is found as an audit of the same time in another history."""
        recorded, audit = self.recorded, self.recorded.audit
        timetable = Timetable(recorded.targets, recorded.registry, audit.started_at.date())
        number = fresh.begin(
            audit.started_at,
            vantage=audit.vantage,
            version=tool().version,
            pinned=pinned(recorded.targets, self.rules),
            targets=audit.targets,
            targets_digest=audit.targets_digest,
        )
        tally = Tally()
        for seen in self._judged():
            add_endpoint(fresh, number, seen, timetable, tally)
        links = recorded.links
        for part in self._beyond(fresh, number, links):
            add_beyond(fresh, number, part(), timetable, tally, links=links)
        objectives = timetable.measure(fresh, fresh.audit(number), history=recorded.store)
        fresh.finish(
            number,
            audit.finished_at or audit.started_at,
            objectives=[record.model_dump(mode="json", by_alias=True) for record in objectives],
            summary=tally.summary().model_dump(mode="json", by_alias=True)
            | {"duration_s": (audit.summary or {}).get("duration_s", 0)},
            notes=[self._label(), *self.notes, *timetable.warnings(), *timetable.notes()],
        )
        return fresh.audit(number), objectives

    def _judged(self) -> Iterator[Observed]:
        recorded = self.recorded
        own = [item for item in self.rules if item.check.subject_kind is SubjectKind.ENDPOINT]
        parents = Parents(recorded.endpoints, own)
        before = earlier(recorded.store, recorded.audit, recorded.targets)
        waiting: dict[str, frozenset[str]] = {}
        for look in recorded.looks():
            waiting[look.endpoint.id] = look.judged
            for endpoint, observation in parents.take(look.endpoint, look.observation):
                ran = waiting.pop(endpoint.id)
                held = [item for item in own if self._applies(item.check, endpoint, ran)]
                yield judge(endpoint, observation, held, before, parents)

    def _applies(self, check: Check, endpoint: Endpoint, ran: Collection[str]) -> bool:
        """Whether a check is held against an endpoint: as it was then; one that was not run, as it would be today."""
        return check.id in ran if check.id in self.recorded.pinned.rules else applies(check, endpoint)

    def _beyond(self, fresh: Store, number: int, links: LinkStates) -> Iterator[Part]:
        endpoints = self.recorded.endpoints
        by_service: defaultdict[str, array[int]] = defaultdict(lambda: array("I"))
        for place, endpoint in enumerate(endpoints):
            if endpoint.service is not None:
                by_service[endpoint.service].append(place)
        services = Services(endpoints.picked(chain.from_iterable(by_service.values())))
        for name, places in by_service.items():
            services.add(name, endpoints[places[0]].owner, len(places))
        then = replace(self.recorded.targets, services=services)
        history = (self.recorded.store, self.recorded.audit.id)
        return judge_beyond(fresh, number, then, self.rules, links=links, history=history)

    def _label(self) -> str:
        audit = self.recorded.audit
        return (
            f"judged again by tlsaudit {tool().version} under {self.recorded.targets.path.name}: what was seen is that "
            f"of audit {audit.id}, recorded by tlsaudit {audit.version}"
        )


def rejudge(
    database: str,
    which: str,
    targets: Targets,
    selection: Selection,
    *,
    preload_list: PreloadList | None,
    files: Sequence[Path],
    as_json: bool,
) -> str:
    """What today's checks, with the options of the targets file, make of what an audit saw. The whole of it is written
    to the files, as an audit document is. Of several, it is that of these targets. The history is only read. Raises
    UserError.
    """
    Output(files=tuple(files)).check()
    with Store.open(database, create=False) as store, TemporaryDirectory(prefix="tlsaudit-") as folder:
        audit = store.audit(which, files_of(store, targets))
        moved = goalposts(store, [audit.targets], audit.started_at.date())
        recorded = Recorded(store, audit, selection.registry, targets)
        rejudgement = _prepare(recorded, selection, preload_list)
        with Store.open(sqlite_url(Path(folder) / "rejudged.db")) as fresh:
            again, objectives = rejudgement.into(fresh)
            before, after = store.apart(audit, fresh, again)
            for file in files:
                write(view_of(fresh, again, moved=moved, targets=targets), file)
        timetable = Timetable(targets, selection.registry, audit.started_at.date())
        goals = [*_both_measured(timetable.measure(store, audit), objectives, audit)]
    rules = [*_rules(before.pinned, after.pinned)]
    diff = compare(*_by_outcome(before, after))
    if as_json:
        return json.dumps(_json(audit, again, rules, diff, goals), indent=2)
    return "\n".join(_lines(again, rules, diff, goals))


def _prepare(recorded: Recorded, selection: Selection, preload_list: PreloadList | None) -> Rejudgement:
    """Raises UserError where a check that was asked for by its id cannot be judged, or none can."""
    ran = [name for name in recorded.pinned.rules if name in recorded.registry]
    options = recorded.targets.check_options
    rules: list[Rule] = []
    lacking: dict[str, str] = {}
    for check in selection.checks((*asked_for(recorded.targets), *ran)):
        candidate = rule(check, options.get(check.id, {}), preload_list)
        if not recorded.kinds.issuperset(check.evidence):
            lacking[check.id] = f"audit {recorded.audit.id} did not look for what it judges"
        elif missing := lacks_preload_list(candidate):
            lacking[check.id] = missing
        else:
            rules.append(candidate)
    for name, why in lacking.items():
        if name in selection.named or not rules:
            raise UserError(f"{name}: cannot be judged: {why}")
    gone = {name: "it is not installed" for name in recorded.pinned.rules if name not in recorded.registry}
    missed = gone | {name: why for name, why in lacking.items() if name in ran}
    return Rejudgement(recorded, tuple(rules), tuple(f"{name}: not judged: {why}" for name, why in missed.items()))


def _by_outcome(before: Side, after: Side) -> tuple[Side, Side]:
    """Both as if by the same rules: that they differ is the point, and by how much is said apart."""
    ran = before.pinned.rules
    same = Pinned(checks=[check for check in after.pinned.checks if check["id"] in ran])
    return replace(before, pinned=same), after


def _rules(before: Pinned, after: Pinned) -> Iterator[tuple[str, str]]:
    """Each check whose rule is another now, and in what."""
    was, now = ({check["id"]: check for check in pinned.checks} for pinned in (before, after))
    for name in sorted(was.keys() | now.keys()):
        if name not in was:
            yield name, "not run then"
        elif name in now and (moved := [*_options(was[name].get("options") or {}, now[name]["options"])]):
            yield name, ", ".join(moved)
        elif name in now and was[name]["digest"] != now[name]["digest"]:
            yield name, "changed"


def _options(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    for name in sorted(before.keys() | after.keys()):
        if before.get(name) != after.get(name):
            yield f"{name} {_option(before.get(name))} -> {_option(after.get(name))}"


def _option(value: object) -> str:
    return "unset" if value is None else str(value).removesuffix(", 0:00:00")  # that of whole days


Goals = Sequence[tuple[ObjectiveRecord, ObjectiveRecord]]
"""Objectives, each by what was recorded and by what is judged now."""


def _both_measured(
    before: Sequence[ObjectiveRecord], after: Sequence[ObjectiveRecord], audit: Audit
) -> Iterator[tuple[ObjectiveRecord, ObjectiveRecord]]:
    """Those that this audit measures, then and now."""
    for was, now in zip(before, after, strict=True):
        if was.measured_at == now.measured_at == audit.started_at:
            yield was, now


def _json(audit: Audit, again: Audit, rules: Sequence[tuple[str, str]], diff: Diff, goals: Goals) -> dict[str, Any]:
    return {
        "audit": audit_json(audit),
        "judged_by": again.version,
        "notes": list(again.notes),
        "rules": [{"check": name, "change": change} for name, change in rules],
        **changes_json(diff),
        "objectives": [{"id": now.id, "before": _standing(was), "after": _standing(now)} for was, now in goals],
    }


def _standing(goal: ObjectiveRecord) -> dict[str, Any]:
    return goal.model_dump(mode="json", by_alias=True, include={"status", "share", "value", "coverage", "counts"})


_TITLES = {"regressed": "FAILS NOW", "fixed": "PASSES NOW", "not_run_before": "NOT RUN THEN"}


def _lines(again: Audit, rules: Sequence[tuple[str, str]], diff: Diff, goals: Goals) -> Iterator[str]:
    for note in again.notes:
        yield clean(note[:1].upper() + note[1:])
    for name, change in rules:
        yield f"  {'RULE':14}  {clean(name)}: {clean(change)}"
    changes = [*changes_lines(diff, _TITLES)]
    yield from changes or ["  no outcome changes"]
    for was, now in goals:
        before, after = _figure(was), _figure(now)
        if before != after:
            yield f"  {'GOAL':14}  {clean(now.title)}: {before} -> {after}"


def _figure(goal: ObjectiveRecord) -> str:
    figure = share_of(goal.counts) if goal.value is None else f"{goal.value:g}"
    return f"{figure}, {goal.status}"
