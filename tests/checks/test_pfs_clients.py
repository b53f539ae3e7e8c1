import pytest

from tests.checks.run import Expected, registry
from tests.checks.tls import ECDHE, FELL_SILENT, STATIC, TLS13, offer, version
from tests.policy.client import client
from tlsaudit.check import Outcome, Rule
from tlsaudit.evidence import Order, TlsOffer, TlsVersion, VersionOffer
from tlsaudit.policy import reference_clients

V = TlsVersion.TLS1_2
SUITES = ("ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "ECDHE_RSA_WITH_AES_128_CBC_SHA", "RSA_WITH_AES_128_CBC_SHA")
BOTH = ("RSA_WITH_AES_128_CBC_SHA", "ECDHE_RSA_WITH_AES_128_CBC_SHA")
STATIC_FIRST = version(V, *BOTH, groups=(0x17,))
EPHEMERAL_FIRST = version(V, *reversed(BOTH), groups=(0x17,))
CLIENT_DECIDES = version(V, *BOTH, order=Order.CLIENT, groups=(0x17,))
NOBODY_ASKED = version(V, *BOTH, order=Order.NOT_ASKED, groups=(0x17,))
RARE_GROUP = version(V, "ECDHE_RSA_WITH_AES_128_CBC_SHA", "RSA_WITH_AES_128_CBC_SHA", groups=(0x1C,))

CLIENTS = (
    client("AES_128_GCM_SHA256", *SUITES, name="New", versions=(TlsVersion.TLS1_3, TlsVersion.TLS1_2), shares=(0x1D,)),
    client(*SUITES, name="Old"),
    client("RSA_WITH_AES_128_CBC_SHA", name="Ancient", highest=TlsVersion.TLS1_0),
)


def judge(seen: TlsOffer) -> list[Expected]:
    verdicts = Rule(registry()["pfs-clients"], {}, {"clients": CLIENTS}).verdicts([seen])
    return [(verdict.outcome.value, verdict.message) for verdict in verdicts]


@pytest.mark.parametrize(
    ("versions", "expected"),
    [
        ([TLS13, ECDHE], ("pass", "all 2 reference clients that connect get forward secrecy")),
        ([TLS13], ("pass", "all 1 reference clients that connect get forward secrecy")),
        ([EPHEMERAL_FIRST], ("pass", "all 2 reference clients that connect get forward secrecy")),
        ([CLIENT_DECIDES], ("pass", "all 2 reference clients that connect get forward secrecy")),
        (
            [STATIC],
            ("fail", "2 of 2 reference clients get no forward secrecy: New gets TLS_RSA_WITH_AES_128_CBC_SHA"),
        ),
        (
            [TLS13, STATIC_FIRST],
            ("fail", "1 of 2 reference clients get no forward secrecy: Old gets TLS_RSA_WITH_AES_128_CBC_SHA"),
        ),
        (
            [RARE_GROUP],
            ("fail", "2 of 2 reference clients get no forward secrecy: New gets TLS_RSA_WITH_AES_128_CBC_SHA"),
        ),
        (
            [TLS13, NOBODY_ASKED],
            ("unknown", "whose order decides was not seen: 1 of 2 reference clients may get either"),
        ),
        (
            [version(V, "RSA_WITH_NULL_SHA")],
            ("unknown", "none of the reference clients has anything in common with this server"),
        ),
    ],
)
def test_pfs_clients(versions: list[VersionOffer], expected: Expected) -> None:
    assert judge(offer(*versions)) == [expected]


def test_a_suite_that_was_not_seen_may_be_the_one_they_get() -> None:
    expected = [("unknown", "connection reset: the server stopped answering after 9 connections")]
    assert judge(offer(TLS13, STATIC, incomplete=FELL_SILENT)) == expected


def test_who_gets_what_and_the_share() -> None:
    (verdict,) = Rule(registry()["pfs-clients"], {}, {"clients": CLIENTS}).verdicts([offer(TLS13, STATIC_FIRST)])
    assert verdict.facts == {
        "forward_secret": 1,
        "connected": 2,
        "clients": 3,
        "share": 0.5,
        "sessions": {
            "TLS 1.3 TLS_AES_128_GCM_SHA256 x25519": ["New"],
            "TLS 1.2 TLS_RSA_WITH_AES_128_CBC_SHA": ["Old"],
        },
        "not_connected": ["Ancient"],
        "without": ["Old"],
    }


def test_every_shipped_client_that_knows_tls_1_2_is_served_by_a_modern_server() -> None:
    rule = Rule(registry()["pfs-clients"], {}, {"clients": reference_clients()})
    (verdict,) = rule.verdicts([offer(TLS13, version(V, *SUITES[:2], groups=(0x1D, 0x17)))])
    assert verdict.outcome is Outcome.PASS
    older = [each.name for each in reference_clients() if TlsVersion.TLS1_2 not in each.versions]
    assert verdict.facts["not_connected"] == older
