"""What an enumeration's answers say of extensions, key shares and certificates."""

from datetime import UTC, datetime

import pytest

from tests.servers import CertificateAuthority, KeyKind
from tlsaudit.evidence import TlsFeatures, TlsVersion
from tlsaudit.probe.handshake.traits import Traits, certificate_curve
from tlsaudit.probe.hello import ServerHello, ServerKeyExchange

NOW = datetime(2026, 11, 24, tzinfo=UTC)
TLS1_1, TLS1_2, TLS1_3 = TlsVersion.TLS1_1, TlsVersion.TLS1_2, TlsVersion.TLS1_3
CBC, GCM, TLS13_SUITE = 0xC013, 0xC02F, 0x1301
ETM, EMS, RENEGOTIATION = (22, b""), (23, b""), (0xFF01, b"\x00")
MARKED = bytes(24) + b"DOWNGRD\x01"
MARKED_OLDER = bytes(24) + b"DOWNGRD\x00"


def features(*hellos: ServerHello, tls13: bool = False) -> TlsFeatures:
    traits = Traits()
    for hello in hellos:
        traits.learn(hello, None)
    return traits.features(NOW, tls13=tls13, fallback_scsv=None)


def test_what_every_answer_has_is_there() -> None:
    seen = features(
        ServerHello(TLS1_2, CBC, extensions=(ETM, EMS, RENEGOTIATION)),
        ServerHello(TLS1_2, GCM, extensions=(EMS, RENEGOTIATION)),
    )
    assert (seen.extended_master_secret, seen.secure_renegotiation, seen.encrypt_then_mac) == (True, True, True)
    assert seen.compression is False


def test_one_answer_without_it_is_enough() -> None:
    seen = features(ServerHello(TLS1_2, CBC, extensions=(ETM, EMS, RENEGOTIATION)), ServerHello(TLS1_1, CBC))
    assert (seen.extended_master_secret, seen.secure_renegotiation, seen.encrypt_then_mac) == (False, False, False)


def test_what_nothing_could_show_is_none() -> None:
    assert features(ServerHello(TLS1_3, TLS13_SUITE), tls13=True) == TlsFeatures(
        NOW, None, None, None, None, None, None, ()
    )
    assert features(ServerHello(TLS1_2, GCM)).encrypt_then_mac is None
    assert features(ServerHello(TlsVersion.SSL3, CBC)).extended_master_secret is None


def test_one_compressed_answer_is_compression() -> None:
    assert features(ServerHello(TLS1_2, GCM, compression=1), ServerHello(TLS1_2, GCM)).compression is True


@pytest.mark.parametrize(
    ("hellos", "tls13", "expected"),
    [
        ([ServerHello(TLS1_2, GCM, random=MARKED)], True, True),
        ([ServerHello(TLS1_2, GCM, random=MARKED), ServerHello(TLS1_1, CBC, random=MARKED_OLDER)], True, True),
        ([ServerHello(TLS1_2, GCM, random=MARKED), ServerHello(TLS1_1, CBC, random=MARKED)], True, False),
        ([ServerHello(TLS1_2, GCM)], True, False),
        ([ServerHello(TLS1_2, GCM)], False, None),
    ],
)
def test_the_sentinel_is_that_of_the_version(hellos: list[ServerHello], tls13: bool, expected: bool | None) -> None:
    assert features(*hellos, tls13=tls13).downgrade_sentinel is expected


def test_a_share_that_comes_twice_is_reused() -> None:
    traits = Traits()
    for group, public in ((29, b"a"), (29, b"b"), (23, b"c"), (23, b"c"), (24, b"d")):
        traits.learn(ServerHello(TLS1_2, GCM), ServerKeyExchange(group=group, public=public))
    traits.learn(ServerHello(TLS1_2, 0x0033), ServerKeyExchange(prime=23, public=b"e"))
    keys = traits.shares.keys(NOW)
    assert (keys.compared, keys.reused) == ((23, 29), (23,))
    assert len(keys.shares or ()) == 5
    assert traits.primes == {23}


@pytest.mark.parametrize(
    ("shares", "compared", "reused"),
    [
        ([], (29,), ()),
        ([(23, b"c")], (29,), ()),
        ([(29, b"c")], (29,), ()),
        ([(23, b"c"), (23, b"d")], (23, 29), ()),
        ([(23, b"c"), (23, b"c")], (23, 29), (23,)),
        ([(29, b"c"), (29, b"d")], (29,), ()),
        ([(29, b"a")], (29,), (29,)),  # what TLS 1.2 got, too
    ],
)
def test_shares_that_are_seen_later_are_compared_as_well(
    shares: list[tuple[int, bytes]], compared: tuple[int, ...], reused: tuple[int, ...]
) -> None:
    traits = Traits()
    for public in (b"a", b"b"):
        traits.learn(ServerHello(TLS1_2, GCM), ServerKeyExchange(group=29, public=public))
    for share in shares:
        traits.shares.add(*share)
    keys = traits.shares.keys(NOW)
    assert (keys.compared, keys.reused) == (compared, reused)
    assert len(keys.shares or ()) == len({b"a", b"b", *(value for _, value in shares)})


def test_primes_without_end_are_not_collected() -> None:
    traits = Traits()
    for prime in range(1, 1000):
        traits.learn(ServerHello(TLS1_2, 0x0033), ServerKeyExchange(prime=prime))
    assert len(traits.primes) == 8


@pytest.mark.parametrize(
    ("kind", "group"),
    [(KeyKind.P256, 0x0017), (KeyKind.P384, 0x0018), (KeyKind.RSA2048, None), (KeyKind.ED25519, None)],
)
def test_the_curve_of_a_certificate(kind: KeyKind, group: int | None, ca: CertificateAuthority) -> None:
    assert certificate_curve(ca.leaf(kind=kind).der[0]) == group


def test_what_is_no_certificate_has_no_curve() -> None:
    assert certificate_curve(b"") is None
    assert certificate_curve(bytes.fromhex("06072a8648ce3d0201")) is None
