"""Whose outage it is: the watcher's own, or that of what it looks at."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tlsaudit.app.watch.outages import Outages
from tlsaudit.app.watch.scanner import ITSELF, Scanner, Seen
from tlsaudit.evidence import NotObserved, Reason
from tlsaudit.probe.availability import Look
from tlsaudit.store import Outage

NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)
ADDRESSES = {"a": "192.0.2.1", "b": "192.0.2.2", "c": "198.51.100.1", "d": "2001:db8::1"}
REFUSED = NotObserved(Reason.REFUSED)


def at(second: int) -> datetime:
    return NOON + timedelta(seconds=second)


def seen(endpoint: str, second: int, *, up: bool, took: int = 0, addresses: dict[str, str] = ADDRESSES) -> Seen:
    look = Look(up, up, None if up else 1.0, None if up else REFUSED, address=addresses.get(endpoint), connected=up)
    return Seen(endpoint, at(second - took), at(second), look)


def told(script: str, *, addresses: dict[str, str] = ADDRESSES) -> str:
    """Looks a second apart, `A` one that is answered, `a` one that is not, in the order in which they are over; `+` and
    `-` are control endpoints that answer or do not. The answer has them as they are told, blind ones in brackets.
    """
    scanner = Scanner()
    names = sorted({sign.lower() for sign in script if sign.isalpha()})
    scanner.watch(names, controlled=bool({"+", "-"} & set(script)))
    words = ""
    for second, sign in enumerate(script):
        if sign in "+-":
            found = scanner.control(at(second), answered=sign == "+")
        else:
            found = scanner.took(seen(sign.lower(), second, up=sign.isupper(), addresses=addresses))
        for each in found:
            if each.endpoint != ITSELF:
                shown = each.endpoint.upper() if each.look.up else each.endpoint
                words += f"({shown})" if each.blind else shown
    return words


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("ABCABC", "ABCABC"),
        ("AbCAbC", "AbCAbC"),  # one that is down
        ("ABcABC", "ABcABC"),
        ("ABabcC", "AB(a)(b)(c)C"),  # all at once, from the first on
        ("abcabcA", "(a)(b)(c)(a)(b)(c)A"),
        ("abCabC", "abCabC"),  # one answers
        ("ababC", "ababC"),
        ("abcAbCAbC", "(a)(b)(c)AbCAbC"),  # what is still down afterwards is down
        ("aAaa", "aAaa"),  # a fleet of one is never blind
        ("abab", "abab"),  # nor is one of two
    ],
)
def test_many_at_once_are_the_watcher_s_own_outage(script: str, expected: str) -> None:
    assert told(script) == expected


def test_in_one_network_it_cannot_be_told() -> None:
    near = {"a": "192.0.2.1", "b": "192.0.2.2", "c": "192.0.2.3"}
    assert told("ABCabcABC", addresses=near) == "ABCabcABC"


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("+AB+", "AB"),
        ("+aB+", "Ba"),  # control answers before and after
        ("+a-b+a+", "(a)(b)a"),
        ("-ab-", "(a)(b)"),
        ("+abc+", "abc"),  # all at once, but the watcher reaches its control endpoint
        ("+a-B+", "(a)B"),  # what is answered is answered
    ],
)
def test_with_control_endpoints_these_decide(script: str, expected: str) -> None:
    assert told(script) == expected


def test_a_look_that_began_in_the_outage_is_part_of_it() -> None:
    scanner = Scanner()
    scanner.watch("abc", controlled=False)
    for second, name in enumerate("abc"):
        scanner.took(seen(name, second, up=False))
    scanner.took(seen("a", 10, up=True))
    (late,) = scanner.took(seen("b", 20, up=False, took=15))
    assert late.blind


@pytest.mark.parametrize("controlled", [True, False])
def test_a_look_that_failed_on_this_side_says_nothing(controlled: bool) -> None:
    scanner = Scanner()
    scanner.watch("abc", controlled=controlled)
    why = NotObserved(Reason.PROBE_FAILED, "Too many open files")
    failed = [replace(seen(name, 0, up=False), look=Look(False, False, why=why)) for name in "abc"]
    assert [scanner.took(each) for each in failed] == [[replace(each, blind=True)] for each in failed]
    assert scanner.took(seen("a", 1, up=True))[-1] == seen("a", 1, up=True)


def _outages(looks: Sequence[Seen], begun: Sequence[Outage] = ()) -> list[Outage]:
    outages = Outages("lab", begun)
    for each in looks:
        outages.saw(each)
    return outages.take()


def test_an_outage_is_an_interval_between_looks() -> None:
    looks = [seen("a", second, up=up) for second, up in ((0, True), (60, False), (120, False), (180, True))]
    (found,) = _outages(looks)
    assert found == Outage("lab", "a", at(0), at(60), at(120), at(180), "connection refused", 2)
    (lasting,) = _outages(looks[:3])
    assert (lasting.seen, lasting.ended) == (at(120), None)
    assert _outages(looks[3:], [lasting]) == [found]  # another process goes on with it


def test_what_does_not_change_is_not_written_again() -> None:
    outages = Outages("lab")
    outages.saw(seen("a", 0, up=False))
    taken = outages.take()
    assert (len(taken), outages.take()) == (1, [])
    outages.saw(seen("a", 60, up=False))
    outages.give_back(taken)
    assert [each.looks for each in outages.take()] == [2], "the later one counts"
