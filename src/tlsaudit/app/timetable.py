"""Hold the findings of an audit against the timetable, as of a day."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time
from functools import cache, partial

from tlsaudit.app.applicable import applies
from tlsaudit.app.records import objective_record
from tlsaudit.check import Finding, Outcome, Subject, SubjectKind
from tlsaudit.goal import Findings, Subjects, Waivers, by_check_and_subject, checks_of, measure, recorded_name
from tlsaudit.registry import Registry
from tlsaudit.report.document import ObjectiveRecord
from tlsaudit.store import Audit, Store
from tlsaudit.target import ObjectiveSpec, Targets


class Timetable:
    """The objectives and waivers of a targets file on the day `at`, UTC."""

    def __init__(self, targets: Targets, registry: Registry, at: date) -> None:
        self._targets = targets
        self._registry = registry
        self._kinds: dict[str, SubjectKind] = {check.id: check.subject_kind for check in registry.values()}
        self._subjects = Subjects(targets)
        self._waivers = Waivers(targets.waivers, self._subjects, at)
        self.at = at

    def excuse(self, findings: Iterable[Finding]) -> Iterator[Finding]:
        """The findings with the waivers of the day."""
        return map(self._waivers.apply, findings)

    def _not_applicable(self, wanted: Iterable[str]) -> Iterator[Finding]:
        """What was not asked because it cannot apply is no unknown."""
        for check in (self._registry[name] for name in wanted if name in self._registry):
            if check.subject_kind is not SubjectKind.ENDPOINT:
                continue
            for endpoint in self._targets.endpoints:
                if not applies(check, endpoint):
                    subject = Subject(SubjectKind.ENDPOINT, endpoint.id)
                    verdict = Outcome.NOT_APPLICABLE
                    yield Finding(check.id, subject, endpoint.id, None, verdict, check.severity, "not asked")

    def warnings(self) -> list[str]:
        """What is odd about the waivers, once all findings have been excused."""
        return list(self._waivers.warnings())

    def measure(self, store: Store, audit: Audit) -> list[ObjectiveRecord]:
        """Every objective by an audit in the history and the figures of those before it.

        What not all checks of an objective were run for does not measure it: the last audit in its window that ran
        them does.
        """
        earlier = [other for other in store.audits() if other.finished_at and other.id < audit.id]
        run = cache(lambda number: frozenset(check["id"] for check in store.pinned(number).checks))
        findings = cache(partial(self._findings, store))
        records = []
        for objective in self._targets.objectives:
            if recorded_name(objective, self._kinds):
                records.append(self._recorded(store, objective))
                continue
            checks = checks_of(objective)
            recent = (other for other in earlier if self.at - other.started_at.date() <= objective.window)
            measuring = (other for other in (audit, *recent) if checks and run(other.id).issuperset(checks))
            source = next(measuring, None)
            measured_at = source.started_at if source else None
            progress = measure(
                objective,
                findings((source or audit).id),
                self._subjects,
                self._waivers,
                self._kinds,
                at=self.at,
                observed_at=measured_at,
                earlier=_before((source or audit).started_at, store.series(objective.id)),
            )
            records.append(objective_record(progress, measured_at))
        return records

    def _recorded(self, store: Store, objective: ObjectiveSpec) -> ObjectiveRecord:
        """An objective whose metric no audit measures."""
        metric = objective.metric
        recorded = store.measurements(metric.check, metric.fact, self.at) if metric else []
        progress = measure(
            objective, {}, self._subjects, self._waivers, self._kinds, at=self.at, observed_at=None, recorded=recorded
        )
        last_day = progress.recorded.last_day if progress.recorded else None
        return objective_record(progress, datetime.combine(last_day, time.min, UTC) if last_day else None)

    def _findings(self, store: Store, audit: int) -> Findings:
        wanted = {check for objective in self._targets.objectives for check in checks_of(objective)}
        recorded = (finding for finding in store.findings(audit) if finding.check in wanted)
        return {
            **by_check_and_subject(self._not_applicable(wanted)),
            **by_check_and_subject(self.excuse(recorded)),
        }


def _before(moment: datetime, series: Sequence[tuple[datetime, float]]) -> list[tuple[date, float]]:
    return [(measured_at.date(), figure) for measured_at, figure in series if measured_at < moment]
