import pytest

from tests.checks.deep import CRASHED, deep
from tests.checks.run import Expected, judge
from tests.checks.tls import FELL_SILENT, features, offer, version
from tlsaudit.evidence import DeepScan, NotObserved, TlsOffer, TlsVersion

TLS13 = version(TlsVersion.TLS1_3, "AES_128_GCM_SHA256")
ECDHE = "ECDHE_RSA_WITH_AES_128_GCM_SHA256"
TLS12 = version(TlsVersion.TLS1_2, ECDHE)


@pytest.mark.parametrize(
    ("tls", "other", "expected"),
    [
        (offer(TLS13, TLS12), deep(), [("pass", "sslyze 6.3.1 agrees")]),
        # What the other scanner does not ask for is no difference.
        (
            offer(TLS13, version(TlsVersion.TLS1_2, ECDHE, "DH_anon_WITH_CAMELLIA_128_CBC_SHA256")),
            deep(),
            [("pass", "sslyze 6.3.1 agrees")],
        ),
        # A version that it could not look at is not compared.
        (
            offer(TLS13, TLS12, version(TlsVersion.TLS1_0, "RSA_WITH_AES_128_CBC_SHA")),
            deep(),
            [("pass", "sslyze 6.3.1 agrees")],
        ),
        (
            offer(TLS13, version(TlsVersion.TLS1_2, ECDHE, "RSA_WITH_AES_128_CBC_SHA")),
            deep(),
            [("fail", "TLS 1.2: sslyze 6.3.1 does not see TLS_RSA_WITH_AES_128_CBC_SHA")],
        ),
        (
            offer(TLS12),
            deep(suites=((TlsVersion.TLS1_3, (0x1301, 0x1302)), (TlsVersion.TLS1_2, (0xC02F,)))),
            [("fail", "TLS 1.3: only sslyze 6.3.1 sees TLS_AES_128_GCM_SHA256 and 1 more")],
        ),
        (
            offer(TLS13, version(TlsVersion.TLS1_2, "RSA_WITH_AES_128_CBC_SHA")),
            deep(),
            [
                ("fail", "TLS 1.2: sslyze 6.3.1 does not see TLS_RSA_WITH_AES_128_CBC_SHA"),
                ("fail", "TLS 1.2: only sslyze 6.3.1 sees TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"),
            ],
        ),
        # What is lacking in a list that is too short is no difference.
        (
            offer(TLS13, version(TlsVersion.TLS1_2, "RSA_WITH_AES_128_CBC_SHA"), incomplete=FELL_SILENT),
            deep(),
            [("fail", "TLS 1.2: sslyze 6.3.1 does not see TLS_RSA_WITH_AES_128_CBC_SHA")],
        ),
        (offer(TLS13, incomplete=FELL_SILENT), deep(), [("pass", "sslyze 6.3.1 agrees")]),  # so far
        (offer(TLS13), deep(suites=CRASHED), [("unknown", "the probe failed: sslyze: bug in sslyze")]),
    ],
)
def test_suites_cross_check(tls: TlsOffer, other: DeepScan, expected: list[Expected]) -> None:
    assert judge("suites-cross-check", tls, features(compression=False), other) == expected


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [
        (None, False, ("pass", "sslyze 6.3.1 agrees")),
        (True, True, ("pass", "sslyze 6.3.1 agrees")),
        (True, CRASHED, ("pass", "sslyze 6.3.1 agrees")),
        (True, False, ("fail", "sslyze 6.3.1 does not see compression")),
        (False, True, ("fail", "only sslyze 6.3.1 sees compression")),
        (None, True, ("fail", "only sslyze 6.3.1 sees compression")),
    ],
)
def test_compression(ours: bool | None, theirs: bool | NotObserved, expected: Expected) -> None:
    assert judge("suites-cross-check", offer(TLS13, TLS12), features(compression=ours), deep(compression=theirs)) == [
        expected
    ]
