"""Why a goal's figure differs from the audit before, over histories that are written here."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.store.fleet import finding, observation
from tlsaudit.app.goalposts import pinned
from tlsaudit.app.series import name_of
from tlsaudit.app.targets import load
from tlsaudit.app.timetable import Timetable
from tlsaudit.check import Outcome
from tlsaudit.registry import Registry, rule
from tlsaudit.report.document import ObjectiveRecord
from tlsaudit.store import Store
from tlsaudit.target import Targets

PASS, FAIL, UNKNOWN = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN
CHECKS = ("pfs-suites", "tls-versions")
TARGETS = """\
version: 1
defaults: {{owner: ops@example.org}}
services: {{www: [{hosts}]}}
objectives: {{goal: {{checks: [{checks}], milestones: {{2015-12-31: 100%}}}}}}
"""
WAIVER = "waivers: [{check: pfs-suites, on: [c.example.org], reason: old, expires: 2015-03-02}]\n"


class History:
    """A targets file that may change, and its audits, a day each. A host is a letter; `bc` is b, which was c."""

    def __init__(self, folder: Path, store: Store) -> None:
        self._file = folder / "targets.yaml"
        self._store = store
        self._registry = Registry.load()
        self._day = datetime(2015, 3, 1, 2, 10, tzinfo=UTC)

    def targets(self, hosts: Sequence[str], checks: str = "pfs-suites", more: str = "") -> Targets:
        listed = ", ".join(
            f"{{host: {name[0]}.example.org, was: {name[1]}.example.org}}" if name[1:] else f"{name}.example.org"
            for name in hosts
        )
        self._file.write_text(TARGETS.format(hosts=listed, checks=checks) + more, "utf-8")
        return load(self._file, [], self._registry)[0]

    def audit(
        self,
        suites: Mapping[str, Outcome],
        *,
        versions: Outcome = PASS,
        digest: str = "1",
        recorded: bool = True,
        **edit: str,
    ) -> ObjectiveRecord:
        """The goal by an audit of these hosts."""
        targets = self.targets([*suites], **edit)
        timetable = Timetable(targets, self._registry, self._day.date())
        held = pinned(targets, [rule(self._registry[name], {}) for name in CHECKS])
        number = self._store.begin(
            self._day,
            vantage="lab",
            version="1",
            pinned=replace(
                held,
                checks=[{**check, "digest": digest} for check in held.checks],
                objectives=held.objectives if recorded else None,
            ),
            targets=name_of(targets),
        )
        for endpoint, suite in zip(targets.endpoints, suites.values(), strict=True):
            said = [finding(endpoint, "pfs-suites", suite), finding(endpoint, "tls-versions", versions)]
            self._store.add_observation(number, endpoint, observation(endpoint, self._day), [*timetable.excuse(said)])
        (goal,) = timetable.measure(self._store, self._store.audit(number))
        self._store.finish(number, self._day, objectives=[goal.model_dump(mode="json", by_alias=True)])
        self._day += timedelta(days=1)
        return goal

    def the_day_after(self, hosts: Sequence[str], more: str) -> ObjectiveRecord:
        """The goal by the last audit, a day later."""
        timetable = Timetable(self.targets(hosts, more=more), self._registry, self._day.date())
        return timetable.measure(self._store, self._store.audit("latest"))[0]


@pytest.fixture
def history(tmp_path: Path) -> Iterator[History]:
    with Store.open(f"sqlite:///{tmp_path / 'history.db'}") as store:
        yield History(tmp_path, store)


def _said(goal: ObjectiveRecord) -> dict[str, int]:
    assert goal.changes is not None
    return {each.cause: each.count for each in goal.changes.causes}


def test_the_first_audit_has_nothing_to_be_compared_with(history: History) -> None:
    assert history.audit({"a": PASS}).changes is None


def test_each_cause_is_counted_apart(history: History) -> None:
    history.audit({"a": FAIL, "b": PASS, "c": PASS, "d": FAIL, "e": PASS})
    goal = history.audit({"a": PASS, "b": FAIL, "c": UNKNOWN, "d": FAIL, "f": PASS, "g": FAIL})
    assert _said(goal) == {"fixed": 1, "regressed": 1, "lost": 1, "appeared": 2, "left": 1}
    assert goal.changes is not None
    assert (goal.changes.since, goal.changes.direction) == (datetime(2015, 3, 1, 2, 10, tzinfo=UTC), "worse")
    assert _said(history.audit({"a": PASS, "b": FAIL, "c": UNKNOWN, "d": FAIL, "f": PASS, "g": FAIL})) == {}


def test_what_another_rule_says_is_neither_progress_nor_regression(history: History) -> None:
    history.audit({"a": FAIL, "b": PASS, "c": PASS})
    goal = history.audit({"a": PASS, "b": FAIL, "c": PASS}, digest="2")
    assert _said(goal) == {"rule-changed": 2}
    assert goal.changes is not None
    assert (goal.changes.rules, goal.changes.direction) == (["pfs-suites"], "same")


def test_an_expired_waiver_is_said_on_the_day_after_with_and_without_a_new_audit(history: History) -> None:
    history.audit({"a": PASS, "c": FAIL}, more=WAIVER)
    excused = history.audit({"a": PASS, "c": FAIL}, more=WAIVER)  # its last day
    assert (_said(excused), excused.counts.waived) == ({}, 1)
    later = history.the_day_after("ac", WAIVER)
    assert (_said(later), later.counts.waived, later.counts.fail) == ({"waiver-expired": 1}, 0, 1)
    goal = history.audit({"a": PASS, "c": FAIL}, more=WAIVER)
    assert (_said(goal), goal.counts.waived, goal.counts.fail) == ({"waiver-expired": 1}, 0, 1)
    assert goal.changes is not None
    assert goal.changes.direction == "same"


@pytest.mark.parametrize(
    ("before", "after"), [("pfs-suites, tls-versions", "pfs-suites"), ("pfs-suites", "pfs-suites, tls-versions")]
)
def test_a_goal_that_asks_for_other_checks_is_no_progress(history: History, before: str, after: str) -> None:
    history.audit({"a": PASS}, versions=FAIL, checks=before)
    goal = history.audit({"a": PASS}, versions=FAIL, checks=after)
    assert _said(goal) == {"checks-changed": 1}
    assert goal.changes is not None
    assert goal.changes.direction == "same"


def test_a_renamed_host_neither_left_nor_is_new(history: History) -> None:
    history.audit({"a": PASS, "c": FAIL, "d": PASS})
    goal = history.audit({"a": PASS, "bc": PASS, "ed": PASS})
    assert _said(goal) == {"fixed": 1}


def test_what_an_older_tlsaudit_did_not_record_is_taken_for_what_it_is_now(history: History) -> None:
    history.audit({"a": PASS, "b": FAIL}, recorded=False)
    assert _said(history.audit({"a": PASS, "b": PASS})) == {"fixed": 1}


def test_a_figure_that_grows_is_progress_though_its_check_says_pass_as_before(tmp_path: Path) -> None:
    file, registry = tmp_path / "targets.yaml", Registry.load()
    file.write_text(
        "version: 1\nservices: {www: [a.example.org, b.example.org]}\n"
        "objectives: {steps: {metric: hsts-max-age/step, milestones: {2015-12-31: '>= 5'}}}\n",
        "utf-8",
    )
    targets = load(file, [], registry)[0]
    held = pinned(targets, [rule(registry["hsts-max-age"], {})])
    with Store.open("sqlite://") as store:
        for day, steps in ((1, (3, 5)), (2, (4, 5))):
            at = datetime(2015, 3, day, 2, 10, tzinfo=UTC)
            number = store.begin(at, vantage="lab", version="1", pinned=held, targets=name_of(targets))
            for endpoint, step in zip(targets.endpoints, steps, strict=True):
                said = replace(finding(endpoint, "hsts-max-age"), facts={"step": step})
                store.add_observation(number, endpoint, observation(endpoint, at), [said])
            (goal,) = Timetable(targets, registry, at.date()).measure(store, store.audit(number))
            store.finish(number, at, objectives=[goal.model_dump(mode="json", by_alias=True)])
    assert (goal.value, _said(goal)) == (4, {"improved": 1})
