"""A tier of a guideline as a check: what is missing is no obstacle to a gap that was seen."""

import pytest

from tests.checks.evidence import certificates
from tests.checks.run import registry
from tests.checks.tls import FELL_SILENT, TLS13, offer, version
from tests.checks.web import hop, http, https, visit
from tlsaudit.app.applicable import applies
from tlsaudit.check import Finding, judge_endpoint
from tlsaudit.evidence import (
    AddressObservation,
    EndpointObservation,
    Evidence,
    NotObserved,
    Reason,
    TlsOffer,
    TlsVersion,
)
from tlsaudit.registry import rule
from tlsaudit.target import parse_target

TIMED_OUT = NotObserved(Reason.TIMED_OUT)
URL = "https://www.example.org/"
SECURE = https(visit(hop(URL, hsts=("max-age=63072000",))))
OLD = version(TlsVersion.TLS1_0, "RSA_WITH_3DES_EDE_CBC_SHA")


def judge(name: str, *seen: Evidence, missing: NotObserved | None = None) -> Finding:
    """What a profile says where nothing but this was seen; `missing` stands for all else that it takes."""
    check = registry()[name]
    present = {type(item): item for item in seen}
    evidence = {kind: present.get(kind, missing) for kind in check.evidence}
    address = AddressObservation("192.0.2.1", 1.0, {kind: item for kind, item in evidence.items() if item is not None})
    observation = EndpointObservation("www.example.org:443", certificates().observed_at, (address,))
    return judge_endpoint(rule(check, {}), observation)


@pytest.mark.parametrize(
    ("seen", "missing", "outcome", "message"),
    [
        ((offer(TLS13), certificates(), SECURE), None, "pass", "reached"),
        ((offer(TLS13), certificates()), TIMED_OUT, "unknown", "1 of 7 rules could not be judged: timed out"),
        ((offer(TLS13, OLD), certificates()), TIMED_OUT, "fail", "not reached: 2 gaps of 7 rules: TLS 1.0 is served"),
        ((), TIMED_OUT, "unknown", "timed out"),
        ((offer(TLS13), certificates()), None, "pass", "reached"),  # what speaks no HTTP is not asked for HSTS
        ((offer(TLS13, incomplete=FELL_SILENT), certificates(), SECURE), None, "unknown", "the server stopped"),
    ],
)
def test_one_gap_that_was_seen_decides(
    seen: tuple[Evidence, ...], missing: NotObserved | None, outcome: str, message: str
) -> None:
    finding = judge("mozilla-intermediate", *seen, missing=missing)
    assert finding.outcome == outcome
    assert message in finding.message


def test_the_facts_have_each_gap_with_its_fix_lines_and_source() -> None:
    gaps = judge("mozilla-modern", offer(OLD), missing=TIMED_OUT).facts["gaps"]
    assert isinstance(gaps, list)
    assert gaps[0] == {
        "rule": "versions",
        "found": "TLS 1.0 is served",
        "fix": "serve no other versions than: TLS 1.3",
        "lines": {
            "nginx": ["ssl_protocols TLSv1.3;"],
            "apache": ["SSLProtocol -all +TLSv1.3"],
            "haproxy": ["ssl-default-bind-options ssl-min-ver TLSv1.3"],
        },
        "source": "tls_versions",
    }


@pytest.mark.parametrize(
    ("target", "mozilla", "federal"),
    [("www.example.org", True, True), ("smtp://mx.example.org", True, False), ("imap.example.org:993", True, False)],
)
def test_what_is_about_web_servers_is_asked_of_no_others(target: str, mozilla: bool, federal: bool) -> None:
    endpoint = parse_target(target)
    found = [applies(registry()[name], endpoint) for name in ("mozilla-intermediate", "bod-18-01")]
    assert found == [mozilla, federal]


def test_a_web_server_that_serves_no_https_at_all_keeps_no_federal_guideline() -> None:
    plain = http(visit(hop("http://www.example.org/")))
    finding = judge("bod-18-01", plain, missing=NotObserved(Reason.REFUSED))
    assert finding.outcome == "fail"
    assert "no https: connection refused" in finding.message


def test_a_guideline_takes_the_evidence_of_its_rules_alone() -> None:
    assert TlsOffer not in registry()["m-15-13"].evidence
    assert TlsOffer in registry()["bod-18-01"].evidence
