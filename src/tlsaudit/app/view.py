"""An audit in the history, as renderers read it."""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from functools import cache, lru_cache, partial

from tlsaudit.app.goalposts import goalposts, pinned, timetable_record
from tlsaudit.app.headline import words
from tlsaudit.app.outages import answered
from tlsaudit.app.records import finding_changes_record, location_record, severity_name, subject_record
from tlsaudit.app.series import comparable, files_of, finished, last_that_ran
from tlsaudit.app.since import Since
from tlsaudit.app.timetable import NO_FORECAST, Timetable
from tlsaudit.check import Finding, Outcome, Severity, Subject
from tlsaudit.report.document import (
    AvailabilityRecord,
    EndpointRecord,
    FindingRecord,
    GoalpostsRecord,
    Header,
    Latency,
    LocationRecord,
    ObjectiveRecord,
    SubjectRecord,
    Tool,
    VantageRecord,
)
from tlsaudit.report.rollup import counts_of
from tlsaudit.report.view import (
    Answers,
    AuditView,
    Faults,
    OfSubject,
    Open,
    Outline,
    Own,
    Quiet,
    Seen,
    Tallies,
    Visit,
    Words,
)
from tlsaudit.store import (
    HOST,
    Audit,
    Brief,
    EndpointSeen,
    Judged,
    Outlined,
    Said,
    Spoken,
    Store,
    compare,
    host_of,
)
from tlsaudit.target import Targets

_LATELY = 10
"""Audits that are asked whether they ran the same checks."""


class StoreView(AuditView):
    """Streams from the history. `objectives` and `excuse` (why a check's failure is excused) are those of the day the
    report speaks of; without `excuse`, waivers are as they were recorded. `targets` tells where a subject is written.
    """

    def __init__(
        self,
        store: Store,
        audit: Audit,
        header: Header,
        objectives: Sequence[ObjectiveRecord],
        excuse: Callable[[str, Subject], str | None] | None = None,
        *,
        targets: Targets | None = None,
    ) -> None:
        self._store = store
        self._audit = audit
        self.header = header
        self.objectives = list(objectives)
        self._excuse = excuse
        self._waived = {item.check for item in header.waivers} if excuse else set()
        self._targets = targets
        self._locations = targets.locations if targets else {}

    def endpoints(self) -> Iterator[EndpointRecord]:
        return map(_endpoint_record, self._store.endpoints(self._audit.id))

    def silent(self) -> Iterator[tuple[str, str | None]]:
        return self._store.silent(self._audit.id)

    def findings(self) -> Iterator[FindingRecord]:
        for spoken in self._store.spoken(self._audit.id):
            subject = spoken.subject
            record, location = subject_record(subject), self._location(subject)
            for each in spoken.judged():
                yield _record(record, location, each, self._waiver(subject, each[0]))

    def by_subject(self) -> Iterator[OfSubject]:
        for spoken in self._store.spoken(self._audit.id):
            if not spoken.said:
                continue
            record, words = subject_record(spoken.subject), [*map(_words, spoken.said)]
            own = dict(self._own(spoken))
            whose = record, _endpoint(record), self._location(spoken.subject)
            yield OfSubject(*whose, words, spoken.address, own, host_of(record.id))

    def _own(self, spoken: Spoken) -> Iterator[tuple[int, Own]]:
        waived = self._waived
        own = {*spoken.addresses, *spoken.values}
        own.update(place for place, said in enumerate(spoken.said) if said.waiver is not None or said.check in waived)
        for place in own:
            said = spoken.said[place].about(spoken.subject.id)
            yield (
                place,
                Own(
                    spoken.addresses.get(place, spoken.address),
                    said.facts_with(spoken.values.get(place, ())),
                    self._waiver(spoken.subject, said),
                ),
            )

    def outlines(self) -> Iterator[Outline]:
        return map(self._outlining(), self._store.outlines(self._audit.id))

    def faults(self) -> Iterator[Faults]:
        for subject, judged in self._store.faults(self._audit.id):
            yield Faults(subject.kind.value, subject.id, [self._open(subject, each) for each in judged])

    def seen(self) -> Iterator[Seen]:
        outline = self._outlining()
        for endpoint, told in self._store.seen(self._audit.id):
            yield _visit(endpoint) if endpoint else None, outline(told)

    def _outlining(self) -> Callable[[Outlined], Outline]:
        severities = {check.id: check.severity for check in self.header.checks}

        @cache
        def quiet(brief: Brief) -> tuple[Quiet, ...]:
            return tuple(Quiet(check, severities[check], outcome.value) for check, outcome in brief.outcomes)

        def outline(told: Outlined) -> Outline:
            subject, judged, brief = told
            record = subject_record(subject)
            found = [self._open(subject, each) for each in judged]
            return Outline(record, _endpoint(record), found, quiet(brief))

        return outline

    def tallies(self) -> Tallies:
        waived = self._waived
        severities = {check.id: check.severity for check in self.header.checks}
        counted: Tallies = Counter()
        for (check, outcome, excused), count in self._store.tallies(self._audit.id).items():
            if outcome is not Outcome.FAIL or check not in waived:
                standing = "waived" if excused and not self._excuse else outcome.value
                counted[check, severities[check], standing] += count
        for finding in self._store.findings(self._audit.id, waived) if waived else ():
            if finding.outcome is Outcome.FAIL:
                standing = "fail" if self._waiver(finding.subject, finding) is None else "waived"
                counted[finding.check, severities[finding.check], standing] += 1
        return counted

    def _waiver(self, subject: Subject, said: Said | Finding) -> str | None:
        if self._excuse and said.outcome is Outcome.FAIL:
            return self._excuse(said.check, subject) if said.check in self._waived else None
        return said.waiver

    def _location(self, subject: Subject) -> LocationRecord | None:
        return location_record(self._locations.get((subject.kind, subject.id)))

    def _open(self, subject: Subject, judged: Judged) -> Open:
        said, _, values = judged
        words, waiver = _words(said), self._waiver(subject, said)
        return Open(
            words.check,
            words.severity,
            words.outcome,
            words.message,
            said.facts_with(values),
            waiver,
            lambda: _record(subject_record(subject), self._location(subject), judged, waiver),
        )

    def availability(self) -> Iterator[AvailabilityRecord]:
        return (item.record() for item in self.answers())

    def answers(self) -> Iterator[Answers]:
        return answered(self._store, self._audit, self.header.day, self._targets)


def _endpoint(subject: SubjectRecord) -> str | None:
    return subject.id if subject.kind == "endpoint" else None


def _record(
    subject: SubjectRecord, location: LocationRecord | None, judged: Judged, waiver: str | None
) -> FindingRecord:
    said, address, values = judged
    words = _words(said)
    return FindingRecord(
        check=words.check,
        subject=subject,
        endpoint=_endpoint(subject),
        address=address,
        outcome=words.outcome,
        severity=words.severity,
        message=words.message,
        also=words.also,
        facts=said.facts_with(values),
        waiver=waiver,
        location=location,
        vantages=words.vantages,
    )


_SEVERITIES = {severity: severity_name(severity) for severity in Severity}


@lru_cache(maxsize=1024)
def _words(said: Said) -> Words:
    return Words(
        said.check,
        said.outcome.value,
        _SEVERITIES[said.severity],
        said.message,
        list(said.also),
        said.facts,
        {vantage: outcome.value for vantage, outcome in said.vantages.items()} if said.vantages else {},
        HOST if said.form else None,
    )


def view_of(
    store: Store,
    audit: Audit,
    timetable: Timetable | None = None,
    moved: GoalpostsRecord | None = None,
    targets: Targets | None = None,
    *,
    since: Since | None = None,
    files: Collection[str | None] = (),
    counted: Callable[[Subject], bool] = lambda _subject: True,
) -> StoreView:
    """A finished audit as it was recorded, or held against a timetable as of another day, up to which goalposts
    `moved`; compared with the audit before, or with how things stood `since`, for which a timetable is needed. Which
    subjects are `counted` where it is told how many findings changed. `targets`, else those of the timetable, tell
    where the subjects are written; `files` are the names that the history knows them by, where the caller has them."""
    held = store.pinned(audit.id)
    asked = pinned(timetable.targets, ()) if timetable else held
    known = targets or (timetable.targets if timetable else None)
    files = files or (files_of(store, known) if known else {audit.targets})
    others = comparable(store, audit, known, files) if known else finished(store, files)
    earlier = [other for other in others if other.started_at < audit.started_at]
    if since:
        before = since.audit
    else:  # audits of a few checks, by hand, tell little of what changed
        before = last_that_ran(store, earlier[:_LATELY], held.rules.keys()) or next(iter(earlier), None)
    differences = timetable.differences(store) if timetable else partial(store.differences, whole=())
    diff = compare(*differences(before.id, audit.id)) if before else None
    header = Header.model_validate(
        {
            "tool": Tool(version=audit.version),
            "started_at": audit.started_at,
            "finished_at": audit.finished_at,
            "previous_at": before.started_at if before else None,
            "since": since.day if since else None,
            "finding_changes": finding_changes_record(diff, counted) if diff else None,
            "as_of": timetable.at if timetable else None,
            "vantage": audit.vantage,
            "policy": held.policy,
            "checks": held.checks,
            "sites": held.sites,
            "links": held.links,
            "waivers": asked.waivers,
            "renamed": held.renamed,
            "notes": _notes(audit, timetable, since),
            "summary": audit.summary,
            "timetable": timetable_record(asked),
            "goalposts": moved or goalposts(store, files, audit.started_at.date()),
        }
    )
    if timetable is None:
        recorded = [ObjectiveRecord.model_validate(body) for body in store.objectives(audit.id)]
        return StoreView(store, audit, header, recorded, targets=targets)
    measured = timetable.measure(store, audit, since=since, differences=differences, files=files)
    view = StoreView(store, audit, header, measured, timetable.excuse_of, targets=targets or timetable.targets)
    if held.waivers or asked.waivers:
        view.header = _counted_anew(view)
    return view


def _counted_anew(view: StoreView) -> Header:
    """With how many failures the waivers of the day excuse, where it was counted by those of the audit."""
    counted: Counter[str] = Counter()
    for (_, _, stands), times in view.tallies().items():
        counted[stands] += times
    summary = view.header.summary.model_copy(update={"findings": counts_of(counted)})
    return view.header.model_copy(update={"summary": summary})


def _notes(audit: Audit, timetable: Timetable | None, since: Since | None) -> list[str]:
    """What is forecast depends on where it is looked at, not on where it was audited."""
    compared = [since.note] if since and since.note else []
    if timetable is None:
        return [*compared, *audit.notes]
    said = (note for note in audit.notes if note != NO_FORECAST and not timetable.is_outdated(note))
    return [*compared, *said, *timetable.warnings(), *timetable.notes()]


def _visit(seen: EndpointSeen) -> Visit:
    whose, times = (seen.id, seen.service, seen.site, seen.owner), (seen.connect_ms, seen.first_byte_ms)
    return Visit(*whose, seen.reachable, seen.reason, *times, lambda: _endpoint_record(seen))


def _endpoint_record(seen: EndpointSeen) -> EndpointRecord:
    return EndpointRecord(
        id=seen.id,
        host=seen.host,
        port=seen.port,
        starttls=seen.starttls,
        service=seen.service,
        site=seen.site,
        owner=seen.owner,
        addresses=list(seen.addresses),
        not_tried=[f"{address}: {why}" for address, why in seen.not_tried],
        reachable=seen.reachable,
        reason=seen.reason,
        latency_ms=Latency(connect=seen.connect_ms, first_byte=seen.first_byte_ms),
        headline=words(seen.headline, seen.observed_at),
        connections=seen.connections,
        vantages=[VantageRecord(**each._asdict(), reachable=each.reason is None) for each in seen.vantages],
    )
