"""Moves in words."""

import pytest

from tests.report import views
from tlsaudit.report.document import GoalpostsRecord, MoveRecord
from tlsaudit.report.goalposts import moved, sentence

FEBRUARY = views.day("2015-02-01")
HARDER = views.move("milestone", "A", "100% by 2015-06-30", "100% by 2015-03-31", easier=False)
LATER = views.move("milestone", "A", "50% by 2015-06-30", None, easier=None)
EASIER = views.move("objective", "B", "100% by 2015-06-30")
ASKS_LESS = "1 goalpost was moved since 1 February, to ask less or excuse more."
LEFT = [f"h{number}.example.org:443" for number in range(5)]


@pytest.mark.parametrize(
    ("goalposts", "said"),
    [
        (
            GoalpostsRecord(known_since=None, moves=[]),
            "Whether goalposts were moved is not known: the next audit records them.",
        ),
        (
            GoalpostsRecord(known_since=views.AT, moves=[]),
            "Goalposts that are moved will show: they are recorded from this day on.",
        ),
        (GoalpostsRecord(known_since=FEBRUARY, moves=[]), "No goalpost was moved since 1 February."),
        (GoalpostsRecord(known_since=FEBRUARY, moves=[HARDER]), "1 goalpost was moved since 1 February."),
        (
            GoalpostsRecord(known_since=FEBRUARY, moves=[EASIER, HARDER, LATER]),
            "3 goalposts were moved since 1 February, 1 to ask less or excuse more.",
        ),
        (
            GoalpostsRecord(known_since=FEBRUARY, moves=[EASIER], later=1),
            f"{ASKS_LESS} 1 goalpost was moved after that day, and the goals are shown as they are now.",
        ),
    ],
)
def test_the_sentence(goalposts: GoalpostsRecord, said: str) -> None:
    assert sentence(goalposts, views.AT) == said


@pytest.mark.parametrize(
    ("move", "said"),
    [
        (HARDER, "100% by 2015-06-30 -> 100% by 2015-03-31"),
        (EASIER, "the goal taken out: 100% by 2015-06-30"),
        (views.move("objective", "B", None, "50% by 2015-06-30"), "the goal added: 50% by 2015-06-30"),
        (views.move("milestone", "B", "50% by 2015-06-30"), "milestone taken out: 50% by 2015-06-30"),
        (views.move("checks", "B", "a, b", "a"), "checks a, b -> a"),
        (views.move("window", "B", "7d", "28d"), "window 7d -> 28d"),
        (views.move("scope", "B", "everything", "wiki"), "scope everything -> wiki"),
        (
            views.move("scope", "B", "everything", "wiki", subjects=LEFT[:2], not_passing=1),
            "scope everything -> wiki: h0.example.org and h1.example.org left the scope, 1 did not pass",
        ),
        (
            views.move("subjects", "B", subjects=LEFT, count=40, not_passing=30),
            "h0.example.org, h1.example.org, h2.example.org and 37 others left the scope, 30 did not pass",
        ),
        (
            views.move("waiver", "pfs-suites", None, "until 2015-12-31", subjects=["wiki", "login@west"]),
            "waiver on wiki and login@west: none -> until 2015-12-31",
        ),
        (views.move("options", "hsts-max-age", None, "minimum: 180d"), "options not set -> minimum: 180d"),
    ],
)
def test_a_move(move: MoveRecord, said: str) -> None:
    (line,) = moved([move])
    assert (line.whose, line.what) == (move.name, said)


def test_what_is_the_same_for_several_goals_is_one_line() -> None:
    moves = [views.move("subjects", name, subjects=LEFT[:1]) for name in "ABCDE"]
    (line,) = moved(moves)
    assert line.whose == "A, B, C and 2 others"
