import pytest

from tests.checks.run import Expected, judge
from tests.checks.tls import ECDHE, TLS13, offer, version
from tlsaudit.check import Outcome
from tlsaudit.evidence import Order, TlsVersion, VersionOffer, suites

V = TlsVersion.TLS1_2


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["ECDHE_RSA_WITH_AES_128_GCM_SHA256"], ("pass", "none of 1 cipher suites is broken")),
        (["RSA_WITH_AES_128_CBC_SHA", "DHE_RSA_WITH_SEED_CBC_SHA"], ("pass", "none of 2 cipher suites is broken")),
        (["RSA_WITH_NULL_MD5"], ("fail", "cipher suites without encryption: TLS_RSA_WITH_NULL_MD5")),
        (["ECDHE_PSK_WITH_NULL_SHA"], ("fail", "cipher suites without encryption: TLS_ECDHE_PSK_WITH_NULL_SHA")),
        (["SHA256_SHA256"], ("fail", "cipher suites without encryption: TLS_SHA256_SHA256")),
        (
            ["DH_anon_WITH_AES_128_GCM_SHA256", "ECDH_anon_WITH_RC4_128_SHA"],
            ("fail", "cipher suites that prove nobody's identity: TLS_DH_anon_WITH_AES_128_GCM_SHA256 and 1 more"),
        ),
        (
            ["RSA_EXPORT_WITH_RC4_40_MD5"],
            ("fail", "cipher suites of export strength: TLS_RSA_EXPORT_WITH_RC4_40_MD5"),
        ),
        (
            ["KRB5_EXPORT_WITH_DES_CBC_40_SHA"],
            ("fail", "cipher suites of export strength: TLS_KRB5_EXPORT_WITH_DES_CBC_40_SHA"),
        ),
        (["RSA_WITH_DES_CBC_SHA"], ("fail", "cipher suites with DES: TLS_RSA_WITH_DES_CBC_SHA")),
        (["ECDHE_RSA_WITH_RC4_128_SHA"], ("fail", "cipher suites with RC4: TLS_ECDHE_RSA_WITH_RC4_128_SHA")),
        (["RSA_WITH_3DES_EDE_CBC_SHA"], ("fail", "cipher suites with 3DES: TLS_RSA_WITH_3DES_EDE_CBC_SHA")),
        (["RSA_WITH_IDEA_CBC_SHA"], ("fail", "cipher suites with IDEA: TLS_RSA_WITH_IDEA_CBC_SHA")),
    ],
)
def test_broken_suites(names: list[str], expected: Expected) -> None:
    assert judge("broken-suites", offer(version(V, *names))) == [expected]


def test_each_fault_is_told_once_the_worst_first() -> None:
    names = ("RSA_WITH_3DES_EDE_CBC_SHA", "RSA_WITH_NULL_SHA", "DHE_RSA_WITH_3DES_EDE_CBC_SHA")
    assert judge("broken-suites", offer(TLS13, ECDHE, version(V, *names))) == [
        ("fail", "cipher suites without encryption: TLS_RSA_WITH_NULL_SHA"),
        ("fail", "cipher suites with 3DES: TLS_RSA_WITH_3DES_EDE_CBC_SHA and 1 more"),
    ]


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (0x010080, "cipher suites with RC4: SSL_CK_RC4_128_WITH_MD5"),
        (0x020080, "cipher suites of export strength: SSL_CK_RC4_128_EXPORT40_WITH_MD5"),
        (0x060040, "cipher suites with DES: SSL_CK_DES_64_CBC_WITH_MD5"),
        (0x0700C0, "cipher suites with 3DES: SSL_CK_DES_192_EDE3_CBC_WITH_MD5"),
    ],
)
def test_all_that_ssl2_has_is_broken(code: int, message: str) -> None:
    served = VersionOffer(TlsVersion.SSL2, (code,), Order.CLIENT, (), Order.ONLY_ONE)
    assert judge("broken-suites", offer(served)) == [("fail", message)]


def test_what_ssl2_does_not_name_is_not_known() -> None:
    unnamed = VersionOffer(TlsVersion.SSL2, (), Order.ONLY_ONE, (), Order.ONLY_ONE)
    expected = ("unknown", "the server takes SSL 2.0 without naming its cipher suites")
    assert judge("broken-suites", offer(TLS13, unnamed)) == [expected]


def test_no_weak_word_of_the_registry_goes_unnoticed() -> None:
    """Every suite that passes has a cipher of 128 bits or more in a block or stream of today."""
    sound = ("AES", "CAMELLIA", "ARIA", "SEED", "CHACHA20", "SM4", "AEGIS", "28147", "KUZNYECHIK", "MAGMA")
    for entry in suites().values():
        ((outcome, _),) = judge("broken-suites", offer(version(V, entry.name)))
        if outcome == Outcome.PASS:
            assert any(word in entry.name for word in sound), entry.name
