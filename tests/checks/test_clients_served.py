import pytest

from tests.checks.run import Expected, registry
from tests.checks.tls import ECDHE, FELL_SILENT, STATIC, TLS13, offer, version
from tests.policy.client import client
from tlsaudit.check import Outcome, Rule
from tlsaudit.evidence import TlsOffer, TlsVersion, VersionOffer
from tlsaudit.policy import reference_clients

V = TlsVersion.TLS1_2
SUITES = ("ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "ECDHE_RSA_WITH_AES_128_CBC_SHA", "RSA_WITH_AES_128_CBC_SHA")
TLS10 = version(TlsVersion.TLS1_0, "RSA_WITH_AES_128_CBC_SHA")
RARE_GROUP = version(V, "ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", groups=(0x1C,))

CLIENTS = (
    client("AES_128_GCM_SHA256", *SUITES, name="New", versions=(TlsVersion.TLS1_3, V), shares=(0x1D,)),
    client(*SUITES, name="Old"),
    client("RSA_WITH_AES_128_CBC_SHA", name="Ancient", highest=TlsVersion.TLS1_0),
)


def judge(seen: TlsOffer, **options: object) -> list[Expected]:
    verdicts = Rule(registry()["clients-served"], options, {"clients": CLIENTS}).verdicts([seen])
    return [(verdict.outcome.value, verdict.message) for verdict in verdicts]


@pytest.mark.parametrize(
    ("versions", "minimum", "expected"),
    [
        ([TLS13, ECDHE, TLS10], 1.0, ("pass", "3 of 3 reference clients can connect")),
        ([TLS13, ECDHE], 0.5, ("pass", "2 of 3 reference clients can connect")),
        ([STATIC], 0.5, ("pass", "2 of 3 reference clients can connect")),  # it is for others to judge how
        ([TLS13, ECDHE], 2 / 3, ("pass", "2 of 3 reference clients can connect")),
        ([TLS13, ECDHE], 0.67, ("fail", "only 2 of 3 reference clients can connect, less than 67%")),
        ([TLS13], 0.0, ("pass", "1 of 3 reference clients can connect")),
        ([TLS13], 0.5, ("fail", "only 1 of 3 reference clients can connect, less than 50%")),
        (
            [TLS10],
            0.0,
            ("fail", "current clients cannot connect: New; 2 of 3 reference clients can connect"),
        ),
        (
            [RARE_GROUP],
            0.5,
            ("fail", "current clients cannot connect: New; 0 of 3 reference clients can connect"),
        ),
    ],
)
def test_clients_served(versions: list[VersionOffer], minimum: float, expected: Expected) -> None:
    assert judge(offer(*versions), minimum=minimum) == [expected]


def test_what_was_not_seen_may_serve_them() -> None:
    expected = [("unknown", "connection reset: the server stopped answering after 9 connections")]
    assert judge(offer(TLS10, incomplete=FELL_SILENT)) == expected


def test_who_is_locked_out() -> None:
    (verdict,) = Rule(registry()["clients-served"], {}, {"clients": CLIENTS}).verdicts([offer(TLS13)])
    assert verdict.facts == {"served": 1, "clients": 3, "share": 0.3333, "locked_out": ["Old", "Ancient"]}


@pytest.mark.parametrize(
    "versions", [[TLS13, version(V, *SUITES[:2], groups=(0x1D, 0x17))], [TLS13], [version(V, *SUITES[:2])]]
)
def test_a_modern_server_serves_every_current_client_that_is_shipped(versions: list[VersionOffer]) -> None:
    (verdict,) = Rule(registry()["clients-served"], {}, {"clients": reference_clients()}).verdicts([offer(*versions)])
    assert verdict.outcome is Outcome.PASS, verdict.message
