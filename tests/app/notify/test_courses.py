"""From what audits said of a subject to whether it regressed."""

from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlsaudit.app.notify.courses import Turn, courses, same_rule, turned
from tlsaudit.check import Finding, Outcome, Severity, Subject, SubjectKind
from tlsaudit.store import Pinned, Side

OUTCOMES = {
    "p": Outcome.PASS,
    "f": Outcome.FAIL,
    "u": Outcome.UNKNOWN,
    "n": Outcome.NOT_APPLICABLE,
}


def finding(letter: str, name: str = "www.example.org:443") -> Finding | None:
    if letter == "-":
        return None
    subject = Subject(SubjectKind.ENDPOINT, name)
    return Finding("tls-versions", subject, name, None, OUTCOMES[letter], Severity.HIGH, f"it is {letter}")


@pytest.mark.parametrize(
    ("course", "turn", "since"),
    [
        ("pff", Turn.REGRESSED, 1),
        ("ppfff", Turn.REGRESSED, 2),
        ("fpff", Turn.REGRESSED, 2),
        ("pufuf", Turn.REGRESSED, 2),
        ("pffu", Turn.REGRESSED, 1),
        ("p-f-f", Turn.REGRESSED, 2),
        ("pf", Turn.OPEN, 0),
        ("pfpf", Turn.OPEN, 0),
        ("pfp", Turn.OPEN, 0),
        ("nff", Turn.OPEN, 0),
        ("pnff", Turn.OPEN, 0),
        ("-ff", Turn.OPEN, 0),
        ("uff", Turn.OPEN, 0),
        ("fff", Turn.OPEN, 0),
        ("f", Turn.OPEN, 0),
        ("uu", Turn.OPEN, 0),
        ("ffpp", Turn.OVER, 0),
        ("ffpup", Turn.OVER, 0),
        ("ffnn", Turn.OVER, 0),
        ("ppp", Turn.OVER, 0),
        ("pff-", Turn.GONE, 0),
    ],
)
def test_two_audits_must_agree(course: str, turn: Turn, since: int) -> None:
    state = turned([finding(letter) for letter in course])
    assert (state.turn, state.since) == (turn, since)


@pytest.mark.parametrize(
    ("audits", "expected"),
    [
        ([], {}),
        ([(3, {"a": 1, "b": 1}), (2, {"a": 1, "b": 1}), (1, {"a": 1})], {(1, 2, 3): {"a"}, (2, 3): {"b"}}),
        # a rule that was changed begins anew, also where it is changed back
        ([(4, {"a": 2}), (3, {"a": 2}), (2, {"a": 1}), (1, {"a": 2})], {(3, 4): {"a"}}),
        # an audit of some checks is passed over for the others
        ([(3, {"a": 1, "b": 1}), (2, {"a": 1}), (1, {"a": 1, "b": 1})], {(1, 2, 3): {"a"}, (1, 3): {"b"}}),
    ],
)
def test_only_audits_by_the_same_rule_are_compared(
    audits: Sequence[tuple[int, dict[str, int]]], expected: dict[tuple[int, ...], set[str]]
) -> None:
    assert same_rule(audits) == expected


def sides(before: Sequence[Finding | None], after: Sequence[Finding | None]) -> tuple[Side, Side]:
    """Two audits, what both have alike left out."""
    differs = [pair for pair in zip(before, after, strict=True) if pair[0] != pair[1]]
    return (
        Side(Pinned(), [item for item, _ in differs if item], ()),
        Side(Pinned(), [item for _, item in differs if item], ()),
    )


@given(st.integers(2, 8).flatmap(lambda length: st.lists(st.text("pfun-", min_size=length, max_size=length))))
def test_courses_are_found_from_what_differs(lines: list[str]) -> None:
    said = [[finding(letter, f"h{number}:443") for letter in line] for number, line in enumerate(lines)]
    length = len(lines[0]) if lines else 2
    audits = [[course[index] for course in said] for index in range(length)]
    found = courses([sides(before, after) for before, after in pairwise(audits)], ["tls-versions"], {})
    changed = [course for course in said if any(item != course[0] for item in course)]
    assert sorted(map(str, found.values())) == sorted(map(str, changed))


def test_a_renamed_host_keeps_its_course() -> None:
    audits = [[finding("p", "old:443")], [finding("f", "new:443")], [finding("f", "new:443")]]
    compared = [sides([*before, None], [None, *after]) for before, after in pairwise(audits)]
    (course,) = courses(compared, ["tls-versions"], {"old:443": "new:443"}).values()
    assert turned(course).turn is Turn.REGRESSED
