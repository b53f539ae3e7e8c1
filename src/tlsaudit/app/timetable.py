"""Hold the findings of an audit against the timetable, as of a day."""

from array import array
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, partial

from tlsaudit.app.applicable import alike, applies
from tlsaudit.app.causes import Comparison, Differences
from tlsaudit.app.records import changes_record, objective_record
from tlsaudit.app.series import comparable, files_of
from tlsaudit.app.since import Since
from tlsaudit.app.vantages import series_of
from tlsaudit.check import BySite, Finding, Outcome, Subject, SubjectKind
from tlsaudit.goal import (
    FLEET,
    READINESS,
    Blocker,
    CheckFindings,
    Endpoints,
    Findings,
    Fitted,
    Paces,
    Places,
    Readiness,
    Subjects,
    Waivers,
    available,
    checks_of,
    measure,
    readiness,
    recorded_name,
)
from tlsaudit.registry import Registry
from tlsaudit.report.document import ObjectiveRecord
from tlsaudit.store import Audit, Outcomes, Store
from tlsaudit.target import ObjectiveSpec, Targets

FindingsOf = Callable[[int], Findings]
"""Of the audit with an id."""

NO_FORECAST = "when a goal will be reached is not forecast: pip install 'tlsaudit[forecast]'"
"""A note."""


class _Audits:
    """An audit in the history and those before it that it is compared with, and which of them ran which checks. All is
    compared with how it stood `since`, else with the audit before."""

    def __init__(self, store: Store, audit: Audit, comparable: Iterable[Audit], at: date, since: Since | None) -> None:
        self.newest = audit
        self.since = since
        self._at = at
        self._all = [audit, *(other for other in comparable if other.started_at < audit.started_at)]
        self._run = cache(lambda number: frozenset(check["id"] for check in store.pinned(number).checks))

    def measuring(self, checks: Sequence[str], window: timedelta) -> Audit | None:
        """The last audit that ran all these checks: the newest, or one in the window; None where no checks are
        named."""
        for other in self._all if checks else ():
            recent = other is self.newest or self._at - other.started_at.date() <= window
            if recent and self._run(other.id).issuperset(checks):
                return other
        return None

    def begun_at(self, moment: datetime) -> Audit | None:
        """The earlier audit that began then."""
        return next((other for other in self._all if other.started_at == moment), None)


class _Found:
    """What audits found, as it was recorded and `findings` by the waivers of the day, each read once."""

    def __init__(
        self,
        store: Store,
        outcomes: Callable[[int], Outcomes],
        excused: Callable[[Outcomes], Outcomes],
        differences: Differences,
        former: Callable[[int], Mapping[str, str]],
    ) -> None:
        self._store = store
        self._former = former
        self._outcomes = cache(outcomes)
        self._differences = differences
        self.findings: Callable[[int], Outcomes] = cache(lambda number: excused(self._outcomes(number)))
        self.compared = cache(self._compared)

    def _compared(self, before: int, after: int) -> Comparison:
        sides = self._differences(before, after)
        return Comparison(self._store, before, sides, self._outcomes(after), self.findings(after))

    def with_messages(self, number: int, blocking: Sequence[Blocker]) -> tuple[Blocker, ...]:
        """What blocks in an audit, with what was said: that is read of nobody else."""
        found = self._outcomes(number)
        former = self._former(number)

        def then(item: Blocker) -> tuple[str, Subject]:
            return item.check, replace(item.subject, id=former.get(item.subject.id, item.subject.id))

        brief = {then(item) for item in blocking if found[item.check].in_brief(item.subject.id)}
        messages = self._store.messages(number, brief) if brief else {}
        return tuple(replace(item, message=messages.get(then(item), item.message)) for item in blocking)


class Timetable:
    """The objectives and waivers of a targets file on the day `at`, UTC."""

    def __init__(self, targets: Targets, registry: Registry, at: date) -> None:
        self.targets = targets
        self._registry = registry
        self._kinds: dict[str, SubjectKind] = {check.id: check.subject_kind for check in registry.values()}
        self._subjects = Subjects(targets)
        self._waivers = Waivers(targets.waivers, self._subjects, at)
        self._fitted = Fitted()
        self.at = at

    def excuse(self, findings: Iterable[Finding]) -> Iterator[Finding]:
        """The findings with the waivers of the day."""
        return map(self._waivers.apply, findings)

    def excuse_of(self, check: str, subject: Subject) -> str | None:
        """The reason of the waiver of the day that excuses a failure, None where there is none."""
        return self._waivers.reason(check, subject)

    def _excused(self, recorded: Outcomes) -> Outcomes:
        return {check: said.having(dict(self._excused_anew(check, said))) for check, said in recorded.items()}

    def _excused_anew(self, check: str, said: CheckFindings) -> Iterator[tuple[str, Finding]]:
        """By the id of the subject what a waiver excuses, or did when it was recorded."""
        kind = self._kinds.get(check)
        covered = {subject.id: subject for subject in self._waivers.covered(check) if subject.kind is kind}
        for name in {**said.own, **covered}:
            finding = said.get(name)
            if finding and (finding.waiver is not None or (name in covered and finding.outcome is Outcome.FAIL)):
                yield name, self._waivers.apply(replace(finding, subject=covered.get(name, finding.subject)))

    def _add_not_applicable(self, recorded: Outcomes, places: Places) -> None:
        """What was not asked because it cannot apply is no unknown."""
        endpoints = self.targets.endpoints
        sorts: dict[Hashable, array[int]] = {}
        for like, numbers in endpoints.alike():
            sorts.setdefault(alike(like), array("I")).extend(numbers)
        for check in (self._registry[name] for name in recorded if name in self._registry):
            not_asked = Finding(check.id, FLEET, None, None, Outcome.NOT_APPLICABLE, check.severity, "not asked")
            if check.across is BySite:
                services = (subject.id for subject in self._subjects.in_scope((), SubjectKind.SERVICE))
                at_one = (each for each in services if not self.targets.services[each].at_sites)
                recorded[check.id].fill(map(places.number, at_one), not_asked)
            if check.subject_kind is not SubjectKind.ENDPOINT:
                continue
            for numbers in sorts.values():
                if not applies(check, endpoints[numbers[0]]):
                    recorded[check.id].fill(numbers, not_asked)

    def warnings(self) -> list[str]:
        """What is odd about the waivers, once all findings have been excused."""
        return list(self._waivers.warnings())

    def is_outdated(self, note: str) -> bool:
        """Whether a note of an audit is about its waivers, and not so of those of the day."""
        return self._waivers.is_outdated(note)

    @property
    def paces(self) -> Mapping[str, Paces]:
        """What forecasts were made of, to be recorded with the audit."""
        return self._fitted.used

    def notes(self) -> list[str]:
        """What a reader of the goals would miss."""
        wanted = any(objective.decision is None for objective in self.targets.objectives)
        return [NO_FORECAST] if wanted and not available() else []

    def differences(self, store: Store) -> Differences:
        """Of two audits as far as objectives depend on them: what is measured on a scale is compared as a whole."""
        scales = {check for objective in self.targets.objectives if objective.metric for check in checks_of(objective)}
        return cache(partial(store.differences, whole=scales))

    def measure(
        self,
        store: Store,
        audit: Audit,
        *,
        history: Store | None = None,
        since: Since | None = None,
        differences: Differences | None = None,
        files: Collection[str | None] = (),
    ) -> list[ObjectiveRecord]:
        """Every objective by an audit in the store and the figures of those before it, which another `history` may
        tell; compared with the one before, or with how it stood `since`. `differences` are those of two audits in this
        history, by their ids, and `files` the names that the history knows these targets by, where the caller has them.

        What not all checks of an objective were run for does not measure it: the last audit in its window that ran
        them does.
        """
        history = history or store
        self._fitted.know(store.paces(audit.id))
        files = files or files_of(history, self.targets)
        audits = _Audits(store, audit, comparable(store, audit, self.targets, files), self.at, since)
        series = {*files, audit.targets}, series_of(audit, self.targets)
        former = cache(partial(self._former, store))
        outcomes = partial(self._outcomes, store, former)
        found = _Found(store, outcomes, self._excused, differences or self.differences(store), former)
        return [
            self._recorded(store, objective, since)
            if recorded_name(objective, self._kinds)
            else self._audited(objective, audits, found, history.series(objective.id, *series))
            for objective in self.targets.objectives
        ]

    def _audited(
        self, objective: ObjectiveSpec, audits: _Audits, found: _Found, figures: Sequence[tuple[datetime, float]]
    ) -> ObjectiveRecord:
        """`figures` are those of the audits that it is compared with, and may be its own, oldest first."""
        source = audits.measuring(checks_of(objective), objective.window)
        measured_at = source.started_at if source else None
        last = source or audits.newest
        earlier = [point for point in figures if point[0] < last.started_at]
        progress = measure(
            objective,
            found.findings(last.id),
            self._subjects,
            self._waivers,
            self._kinds,
            at=self.at,
            observed_at=measured_at,
            earlier=[(moment.date(), figure) for moment, figure in earlier],
            paces=self._fitted,
        )
        progress = replace(progress, blocking=found.with_messages(last.id, progress.blocking))
        sheet = self._readiness(objective, audits, found.findings) if objective.decision else None
        if audits.since:
            earlier = [point for point in figures if audits.since.knew(point[0])]
            progress = replace(progress, previous=earlier[-1][1] if earlier else None)
        before = audits.begun_at(earlier[-1][0]) if source and earlier else None
        changes = None
        if source and before:
            compared = found.compared(before.id, source.id)
            causes = compared.changes(objective, self._subjects, self._waivers, self._kinds)
            changes = changes_record(causes, before.started_at)
        return objective_record(progress, measured_at, sheet, changes)

    def _readiness(self, objective: ObjectiveSpec, audits: _Audits, findings: FindingsOf) -> Readiness | None:
        """The sheet of a decision: each question by the last audit in its window that asked it."""
        scope, endpoints = self._subjects.endpoints(objective.scope), self.targets.endpoints
        web = Endpoints(endpoints, [number for number in scope.numbers if endpoints[number].speaks_http])
        said: dict[str, Mapping[str, Finding]] = {}
        for check in READINESS.values():
            source = audits.measuring([check], objective.window)
            if source and self.at - source.started_at.date() <= objective.window:
                said[check] = findings(source.id).get(check, {})
        return readiness(objective, web, said, self._waivers)

    def _recorded(self, store: Store, objective: ObjectiveSpec, since: Since | None) -> ObjectiveRecord:
        """An objective whose metric no audit measures."""
        metric = objective.metric
        recorded = store.measurements(metric.check, metric.fact, self.at) if metric else []
        progress = measure(
            objective,
            {},
            self._subjects,
            self._waivers,
            self._kinds,
            at=self.at,
            observed_at=None,
            recorded=recorded,
            paces=self._fitted,
        )
        if since and progress.recorded:
            known = (*progress.recorded.earlier, *filter(None, [progress.recorded.newest]))
            earlier = tuple(each for each in known if each.last_day <= since.known_from)
            previous = earlier[-1].value if earlier else None
            progress = replace(progress, recorded=replace(progress.recorded, earlier=earlier), previous=previous)
        last_day = progress.recorded.last_day if progress.recorded else None
        return objective_record(progress, datetime.combine(last_day, time.min, UTC) if last_day else None)

    def _outcomes(self, store: Store, former: Callable[[int], Mapping[str, str]], audit: int) -> Outcomes:
        objectives = self.targets.objectives
        read = {check for objective in objectives for check in _facts_read(objective)}
        wanted = {check for objective in objectives for check in checks_of(objective)} | read
        places = Places(self.targets.endpoints, {was: now for now, was in former(audit).items()})
        recorded = store.outcomes(audit, wanted, whole=read, places=places)
        self._add_not_applicable(recorded, places)
        return recorded

    def _former(self, store: Store, audit: int) -> Mapping[str, str]:
        """The ids of hosts that were renamed since an audit, each with that by which it knew the host."""
        if not self.targets.renamed:
            return {}
        names, former = set(store.names(audit)), dict[str, str]()
        for was, now in self.targets.renamed.items():
            if was in names and now not in names:
                former.setdefault(now, was)
        return former


def _facts_read(objective: ObjectiveSpec) -> tuple[str, ...]:
    """The checks of whose passing findings more is read than that they pass."""
    metric = (objective.metric.check,) if objective.metric else ()
    return (*metric, *(READINESS.values() if objective.decision else ()))
