"""Coverage of pairs of prefixes by traffic selectors, held against counting addresses one by one."""

from ipaddress import IPv4Address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlsaudit.check.coverage import Pair, addresses, first_gap

EAST, WEST = "10.64.0.0/16", "10.192.0.0/16"


def pair(here: str, there: str) -> Pair:
    return addresses(here), addresses(there)


@pytest.mark.parametrize(
    ("selectors", "gap"),
    [
        ([(EAST, WEST)], None),
        ([("0.0.0.0/0", "0.0.0.0/0")], None),
        ([("10.64.0.0/17", WEST), ("10.64.128.0/17", WEST)], None),
        ([(EAST, "10.192.0.0/17"), (EAST, "10.192.128.0-10.192.255.255")], None),
        ([("10.64.0.0/17", WEST), ("10.64.128.0/17", "10.192.0.0/17"), (EAST, "10.192.128.0/17")], None),
        ([], (EAST, WEST)),
        ([("::/0", "::/0")], (EAST, WEST)),
        ([(WEST, EAST)], (EAST, WEST)),
        ([("10.64.0.0/17", WEST)], ("10.64.128.0/17", WEST)),
        ([(EAST, "10.192.0.1-10.192.255.255")], (EAST, "10.192.0.0/32")),
        ([("10.64.0.0/17", WEST), ("10.64.128.0/17", "10.192.0.0/17")], ("10.64.128.0/17", "10.192.128.0/17")),
        ([("10.64.0.0-10.64.255.254", WEST)], ("10.64.255.255/32", WEST)),
    ],
)
def test_what_is_not_covered(selectors: list[tuple[str, str]], gap: tuple[str, str] | None) -> None:
    assert first_gap(pair(EAST, WEST), [pair(*item) for item in selectors]) == gap


def test_ipv6() -> None:
    wanted = pair("2001:db8:1::/48", "2001:db8:2::/48")
    halves = [pair("2001:db8:1::/49", "2001:db8:2::/47"), pair("2001:db8:1:8000::/49", "2001:db8:2::/48")]
    assert first_gap(wanted, halves) is None
    assert first_gap(wanted, halves[:1]) == ("2001:db8:1:8000::/49", "2001:db8:2::/48")


@pytest.mark.parametrize("text", ["", "10.64.0.1/16", "10.0.0.2-10.0.0.1", "10.0.0.1-::1", "dynamic"])
def test_what_is_no_addresses(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 some of it is said by ipaddress
        addresses(text)


part = st.tuples(st.integers(0, 7), st.integers(0, 7)).map(sorted).map(lambda pair: (4, pair[0], pair[1]))


@given(st.lists(st.tuples(part, part), max_size=6))
def test_it_is_what_counting_says(selectors: list[Pair]) -> None:
    gap = first_gap(((4, 0, 7), (4, 0, 7)), selectors)
    covered = {
        (x, y) for near, far in selectors for x in range(near[1], near[2] + 1) for y in range(far[1], far[2] + 1)
    }
    assert (gap is None) == (len(covered) == 64)
    if gap:
        here, there = (range(int(ip_network(each)[0]), int(ip_network(each)[-1]) + 1) for each in gap)
        assert not covered & {(x, y) for x in here for y in there}
        assert IPv4Address(here[-1]) <= IPv4Address(7)
