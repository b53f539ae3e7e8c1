"""The choice of pages: the same wherever it is made, spread over a site, and hardly moved by its growth."""

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlsaudit.probe.sample import Sample

SITE = [f"/{section}/page-{number}" for section in ("news", "shop", "wiki", "help") for number in range(500)]


def chosen(size: int, paths: Iterable[str], without: Iterable[str] = ()) -> tuple[str, ...]:
    sample = Sample(size, without)
    for path in paths:
        sample.add(path)
    return sample.paths()


def test_the_choice_is_written_down() -> None:
    """Another hash would choose other pages of every site, and make yesterday's verdicts look like changes."""
    assert chosen(3, SITE) == ("/news/page-492", "/wiki/page-268", "/help/page-442")


@given(st.permutations(SITE[::100]), st.integers(0, 30))
def test_neither_order_nor_repetition_matters(paths: list[str], size: int) -> None:
    expected = chosen(size, SITE[::100])
    assert chosen(size, [*paths, *paths]) == expected
    assert len(expected) == min(size, len(paths))


@given(st.lists(st.text(), max_size=20), st.lists(st.text(), max_size=20), st.integers(0, 5))
def test_growth_only_displaces(old: list[str], new: list[str], size: int) -> None:
    before, after = chosen(size, old), chosen(size, old + new)
    assert [path for path in after if path in old] == [path for path in before if path in after]


@pytest.mark.parametrize("size", [20, 40])
def test_every_part_of_a_site_has_its_share(size: int) -> None:
    sections = [path.split("/")[1] for path in chosen(size, SITE)]
    assert all(size / 10 <= sections.count(name) <= size / 2 for name in ("news", "shop", "wiki", "help"))


def test_what_is_listed_anyway_is_not_chosen() -> None:
    first, second, third = chosen(3, SITE)
    assert chosen(2, SITE, without=[second]) == (first, third)
