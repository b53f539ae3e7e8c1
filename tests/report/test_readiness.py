"""What a decision's sheet says, in words."""

from typing import Any

import pytest

from tests.report import views
from tests.report.views import AT, answer, counts, day, spread
from tlsaudit.report.document import AnswerRecord, DecisionRecord, LockedOutRecord, ReadinessRecord, ReferencesRecord
from tlsaudit.report.readiness import decision_sentence, ready, sheet, state


def told(asked: AnswerRecord) -> tuple[str, str, str]:
    """Now, of how many, and what it means."""
    line, _ = sheet(views.undecided(readiness=ReadinessRecord(answers=[asked], exceptions=[])), AT)
    assert line.state == state(asked)
    return line.now, line.of, line.meaning


BLOCKED = "Browsers block active parts by http on an https page, so that it breaks."
HOSTS = [f"h{number}.example.org:443" for number in range(6)]


def references(active: int = 0, passive: int = 0, forms: int = 0, endpoints: int = 0) -> ReferencesRecord:
    return ReferencesRecord(
        active=active, passive=passive, forms=forms, pages=40, endpoints=endpoints, where=HOSTS[:endpoints]
    )


@pytest.mark.parametrize(
    ("asked", "state_", "now", "of", "meaning"),
    [
        (
            answer("enforced", counts(4)),
            "ready", "4 of 4 already force https", "4 endpoints", "Forcing it changes nothing for anybody.",
        ),
        (
            answer("enforced", counts(3, unknown=1), open=HOSTS[:1]),
            "open", "3 of 4 already force https", "4 endpoints, 1 not measured", "",
        ),
        (
            answer("enforced", counts(1, fail=4, waived=1, unknown=1), open=HOSTS),
            "open", "1 of 7 already force https", "7 endpoints, 1 not measured",
            "Forcing it changes things for visitors of h0.example.org, h1.example.org, h2.example.org and 2 more.",
        ),
        (answer("enforced", counts(unknown=2), open=HOSTS[:2]), "not measured", "not measured", "2 endpoints", ""),
        (answer("cookies", counts(not_applicable=1)), "does not apply", "does not apply", "1 endpoint", ""),
        (
            answer("cookies", counts(1, fail=1), open=HOSTS[:1]),
            "open", "1 of 2 keep cookies off http", "2 endpoints",
            "Cookies of h0.example.org are sent in clear as well: who listens can take over a session.",
        ),
        (
            answer("cookies", counts(unknown=1, not_applicable=5), open=HOSTS[:1]),
            "open", "not known where it may apply, at 1 endpoint",
            "1 endpoint, 1 not measured; does not apply to 5 more", "",
        ),
        (
            answer("hsts", counts(3, fail=1), 4, steps={5: 1, 0: 1, 6: 2}),
            "open", "browsers remember it for 2 years on 2 of 4, for 1 year on 1, not for a day on 1",
            "4 endpoints", None,
        ),
        (
            answer("hsts", counts(1, fail=1), 0),
            "open", "1 of 2 have browsers remember it long enough", "2 endpoints, 2 not measured", None,
        ),
        (
            answer("mixed-content", counts(2), 2, references=references()),
            "ready", "nothing uses http", "40 pages at 2 endpoints", "",
        ),
        (
            answer("mixed-content", counts(2, unknown=1), 2, references=references()),
            "open", "nothing uses http where that is known", "40 pages at 3 endpoints, 1 not measured", "",
        ),
        (
            answer("mixed-content", counts(1, fail=1), 2, references=references(active=1, endpoints=1)),
            "open", "1 script, style or other active part still uses http", "40 pages at 2 endpoints",
            f"{BLOCKED} To mend at h0.example.org.",
        ),
        (
            answer("mixed-content", counts(1, fail=2), 2, references=references(2, 1, 3, 2)),
            "open", "2 scripts, styles or other active parts, 3 forms and 1 image, audio or video still use http",
            "40 pages at 3 endpoints, 1 not measured", None,
        ),
        (
            answer("mixed-content", counts(1, fail=1), 0),
            "open", "1 of 2 load nothing by http", "2 endpoints, 2 not measured", "",
        ),
        (
            answer("clients", counts(2), 2, locked_out=LockedOutRecord(clients=97, names=[])),
            "ready", "none of 97 reference clients would be locked out", "2 endpoints", "",
        ),
        (
            answer("clients", counts(2), 2, locked_out=LockedOutRecord(clients=97, names=list("abcdefgh"))),
            "ready", "8 of 97 reference clients would be locked out", "2 endpoints",
            "Cannot connect to at least one endpoint: a, b, c, d, e, f and 2 more.",
        ),
        (
            answer("latency", counts(2), 2, times_ms={"added_ms": spread(31, 12, 60.2)}),
            "ready", "a first visit takes 31 ms longer", "2 endpoints",
            "The median; from 12 ms at www.example.org at east to 60 ms at m.example.org at west.",
        ),
        (
            answer("latency", counts(1), 1, times_ms={"added_ms": spread(-0.2, -0.2, -0.2)}),
            "ready", "a first visit takes no longer", "1 endpoint", None,
        ),
        (
            answer("latency", counts(1), 0),
            "ready", "how much longer a first visit takes was not measured", "1 endpoint, 1 not measured", "",
        ),
    ],
)  # fmt: skip
def test_each_question(asked: AnswerRecord, state_: str, now: str, of: str, meaning: str | None) -> None:
    assert state(asked) == state_
    said = told(asked)
    assert said[:2] == (now, of)
    if meaning is not None:
        assert said[2] == meaning


def test_exceptions_have_their_reasons() -> None:
    *_, excused = sheet(views.undecided(), AT)
    assert excused.now == "1 exception granted"
    assert (
        excused.meaning
        == "pfs-clients on login@west until 31 March: Old load balancer, replaced in March (web@example.org)."
    )
    *_, none = sheet(views.undecided(readiness=ReadinessRecord(answers=[], exceptions=[])), AT)
    assert (none.state, none.now) == ("ready", "nothing is excused")


def test_without_a_sheet_there_is_nothing_to_say() -> None:
    bare = views.undecided(readiness=None)
    assert (sheet(bare, AT), ready(bare)) == ([], None)


def test_how_much_is_settled() -> None:
    assert ready(views.undecided()) == "2 of 5 questions"  # cookies do not apply
    unknown = ReadinessRecord(answers=[answer("enforced", counts(unknown=2))], exceptions=[])
    assert ready(views.undecided(readiness=unknown)) is None


@pytest.mark.parametrize(
    ("decision", "changes", "sentence"),
    [
        ({}, {"due": day("2015-03-02")}, "Undecided: due 2 March, in 1 day."),
        ({}, {"due": AT}, "Undecided: due 1 March, today."),
        (
            {"days_late": 1},
            {"due": day("2015-02-28")},
            "Late by 1 day: it was due 28 February, and nothing is decided.",
        ),
        (
            {"outcome": "force", "decided": day("2015-02-27")},
            {"status": "met"},
            "Decided on 27 February 2015: HTTPS is forced.",
        ),
        (
            {"outcome": "do-not-force", "decided": day("2015-02-27")},
            {"status": "met"},
            "Decided on 27 February 2015: HTTPS is not forced.",
        ),
    ],
)
def test_where_a_decision_stands(decision: dict[str, Any], changes: dict[str, Any], sentence: str) -> None:
    record = DecisionRecord(**({"outcome": "undecided", "decided": None, "record": None} | decision))
    assert decision_sentence(views.undecided(decision=record, **changes), AT) == sentence
