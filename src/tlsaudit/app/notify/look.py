"""One look at the history: everything that stands on a day, and may have to be told."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache
from itertools import chain, islice, pairwise, starmap

from tlsaudit.app.notify import certificates, goals, outage, regressions, waivers
from tlsaudit.app.notify.courses import Course, Judged, courses, same_rule
from tlsaudit.app.notify.notice import Key, News, owners
from tlsaudit.app.timetable import Timetable
from tlsaudit.check import Finding
from tlsaudit.goal import Subjects, standings
from tlsaudit.registry import Registry
from tlsaudit.report.document import CheckRecord, ObjectiveRecord
from tlsaudit.store import Audit, Pinned, Store
from tlsaudit.target import Targets

_ENOUGH = 6  # audits of the same checks, beside those since the last look, to tell what is new
_MOST = 30

_CONCERNS = (regressions.CONCERN, certificates.CONCERN, *goals.CONCERNS)
"""What an audit that saw nothing says nothing of."""

Told = Mapping[str, Collection[Key]]
"""The keys of what was told before and is not over, by their first elements."""


class Look:
    """The history as of the moment `now`, by these `audits`, newest first. `seen` is the start of the newest audit that
    an earlier look knew."""

    def __init__(
        self,
        store: Store,
        targets: Targets,
        registry: Registry,
        audits: Sequence[Audit],
        *,
        now: datetime,
        seen: datetime | None,
    ) -> None:
        self._store = store
        self._targets = targets
        self._now = now
        self._timetable = Timetable(targets, registry, now.date())
        self._owner_of = owners(targets)
        self._audits = audits
        self._finished = [audit for audit in audits if audit.finished_at]
        self._known: dict[int, Pinned] = {}
        self._window = self._recent(seen)

    @property
    def audit(self) -> Audit | None:
        """The last that was finished."""
        return self._finished[0] if self._finished else None

    def news(self, told: Told, *, of_waivers: bool = True) -> Iterator[News]:
        """Of each concern, `of_waivers` where that is asked for. Whatever needs an audit has none before the first is
        finished."""
        notify = self._targets.notify
        yield outage.outage(self._audits, self._now, notify.stale_after if notify else None)
        if self.audit is None:
            return
        if of_waivers:
            yield self._waivers()
        if outage.blind(self.audit):
            yield News(unsure=[key for concern in _CONCERNS for key in told.get(concern, ())])
            return
        yield self._regressions(told.get(regressions.CONCERN, ()))
        yield self._certificates(told.get(certificates.CONCERN, ()))
        yield self._goals(self.audit, [key for concern in goals.CONCERNS for key in told.get(concern, ())])

    def _waivers(self) -> News:
        specs = self._targets.waivers
        findings = chain.from_iterable(map(self._findings, {waiver.check for waiver in specs}))
        return waivers.waivers(standings(specs, Subjects(self._targets), findings, self._now.date()))

    def _goals(self, audit: Audit, told: Collection[Key]) -> News:
        objectives = self._timetable.measure(self._store, audit)
        return goals.goals(objectives, self._before(objectives), told, self._now.date())

    def _before(self, objectives: Iterable[ObjectiveRecord]) -> dict[str, ObjectiveRecord]:
        """Each as the last audit recorded it that did not take it from the same audit."""
        measured = {objective.id: objective.measured_at for objective in objectives if objective.measured_at}
        found: dict[str, ObjectiveRecord] = {}
        for audit in self._window[1:]:
            for record in map(ObjectiveRecord.model_validate, self._store.objectives(audit.id)):
                if measured.get(record.id, record.measured_at) != record.measured_at:
                    found.setdefault(record.id, record)
        return found

    def _certificates(self, told: Collection[Key]) -> News:
        findings = self._timetable.excuse(self._findings(certificates.CHECK))
        return certificates.certificates(findings, told, self._owner_of, self._now)

    def _regressions(self, told: Collection[Key]) -> News:
        found: dict[Judged, tuple[Course, Sequence[datetime]]] = {}
        audits = {audit.id: audit for audit in self._window}
        compare = cache(lambda before, after: self._store.sides(audits[before], audits[after]))
        for ids, checks in same_rule((number, self._pinned(audit).rules) for number, audit in audits.items()).items():
            starts = [audits[number].started_at for number in ids]
            sides = list(starmap(compare, pairwise(ids)))
            for judged, course in courses(sides, checks, self._renamed()).items():
                found[judged] = [self._excused(finding) for finding in course], starts
        return regressions.regressions(found, told, check_of=self._check, owner_of=self._owner_of, at=self._now)

    def _renamed(self) -> dict[str, str]:
        """The earlier ids of endpoints that no other has taken."""
        today = {endpoint.id for endpoint in self._targets.endpoints}
        known = self._pinned(self._window[0]).renamed if self._window else {}
        return {was: now for was, now in known.items() if was not in today}

    def _excused(self, finding: Finding | None) -> Finding | None:
        return next(self._timetable.excuse([finding])) if finding else None

    def _check(self, name: str) -> CheckRecord:
        """As the last audit that ran it applied it."""
        of_all = (check for audit in self._window for check in self._pinned(audit).checks)
        return next(CheckRecord.model_validate(check) for check in of_all if check["id"] == name)

    def _findings(self, check: str) -> Iterable[Finding]:
        """Of the last audit that ran it."""
        ran = next((audit for audit in self._window if check in self._pinned(audit).rules), None)
        return self._store.findings(ran.id, {check}) if ran else ()

    def _recent(self, seen: datetime | None) -> list[Audit]:
        """The last audits that saw something, newest first. Those of some checks do not crowd out the others."""
        enough = _ENOUGH + sum(seen is not None and audit.started_at > seen for audit in self._finished)
        recent = []
        alike: Counter[frozenset[str]] = Counter()
        for audit in islice((audit for audit in self._finished if not outage.blind(audit)), _MOST):
            checks = frozenset(self._pinned(audit).rules)
            alike[checks] += 1
            if alike[checks] <= enough:
                recent.append(audit)
        return recent

    def _pinned(self, audit: Audit) -> Pinned:
        if audit.id not in self._known:
            self._known[audit.id] = self._store.pinned(audit.id)
        return self._known[audit.id]
