"""What there is to tell of outages, waivers, certificates and goals, as functions of what is known and the day."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tlsaudit.app.notify.certificates import certificates
from tlsaudit.app.notify.goals import goals
from tlsaudit.app.notify.notice import Kind, News
from tlsaudit.app.notify.outage import outage
from tlsaudit.app.notify.waivers import waivers
from tlsaudit.check import Finding, Outcome, Severity, Subject, SubjectKind
from tlsaudit.goal import Standing
from tlsaudit.report.document import Counts, ObjectiveRecord
from tlsaudit.store import Audit
from tlsaudit.target import WaiverSpec

NOW = datetime(2026, 10, 20, 12, 0, tzinfo=UTC)
TODAY = NOW.date()
HOUR = timedelta(hours=1)


def kinds(news: News) -> list[Kind]:
    return [notice.kind for notice in news.stands]


def audit(hours_ago: float, *, finished: bool = True, reachable: int = 3) -> Audit:
    begun = NOW - hours_ago * HOUR
    summary = {"endpoints": 3, "reachable": reachable} if finished else None
    end = begun + timedelta(minutes=10) if finished else None
    return Audit(int(hours_ago * 60), begun, end, "lab", "1", None, None, summary, ())


@pytest.mark.parametrize(
    ("audits", "stale_after", "why"),
    [
        ([], None, None),
        ([audit(1), audit(25), audit(49)], None, None),
        ([audit(1, reachable=0), audit(25)], None, "nothing answered the audit of 2026-10-20 11:00 UTC"),
        ([audit(1), audit(25, reachable=0)], None, None),
        # twice the usual day between two
        ([audit(47), audit(71), audit(95)], None, None),
        (
            [audit(49), audit(73), audit(97)],
            None,
            "the last audit was finished 48 h 50 min ago, on 2026-10-18 11:10 UTC",
        ),
        (
            [audit(37), audit(38), audit(39)],
            None,
            "the last audit was finished 36 h 50 min ago, on 2026-10-18 23:10 UTC",
        ),
        ([audit(35), audit(36), audit(37)], None, None),
        ([audit(1000)], None, None),
        ([audit(3)], timedelta(hours=2), "the last audit was finished 2 h 50 min ago, on 2026-10-20 09:10 UTC"),
        ([audit(0.5, finished=False), audit(25)], None, None),
        (
            [audit(1.5, finished=False), audit(25)],
            None,
            "the audit that was begun on 2026-10-20 10:30 UTC has not finished",
        ),
        ([audit(1), audit(30, finished=False)], None, None),
        ([audit(2, finished=False)], None, "the audit that was begun on 2026-10-20 10:00 UTC has not finished"),
    ],
)
def test_an_outage_is_that_nothing_is_seen(audits: list[Audit], stale_after: timedelta | None, why: str | None) -> None:
    news = outage(audits, NOW, stale_after)
    assert [notice.line for notice in news.stands] == ([why] if why else [])
    assert [notice.kind for notice in news.over.values()] == ([] if why else [Kind.BACK])


def standing(days_left: int, failing: int = 3) -> Standing:
    spec = WaiverSpec("tls-versions", ("www",), "an old gateway", "web", None, TODAY + timedelta(days=days_left))
    return Standing(spec, days_left, failing, ())


@pytest.mark.parametrize(
    ("days_left", "step", "line"),
    [
        (31, None, None),
        (30, "30", "its last day is in 30 days, on 19 November 2026: it excuses 3 failures"),
        (8, "30", "its last day is in 8 days, on 28 October 2026: it excuses 3 failures"),
        (7, "7", "its last day is in 7 days, on 27 October 2026: it excuses 3 failures"),
        (1, "1", "its last day is in 1 day, on 21 October 2026: it excuses 3 failures"),
        (0, "1", "its last day is today: it excuses 3 failures"),
        (-1, "expired", "on 19 October 2026: 3 failures count again"),
        (-900, "expired", "on 3 May 2024: 3 failures count again"),
    ],
)
def test_a_waiver_is_told_30_7_and_1_days_before_its_last(days_left: int, step: str | None, line: str | None) -> None:
    stands = waivers([standing(days_left)]).stands
    assert [(notice.key[-1], notice.line) for notice in stands] == ([(step, line)] if step else [])


def test_what_another_waiver_excuses_does_not_count_again() -> None:
    lines = [waivers([replace(standing(-1), excused=excused)]).stands[0].line for excused in (2, 3)]
    assert [line.partition(": ")[2] for line in lines] == [
        "1 failure counts again",
        "another waiver excuses 3 failures",
    ]


def test_a_waiver_that_is_not_needed_is_to_be_taken_out() -> None:
    (notice,) = waivers([standing(3, failing=0)]).stands
    assert notice.line.endswith(": nothing it covers fails")
    assert notice.advice[-1] == "fix  take it out of the targets file"


def certificate(lived: int, left: timedelta, outcome: Outcome = Outcome.PASS, waiver: str | None = None) -> Finding:
    facts = {"not_before": (NOW - timedelta(days=lived)).isoformat(), "not_after": (NOW + left).isoformat()}
    subject = Subject(SubjectKind.ENDPOINT, "www.example.org:443")
    return Finding(
        "certificate-validity", subject, subject.id, None, outcome, Severity.HIGH, "", facts=facts, waiver=waiver
    )


@pytest.mark.parametrize(
    ("lived", "left_hours", "kind", "step", "topic"),
    [
        (335, 31 * 24, None, None, None),
        (335, 30 * 24, Kind.EXPIRES, "30", "certificate"),
        (60, 30 * 24, None, None, None),  # a third of 90 days is left: it will be renewed
        (70, 20 * 24, Kind.EXPIRES, "30", "certificate"),
        (76, 14 * 24, Kind.EXPIRES, "14", "certificate"),
        (40, 7 * 24, Kind.EXPIRES, "7", "certificate"),
        (4, 2 * 24, None, None, None),  # one of six days
        (5, 24, Kind.EXPIRES, "1", "high"),
        (89, 1, Kind.EXPIRES, "1", "high"),
        (91, -1, Kind.EXPIRED, "expired", "high"),
    ],
)
def test_a_certificate_is_told_in_the_last_quarter_of_its_life(
    lived: int, left_hours: int, kind: Kind | None, step: str | None, topic: str | None
) -> None:
    news = certificates([certificate(lived, left_hours * HOUR)], (), lambda _: "web", NOW)
    assert [(notice.kind, notice.key[-1], notice.topic) for notice in news.stands] == (
        [(kind, step, topic)] if kind else []
    )


def test_a_certificate_that_was_not_seen_is_not_renewed() -> None:
    told = ("certificate", "www.example.org:443", "2026-10-21T12:00:00+00:00", "1")
    for findings, unsure in (
        ([], {told}),
        ([certificate(89, HOUR, Outcome.UNKNOWN)], {told}),
        ([certificate(0, 90 * 24 * HOUR)], set()),
    ):
        news = certificates(findings, [told], lambda _: None, NOW)
        assert (news.stands, set(news.unsure)) == ([], unsure)


def test_a_waived_certificate_is_not_told() -> None:
    waived = certificate(89, HOUR, Outcome.FAIL, "replaced on Monday")
    assert not certificates([waived], (), lambda _: None, NOW).stands


def objective(status: str, due: int = -1, *, held: bool | None = False, **more: Any) -> ObjectiveRecord:
    day = TODAY + timedelta(days=due)
    values: Mapping[str, Any] = {
        "id": "hsts",
        "title": "HSTS everywhere",
        "kind": "share",
        "owner": "web",
        "status": status,
        "share": 0.5,
        "value": None,
        "coverage": 1.0,
        "counts": Counts(**{"pass": 1}, fail=1),
        "target": "100%",
        "due": day,
        "forecast": None,
        "decision": None,
        "previous": None,
        "excused_until": None,
        "blocking": [],
        "blocking_count": 0,
        "milestones": [{"due": day, "target": "100%", "held": held}],
        "measured_at": NOW,
    }
    return ObjectiveRecord.model_validate({**values, **more})


@pytest.mark.parametrize(
    ("now", "before", "told"),
    [
        (objective("overdue"), objective("at-risk", held=False), [Kind.OVERDUE]),
        (objective("overdue"), None, [Kind.OVERDUE]),
        # it was met when last looked at: a second audit has to agree
        (objective("overdue"), objective("met", held=True), []),
        (objective("overdue", excused_until=TODAY), objective("overdue"), []),
        (objective("overdue", excused_until=TODAY - timedelta(days=1)), objective("overdue"), [Kind.OVERDUE]),
        (objective("overdue", kind="decision", target="decided"), None, [Kind.OVERDUE]),
        (objective("met", held=True), objective("met", held=True), [Kind.MET]),
        (objective("met", held=True), objective("overdue"), []),
        (objective("on-track", 31), objective("on-track", 31), []),
        (objective("on-track", 30), None, [Kind.DUE]),
        (objective("undecided", 0, kind="decision", target="decided"), None, [Kind.DUE]),
        (objective("met", 5, held=True), objective("met", 5, held=True), [Kind.MET]),
    ],
)
def test_a_goal(now: ObjectiveRecord, before: ObjectiveRecord | None, told: list[Kind]) -> None:
    assert kinds(goals([now], {"hsts": before} if before else {}, (), TODAY)) == told


def test_what_audits_do_not_agree_on_is_neither_new_nor_over() -> None:
    met = ("met", "hsts", str(TODAY - timedelta(days=1)), "100%")
    overdue = ("overdue", "hsts", str(TODAY - timedelta(days=1)), "100%")
    news = goals([objective("overdue")], {"hsts": objective("met", held=True)}, [met, overdue], TODAY)
    assert (news.stands, set(news.unsure)) == ([], {met, overdue})


def test_a_late_goal_says_what_it_lacks() -> None:
    blocking = [
        {"check": "hsts-max-age", "subject": {"kind": "endpoint", "id": f"h{number}:443"}, "message": "a@b"}
        | {"excused_until": None}
        for number in range(5)
    ]
    late = objective("overdue", -10, blocking=blocking, blocking_count=5)
    (notice,) = goals([late], {}, (), TODAY).stands
    assert notice.line == "1 of 2; 100% was due on 10 October 2026, 10 days ago"
    lacks = [f"lacks  h{number}: a＠b" for number in range(3)]  # noqa: RUF001
    assert notice.advice == (*lacks, "lacks  2 more")
