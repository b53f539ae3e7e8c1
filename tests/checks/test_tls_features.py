"""The checks on what a server says of itself in the hellos it answers; each takes one fact of TlsFeatures."""

import pytest

from tests.checks.run import Expected, judge
from tests.checks.tls import ECDHE, TLS13, features, offer, version
from tlsaudit.evidence import TlsVersion, VersionOffer

TLS10 = version(TlsVersion.TLS1_0, "ECDHE_RSA_WITH_AES_128_CBC_SHA")


@pytest.mark.parametrize(
    ("check", "fact", "value", "expected"),
    [
        ("secure-renegotiation", "secure_renegotiation", True, ("pass", "renegotiation_info is answered")),
        (
            "secure-renegotiation",
            "secure_renegotiation",
            False,
            ("fail", "renegotiation_info is not answered: clients cannot tell that they are safe from injection"),
        ),
        (
            "secure-renegotiation",
            "secure_renegotiation",
            None,
            ("not_applicable", "TLS 1.3 has no renegotiation, and nothing older could show it"),
        ),
        ("tls-compression", "compression", False, ("pass", "compression is off")),
        ("tls-compression", "compression", True, ("fail", "what is sent is compressed: its length gives cookies away")),
        (
            "tls-compression",
            "compression",
            None,
            ("not_applicable", "TLS 1.3 has no compression, and nothing older is served"),
        ),
        ("extended-master-secret", "extended_master_secret", True, ("pass", "extended_master_secret is answered")),
        (
            "extended-master-secret",
            "extended_master_secret",
            False,
            ("fail", "extended_master_secret is not answered: sessions can be made to share a secret"),
        ),
        (
            "extended-master-secret",
            "extended_master_secret",
            None,
            ("not_applicable", "TLS 1.3 always has it, and nothing older could show it"),
        ),
        ("encrypt-then-mac", "encrypt_then_mac", True, ("pass", "encrypt_then_mac is answered")),
        (
            "encrypt-then-mac",
            "encrypt_then_mac",
            False,
            ("fail", "encrypt_then_mac is not answered, and CBC suites are served"),
        ),
        ("encrypt-then-mac", "encrypt_then_mac", None, ("not_applicable", "no CBC suite was seen")),
    ],
)
def test_one_fact(check: str, fact: str, value: bool | None, expected: Expected) -> None:
    assert judge(check, features(**{fact: value})) == [expected]


MARKED = ("pass", "an answer below what both sides know is marked, or refused")
UNMARKED = ("fail", "TLS 1.3 is served, but older answers do not say so in their random bytes")
LET_IN = ("fail", "a client that falls back to an old version is not turned away (TLS_FALLBACK_SCSV)")
NOTHING = ("not_applicable", "there is nothing older to be led to")


@pytest.mark.parametrize(
    ("versions", "sentinel", "scsv", "expected"),
    [
        ([TLS13, ECDHE], True, True, [MARKED]),
        ([TLS13, ECDHE], True, False, [MARKED]),  # below TLS 1.2 there is nothing to fall back to
        ([TLS13, ECDHE], False, True, [UNMARKED]),
        ([TLS13, ECDHE, TLS10], True, False, [LET_IN, MARKED]),
        ([TLS13, ECDHE, TLS10], False, False, [UNMARKED, LET_IN]),
        ([TLS13, ECDHE, TLS10], True, True, [MARKED]),
        ([ECDHE, TLS10], None, True, [MARKED]),
        ([ECDHE, TLS10], None, False, [LET_IN]),
        ([ECDHE], None, None, [NOTHING]),
        ([ECDHE], None, False, [NOTHING]),
        ([TLS13], None, None, [NOTHING]),
    ],
)
def test_downgrade_protection(
    versions: list[VersionOffer], sentinel: bool | None, scsv: bool | None, expected: list[Expected]
) -> None:
    seen = features(downgrade_sentinel=sentinel, fallback_scsv=scsv)
    assert judge("downgrade-protection", offer(*versions), seen) == expected
