import hashlib
from collections.abc import Sequence
from dataclasses import replace

import pytest

from tests.checks.evidence import NOW, certificate, certificates, chain
from tests.checks.run import Expected, judge
from tlsaudit.evidence import Certificate, CertificateChain, Dnssec, NotObserved, Reason, TlsaRecord, TlsaRecords

NAME = "_443._tcp.www.example.org"


def holding(content: bytes, subject: str, issuer: str) -> Certificate:
    """As if it were these bytes, and its key these and `key`."""
    return replace(
        certificate("www.example.org"),
        sha256=hashlib.sha256(content).hexdigest(),
        spki_sha256=hashlib.sha256(content + b"key").hexdigest(),
        subject=subject,
        issuer=issuer,
    )


CONTENTS = (b"leaf", b"root", b"intermediate")  # in the wrong order, as some servers send them
SENT = CertificateChain(
    certificates=(
        holding(b"leaf", "CN=www.example.org", "CN=Intermediate"),
        holding(b"root", "CN=Root", "CN=Root"),
        holding(b"intermediate", "CN=Intermediate", "CN=Root"),
    ),
    trust_error=None,
    sha512=tuple((hashlib.sha512(each).hexdigest(), hashlib.sha512(each + b"key").hexdigest()) for each in CONTENTS),
)
DISTRUSTED = replace(SENT, trust_error="the root is not trusted")
STRAY = replace(SENT, certificates=(*SENT.certificates[:2], holding(b"intermediate", "CN=Stray", "CN=Root")))


def record(usage: int, selector: int, matching: int, of: bytes) -> TlsaRecord:
    data = of + b"key" * selector
    digests = (data.hex(), hashlib.sha256(data).hexdigest(), hashlib.sha512(data).hexdigest())
    return TlsaRecord(usage, selector, matching, digests[min(matching, 2)])


def records(
    *given: TlsaRecord, protocol: str | None = None, dnssec: Dnssec | NotObserved = Dnssec.SECURE
) -> TlsaRecords:
    return TlsaRecords(NOW, NAME, protocol, given, dnssec)


@pytest.mark.parametrize("selector", [0, 1])
@pytest.mark.parametrize("matching", [0, 1, 2])
@pytest.mark.parametrize(
    ("usage", "of"), [(3, b"leaf"), (1, b"leaf"), (2, b"intermediate"), (0, b"intermediate"), (2, b"root")]
)
def test_each_kind_of_record_matches(usage: int, selector: int, matching: int, of: bytes) -> None:
    found = judge("dns-tlsa", records(record(usage, selector, matching, of)), certificates(SENT))
    assert found == [("pass", f"TLSA {usage} {selector} {matching} matches")]


NONE = f"no TLSA record at {NAME} matches: "
MAYBE = "no TLSA record matches what is served, but one may name an authority that is not sent"


@pytest.mark.parametrize(
    ("tlsa", "served", "expected"),
    [
        (records(), SENT, ("not_applicable", "no TLSA record")),
        (records(record(3, 1, 1, b"old")), SENT, ("fail", f"{NONE}3 1 1")),
        (records(record(3, 1, 1, b"old"), record(3, 1, 1, b"leaf")), SENT, ("pass", "TLSA 3 1 1 matches")),
        (records(record(3, 0, 1, b"old"), record(3, 1, 1, b"old")), SENT, ("fail", f"{NONE}3 0 1, 3 1 1")),
        # The usage says whose it has to be.
        (records(record(3, 1, 1, b"intermediate")), SENT, ("fail", f"{NONE}3 1 1")),
        (records(record(2, 1, 1, b"leaf")), SENT, ("fail", f"{NONE}2 1 1")),
        (records(record(2, 1, 1, b"intermediate")), STRAY, ("fail", f"{NONE}2 1 1")),
        # An authority may be known without being sent, and a record may hold all of it.
        (records(record(0, 1, 1, b"another root")), SENT, ("unknown", MAYBE)),
        (records(record(2, 0, 0, b"another root")), SENT, ("unknown", MAYBE)),
        # DANE's own usages ask for no root, the others do.
        (records(record(3, 1, 1, b"leaf")), DISTRUSTED, ("pass", "TLSA 3 1 1 matches")),
        (
            records(record(1, 1, 1, b"leaf")),
            DISTRUSTED,
            ("fail", "TLSA 1 1 1 matches, but also asks for trust: the root is not trusted"),
        ),
        (
            records(record(1, 1, 1, b"leaf"), record(3, 1, 1, b"leaf")),
            DISTRUSTED,
            ("pass", "TLSA 3 1 1 matches"),
        ),
        # What cannot be used is as good as none.
        (
            records(record(1, 1, 1, b"leaf"), protocol="smtp"),
            SENT,
            ("fail", f"none of the TLSA records at {NAME} can be used: 1 1 1"),
        ),
        (records(record(3, 1, 1, b"leaf"), protocol="smtp"), SENT, ("pass", "TLSA 3 1 1 matches")),
        (
            records(record(3, 1, 9, b"leaf")),
            SENT,
            ("fail", f"none of the TLSA records at {NAME} can be used: 3 1 9"),
        ),
        # Nobody uses what is not signed.
        (
            records(record(3, 1, 1, b"leaf"), dnssec=Dnssec.INSECURE),
            SENT,
            ("fail", f"the TLSA records at {NAME} are not signed, so that nobody uses them"),
        ),
        (
            records(record(3, 1, 1, b"leaf"), dnssec=Dnssec.BOGUS),
            SENT,
            ("fail", f"DNSSEC validation of {NAME} fails: who honours TLSA does not connect"),
        ),
        (
            records(record(3, 1, 1, b"leaf"), dnssec=NotObserved(Reason.NOT_PROBED, "the resolver does not validate")),
            SENT,
            ("unknown", "not probed: the resolver does not validate"),
        ),
    ],
)
def test_dns_tlsa(tlsa: TlsaRecords, served: CertificateChain, expected: Expected) -> None:
    assert judge("dns-tlsa", tlsa, certificates(served)) == [expected]


def test_each_certificate_needs_a_record_of_its_own() -> None:
    other = replace(chain(certificate("www.example.org", key_type="RSA")))
    found: Sequence[Expected] = judge("dns-tlsa", records(record(3, 1, 1, b"leaf")), certificates(SENT, other))
    assert found == [("pass", "ECDSA certificate: TLSA 3 1 1 matches"), ("fail", f"RSA certificate: {NONE}3 1 1")]
