"""Who waits for the domains above it, who is begun first, and that waiting ends."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlsaudit import engine
from tlsaudit.app.parents import MOST_HELD, Parents
from tlsaudit.check import Parent, Rule, Severity, Verdict, check, passed
from tlsaudit.evidence import AddressObservation, EndpointObservation, HttpsExchange, NotObserved, Reason
from tlsaudit.registry import rule
from tlsaudit.target import Endpoint

NOW = datetime(2026, 11, 25, tzinfo=UTC)
REFUSED = NotObserved(Reason.REFUSED)
UNRESOLVED = NotObserved(Reason.UNRESOLVED)


def _rule(function: object) -> Rule:
    function.__module__ = function.__name__  # type: ignore[attr-defined]
    return rule(check(title="A rule", severity=Severity.LOW)(function), {})  # type: ignore[arg-type]


def _alone(https: HttpsExchange) -> Iterator[Verdict]:
    yield passed("fine")


def _with_parents(https: HttpsExchange, parents: Parent[HttpsExchange]) -> Iterator[Verdict]:
    yield passed("fine")


WITH, ALONE = [_rule(_with_parents)], [_rule(_alone)]


def observed(endpoint: Endpoint, *seen: HttpsExchange | NotObserved) -> EndpointObservation:
    """An observation with evidence for each address; without any the name did not resolve."""
    addresses = [AddressObservation(f"192.0.2.{at}", None, {HttpsExchange: item}) for at, item in enumerate(seen)]
    return EndpointObservation(endpoint.id, NOW, tuple(addresses), unresolved=None if seen else UNRESOLVED)


def completed(parents: Parents, *endpoints: Endpoint) -> list[list[str]]:
    """What can be judged after each of these has come in."""
    return [[ready.id for ready, _ in parents.take(one, observed(one, REFUSED))] for one in endpoints]


TOP, MIDDLE, BELOW, OTHER = map(Endpoint, ("example.org", "b.example.org", "a.b.example.org", "example.net"))


def test_who_has_a_domain_above_waits_for_it() -> None:
    parents = Parents([OTHER, BELOW, MIDDLE, TOP], WITH)
    assert parents.order == [TOP, MIDDLE, OTHER, BELOW]
    assert completed(parents, BELOW, OTHER, MIDDLE, TOP) == [
        [],
        ["example.net:443"],
        [],
        ["a.b.example.org:443", "b.example.org:443", "example.org:443"],
    ]


def test_a_domain_in_between_that_nobody_looks_at_does_not_part_a_family() -> None:
    parents = Parents([BELOW, TOP], WITH)
    assert completed(parents, BELOW, TOP) == [[], ["a.b.example.org:443", "example.org:443"]]


def test_all_ports_and_sites_of_the_domain_above_are_waited_for() -> None:
    sites = [Endpoint("example.org", site="east"), Endpoint("example.org", site="west"), Endpoint("example.org", 8443)]
    parents = Parents([BELOW, *sites], WITH)
    assert [len(ready) for ready in completed(parents, BELOW, *sites)] == [0, 1, 1, 2]
    assert list(parents.above(BELOW, HttpsExchange)["example.org"]) == [REFUSED] * 3


def test_what_was_seen_above_is_the_nearest_first() -> None:
    parents = Parents([BELOW, TOP, MIDDLE], WITH)
    for one, seen in ((TOP, (REFUSED, REFUSED)), (MIDDLE, ())):
        assert len(parents.take(one, observed(one, *seen))) == 1
    above: Mapping[str, Sequence[object]] = parents.above(BELOW, HttpsExchange)
    assert [(host, list(seen)) for host, seen in above.items()] == [
        ("b.example.org", [UNRESOLVED]),
        ("example.org", [REFUSED, REFUSED]),
    ]
    assert parents.above(OTHER, HttpsExchange) == parents.above(TOP, HttpsExchange) == {}


@pytest.mark.parametrize(
    ("endpoints", "rules"),
    [
        ((BELOW, TOP), ALONE),
        ((BELOW, Endpoint("example.org", 25, None, starttls="smtp")), WITH),
        ((Endpoint("mx.example.org", 25, None, starttls="smtp"), TOP), WITH),
        ((Endpoint("example.org", 8443), TOP), WITH),
        ((Endpoint("notexample.org"), TOP), WITH),
        ((Endpoint("192.0.2.1"), Endpoint("2001:db8::1")), WITH),
    ],
)
def test_nobody_waits_in_vain(endpoints: Sequence[Endpoint], rules: Sequence[Rule]) -> None:
    parents = Parents(endpoints, rules)
    assert completed(parents, *endpoints) == [[one.id] for one in endpoints]
    assert all(not parents.above(one, HttpsExchange) for one in endpoints)


names = st.lists(st.sampled_from(["a", "b", "c"]), min_size=1, max_size=5).map(".".join)


@given(st.lists(names, min_size=1, max_size=30, unique=True).flatmap(st.permutations))
def test_each_is_judged_once_and_after_all_above_it(hosts: Sequence[str]) -> None:
    endpoints = [Endpoint(host) for host in hosts]
    parents = Parents(endpoints, WITH)
    came_in: set[str] = set()
    judged: list[str] = []
    for one in endpoints:
        came_in.add(one.host)
        for ready, _ in parents.take(one, observed(one, REFUSED)):
            above = [host for host in hosts if ready.host.endswith(f".{host}")]
            assert came_in.issuperset(above)
            assert set(parents.above(ready, HttpsExchange)) == set(above)
            judged.append(ready.host)
    assert sorted(judged) == sorted(hosts)


def test_a_slow_parent_does_not_fill_the_memory() -> None:
    """While more than MOST_HELD wait for the one, no further endpoint is begun; then the run goes on to its end."""
    below = [Endpoint(f"h{number}.{host}") for number in range(2 * MOST_HELD) for host in ("example.org", "x.example")]
    tops = [Endpoint("example.org"), Endpoint("x.example"), Endpoint("example")]
    begun = 0
    answer = asyncio.Event()

    async def probe(endpoint: Endpoint) -> EndpointObservation:
        nonlocal begun
        begun += 1
        if endpoint.host == "example.org":
            await answer.wait()
        await asyncio.sleep(0)
        return observed(endpoint, REFUSED)

    async def run() -> int:
        parents = Parents([*below, *tops], WITH)
        judged = 0
        async for one, observation in engine.map(parents.patient(probe), parents.order, concurrency=8):
            judged += len(parents.take(one, observation))
            held = begun - judged
            assert held <= MOST_HELD + 3 * 8
            if held > MOST_HELD:
                answer.set()
        return judged

    assert asyncio.run(asyncio.wait_for(run(), 60)) == len(below) + len(tops)
    assert answer.is_set()
