"""What sizes give away."""

from math import log2

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlsaudit.policy.padding import SCHEMES, Scheme
from tlsaudit.report.exposure import Pages, by_number, exposure

NONE = SCHEMES[0]
BY_ID = {scheme.id: scheme for scheme in SCHEMES}
SITES = st.lists(
    st.dictionaries(st.sampled_from("abcdefgh"), st.lists(st.integers(1, 9000), min_size=1, max_size=4), min_size=1),
    min_size=1,
    max_size=3,
)


@pytest.mark.parametrize(
    ("pages", "recognisable", "guessed", "entropy", "largest"),
    [
        ({"a": [100]}, 1, 1, 0, 1),
        ({"a": [100], "b": [200]}, 1, 1, 0, 1),
        ({"a": [100], "b": [100]}, 0, 0.5, 1, 2),
        ({"a": [100], "b": [100], "c": [300], "d": [400]}, 0.5, 0.75, 0.5, 2),
        ({str(number): [100] for number in range(8)}, 0, 1 / 8, 3, 8),
        ({"a": [100, 101], "b": [101, 102]}, 0.5, 0.75, 0.5, 2),  # each is as often of a size of its own
        ({"a": [100], "b": [100, 200, 200, 200]}, 3 / 8, 7 / 8, (log2(5 / 4) + log2(5) / 4) / 2, 2),
    ],
)
def test_by_size_alone(pages: Pages, recognisable: float, guessed: float, entropy: float, largest: int) -> None:
    found = exposure([pages], NONE)
    assert (found.recognisable, found.guessed, found.entropy) == pytest.approx((recognisable, guessed, entropy))
    assert (found.largest, found.overhead) == (largest, 0)


def test_an_observer_knows_the_host() -> None:
    assert exposure([{"/": [100]}, {"/": [100]}], NONE).recognisable == 1


def test_random_padding_hides_what_is_near() -> None:
    """Two pages 1024 bytes apart share three quarters of 4096 sizes."""
    found = exposure([{"a": [5000], "b": [6024]}], BY_ID["random"])
    assert found.recognisable == pytest.approx(0.25)
    assert found.guessed == pytest.approx(0.25 + 0.75 / 2)
    assert found.overhead == pytest.approx(4095 / 2)


@pytest.mark.parametrize(("scheme", "overhead"), [("1k", 24), ("4k", 3096), ("16k", 15384), ("power-of-two", 24)])
def test_what_it_costs(scheme: str, overhead: int) -> None:
    assert exposure([{"a": [1000]}], BY_ID[scheme]).overhead == overhead


@pytest.mark.parametrize("scheme", SCHEMES, ids=lambda scheme: scheme.id)
@given(hosts=SITES)
def test_bounds(scheme: Scheme, hosts: list[dict[str, list[int]]]) -> None:
    found, most = exposure(hosts, scheme), max(map(len, hosts))
    assert -1e-9 <= found.recognisable <= found.guessed + 1e-9
    assert found.guessed <= 1 + 1e-9
    assert -1e-9 <= found.entropy <= log2(most) + 1e-9
    assert found.guessed >= len(hosts) / found.pages - 1e-9  # whoever guesses blindly
    if scheme.spread == 1:
        assert found.recognisable <= exposure(hosts, NONE).recognisable + 1e-9
        assert found.entropy >= exposure(hosts, NONE).entropy - 1e-9


def test_more_pages_hide_better() -> None:
    pages = {str(number): [number % 50] for number in range(100)}
    found = by_number([pages], NONE, (25, 50, 100))
    assert {number: each.recognisable for number, each in found.items()} == {25: 1, 50: 1, 100: 0}
