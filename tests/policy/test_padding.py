"""Padding: how long things get."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlsaudit.policy.padding import SCHEMES, Scheme, padme, power_of_two

SIZES = st.integers(0, 1 << 40)


@pytest.mark.parametrize(
    ("size", "padded"),
    [(0, 0), (1, 1), (7, 7), (8, 8), (9, 10), (15, 16), (100, 104), (1000, 1024), (1025, 1088), (10_000, 10_240)],
)
def test_padme(size: int, padded: int) -> None:
    assert padme(size) == padded


@pytest.mark.parametrize(("size", "padded"), [(0, 0), (1, 1), (2, 2), (3, 4), (1024, 1024), (1025, 2048)])
def test_the_next_power_of_two(size: int, padded: int) -> None:
    assert power_of_two(size) == padded


@given(SIZES)
def test_padme_costs_at_most_12_per_cent_and_leaves_few_sizes(size: int) -> None:
    assert padme(size) <= size * 1.12
    assert padme(padme(size)) == padme(size)


@pytest.mark.parametrize("scheme", SCHEMES, ids=lambda scheme: scheme.id)
@given(size=SIZES, other=SIZES)
def test_nothing_gets_shorter_nor_overtakes(scheme: Scheme, size: int, other: int) -> None:
    assert scheme.pad(size) >= size
    assert (scheme.pad(size) <= scheme.pad(other)) or size > other
