"""What changed between two audits, and what is not to be called a change for the better or the worse."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.store.fleet import START, begin, endpoints, finding, observation, pinned
from tlsaudit.check import Outcome
from tlsaudit.store import Audit, Diff, Pinned, Side, Store, StoreError, compare
from tlsaudit.target import Endpoint

HOST, OTHER = endpoints(2)
PASS, FAIL, UNKNOWN, NOT_APPLICABLE = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN, Outcome.NOT_APPLICABLE
CHANGES = (
    "regressed", "new", "fixed", "lost", "regained", "applicability", "rule_changed", "not_run_before",
    "waived", "waiver_expired",
)  # fmt: skip

Said = Mapping[Endpoint, Mapping[str, Outcome]]


def _diff(before: Said, after: Said, rules: Sequence[Pinned] = (pinned(checks="ab"), pinned(checks="ab"))) -> Diff:
    with Store.open("sqlite://") as store:
        for day, said in enumerate((before, after)):
            at = START + timedelta(days=day)
            audit = begin(store, at, rules[day])
            for endpoint, outcomes in said.items():
                # The message differs each day, as one with "days left" does.
                findings = [finding(endpoint, check, outcome, f"day {day}") for check, outcome in outcomes.items()]
                store.add_observation(audit, endpoint, observation(endpoint, at), findings)
            store.finish(audit, at)
        return store.diff(store.audit(1), store.audit(2))


def _lists(diff: Diff) -> dict[str, int]:
    return {name: len(getattr(diff, name)) for name in CHANGES if getattr(diff, name)}


@pytest.mark.parametrize(
    ("before", "after", "where"),
    [
        (PASS, FAIL, "regressed"),
        (UNKNOWN, FAIL, "new"),
        (NOT_APPLICABLE, FAIL, "new"),
        (None, FAIL, "new"),
        (FAIL, PASS, "fixed"),
        (PASS, UNKNOWN, "lost"),
        (FAIL, UNKNOWN, "lost"),
        (NOT_APPLICABLE, UNKNOWN, "lost"),
        (UNKNOWN, PASS, "regained"),
        (UNKNOWN, NOT_APPLICABLE, "regained"),
        (FAIL, NOT_APPLICABLE, "applicability"),
        (PASS, NOT_APPLICABLE, "applicability"),
        (NOT_APPLICABLE, PASS, "applicability"),
        (None, PASS, None),
        (None, UNKNOWN, None),
        (FAIL, None, None),
        *((outcome, outcome, None) for outcome in Outcome),
    ],
)
@pytest.mark.parametrize("digest", ["1", "2"])
def test_a_change_is_in_one_list(before: Outcome | None, after: Outcome | None, where: str | None, digest: str) -> None:
    said, says = ({HOST: {"a": outcome} if outcome else {}} for outcome in (before, after))
    diff = _diff(said, says, (pinned("1", "ab"), pinned(digest, "ab")))
    expected = where if digest == "1" or where is None else "rule_changed"
    assert _lists(diff) == ({expected: 1} if expected else {})
    if expected:
        (change,) = getattr(diff, expected)
        assert (change.before and change.before.outcome, change.after.outcome) == (before, after)


def test_another_option_makes_another_rule() -> None:
    rules = [Pinned(checks=[{"id": "a", "digest": "1", "options": {"minimum": days}}]) for days in (180, 365)]
    diff = _diff({HOST: {"a": PASS}}, {HOST: {"a": FAIL}}, rules)
    assert _lists(diff) == {"rule_changed": 1}
    assert diff.rules == ("a",)


@pytest.mark.parametrize(
    ("before", "after", "where"),
    [
        ((FAIL, "old"), (FAIL, None), "waiver_expired"),
        ((FAIL, None), (FAIL, "old"), "waived"),
        ((FAIL, "old"), (FAIL, "older"), None),
        ((PASS, None), (FAIL, "old"), "regressed"),
        ((FAIL, "old"), (PASS, None), "fixed"),
    ],
)
@pytest.mark.parametrize("digest", ["1", "2"])
def test_a_waiver_that_begins_or_ends_is_a_change_of_its_own(
    before: tuple[Outcome, str | None], after: tuple[Outcome, str | None], where: str | None, digest: str
) -> None:
    sides = [
        Side(held, [replace(finding(HOST, "a", outcome), waiver=reason)], {HOST.id})
        for held, (outcome, reason) in ((pinned("1", "a"), before), (pinned(digest, "a"), after))
    ]
    if digest == "2" and where in {"regressed", "fixed"}:
        where = "rule_changed"
    assert _lists(compare(*sides)) == ({where: 1} if where else {})


def test_failures_of_a_new_check_are_no_regression() -> None:
    diff = _diff({HOST: {"a": PASS}}, {HOST: {"a": PASS, "b": FAIL}}, (pinned(checks="a"), pinned(checks="ab")))
    assert _lists(diff) == {"not_run_before": 1}
    assert (diff.rules, diff.not_run) == ((), ())


def test_failures_of_a_dropped_check_are_not_fixed() -> None:
    diff = _diff({HOST: {"a": FAIL}}, {HOST: {}}, (pinned(checks="a"), pinned(checks="")))
    assert _lists(diff) == {}
    assert (diff.rules, diff.not_run) == ((), ("a",))


def test_endpoints_come_and_go() -> None:
    diff = _diff({HOST: {"a": FAIL}}, {OTHER: {"a": FAIL}})
    assert (diff.appeared, diff.gone) == ((OTHER.id,), (HOST.id,))
    assert _lists(diff) == {"new": 1}
    assert diff.new[0].subject.id == OTHER.id


def test_changes_are_sorted_by_check_and_subject() -> None:
    diff = _diff(
        {OTHER: {"b": PASS, "a": PASS}, HOST: {"b": PASS, "a": PASS}},
        {OTHER: {"b": FAIL, "a": FAIL}, HOST: {"b": FAIL, "a": FAIL}},
    )
    order = [(change.check, change.subject.id) for change in diff.regressed]
    assert order == [(check, host.id) for check in "ab" for host in (HOST, OTHER)]


def test_an_unfinished_audit_is_not_compared() -> None:
    with Store.open("sqlite://") as store:
        store.finish(begin(store), START)
        begin(store)
        with pytest.raises(StoreError, match="audit 2 was not finished"):
            store.diff(store.audit(1), store.audit(2))


MOVED = replace(HOST, host="new.example.org")
KNOWN = Pinned(checks=pinned(checks="ab").checks, renamed={HOST.id: MOVED.id})
PLAIN = pinned(checks="ab")


@pytest.mark.parametrize("rules", [(PLAIN, KNOWN), (KNOWN, KNOWN)])
def test_a_renamed_host_is_compared_with_what_it_was(rules: Sequence[Pinned]) -> None:
    diff = _diff({HOST: {"a": PASS, "b": FAIL}}, {MOVED: {"a": FAIL, "b": PASS}}, rules)
    assert _lists(diff) == {"regressed": 1, "fixed": 1}
    assert [(change.subject.id, change.before and change.before.outcome) for change in diff.regressed] == [
        (MOVED.id, PASS)
    ]
    assert (diff.appeared, diff.gone, diff.renamed) == ((), (), ((HOST.id, MOVED.id),))


def test_the_renaming_reads_backwards_too() -> None:
    diff = _diff({MOVED: {"a": PASS}}, {HOST: {"a": FAIL}}, (KNOWN, PLAIN))
    assert (_lists(diff), diff.gone, diff.renamed) == ({"regressed": 1}, (), ((MOVED.id, HOST.id),))


@pytest.mark.parametrize(
    ("before", "after", "appeared", "gone"),
    [
        # Both stood there side by side: the old one went, and the new one has a past of its own.
        ([HOST, MOVED], [MOVED], [], [HOST]),
        ([HOST, MOVED], [HOST], [], [MOVED]),
        ([HOST], [HOST, MOVED], [MOVED], []),
        ([OTHER], [MOVED], [MOVED], [OTHER]),
    ],
)
def test_a_host_that_has_a_past_of_its_own_is_no_other(
    before: Sequence[Endpoint], after: Sequence[Endpoint], appeared: Sequence[Endpoint], gone: Sequence[Endpoint]
) -> None:
    said, says = ({endpoint: {"a": PASS} for endpoint in side} for side in (before, after))
    diff = _diff(said, says, (PLAIN, KNOWN))
    assert (_lists(diff), diff.renamed) == ({}, ())
    assert (diff.appeared, diff.gone) == tuple(tuple(each.id for each in side) for side in (appeared, gone))


def test_of_two_hosts_that_became_one_the_first_goes_on() -> None:
    known = replace(KNOWN, renamed={OTHER.id: MOVED.id, HOST.id: MOVED.id})
    diff = _diff({HOST: {"a": PASS}, OTHER: {"a": FAIL}}, {MOVED: {"a": FAIL}}, (PLAIN, known))
    assert (_lists(diff), diff.gone) == ({"regressed": 1}, (OTHER.id,))


def _audited(store: Store, said: Said) -> Audit:
    number = begin(store, START, pinned(checks="ab"))
    for endpoint, outcomes in said.items():
        findings = [finding(endpoint, check, outcome) for check, outcome in outcomes.items()]
        store.add_observation(number, endpoint, observation(endpoint, START), findings)
    store.finish(number, START)
    return store.audit(number)


@pytest.mark.parametrize(("whole", "differing"), [((), "c"), (("b",), "bc"), (None, "abc")])
def test_what_says_something_else_and_means_the_same_differs_where_all_is_compared(
    store: Store, whole: Sequence[str] | None, differing: str
) -> None:
    for day, changes in enumerate((PASS, FAIL)):
        said = {"a": PASS, "b": FAIL, "c": changes}
        at = START + timedelta(days=day)
        audit = begin(store, at, pinned(checks="abc"))
        findings = [finding(HOST, check, outcome, f"day {day}") for check, outcome in said.items()]
        store.add_observation(audit, HOST, observation(HOST, at), findings)
        store.finish(audit, at)
    for day, side in enumerate(store.differences(1, 2, whole)):
        assert [(each.check, each.message) for each in side.findings] == [(check, f"day {day}") for check in differing]


def test_whoever_is_told_first_of_a_host_what_is_said_is_the_same(tmp_path: Path) -> None:
    fleet = [Endpoint("a.example.org"), Endpoint("b.example.org"), Endpoint("c.example.org")]
    for day, order in enumerate((fleet, fleet[::-1], [fleet[1], fleet[0], fleet[2]])):
        with Store.open(f"sqlite:///{tmp_path / 'history.db'}") as store:
            at = START + timedelta(days=day)
            audit = begin(store, at, pinned(checks="a"))
            for endpoint in order:
                said = finding(endpoint, "a", message="shows the certificate of a.example.org")
                store.add_observation(audit, endpoint, observation(endpoint, at), [said])
            store.finish(audit, at)
            for side in store.differences(1, audit):
                assert (list(side.findings), list(side.endpoints)) == ([], [])


def test_an_audit_of_another_history_is_told_by_what_differs(store: Store) -> None:
    same, fails, goes, comes = (Endpoint(f"{name}.example.org") for name in ("ab", "a-b", "a", "b"))
    with Store.open("sqlite://") as other:
        before = _audited(store, {same: {"a": PASS, "b": FAIL}, fails: {"a": PASS, "b": PASS}, goes: {"a": FAIL}})
        after = _audited(other, {same: {"a": PASS, "b": FAIL}, fails: {"a": FAIL, "b": PASS}, comes: {"a": FAIL}})
        was, now = store.apart(before, other, after)
        assert compare(was, now) == compare(store.side(before), other.side(after))
    assert [(each.check, each.endpoint, each.outcome) for each in now.findings] == [
        ("a", fails.id, FAIL),
        ("a", comes.id, FAIL),
    ]
    assert (was.endpoints, now.endpoints) == ({goes.id}, {comes.id})


def test_the_order_of_a_language_changes_nothing(url_of_a_language: str) -> None:
    """In English brackets come before digits."""
    said = {Endpoint("2001:db8::1"): {"a": PASS}, Endpoint("192.0.2.1"): {"a": PASS}}
    with Store.open(url_of_a_language) as store, Store.open("sqlite://") as other:
        before, after = _audited(store, said), _audited(other, said)
        was, now = store.apart(before, other, after)
        assert [*was.findings] == [*now.findings] == []
