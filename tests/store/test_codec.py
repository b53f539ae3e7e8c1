"""What was observed and judged comes back as it was."""

from datetime import UTC
from typing import Any, get_args, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.store.fleet import START, begin, offer
from tlsaudit.check import Fact, Finding, Outcome, Severity, Subject, SubjectKind
from tlsaudit.evidence import (
    AddressObservation,
    CanonicalLinks,
    EndpointObservation,
    Evidence,
    EvidenceType,
    NotObserved,
    Page,
    Reason,
    TlsOffer,
)
from tlsaudit.store import Store, StoreError
from tlsaudit.store.codec import EncodedEvidence, decode_evidence, decode_finding, encode_evidence, encode_finding
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
    encoded = encode_evidence(kind, item)
    decoded = decode_evidence(encoded)
    assert decoded == item
    assert type(decoded) is type(item)
    assert (encoded.body + encoded.sample).isascii()


_NAMES = st.text("abc-", min_size=1)
# Lone surrogates and NUL among them: what a hostile server may send.
_ANYTHING = st.text(st.characters())
_FACTS: st.SearchStrategy[Fact] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | _ANYTHING,
    lambda inner: st.lists(inner) | st.dictionaries(_NAMES, inner),
    max_leaves=5,
)


@given(
    st.builds(
        Finding,
        message=_ANYTHING,
        subject=st.builds(Subject, st.sampled_from(SubjectKind), _NAMES),
        outcome=st.sampled_from(Outcome),
        severity=st.sampled_from(Severity),
        facts=st.dictionaries(_NAMES, _FACTS),
    )
)
def test_a_finding_comes_back_as_it_was(finding: Finding) -> None:
    columns = encode_finding(finding)
    assert decode_finding(columns) == finding
    assert columns["body"].isascii()


def test_a_later_look_at_the_same_server_has_the_same_stable_part() -> None:
    first, later = (encode_evidence(TlsOffer, offer(START.replace(hour=hour), hour)) for hour in (1, 2))
    assert first.body == later.body
    assert first.sample != later.sample


@pytest.mark.parametrize(
    "encoded",
    [
        EncodedEvidence("TlsOffer", observed=True, body="{}", sample="{}"),
        EncodedEvidence("TlsOffer", observed=False, body='{"reason":"of another kind","detail":""}', sample=""),
    ],
)
def test_evidence_of_another_version_is_a_clear_error(encoded: EncodedEvidence) -> None:
    with pytest.raises(StoreError, match="cannot read the TlsOffer evidence"):
        decode_evidence(encoded)


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
    with Store.in_memory() as store:
        audit = begin(store)
        store.add_observation(audit, endpoint, seen)
        assert [each.evidence for each in store.evidence(audit, [kind])] == [(item,)]
