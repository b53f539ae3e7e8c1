"""What was observed and judged comes back as it was."""

import json
from dataclasses import replace
from datetime import UTC
from typing import Any, get_args, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.store.fleet import START, begin, finding, offer
from tlsaudit.check import Fact, Finding, Outcome, Severity, Subject, SubjectKind
from tlsaudit.evidence import (
    AddressObservation,
    CanonicalLinks,
    Certificates,
    EndpointObservation,
    Evidence,
    EvidenceType,
    NotObserved,
    Page,
    Reason,
    TlsOffer,
    sample_fields,
)
from tlsaudit.store import Store, StoreError
from tlsaudit.store.codec import (
    HOST,
    EncodedEvidence,
    decode_evidence,
    decode_finding,
    encode_evidence,
    encode_finding,
    host_of,
    pack_addresses,
    pack_ids,
    unpack_addresses,
    unpack_ids,
)
from tlsaudit.target import Endpoint

_TIMES = st.datetimes(timezones=st.just(UTC))
_KINDS = get_args(Evidence)


def _evidence(kind: type[Any]) -> st.SearchStrategy[Any]:
    hints = {name: hint for name, hint in get_type_hints(kind).items() if name.endswith("_ms")}
    finite = {
        name: st.floats(0, 1e6) if hint is float else st.none() | st.floats(0, 1e6) for name, hint in hints.items()
    }
    return st.builds(kind, observed_at=_TIMES, **finite)


@given(st.one_of([st.tuples(st.just(kind), _evidence(kind) | st.builds(NotObserved)) for kind in _KINDS]))
def test_evidence_comes_back_as_it_was(case: tuple[type[Any], Evidence | NotObserved]) -> None:
    kind, item = case
    for host in (getattr(item, "host", "www.example.org"), "another.example.org"):  # the endpoint's may be another
        decoded = decode_evidence(encode_evidence(kind, item, START, host), START, host)
        assert decoded == item
        assert type(decoded) is type(item)


@given(st.lists(st.tuples(st.integers(0, 2**32 - 1), st.sampled_from([None, "192.0.2.1", "2001:db8::1"]))))
def test_the_verdicts_of_a_state_come_back_as_they_were(verdicts: list[tuple[int, str | None]]) -> None:
    ids, addresses = [number for number, _ in verdicts], [address for _, address in verdicts]
    assert [*unpack_ids(pack_ids(ids))] == ids
    assert unpack_addresses(pack_addresses(addresses), len(ids)) == addresses


@given(st.one_of([st.tuples(st.just(kind), _evidence(kind)) for kind in _KINDS]))
def test_evidence_whose_samples_are_no_longer_kept_says_so(case: tuple[type[Any], Evidence]) -> None:
    """Any field that differs from look to look may be None, but for the time, which is that of the look."""
    kind, item = case
    encoded = encode_evidence(kind, item, START, "a")
    decoded = decode_evidence(replace(encoded, sample=None), START, "a")
    gone: dict[str, Any] = dict.fromkeys(sample_fields(kind) - {"observed_at"})
    assert decoded == replace(item, **{"observed_at": START, **gone})


_NAMES = st.text("abc-", min_size=1)
# Lone surrogates and NUL among them: what a hostile server may send.
_ANYTHING = st.text(st.characters())
_BEYOND = (SubjectKind.SERVICE, SubjectKind.LINK)
_FACTS: st.SearchStrategy[Fact] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | _ANYTHING,
    lambda inner: st.lists(inner) | st.dictionaries(_NAMES, inner),
    max_leaves=5,
)


@given(
    st.builds(
        Finding,
        endpoint=st.none(),
        message=_ANYTHING,
        subject=st.builds(Subject, st.sampled_from(_BEYOND), _NAMES),
        outcome=st.sampled_from(Outcome),
        severity=st.sampled_from(Severity),
        facts=st.dictionaries(_NAMES, _FACTS),
        samples=st.just(frozenset()),
    )
)
def test_a_finding_comes_back_as_it_was(finding: Finding) -> None:
    encoded = encode_finding(finding)
    assert decode_finding(encoded, finding.subject, finding.address) == finding
    assert encoded.body.isascii()


_HOSTS = (
    "www.example.org",
    "news.example.org",
    "a.b",
    "e.e.e",
    "u00e9.example",
    "192.0.2.1",
    "2001:db8::1",
    "localhost",
)
_PLACES = st.builds(
    Endpoint,
    st.sampled_from(_HOSTS),
    st.sampled_from([443, 8443]),
    site=st.sampled_from([None, "west"]),
    starttls=st.sampled_from([None, "smtp"]),
)


def _saying(host: str) -> st.SearchStrategy[str]:
    """Text with the host in it, whole and in parts, beside what is written otherwise in JSON."""
    parts = [host, host[1:], host[:-1], host.upper(), HOST, HOST[1:], "\\", "\n", "\t", '"', "é", "\x00", "/", "x"]
    return st.lists(st.sampled_from(parts), max_size=6).map("".join)


@given(st.data(), _PLACES, st.sampled_from([None, "until the move of www.example.org"]))
def test_what_is_said_of_a_host_comes_back_with_its_name(
    data: st.DataObject, endpoint: Endpoint, waiver: str | None
) -> None:
    text = _saying(endpoint.host)
    facts: st.SearchStrategy[Fact] = text | st.integers() | st.lists(text) | st.dictionaries(text, text)
    said = replace(
        finding(endpoint, "a", Outcome.FAIL, data.draw(text)),
        facts=data.draw(st.dictionaries(text | st.just("limit_ms"), facts)),
        samples=data.draw(st.sampled_from([frozenset[str](), frozenset({"limit_ms"})])),
        also=tuple(data.draw(st.lists(text))),
        waiver=waiver,
    )
    encoded = encode_finding(said)
    held = replace(said, samples=said.samples & said.facts.keys())
    assert decode_finding(encoded, said.subject, said.address) == held
    json.loads(encoded.body)
    assert encoded.body.isascii()


def test_what_two_hosts_are_told_alike_is_one_content() -> None:
    def body(host: str, waiver: str | None = None) -> str:
        said = finding(Endpoint(host, 8443, site="west", starttls="smtp"), "a", message=f"names {host}")
        return encode_finding(replace(said, facts={"names": [host, f"m.{host}"]}, waiver=waiver)).body

    assert body("a.example.org") == body("b.example.org")
    assert "example.org" not in body("a.example.org")
    assert body("a.example.org", "a.example.org moves") != body("b.example.org", "a.example.org moves")
    assert body("localhost") != body("elsewhere")


@given(_PLACES)
def test_the_id_of_an_endpoint_tells_its_host(endpoint: Endpoint) -> None:
    assert host_of(endpoint.id).strip("[]") == endpoint.host


def test_facts_that_differ_from_look_to_look_are_kept_apart() -> None:
    said = finding(Endpoint("www.example.org"), "a")
    looks = [
        replace(said, facts={"limit_ms": 1000, "time_ms": time_ms}, samples=frozenset({"time_ms"}))
        for time_ms in (12.5, 13.5)
    ]
    first, later = map(encode_finding, looks)
    assert (first.body, first.facts, later.facts) == (later.body, [12.5], [13.5])
    assert decode_finding(later, said.subject, said.address) == looks[1]
    rolled_up = decode_finding(replace(later, facts=()), said.subject, said.address)
    assert rolled_up == replace(said, facts={"limit_ms": 1000})


def test_a_later_look_at_the_same_server_has_the_same_stable_part() -> None:
    first, later = (encode_evidence(TlsOffer, offer(START.replace(hour=hour), hour), START, "a") for hour in (1, 2))
    assert first.body == later.body
    assert first.sample != later.sample


@pytest.mark.parametrize(
    "encoded",
    [
        EncodedEvidence("TlsOffer", observed=True, body=b"{}", sample=()),
        EncodedEvidence("TlsOffer", observed=False, body=b'{"reason":"of another kind","detail":""}', sample=()),
        EncodedEvidence("OfAnotherVersion", observed=True, body=b"{}", sample=()),
    ],
)
def test_evidence_of_another_version_is_a_clear_error(encoded: EncodedEvidence) -> None:
    with pytest.raises(StoreError, match=f"cannot read the {encoded.kind} evidence"):
        decode_evidence(encoded, START, "a")


def test_one_certificate_on_many_hosts_is_one_content() -> None:
    shown = [encode_evidence(Certificates, Certificates(host, START, ()), START, host) for host in ("a", "b")]
    assert shown[0] == shown[1]


def test_certificates_of_before_their_details_were_recorded_are_read() -> None:
    leaf = {
        "sha256": "00",
        "subject": "CN=a",
        "issuer": "CN=b",
        "serial": "1",
        "not_before": "2026-10-01T00:00:00Z",
        "not_after": "2026-11-01T00:00:00Z",
        "dns_names": ["a"],
        "ip_addresses": [],
        "key_type": "RSA",
        "key_bits": 2048,
        "signature_algorithm": "RSA_WITH_SHA256",
        "self_issued": False,
    }
    body = json.dumps({"host": "a", "chains": [{"certificates": [leaf], "trust_error": None}]}).encode()
    read = decode_evidence(EncodedEvidence("Certificates", observed=True, body=body, sample=(0,)), START, "b")
    assert isinstance(read, Certificates)
    assert read.chains[0].leaf.subject == "CN=a"
    assert not read.chains[0].leaf.detailed


_HOSTILE = NotObserved(Reason.RATE_LIMITED, "\x00\udc80")


@pytest.mark.parametrize(
    ("kind", "item"),
    [
        (TlsOffer, offer(START)),
        (TlsOffer, _HOSTILE),
        (CanonicalLinks, CanonicalLinks("\x00\udc80", START, (Page("/\x00\udc80", _HOSTILE, _HOSTILE),))),
    ],
)
def test_the_database_takes_whatever_a_server_sent(kind: EvidenceType, item: Evidence | NotObserved) -> None:
    endpoint = Endpoint("www.example.org")
    seen = EndpointObservation(endpoint.id, START, (AddressObservation("192.0.2.1", None, {kind: item}),))
    with Store.open("sqlite://") as store:
        audit = begin(store)
        store.add_observation(audit, endpoint, seen)
        assert [each.evidence for each in store.evidence(audit, [kind])] == [(item,)]
