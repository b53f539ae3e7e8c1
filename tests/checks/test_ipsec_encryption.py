import pytest

from tests.checks.link import EAST, XFRM, child, link, view
from tests.checks.run import Expected, judge
from tlsaudit.evidence import ChildSa

CBC = child(encryption="ENCR_AES_CBC", integrity="AUTH_HMAC_SHA2_256_128")


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (child(), ("pass", "ESP encrypts with ENCR_AES_GCM_16, 256 bits (vici of east)")),
        (
            child(encryption="ENCR_CHACHA20_POLY1305", bits=None),
            ("pass", "ESP encrypts with ENCR_CHACHA20_POLY1305 (vici of east)"),
        ),
        (CBC, ("pass", "ESP encrypts with ENCR_AES_CBC, 256 bits and AUTH_HMAC_SHA2_256_128 (vici of east)")),
        (
            child(encryption="ENCR_AES_CBC", bits=128, integrity="AUTH_HMAC_SHA1_96"),
            ("fail", "ESP is authenticated by AUTH_HMAC_SHA1_96 (vici of east)"),
        ),
        (
            child(encryption="ENCR_AES_CBC", integrity="AUTH_HMAC_MD5_96"),
            ("fail", "ESP is authenticated by AUTH_HMAC_MD5_96 (vici of east)"),
        ),
        (child(encryption="ENCR_AES_CBC"), ("fail", "ESP is authenticated by nothing (vici of east)")),
        (
            child(encryption="ENCR_NULL", bits=None, integrity="AUTH_HMAC_SHA2_256_128"),
            ("fail", "ESP encrypts nothing: ENCR_NULL (vici of east)"),
        ),
        (
            child(encryption="ENCR_3DES", bits=192, integrity="AUTH_HMAC_SHA2_256_128"),
            ("fail", "ESP encrypts with ENCR_3DES: its blocks are too short (vici of east)"),
        ),
        (
            child(encryption="ENCR_DES", bits=56),
            ("fail", "ESP encrypts with ENCR_DES: anybody can break it (vici of east)"),
        ),
        (
            child(protocol="AH", encryption=None, integrity="AUTH_HMAC_SHA2_256_128"),
            ("fail", "AH alone encrypts nothing (vici of east)"),
        ),
        (child(encryption=None), ("unknown", "the algorithm of ESP is not told (vici of east)")),
        (
            child(encryption="ENCR_KUZNYECHIK_MGM_KTREE"),
            ("unknown", "an algorithm that is not known here: ENCR_KUZNYECHIK_MGM_KTREE (vici of east)"),
        ),
        (child("192.0.2.0/24"), ("unknown", "no security association of this link was seen")),
    ],
)
def test_ipsec_encryption(seen: ChildSa, expected: Expected) -> None:
    assert judge("ipsec-encryption", link(view(children=[seen]))) == [expected]


def test_options() -> None:
    assert judge("ipsec-encryption", link(view(children=[CBC])), options={"aead_only": True}) == [
        ("fail", "ENCR_AES_CBC is no AEAD algorithm (vici of east)")
    ]
    assert judge("ipsec-encryption", link(view(children=[child(bits=128)])), options={"minimum_bits": 256}) == [
        ("fail", "ESP encrypts with a key of 128 bits: ENCR_AES_GCM_16 (vici of east)")
    ]


def test_what_is_alike_is_said_once_by_source() -> None:
    alike = [child("10.64.0.0/17"), child("10.64.128.0/17"), child(EAST, "10.192.0.0/17")]
    verdicts = judge("ipsec-encryption", link(view(children=alike), view(XFRM, children=alike)))
    assert [outcome for outcome, _ in verdicts] == ["pass", "pass"]


def test_a_kernel_without_security_associations_is_not_said_to_encrypt_nothing() -> None:
    empty = view(XFRM, children=[], policies=[])
    assert judge("ipsec-encryption", link(empty)) == [("unknown", "no security association of this link was seen")]
    assert [outcome for outcome, _ in judge("ipsec-encryption", link(view(children=[child()]), empty))] == ["pass"]
