"""What was seen of the same from other vantages: in one audit, and in the last ones from there."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.store.fleet import START, begin, finding, observation, offer, pinned, unreachable
from tlsaudit.app.beyond import judge_beyond
from tlsaudit.app.vantages import beside, series_of
from tlsaudit.check import ByVantage, Finding, Outcome, Rule, Severity, Verdict, check, passed
from tlsaudit.evidence import AddressObservation, EndpointObservation, NotObserved, Reason, TlsOffer
from tlsaudit.store import Store, VantageSeen
from tlsaudit.target import Endpoint, Targets, load_targets

DAY = timedelta(days=1)
TARGETS = """\
version: 1
vantages: {fra: {}, sin: {}, iad: {}}
services: {web: [www.example.org]}
"""
WWW = Endpoint("www.example.org", service="web")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(f"sqlite:///{tmp_path / 'history.db'}") as opened:
        yield opened


@pytest.fixture
def targets(tmp_path: Path) -> Targets:
    (tmp_path / "targets.yaml").write_text(TARGETS, "utf-8")
    return load_targets(tmp_path / "targets.yaml")


def audit(
    store: Store,
    vantage: str,
    days_ago: float = 0,
    *,
    seen: EndpointObservation | None = None,
    targets: str = "targets.yaml",
    finished: bool = True,
) -> int:
    at = START - days_ago * DAY
    number = store.begin(at, vantage=vantage, version="1", pinned=pinned(), targets=targets)
    store.add_observation(number, WWW, seen or observation(WWW, at))
    if finished:
        store.finish(number, at + timedelta(minutes=1))
    return number


def test_the_last_audit_from_each_other_vantage_counts(store: Store, targets: Targets) -> None:
    audit(store, "fra", 2)
    of_fra = audit(store, "fra", 1)
    of_iad = audit(store, "iad", 6.9)
    audit(store, "sin", 3)
    audit(store, "sin", 1, targets="others.yaml")
    audit(store, "sin", 1, finished=False)
    audit(store, "a-machine", 1)
    now = audit(store, "sin", finished=False)
    assert beside(store, now, targets) == [of_fra, of_iad]
    # Judged again later, it stands beside what it stood beside then.
    store.finish(now, START + timedelta(minutes=1))
    audit(store, "fra", -1)
    assert beside(store, now, targets) == [of_fra, of_iad]


@pytest.mark.parametrize(
    ("before", "days_ago", "now"),
    [("fra", 7.1, "sin"), ("fra", 1, "fra"), ("fra", 1, "a-machine"), ("fra, sin", 1, "sin"), ("fra, x", 1, "sin")],
)
def test_what_is_not_compared(store: Store, targets: Targets, before: str, days_ago: float, now: str) -> None:
    audit(store, before, days_ago)
    assert beside(store, audit(store, now, finished=False), targets) == []


def test_an_audit_from_two_vantages_stands_beside_one_from_a_third(store: Store, targets: Targets) -> None:
    of_both = audit(store, "fra, sin", 1)
    assert beside(store, audit(store, "iad", finished=False), targets) == [of_both]


def _told(tls: ByVantage[TlsOffer]) -> Iterator[Verdict]:
    for host, vantages in tls.hosts.items():
        yield passed(f"{host}: {', '.join(vantages)}")


def judged(store: Store, number: int, targets: Targets) -> list[Finding]:
    _told.__module__ = _told.__name__
    rule = Rule(check(title="A rule", severity=Severity.LOW)(_told), {}, {})
    return [found for part in judge_beyond(store, number, targets, [rule], links={}) for found in part()]


def from_vantages(*addresses: tuple[str, str]) -> EndpointObservation:
    looks = [
        AddressObservation(address, 1.0, {TlsOffer: offer(START)}, vantage=vantage) for vantage, address in addresses
    ]
    return EndpointObservation(WWW.id, START, tuple(looks))


@pytest.mark.parametrize(
    ("addresses", "told"),
    [
        ([("fra", "192.0.2.1"), ("sin", "192.0.2.1")], ["www.example.org:443: fra, sin"]),
        (
            [("fra", "192.0.2.1"), ("fra", "192.0.2.2"), ("sin", "192.0.2.2"), ("sin", "192.0.2.1")],
            ["www.example.org:443 192.0.2.1: fra, sin", "www.example.org:443 192.0.2.2: fra, sin"],
        ),
        (
            [("fra", "192.0.2.1"), ("sin", "192.0.2.9")],
            ["www.example.org:443: fra 192.0.2.1, sin 192.0.2.9"],
        ),
        ([("fra", "192.0.2.1")], None),
    ],
)
def test_a_place_is_a_vantage_and_the_address_where_that_differs(
    store: Store, targets: Targets, addresses: Sequence[tuple[str, str]], told: list[str] | None
) -> None:
    names = ", ".join(dict.fromkeys(vantage for vantage, _ in addresses))
    number = audit(store, names, seen=from_vantages(*addresses), finished=False)
    assert [[found.message, *found.also] for found in judged(store, number, targets)] == ([told] if told else [])


def test_audits_of_two_places_are_compared(store: Store, targets: Targets) -> None:
    audit(store, "fra", 1)
    (found,) = judged(store, audit(store, "sin"), targets)
    assert (found.subject.id, found.message) == ("web", "www.example.org:443: fra, sin")
    assert judged(store, audit(store, "a-machine"), targets) == []
    missing = unreachable(WWW, START)
    (found,) = judged(store, audit(store, "iad", seen=missing), targets)
    assert found.outcome == "unknown"
    assert found.message == f"www.example.org:443 from iad: {missing.unresolved}"


def test_what_was_seen_from_several_vantages_comes_back(store: Store) -> None:
    seen = from_vantages(("fra", "192.0.2.1"), ("fra", "192.0.2.2"), ("sin", "192.0.2.1"))
    silent = AddressObservation("192.0.2.9", None, {TlsOffer: NotObserved(Reason.TIMED_OUT, "5 s")}, vantage="iad")
    seen = replace(seen, addresses=(*seen.addresses, silent))
    number = begin(store)
    said = replace(
        finding(WWW, "a", Outcome.FAIL), vantages={"fra": Outcome.PASS, "sin": Outcome.FAIL, "iad": Outcome.UNKNOWN}
    )
    store.add_observation(number, WWW, seen, [said, finding(WWW, "b")])
    store.finish(number, START)
    assert [(row.vantage, row.address) for row in store.evidence(number, [TlsOffer])] == [
        ("fra", "192.0.2.1"), ("fra", "192.0.2.2"), ("sin", "192.0.2.1"), ("iad", "192.0.2.9"),
    ]  # fmt: skip
    (endpoint,) = store.endpoints(number)
    assert endpoint.addresses == ("192.0.2.1", "192.0.2.2", "192.0.2.9")
    assert endpoint.vantages == (
        VantageSeen("fra", ("192.0.2.1", "192.0.2.2"), None),
        VantageSeen("sin", ("192.0.2.1",), None),
        VantageSeen("iad", ("192.0.2.9",), "timed out: 5 s"),
    )
    assert [found.vantages for found in store.findings(number)] == [said.vantages, {}]


def test_each_vantage_has_a_past_of_its_own(store: Store) -> None:
    audit(store, "fra, sin", 1, seen=from_vantages(("fra", "192.0.2.1"), ("sin", "192.0.2.2")))
    audit(store, "fra", 2)
    earlier = store.earlier(begin(store))
    assert len(earlier(WWW.id, "192.0.2.1", TlsOffer, "fra")) == 1
    assert earlier(WWW.id, "192.0.2.2", TlsOffer, "fra") == []
    assert [item.observed_at for item in earlier(WWW.id, "192.0.2.1", TlsOffer)] == [START - 2 * DAY]


def test_a_named_vantage_has_figures_of_its_own(store: Store, targets: Targets) -> None:
    for vantage, days_ago, share in (("fra", 3, 0.1), ("sin", 2, 0.2), ("fra", 1, 0.3), ("a-machine", 0, 0.4)):
        number = store.begin(START - days_ago * DAY, vantage=vantage, version="1", pinned=pinned())
        store.finish(number, START, objectives=[{"id": "goal", "status": "met", "share": share, "value": None}])
    newest, of_fra, *_ = store.audits()
    assert (series_of(newest, targets), series_of(of_fra, targets)) == (None, "fra")
    of_anywhere, from_there = ([share for _, share in store.series("goal", [None], each)] for each in (None, "fra"))
    assert (of_anywhere, from_there) == ([0.1, 0.2, 0.3, 0.4], [0.1, 0.3])
    assert store.series("goal", ["another.yaml"]) == []
