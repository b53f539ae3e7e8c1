"""Ask every endpoint once, and judge what was seen as the base would have it and as the change has it."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from datetime import datetime

from tlsaudit import engine
from tlsaudit.app.applicable import applicable, applies
from tlsaudit.app.audit import add_beyond, add_endpoint
from tlsaudit.app.beyond import judge_beyond
from tlsaudit.app.gate.trust import Known
from tlsaudit.app.goalposts import moved_since_last, pinned
from tlsaudit.app.observe import judge, left_out, no_past
from tlsaudit.app.parents import Parents
from tlsaudit.app.prober import prober, wanted_by
from tlsaudit.app.progress import progress
from tlsaudit.app.records import Tally, tool, vantage
from tlsaudit.app.settings import ProbeSettings
from tlsaudit.app.targets import asked_for
from tlsaudit.app.timetable import Timetable
from tlsaudit.check import Finding, Rule, SubjectKind
from tlsaudit.evidence import EndpointObservation, NotObserved, Reason
from tlsaudit.registry import Registry, Selection, rule
from tlsaudit.store import Audit, Store
from tlsaudit.target import Endpoint, Targets


@dataclass(frozen=True, slots=True)
class Held:
    """What a targets file holds its endpoints against."""

    targets: Targets
    rules: Sequence[Rule]
    notes: Sequence[str]


def held(targets: Targets, selection: Selection, settings: ProbeSettings) -> Held:
    """Links are left out: their state is read on the spot, which a change is not to bring about. Raises UserError."""
    checks = selection.checks(asked_for(targets))
    of_links = [check.id for check in checks if check.subject_kind is SubjectKind.LINK]
    options = targets.check_options
    wanted = [
        rule(check, options.get(check.id, {}), settings.preload_list) for check in checks if check.id not in of_links
    ]
    found = applicable(wanted, settings, selection.named, targets.endpoints)
    said = [f"{', '.join(of_links)}: not asked: a gate does not look at links"] if of_links else []
    return Held(targets, found.rules, [*found.notes, *said, *left_out(targets.endpoints, found.rules)])


Verdicts = Mapping[tuple[str, str], Finding]
"""By check and the name of an endpoint."""


class Side:
    """A targets file as an audit in a history, where both sides are those of one file by the name `history`.
    `instead` are verdicts that take the place of what the live hosts come to."""

    def __init__(
        self,
        store: Store,
        held: Held,
        registry: Registry,
        settings: ProbeSettings,
        *,
        begun: datetime,
        history: str,
        instead: Verdicts,
    ) -> None:
        self.targets = held.targets
        self._instead = instead
        self.tally = Tally()
        self._store, self._held, self._registry = store, held, registry
        self._own = [each for each in held.rules if each.check.subject_kind is SubjectKind.ENDPOINT]
        self._parents = Parents(held.targets.endpoints, self._own)
        self._timetable = Timetable(held.targets, registry, settings.clock().date())
        self._number = store.begin(
            begun,
            vantage=vantage(settings),
            version=tool().version,
            pinned=pinned(held.targets, held.rules),
            targets=history,
        )

    def take(self, endpoint: Endpoint, observation: EndpointObservation) -> None:
        """Judge and record what was seen of one of the endpoints."""
        for ready, seen in self._parents.take(endpoint, replace(observation, endpoint=endpoint.id)):
            asked = [each for each in self._own if applies(each.check, ready)]
            judged = judge(ready, seen, asked, no_past, self._parents)
            findings = [self._in_place_of(finding, ready) for finding in judged.findings]
            judged = judged._replace(findings=findings)
            add_endpoint(self._store, self._number, judged, self._timetable, self.tally)

    def _in_place_of(self, finding: Finding, endpoint: Endpoint) -> Finding:
        instead = self._instead.get((finding.check, endpoint.name))
        return replace(instead, subject=finding.subject, endpoint=finding.endpoint) if instead else finding

    def finish(self, finished_at: datetime, notes: Sequence[str]) -> Audit:
        """Judge what is beyond single endpoints, and measure the goals."""
        store, number, timetable = self._store, self._number, self._timetable
        for part in judge_beyond(store, number, self.targets, self._held.rules, links={}):
            add_beyond(store, number, part(), timetable, self.tally, links={})
        running = store.audit(number)
        objectives = timetable.measure(store, running)
        moved = moved_since_last(store, self.targets, self._registry, timetable.at, "")
        store.finish(
            number,
            finished_at,
            objectives=[record.model_dump(mode="json", by_alias=True) for record in objectives],
            summary=self.tally.summary().model_dump(mode="json", by_alias=True),
            notes=[*notes, *self._held.notes, *timetable.warnings()],
            not_measured=[record.id for record in objectives if not record.coverage],
            moves=[move.model_dump(mode="json", exclude={"seen"}) for move in moved],
        )
        return store.audit(number)


@dataclass
class _Look:
    """One endpoint to be asked, and in whose name."""

    endpoint: Endpoint
    of: list[tuple[Side, Endpoint]] = field(default_factory=list)


async def look(
    now: Side, before: Side | None, rules: Sequence[Rule], settings: ProbeSettings, *, allow: bool, quiet: bool
) -> Mapping[str, str]:
    """Fill both sides, by the `rules` of both. The answer is where the change leads though the base does not, by
    endpoint: without `allow`, that is not connected to."""
    known = Known(before.targets.endpoints) if before else None
    looks: dict[object, _Look] = {}
    beyond: dict[str, str] = {}
    for side in (before, now) if before else (now,):
        for endpoint in side.targets.endpoints:
            if side is now and known and (why := known.distrust(endpoint)):
                beyond[endpoint.id] = why
                if not allow:
                    missing = NotObserved(Reason.NOT_PROBED, f"{why}, and asked only with --allow")
                    side.take(endpoint, EndpointObservation(endpoint.id, settings.clock(), (), unresolved=missing))
                    continue
            reached = known.reached_as_before(endpoint) if known else endpoint
            looks.setdefault(_same_look(reached), _Look(reached)).of.append((side, endpoint))
    asked = engine.map(prober(wanted_by(rules), settings), _endpoints(looks), concurrency=settings.concurrency)
    by_endpoint = {id(each.endpoint): each for each in looks.values()}
    with progress(len(looks), quiet=quiet) as advance:
        async with aclosing(asked) as completed:
            async for endpoint, observation in completed:
                for side, own in by_endpoint[id(endpoint)].of:
                    side.take(own, observation)
                advance()
    return beyond


def _endpoints(looks: Mapping[object, _Look]) -> Iterator[Endpoint]:
    return (each.endpoint for each in looks.values())


def _same_look(endpoint: Endpoint) -> object:
    """What is the same for endpoints that need asking once only."""
    return (
        endpoint.host, endpoint.port, endpoint.http_port, endpoint.starttls, endpoint.pages, endpoint.sample,
        id(endpoint.route),
    )  # fmt: skip
