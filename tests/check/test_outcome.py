"""How outcomes reduce: the rule every percentage rests on."""

import pytest

from tlsaudit.check import Outcome, worst

P, F, U, N = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN, Outcome.NOT_APPLICABLE


@pytest.mark.parametrize(
    ("outcomes", "expected"),
    [
        ([], N),
        ([N], N),
        ([N, P], P),
        ([P, P], P),
        ([P, U], U),
        ([U, F], F),
        ([P, N, U, F], F),
        ([N, U], U),
    ],
)
def test_the_worst_wins(outcomes: list[Outcome], expected: Outcome) -> None:
    assert worst(outcomes) is expected
    assert worst(reversed(outcomes)) is expected
