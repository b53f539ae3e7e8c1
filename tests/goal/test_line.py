"""How figures went, in few of them."""

from datetime import date, timedelta

import pytest

from tlsaudit.goal.line import Point, turns

DAY = date(2015, 1, 1)


def points(*figures: float) -> list[Point]:
    """A figure a day."""
    return [(DAY + timedelta(days=number), figure) for number, figure in enumerate(figures)]


@pytest.mark.parametrize(
    ("figures", "kept"),
    [
        ((), []),
        ((0.5,), [0]),
        ((0.5, 0.5), [0, 1]),
        ((0, 0, 0.5, 0.5, 0.5), [0, 2, 4]),
        ((0, 0.5, 0, 0.5), [0, 1, 2, 3]),
        ((0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6), [0, 2, 4, 6]),
        ((0, 0.1, 0.2, 0.3, 0.4, 0.5), [0, 2, 4, 5]),
    ],
)
def test_where_a_figure_turns(figures: tuple[float, ...], kept: list[int]) -> None:
    every = points(*figures)
    assert turns(every, 4) == [every[number] for number in kept]


def test_the_last_figure_of_a_day_counts() -> None:
    assert turns([(DAY, 0.0), (DAY, 0.5), (DAY + timedelta(days=1), 0.5)], 4) == points(0.5, 0.5)
