"""Which audit in the history another one goes on with."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tlsaudit.app.resume import Plan, begun
from tlsaudit.check import Finding, Outcome, Severity, Subject, SubjectKind
from tlsaudit.evidence import AddressObservation, EndpointObservation
from tlsaudit.store import Pinned, Store
from tlsaudit.target import Endpoint

NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)
HELD = Pinned(checks=[{"id": "a-check", "digest": "1", "options": {}}], asked="as ever")
PLAN = Plan(NOON, "here", "1.0", HELD, "targets.yaml", "digest")
LATER = replace(PLAN, started_at=NOON + timedelta(hours=1))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(f"sqlite:///{tmp_path}/history.db") as opened:
        yield opened


def interrupted(store: Store, plan: Plan = PLAN) -> int:
    """An audit that has looked at one host, and said something of it and of the fleet."""
    with begun(store, plan, resume=False) as audit:
        host = Endpoint("a.example.org")
        seen = EndpointObservation(host.id, NOON + timedelta(minutes=5), (AddressObservation("192.0.2.1", 1.0, {}),))
        store.add_observation(audit.number, host, seen, [_finding(SubjectKind.ENDPOINT, host.id)])
        store.add_findings(audit.number, [_finding(SubjectKind.FLEET, "fleet")])
    return audit.number


def _finding(kind: SubjectKind, name: str) -> Finding:
    return Finding("a-check", Subject(kind, name), None, None, Outcome.PASS, Severity.LOW, "fine")


def test_it_keeps_its_number_its_start_and_what_was_said_of_hosts(store: Store) -> None:
    number = interrupted(store)
    with begun(store, LATER, resume=True) as audit:
        assert (audit.number, audit.started_at, audit.ran) == (number, NOON, timedelta(minutes=5))
        assert audit.had() == {"a.example.org:443"}
        note = "interrupted, and resumed at 2026-11-28T13:00:00Z: 1 endpoint had been looked at before"
        assert audit.notes == [note]
        assert [finding.subject.kind for finding in store.findings(number)] == [SubjectKind.ENDPOINT]
    with begun(store, replace(LATER, started_at=NOON + timedelta(hours=2)), resume=True) as audit:
        assert audit.notes == [note, note.replace("T13", "T14")]


@pytest.mark.parametrize(
    ("other", "why"),
    [
        ({"started_at": NOON + timedelta(hours=21)}, "it did not begin within the last 20 hours"),
        ({"started_at": NOON - timedelta(hours=2)}, "it did not begin within the last 20 hours"),
        ({"version": "2.0"}, "tlsaudit 1.0 began it"),
        ({"targets_digest": "other"}, "the targets file was edited"),
        ({"pinned": replace(HELD, checks=())}, "it ran other checks, or the same with other options"),
        ({"pinned": replace(HELD, policy={"a": 1})}, "it ran other checks, or the same with other options"),
        ({"pinned": replace(HELD, asked="-4")}, "other options said what is asked, and where"),
    ],
)
def test_what_is_not_the_same_begins_anew_and_says_why(store: Store, other: dict[str, Any], why: str) -> None:
    number = interrupted(store)
    with begun(store, replace(PLAN, **other), resume=True) as audit:
        assert audit.number != number
        assert not audit.done
        assert audit.notes == [f"audit {number} was interrupted and is not resumed, since {why}: this is a new one"]


@pytest.mark.parametrize("other", [{"targets": "others.yaml"}, {"vantage": "elsewhere"}])
def test_another_audit_s_end_is_none_of_its_business(store: Store, other: dict[str, Any]) -> None:
    number = interrupted(store)
    with begun(store, replace(LATER, **other), resume=True) as audit:
        assert (audit.number != number, list(audit.notes)) == (True, [])


def test_one_that_was_finished_is_not_resumed(store: Store) -> None:
    number = interrupted(store)
    store.finish(number, NOON)
    with begun(store, LATER, resume=True) as audit:
        assert (audit.number != number, list(audit.notes)) == (True, [])


def test_without_being_asked_nothing_is_resumed(store: Store) -> None:
    number = interrupted(store)
    with begun(store, LATER, resume=False) as audit:
        assert (audit.number != number, list(audit.notes)) == (True, [])
