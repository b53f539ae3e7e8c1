"""What the runner makes of a check's verdicts, and of missing evidence, broken checks and several addresses."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from tlsaudit.check import (
    BySite,
    ByVantage,
    Finding,
    Fleet,
    Outcome,
    Parent,
    Past,
    Rule,
    Severity,
    Verdict,
    check,
    failed,
    judge_endpoint,
    judge_fleet,
    judge_link,
    judge_service,
    not_applicable,
    passed,
    unknown,
)
from tlsaudit.evidence import (
    AddressObservation,
    EndpointObservation,
    Evidence,
    LinkState,
    NotObserved,
    Order,
    Reason,
    Sessions,
    TlsOffer,
    TlsVersion,
    VersionOffer,
)

NOW = datetime(2026, 11, 23, tzinfo=UTC)
TIMED_OUT = NotObserved(Reason.TIMED_OUT, "no answer within 5 s")


def _offer(version: TlsVersion) -> TlsOffer:
    served = VersionOffer(version, (0x1301,), Order.ONLY_ONE, (), Order.ONLY_ONE)
    return TlsOffer(NOW, 1, (served,), ())


NEW, OLD = _offer(TlsVersion.TLS1_3), _offer(TlsVersion.TLS1_0)


def _rule(function: Callable[..., Any]) -> Rule:
    function.__module__ = function.__name__
    return Rule(check(title="A rule", severity=Severity.HIGH)(function), {}, {})


def _new_enough(tls: TlsOffer) -> Iterator[Verdict]:
    version = tls.versions[0].version
    yield passed(version.label) if version >= TlsVersion.TLS1_2 else failed(version.label, seen=version.label)


def _judge(*addresses: tuple[str, Evidence | NotObserved], function: Callable[..., Any] = _new_enough) -> Finding:
    seen = tuple(AddressObservation(address, None, {TlsOffer: item}) for address, item in addresses)
    return judge_endpoint(_rule(function), EndpointObservation("www.example.org:443", NOW, seen))


@pytest.mark.parametrize(
    ("addresses", "outcome", "address", "message"),
    [
        ([("192.0.2.1", NEW)], Outcome.PASS, "192.0.2.1", "TLS 1.3"),
        ([("192.0.2.1", NEW), ("192.0.2.2", OLD)], Outcome.FAIL, "192.0.2.2", "TLS 1.0"),
        ([("192.0.2.1", NEW), ("192.0.2.2", TIMED_OUT)], Outcome.UNKNOWN, "192.0.2.2", str(TIMED_OUT)),
        ([("192.0.2.1", TIMED_OUT), ("192.0.2.2", OLD)], Outcome.FAIL, "192.0.2.2", "TLS 1.0"),
        ([], Outcome.UNKNOWN, None, "no address could be tried"),
    ],
)
def test_the_worst_address_speaks_for_the_endpoint(
    addresses: list[tuple[str, Evidence | NotObserved]], outcome: Outcome, address: str | None, message: str
) -> None:
    finding = _judge(*addresses)
    assert (finding.outcome, finding.address, finding.message) == (outcome, address, message)
    assert finding.endpoint == finding.subject.id == "www.example.org:443"


def test_a_name_that_does_not_resolve_is_unknown() -> None:
    unresolved = NotObserved(Reason.UNRESOLVED, "no such name")
    observation = EndpointObservation("www.example.org:443", NOW, (), unresolved=unresolved)
    finding = judge_endpoint(_rule(_new_enough), observation)
    assert (finding.outcome, finding.message) == (Outcome.UNKNOWN, "the name does not resolve: no such name")


def _all_agree(tls: TlsOffer, past: Past[TlsOffer]) -> Iterator[Verdict]:
    versions = [offer.versions[0].version.label for offer in (tls, *past)]
    yield passed(", ".join(versions)) if len(set(versions)) == 1 else failed(", ".join(versions))


def test_the_past_is_that_of_the_same_address() -> None:
    seen = tuple(AddressObservation(address, None, {TlsOffer: NEW}) for address in ("192.0.2.1", "192.0.2.2"))
    observation = EndpointObservation("www.example.org:443", NOW, seen)
    past = {"192.0.2.1": [NEW, NEW], "192.0.2.2": [NEW, OLD]}
    finding = judge_endpoint(_rule(_all_agree), observation, lambda at, _kind: past[at.address])
    assert (finding.outcome, finding.address) == (Outcome.FAIL, "192.0.2.2")
    assert finding.message == "TLS 1.3, TLS 1.3, TLS 1.0"
    assert judge_endpoint(_rule(_all_agree), observation).message == "TLS 1.3"


def _as_above(tls: TlsOffer, parents: Parent[TlsOffer], past: Past[TlsOffer]) -> Iterator[Verdict]:
    told = [f"{host} {len(seen)}" for host, seen in parents.hosts.items()]
    yield passed(", ".join([*told, f"{len(past.earlier)} earlier"]))


def test_what_was_seen_above_is_handed_over_beside_the_past() -> None:
    seen = AddressObservation("192.0.2.1", None, {TlsOffer: NEW})
    observation = EndpointObservation("www.example.org:443", NOW, (seen,))
    above = {"www.example.org": (NEW,), "example.org": (OLD, TIMED_OUT)}
    finding = judge_endpoint(_rule(_as_above), observation, lambda _seen, _kind: [OLD], lambda _kind: above)
    assert finding.message == "www.example.org 1, example.org 2, 1 earlier"
    assert judge_endpoint(_rule(_as_above), observation).message == "0 earlier"


SILENT = NotObserved(Reason.RESET, "the server stopped answering after 9 connections")


def _partly(offer: TlsOffer) -> TlsOffer:
    return replace(offer, incomplete=SILENT)


def _says(*verdicts: Verdict) -> Callable[..., Iterator[Verdict]]:
    def says(tls: TlsOffer) -> Iterator[Verdict]:
        yield from verdicts

    return says


@pytest.mark.parametrize(
    ("verdict", "outcome", "message"),
    [
        (failed("TLS 1.0 is served"), Outcome.FAIL, "TLS 1.0 is served"),
        (passed("nothing old", served=3), Outcome.UNKNOWN, str(SILENT)),
        (not_applicable("no TLS 1.2"), Outcome.UNKNOWN, str(SILENT)),
        (unknown("for a reason of its own"), Outcome.UNKNOWN, "for a reason of its own"),
    ],
)
def test_what_a_list_may_lack_is_no_reason_to_pass(verdict: Verdict, outcome: Outcome, message: str) -> None:
    finding = _judge(("192.0.2.1", _partly(NEW)), function=_says(verdict))
    assert (finding.outcome, finding.message) == (outcome, message)
    assert finding.facts == ({} if verdict.outcome is Outcome.PASS else verdict.facts)
    whole = _judge(("192.0.2.1", NEW), function=_says(verdict))
    assert (whole.outcome, whole.message) == (verdict.outcome, verdict.message)


def test_evidence_in_part_is_evidence() -> None:
    seen = AddressObservation("192.0.2.1", None, {TlsOffer: _partly(NEW)})
    assert EndpointObservation("www.example.org:443", NOW, (seen,)).reachable


def _leaves(tls: TlsOffer) -> Iterator[Verdict]:
    yield passed("so far")
    raise SystemExit


def _raises(tls: TlsOffer) -> Iterator[Verdict]:
    yield passed("so far so good")
    raise ZeroDivisionError


def _silent(tls: TlsOffer) -> Iterator[Verdict]:
    yield from ()


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (_raises, "the check failed: ZeroDivisionError"),
        (_leaves, "the check failed: SystemExit"),
        (_silent, "the check gave no verdict"),
    ],
)
def test_a_defective_check_is_unknown_and_logged(
    function: Callable[..., Any], message: str, caplog: pytest.LogCaptureFixture
) -> None:
    finding = _judge(("192.0.2.1", NEW), function=function)
    assert (finding.outcome, finding.message) == (Outcome.UNKNOWN, message)
    assert function.__name__.replace("_", "-") in caplog.text


def _many(tls: TlsOffer) -> Iterator[Verdict]:
    yield passed("one thing is right")
    yield failed("first", number=1)
    yield unknown("not seen")
    yield failed("second")
    yield failed("first")
    yield not_applicable("no matter")


def test_further_verdicts_with_the_same_outcome_are_kept_once() -> None:
    finding = _judge(("192.0.2.1", NEW), function=_many)
    assert (finding.message, finding.facts, finding.also) == ("first", {"number": 1}, ("second",))


def _ranked(tls: TlsOffer) -> Iterator[Verdict]:
    version = tls.versions[0].version
    yield replace(failed(f"{version.label} first"), rank=version)
    yield replace(failed(f"{version.label} second"), rank=version)


def test_the_lowest_rank_speaks_whatever_its_address() -> None:
    finding = _judge(("192.0.2.1", NEW), ("192.0.2.2", OLD), function=_ranked)
    assert (finding.message, finding.address) == ("TLS 1.0 first", "192.0.2.2")
    assert finding.also == ("TLS 1.0 second", "TLS 1.3 first", "TLS 1.3 second")


def _same_version(tls: BySite[TlsOffer]) -> Iterator[Verdict]:
    for host, places in tls.hosts.items():
        versions = {offer.versions[0].version for offer in places.values()}
        yield passed(f"{host}: {len(places)}") if len(versions) == 1 else failed(host)


@pytest.mark.parametrize(
    ("seen", "outcome", "message"),
    [
        ({"a:443": {"east": [NEW], "west": [NEW]}}, Outcome.PASS, "a:443: 2"),
        ({"a:443": {"east": [NEW], "west": [OLD]}}, Outcome.FAIL, "a:443"),
        ({"a:443": {"east": [NEW], "west": [TIMED_OUT]}}, Outcome.UNKNOWN, f"a:443 at west: {TIMED_OUT}"),
        (
            {"a:443": {"east": [NEW], "west": [TIMED_OUT]}, "b:443": {"east": [NEW], "west": [OLD]}},
            Outcome.FAIL,
            "b:443",
        ),
        ({"a:443": {"east": [NEW], "west": [_partly(NEW)]}}, Outcome.UNKNOWN, f"a:443 at west: {SILENT}"),
        ({"a:443": {"east": [NEW], "west": [_partly(OLD)]}}, Outcome.FAIL, "a:443"),
        ({"a:443": {"east": [TIMED_OUT], "west": [TIMED_OUT]}}, Outcome.UNKNOWN, f"a:443 at east: {TIMED_OUT}"),
    ],
)
def test_a_service_is_compared_over_its_places(seen: Any, outcome: Outcome, message: str) -> None:
    finding = judge_service(_rule(_same_version), "wiki", seen)
    assert (finding.outcome, finding.message, finding.endpoint) == (outcome, message, None)


def _from_everywhere(tls: ByVantage[TlsOffer | NotObserved], kept: ByVantage[Sessions]) -> Iterator[Verdict]:
    for host, vantages in tls.hosts.items():
        yield passed(f"{host}: {' '.join(vantages)}, {len(kept.hosts[host])}")


@pytest.mark.parametrize(
    ("seen", "outcome", "message"),
    [
        ({"a:443": {"fra": [NEW, NEW], "sin": [OLD, NEW]}}, Outcome.PASS, "a:443: fra sin, 2"),
        ({"a:443": {"fra": [NEW, NEW], "sin": [TIMED_OUT, NEW]}}, Outcome.PASS, "a:443: fra sin, 2"),
        ({"a:443": {"fra": [NEW, NEW], "sin": [NEW, TIMED_OUT]}}, Outcome.UNKNOWN, f"a:443 from sin: {TIMED_OUT}"),
        ({"a:443": {"fra": [NEW, NEW], "sin": [_partly(NEW), NEW]}}, Outcome.UNKNOWN, f"a:443 from sin: {SILENT}"),
    ],
)
def test_a_service_is_compared_over_its_vantages(seen: Any, outcome: Outcome, message: str) -> None:
    finding = judge_service(_rule(_from_everywhere), "wiki", seen)
    assert (finding.outcome, finding.message) == (outcome, message)


@pytest.mark.parametrize(
    ("seen", "outcome", "messages", "vantages"),
    [
        ([("fra", NEW), ("sin", NEW)], "pass", ["TLS 1.3"], {"fra": "pass", "sin": "pass"}),
        ([("fra", OLD), ("sin", OLD)], "fail", ["TLS 1.0"], {"fra": "fail", "sin": "fail"}),
        ([("fra", NEW), ("sin", OLD)], "fail", ["from sin: TLS 1.0"], {"fra": "pass", "sin": "fail"}),
        (
            [("fra", NEW), ("sin", OLD), ("iad", TIMED_OUT), ("gru", OLD)],
            "fail",
            ["from sin and gru: TLS 1.0"],
            {"fra": "pass", "sin": "fail", "iad": "unknown", "gru": "fail"},
        ),
        (
            [("fra", NEW), ("sin", TIMED_OUT), ("iad", _partly(NEW))],
            "unknown",
            [f"from sin: {TIMED_OUT}", f"from iad: {SILENT}"],
            {"fra": "pass", "sin": "unknown", "iad": "unknown"},
        ),
        (
            [("fra", NEW), ("fra", OLD), ("sin", NEW)],
            "fail",
            ["from fra: TLS 1.0"],
            {"fra": "fail", "sin": "pass"},
        ),
    ],
)
def test_an_endpoint_that_is_seen_from_several_vantages_is_one_subject(
    seen: Sequence[tuple[str, TlsOffer | NotObserved]], outcome: str, messages: list[str], vantages: dict[str, str]
) -> None:
    looks = [
        AddressObservation(f"192.0.2.{number}", 1.0, {TlsOffer: item}, vantage=vantage)
        for number, (vantage, item) in enumerate(seen)
    ]
    finding = judge_endpoint(_rule(_new_enough), EndpointObservation("a:443", NOW, tuple(looks)))
    assert (finding.outcome, [finding.message, *finding.also]) == (outcome, messages)
    assert finding.vantages == vantages


def _encrypted(state: LinkState) -> Iterator[Verdict]:
    yield passed("encrypted") if state.views else failed("in clear")


@pytest.mark.parametrize(
    ("state", "outcome"),
    [
        (LinkState("east-west", NOW, ("east", "west"), ((), ()), ()), Outcome.FAIL),
        (NotObserved(Reason.NOT_PROBED), Outcome.UNKNOWN),
    ],
)
def test_a_link(state: LinkState | NotObserved, outcome: Outcome) -> None:
    finding = judge_link(_rule(_encrypted), "east-west", state)
    assert (finding.subject.id, finding.outcome) == ("east-west", outcome)


def _one_version(all_tls: Fleet[TlsOffer]) -> Iterator[Verdict]:
    versions = {offer.versions[0].version for _, _, offer in all_tls}
    yield passed("one version") if len(versions) == 1 else failed(f"{len(versions)} versions")


@pytest.mark.parametrize(
    ("seen", "missing", "outcome"),
    [
        ([NEW, NEW], [], Outcome.PASS),
        ([NEW, OLD], [], Outcome.FAIL),
        ([NEW], [("b:443", TIMED_OUT)], Outcome.UNKNOWN),
        ([NEW, OLD], [("c:443", TIMED_OUT)], Outcome.FAIL),
        ([NEW, _partly(NEW)], [], Outcome.UNKNOWN),
        ([NEW, _partly(OLD)], [], Outcome.FAIL),
    ],
)
def test_the_fleet(seen: list[TlsOffer], missing: list[tuple[str, NotObserved]], outcome: Outcome) -> None:
    fleet = Fleet(("a:443", "192.0.2.1", offer) for offer in seen)
    finding = judge_fleet(_rule(_one_version), [fleet], missing)
    assert (finding.subject.id, finding.outcome) == ("fleet", outcome)


@pytest.mark.parametrize(("silent", "more"), [(5, []), (6, ["1 more endpoint"]), (2000, ["1,995 more endpoints"])])
def test_of_many_endpoints_that_the_fleet_lacks_a_few_are_named(silent: int, more: list[str]) -> None:
    missing = [(f"h{number}:443", each) for number in range(silent) for each in (TIMED_OUT, TIMED_OUT)]
    finding = judge_fleet(_rule(_one_version), [Fleet([("a:443", "192.0.2.1", NEW)])], missing)
    named = [f"h{number}:443: {TIMED_OUT}" for number in range(5)]
    assert [finding.message, *finding.also] == [*named, *(f"{each} of which not all was seen" for each in more)]


def test_the_first_endpoint_that_was_seen_in_part_is_named() -> None:
    fleet = Fleet((f"{name}:443", "192.0.2.1", offer) for name, offer in [("a", NEW), ("b", _partly(NEW))])
    assert judge_fleet(_rule(_one_version), [fleet], []).message == f"b:443: {SILENT}"
