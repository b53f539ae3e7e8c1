"""Why the figures of objectives differ from those of an earlier audit."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import cached_property

from tlsaudit.app.goalposts import objective_spec, subjects_of
from tlsaudit.check import Subject, SubjectKind
from tlsaudit.goal import (
    Changes,
    Findings,
    Subjects,
    Waivers,
    among,
    by_check_and_subject,
    changes,
    checks_of,
    in_scope,
    members,
    take,
    weights_of,
)
from tlsaudit.report.document import PinnedObjectiveRecord
from tlsaudit.store import Outcomes, Side, Store, by_later_names
from tlsaudit.target import ObjectiveSpec

Differences = Callable[[int, int], tuple[Side, Side]]
"""An earlier and a later audit, by their ids, without what both have alike."""


class Comparison:
    """An earlier audit and a later one, whose findings are `recorded`, and `excused` by the waivers of the day; `sides`
    are what differs of the two."""

    def __init__(
        self,
        store: Store,
        before: int,
        sides: tuple[Side, Side],
        recorded: Outcomes,
        excused: Outcomes,
    ) -> None:
        self._store = store
        self._before = before
        self._recorded: Findings = recorded
        self._excused: Findings = excused
        self._excused_anew = [
            finding
            for check, said in excused.items()
            for subject, finding in said.own.items()
            if finding is not (was := recorded[check][subject]) and finding.waived is not was.waived
        ]
        then, now = sides
        then, self._renamed = by_later_names(then, now)
        self._former = {now: was for was, now in self._renamed.items()}
        self._pinned = then.pinned
        self._said, self._says = (by_check_and_subject(side.findings) for side in (then, now))
        self._same_fleet = (
            not self._renamed
            and set(then.endpoints) == set(now.endpoints)
            and list(then.pinned.links) == list(now.pinned.links)
        )
        self._rules = then.pinned.changed_rules(now.pinned)

    def changes(
        self, objective: ObjectiveSpec, subjects: Subjects, waivers: Waivers, kinds: Mapping[str, SubjectKind]
    ) -> Changes:
        """What became of the subjects of an objective that was measured by both audits."""
        was = self._as_it_was(objective)
        scope = in_scope(objective, subjects, kinds)
        checks = checks_of(objective)
        same = self._same_fleet and was.scope == objective.scope and checks_of(was) == checks
        earlier = scope if same else in_scope(was, subjects if self._same_fleet else self._then, kinds)
        touched = {
            finding.subject
            for findings in (self._said, self._says)
            for said in findings.values()
            for finding in said.values()
        }
        touched.update(finding.subject for finding in self._excused_anew if finding.check in checks)
        if checks_of(was) != checks:
            touched.update(scope)
        elif not same:
            there, here = members(earlier), members(scope)
            touched.update(each for each in scope if self._by_name(each, self._former) not in there)
            touched.update(later for each in earlier if (later := self._by_name(each, self._renamed)) not in here)
        former = {self._by_name(each, self._former) for each in touched}
        before = [self._by_name(each, self._renamed) for each in among(earlier, former)]
        now = among(scope, touched)
        return changes(
            take(was, before, self._findings(was, objective, before), waivers),
            take(objective, now, self._excused, waivers, weights_of(objective, scope, subjects)),
            self._rules,
        )

    def _as_it_was(self, objective: ObjectiveSpec) -> ObjectiveSpec:
        """As now where the tlsaudit of the day did not record it."""
        pinned = (PinnedObjectiveRecord.model_validate(item) for item in self._pinned.objectives or ())
        return next((objective_spec(item) for item in pinned if item.id == objective.id), objective)

    @cached_property
    def _then(self) -> Subjects:
        """What the earlier audit was about."""
        return subjects_of(self._store.known(self._before), self._pinned.links)

    def _by_name(self, subject: Subject, names: Mapping[str, str]) -> Subject:
        """Called as in the other audit."""
        name = names.get(subject.id)
        return subject if name is None else replace(subject, id=name)

    def _findings(self, was: ObjectiveSpec, objective: ObjectiveSpec, scope: Iterable[Subject]) -> Findings:
        """Those of the earlier audit about some subjects."""
        checks = checks_of(was)
        if checks != checks_of(objective):
            found = self._store.findings(self._before, checks)
            named = ((item, self._by_name(item.subject, self._renamed)) for item in found)
            return by_check_and_subject(replace(item, subject=subject) for item, subject in named)
        subjects = {subject.id for subject in scope}
        return {
            check: {
                **{each: said[each] for each in subjects - self._says.get(check, {}).keys() if each in said},
                **self._said.get(check, {}),
            }
            for check in checks
            for said in (self._recorded.get(check, {}),)
        }
