"""From what the rooms below know to the records of the audit document."""

import socket
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from importlib import metadata
from typing import TYPE_CHECKING, Any, Literal, cast

from tlsaudit import goal
from tlsaudit.app.headline import headline, words
from tlsaudit.app.settings import ProbeSettings
from tlsaudit.app.vantages import several
from tlsaudit.check import Finding, Outcome, Rule, Severity, Subject
from tlsaudit.evidence import EndpointObservation, HttpsExchange, Reason
from tlsaudit.goal import Forecast, Progress, Readiness, Recorded, Unforeseen
from tlsaudit.goal.line import turns
from tlsaudit.policy import IssuerDomains, PreloadList, PublicSuffixes
from tlsaudit.registry import digest
from tlsaudit.report.document import (
    AnswerRecord,
    BlockerRecord,
    CauseRecord,
    ChangesRecord,
    CheckRecord,
    Counts,
    DecisionRecord,
    EndpointRecord,
    FigureRecord,
    FindingChangesRecord,
    FindingRecord,
    ForecastRecord,
    Latency,
    LocationRecord,
    LockedOutRecord,
    MeasurementRecord,
    MilestoneRecord,
    ObjectiveRecord,
    ProfileRecord,
    ReadinessRecord,
    ReferencesRecord,
    SeverityName,
    SpreadRecord,
    SubjectRecord,
    Summary,
    Tool,
    VantageRecord,
    WaiverRecord,
)
from tlsaudit.report.text import plural
from tlsaudit.target import Endpoint, Location, Milestone, WaiverSpec

if TYPE_CHECKING:
    from tlsaudit.store import Diff, EndpointSeen

_MOST_FIGURES = 60
"""Of one objective: a fleet's worth of them would be stored with every audit."""


def tool() -> Tool:
    return Tool(version=metadata.version("tlsaudit"))


def vantage(settings: ProbeSettings | None = None) -> str:
    """Where the probes run: what the user calls it, else the name of this machine, and the proxy on the way."""
    if settings and settings.vantages:
        return several(settings.vantages)
    if settings and settings.vantage:
        return settings.vantage
    proxy = settings.proxy if settings else None
    return f"{socket.gethostname()} through {proxy}" if proxy else socket.gethostname()


def check_record(rule: Rule) -> CheckRecord:
    check = rule.check
    return CheckRecord(
        id=check.id,
        title=check.title,
        severity=severity_name(check.severity),
        summary=check.summary,
        rationale=check.section("Rationale"),
        remediation=check.section("Remediation"),
        fixes=check.fixes,
        references=list(check.references),
        options={name: _plain(value) for name, value in rule.options.items()},
        digest=digest(check),
        profile=None if check.tier is None else ProfileRecord(**check.tier._asdict()),
    )


def severity_name(severity: Severity) -> SeverityName:
    return cast("SeverityName", severity.label)


def _plain(value: object) -> Any:
    return value if isinstance(value, bool | int | float | str | None) else str(value)


def policy(rules: Iterable[Rule]) -> dict[str, Any]:
    """The published knowledge that the rules were held against, by name and version."""
    found: dict[str, Any] = {}
    for known in (policy for rule in rules for policy in rule.policies.values()):
        if isinstance(known, PublicSuffixes):
            found["public_suffix_list"] = known.version
        elif isinstance(known, IssuerDomains):
            found["caa_issuers"] = {"dated": known.retrieved.isoformat()}
        elif isinstance(known, PreloadList):
            found["preload_list"] = {"dated": known.dated.isoformat(), "entries": len(known.entries)}
        else:
            found["reference_clients"] = {client.name: client.origin for client in known}
    return found


def endpoint_record(endpoint: Endpoint, observation: EndpointObservation) -> EndpointRecord:
    reason = observation.reason
    return EndpointRecord(
        id=endpoint.id,
        host=endpoint.host,
        port=endpoint.port,
        starttls=endpoint.starttls,
        service=endpoint.service,
        site=endpoint.site,
        owner=endpoint.owner,
        addresses=[*dict.fromkeys(seen.address for seen in observation.addresses)],
        not_tried=[f"{address}: {why}" for address, why in observation.not_tried],
        reachable=observation.reachable,
        reason=str(reason) if reason else None,
        latency_ms=_latency(observation),
        headline=words(headline(observation), observation.observed_at),
        connections=observation.connections,
        vantages=[
            VantageRecord(
                vantage=vantage,
                addresses=[seen.address for seen in each.addresses],
                reachable=each.reachable,
                reason=str(each.reason) if each.reason else None,
            )
            for vantage, each in observation.by_vantage.items()
        ],
    )


def _latency(observation: EndpointObservation) -> Latency:
    connect = (seen.connect_ms for seen in observation.addresses if seen.connect_ms is not None)
    web = (seen.evidence.get(HttpsExchange) for seen in observation.addresses)
    first_byte = (item.first_byte_ms for item in web if isinstance(item, HttpsExchange))
    return Latency(connect=next(connect, None), first_byte=next(first_byte, None))


def location_record(location: Location | None) -> LocationRecord | None:
    return LocationRecord(**location._asdict()) if location else None


def finding_record(finding: Finding, location: LocationRecord | None = None) -> FindingRecord:
    return FindingRecord(
        check=finding.check,
        subject=subject_record(finding.subject),
        endpoint=finding.endpoint,
        address=finding.address,
        outcome=finding.outcome.value,
        severity=severity_name(finding.severity),
        message=finding.message,
        also=list(finding.also),
        facts=dict(finding.facts),
        waiver=finding.waiver,
        location=location,
        vantages={vantage: outcome.value for vantage, outcome in finding.vantages.items()},
    )


def finding_changes_record(diff: "Diff", counted: Callable[[Subject], bool]) -> FindingChangesRecord:
    return FindingChangesRecord(
        **{
            name: sum(counted(change.subject) for change in getattr(diff, name))
            for name in FindingChangesRecord.model_fields
        }
    )


def subject_record(subject: Subject) -> SubjectRecord:
    return SubjectRecord(kind=subject.kind.value, id=subject.id)


def waiver_record(waiver: WaiverSpec) -> WaiverRecord:
    return WaiverRecord(
        check=waiver.check,
        on=list(waiver.on),
        reason=waiver.reason,
        owner=waiver.owner,
        ticket=waiver.ticket,
        expires=waiver.expires,
    )


def objective_record(
    progress: Progress,
    measured_at: datetime | None,
    readiness: Readiness | None = None,
    changes: ChangesRecord | None = None,
) -> ObjectiveRecord:
    objective = progress.objective
    return ObjectiveRecord(
        id=objective.id,
        title=objective.title,
        kind=objective.kind,
        owner=objective.owner,
        status=progress.status.value,
        share=progress.share,
        value=progress.value,
        weighted=objective.weighted,
        coverage=progress.coverage,
        counts=_tallied(progress.counts),
        target=progress.milestone.target.text,
        due=progress.milestone.due,
        every=_every(progress.milestone),
        forecast=_forecast(progress.forecast),
        decision=_decision(progress),
        milestones=[
            MilestoneRecord(
                due=state.milestone.due,
                target=state.milestone.target.text,
                held=state.held,
                every=_every(state.milestone),
            )
            for state in progress.milestones
        ],
        previous=progress.previous,
        excused_until=progress.excused_until,
        blocking=[
            BlockerRecord(
                check=item.check,
                subject=subject_record(item.subject),
                message=item.message,
                excused_until=item.excused_until,
                part=None if item.part is None else float(item.part),
            )
            for item in progress.blocking
        ],
        blocking_count=progress.blocking_count,
        measured_at=measured_at,
        measurement=_measurement(progress.recorded),
        figures=[FigureRecord(date=day, figure=figure) for day, figure in turns(progress.figures, _MOST_FIGURES)],
        readiness=_readiness(readiness),
        changes=changes,
    )


_DIRECTIONS: Mapping[int, Literal["better", "same", "worse"]] = {1: "better", 0: "same", -1: "worse"}


def changes_record(changes: goal.Changes, since: datetime) -> ChangesRecord:
    return ChangesRecord(
        since=since,
        causes=[CauseRecord(cause=cause.value, count=count) for cause, count in changes.counts.items()],
        rules=list(changes.rules),
        direction=_DIRECTIONS[changes.direction],
    )


def _every(milestone: Milestone) -> str | None:
    return milestone.every.text if milestone.every else None


def _forecast(forecast: Forecast | Unforeseen | None) -> ForecastRecord | None:
    if isinstance(forecast, Forecast):
        return ForecastRecord(date=forecast.day, low=forecast.low, high=forecast.high)
    if forecast is None:
        return None
    return ForecastRecord(date=None, low=None, high=None, reason=forecast.value)


def _decision(progress: Progress) -> DecisionRecord | None:
    decision = progress.decision
    if decision is None:
        return None
    return DecisionRecord(
        outcome=decision.outcome, decided=decision.decided, record=decision.record, days_late=progress.days_late
    )


def _readiness(sheet: Readiness | None) -> ReadinessRecord | None:
    if sheet is None:
        return None
    answers = [
        AnswerRecord(
            question=answer.question.value,
            check=answer.check,
            counts=_tallied(answer.counts),
            open=[subject.id for subject in answer.open],
            measured=answer.measured,
            steps=dict(answer.steps),
            references=ReferencesRecord(**asdict(answer.references)) if answer.references else None,
            locked_out=LockedOutRecord(**asdict(answer.locked_out)) if answer.locked_out else None,
            times_ms={name: SpreadRecord(**asdict(spread)) for name, spread in answer.times_ms.items()},
        )
        for answer in sheet.answers
    ]
    return ReadinessRecord(answers=answers, exceptions=[waiver_record(waiver) for waiver in sheet.exceptions])


def _measurement(recorded: Recorded | None) -> MeasurementRecord | None:
    if recorded is None or recorded.newest is None:
        return None
    newest = recorded.newest
    return MeasurementRecord(
        name=newest.name,
        fact=newest.fact,
        denominator=newest.denominator,
        unknown=newest.unknown,
        unit=newest.unit,
        first_day=newest.first_day,
        last_day=newest.last_day,
        measured_at=newest.measured_at,
        source=newest.source,
        previous_day=recorded.earlier[-1].last_day if recorded.earlier else None,
    )


def _tallied(counts: goal.Counts) -> Counts:
    return _counts(counts.passed, counts.fail, counts.unknown, counts.not_applicable, counts.waived)


def _counts(passed: int, fail: int, unknown: int, not_applicable: int, waived: int) -> Counts:
    return Counts(**{"pass": passed}, fail=fail, unknown=unknown, not_applicable=not_applicable, waived=waived)


def _by_place(seen: "EndpointObservation | EndpointRecord | EndpointSeen") -> Iterator[tuple[str, str | None]]:
    """Each of several vantages, and why nothing was observed from there."""
    if isinstance(seen, EndpointObservation):
        for vantage, each in seen.by_vantage.items():
            yield vantage, str(each.reason) if each.reason else None
    else:
        for place in seen.vantages:
            yield place.vantage, place.reason


class Tally:
    """Counts what streams past, from its making on: outcomes, the worst failure that no waiver excuses, endpoints,
    connections, seconds, beside those for which it `ran` before."""

    def __init__(self, ran: timedelta = timedelta(0)) -> None:
        self._begun = time.monotonic() - ran.total_seconds()
        self._outcomes = dict.fromkeys(Outcome, 0)
        self._waived = 0
        self._endpoints = 0
        self._reachable = 0
        self._connections = 0
        self._places: dict[str, Counter[bool]] = {}
        self.worst: Severity | None = None

    def endpoint(self, seen: "EndpointObservation | EndpointRecord | EndpointSeen") -> None:
        self._endpoints += 1
        self._reachable += seen.reachable
        self._connections += seen.connections or 0
        for vantage, why in _by_place(seen):
            answers = self._places.setdefault(vantage, Counter())
            if why is None or not why.startswith(Reason.NOT_PROBED):
                answers[why is None] += 1

    def of_places(self) -> Iterator[str]:
        """How many endpoints answered each of several vantages, of those that were asked from there."""
        for vantage, answers in self._places.items():
            asked = plural(answers.total(), "endpoint")
            told = f"{answers[True]:,} of {asked} answered" if answers else "none was asked"
            yield f"from {vantage} {told}"

    def findings(self, findings: Sequence[Finding]) -> None:
        for finding in findings:
            if finding.waived:
                self._waived += 1
                continue
            self._outcomes[finding.outcome] += 1
            if finding.outcome is Outcome.FAIL:
                self.worst = finding.severity if self.worst is None else max(self.worst, finding.severity)

    @property
    def anything_reached(self) -> bool:
        """Whether an endpoint answered; where there is none, whether anything was seen of the links."""
        return self._reachable > 0 or (self._endpoints == 0 and bool(self.coverage))

    @property
    def nobody_answered(self) -> bool:
        """Whether there was somebody to ask, and nobody answered."""
        return self._endpoints > 0 and not self.anything_reached

    @property
    def counts(self) -> Counts:
        count = self._outcomes
        return _counts(
            count[Outcome.PASS],
            count[Outcome.FAIL],
            count[Outcome.UNKNOWN],
            count[Outcome.NOT_APPLICABLE],
            self._waived,
        )

    @property
    def coverage(self) -> float | None:
        """(pass + fail + waived) / (pass + fail + unknown + waived); None where nothing applies."""
        counts = self.counts
        judged = counts.passed + counts.fail + counts.waived
        return judged / (judged + counts.unknown) if judged + counts.unknown else None

    def summary(self) -> Summary:
        return Summary(
            endpoints=self._endpoints,
            reachable=self._reachable,
            findings=self.counts,
            coverage=self.coverage,
            connections=self._connections,
            duration_s=round(time.monotonic() - self._begun, 3),
        )

    def exit_code(self, fail_on: Severity | None, min_coverage: float) -> int:
        """1: a finding at or above `fail_on` (None: never). 3: else, judged less than `min_coverage`. 0: neither."""
        if fail_on is not None and self.worst is not None and self.worst >= fail_on:
            return 1
        coverage = self.coverage
        return 3 if coverage is None or coverage < min_coverage else 0
