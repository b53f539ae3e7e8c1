from typing import Any

import pytest

from tests.checks.evidence import certificate, certificates, chain
from tests.checks.run import Expected, judge
from tlsaudit.evidence import UNDETAILED, Certificate, CertificateChain, KeyFault, Role


def rsa(bits: int, *faults: KeyFault, **others: Any) -> Certificate:
    return certificate("www.example.org", key_type="RSA", key_bits=bits, key_faults=faults, **others)


def ec(curve: str, bits: int) -> Certificate:
    return certificate("www.example.org", curve=curve, key_bits=bits)


WEAK_ISSUER = rsa(1024, subject="CN=Weak")
WEAK_ROOT = rsa(1024, subject="CN=Old root", self_issued=True)


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (chain(rsa(2048)), [("pass", "RSA, 2048 bits")]),
        (chain(rsa(2047)), [("fail", "CN=www.example.org has an RSA key of only 2047 bits")]),
        (chain(ec("secp256r1", 256)), [("pass", "ECDSA, secp256r1")]),
        (chain(ec("secp521r1", 521)), [("pass", "ECDSA, secp521r1: strong, but Chrome takes no such key")]),
        (chain(ec("secp192r1", 192)), [("fail", "CN=www.example.org has an ECDSA key of only 192 bits")]),
        (chain(certificate(key_type="Ed25519")), [("pass", "Ed25519, 256 bits: strong, but Chrome takes no such key")]),
        (chain(certificate(key_type="DSA")), [("fail", "CN=www.example.org has a DSA key, which no client takes")]),
        (
            chain(certificate(key_type="1.2.3", key_bits=0)),
            [("unknown", "CN=www.example.org has a key of a kind that is not known here: 1.2.3")],
        ),
        (
            chain(rsa(2048, KeyFault.SMALL_EXPONENT, KeyFault.ROCA)),
            [
                ("fail", "CN=www.example.org has a public exponent below 65537"),
                ("fail", "CN=www.example.org has the looks of a key from a chip with the ROCA weakness"),
            ],
        ),
        (chain(rsa(2048), None, WEAK_ISSUER), [("fail", "CN=Weak has an RSA key of only 1024 bits")]),
        (chain(rsa(2048), None, WEAK_ROOT, roles=(Role.PATH, Role.ROOT)), [("pass", "RSA, 2048 bits")]),
        (chain(path=(), roles=()), [("unknown", UNDETAILED)]),
    ],
)
def test_certificate_key(seen: CertificateChain, expected: list[Expected]) -> None:
    assert judge("certificate-key", certificates(seen)) == expected


def test_more_can_be_asked_for() -> None:
    seen = certificates(chain(rsa(2048)))
    assert judge("certificate-key", seen, options={"rsa_bits": 3072}) == [
        ("fail", "CN=www.example.org has an RSA key of only 2048 bits")
    ]
