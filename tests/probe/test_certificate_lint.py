"""What is odd about how certificates are made, seen in real ones."""

import datetime as dt
from collections.abc import Callable, Sequence

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from tests.servers import CertificateAuthority, self_signed
from tests.servers.ca import AUTHORITY, LEAF, Extension, key_usage
from tlsaudit.evidence import Lint
from tlsaudit.probe.certificate.facts import facts

CA = CertificateAuthority()
NAME = "www.example.org"
_FAR = dt.datetime(2051, 1, 2, tzinfo=dt.UTC)
_NOT_CRITICAL: list[Extension] = [(value, False) for value, _ in AUTHORITY]


def lints(der: bytes) -> tuple[str, ...]:
    return facts(der).lints


def leaf(*names: str, extensions: Sequence[Extension] | None = None, common_name: str | None = None) -> bytes:
    return CA.leaf(names, extensions=extensions, common_name=common_name).der[0]


def changed(der: bytes, old: bytes, new: bytes) -> bytes:
    """The first of `old` is `new`; the signature is wrong then, which is not what is looked at."""
    assert old in der
    return der.replace(old, new, 1)


def nameless(issuer: str | None = "A root", *, critical: bool = False) -> bytes:
    """A leaf without a subject."""
    name = x509.Name([x509.NameAttribute(x509.oid.NameOID.COMMON_NAME, issuer)] if issuer else [])
    now = dt.datetime.now(dt.UTC)
    builder = x509.CertificateBuilder(name, x509.Name([]), CA.key.public_key(), 5, now, now + dt.timedelta(days=9))
    for value, is_critical in LEAF:
        builder = builder.add_extension(value, critical=is_critical)
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=critical)
    return builder.sign(CA.key, hashes.SHA256()).public_bytes(Encoding.DER)


def serial(der: bytes) -> bytes:
    number = x509.load_der_x509_certificate(der).serial_number
    return number.to_bytes((number.bit_length() + 8) // 8, "big")


def negative(der: bytes) -> bytes:
    number = serial(der)
    return changed(der, number, bytes([number[0] | 0x80]) + number[1:])


def of_2041(der: bytes) -> bytes:
    return changed(der, b"2051", b"2041")


def twice(der: bytes) -> bytes:
    return changed(der, bytes.fromhex("06032a0305"), bytes.fromhex("06032a0304"))


def only_for(usage: str) -> x509.KeyUsage:
    allowed = dict.fromkeys(vars(key_usage(ca=False)), False)
    return x509.KeyUsage(**{name.lstrip("_"): name == f"_{usage}" for name in allowed})


UNKNOWN: list[Extension] = [
    (x509.UnrecognizedExtension(x509.ObjectIdentifier(f"1.2.3.{last}"), b"\5\0"), False) for last in (4, 5)
]
LONG = f"{'a' * 64}.example.org"


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda: leaf(NAME), ()),
        (lambda: leaf("*.example.org", "xn--bcher-kva.example.org"), ()),
        (lambda: CA.leaf([NAME], ips=["192.0.2.1"], common_name="192.0.2.1").der[0], ()),
        (lambda: CA.certificate.public_bytes(Encoding.DER), ()),
        (lambda: negative(leaf(NAME)), (Lint.SERIAL_NOT_POSITIVE,)),
        (lambda: of_2041(CA.leaf([NAME], not_after=_FAR).der[0]), (Lint.TIME_ENCODING,)),
        (
            lambda: changed(leaf(NAME), bytes.fromhex("2a8648ce3d040302"), bytes.fromhex("2a8648ce3d040303")),
            (Lint.ALGORITHMS_DIFFER,),
        ),
        (
            lambda: twice(leaf(NAME, extensions=[*LEAF, *UNKNOWN])),
            (Lint.DUPLICATE_EXTENSION, Lint.EXTENSIONS_UNREADABLE),
        ),
        (nameless, (Lint.SUBJECT_EMPTY,)),
        (lambda: nameless(critical=True), ()),
        (lambda: nameless(None, critical=True), (Lint.ISSUER_EMPTY,)),
        (lambda: leaf(common_name=NAME), (Lint.NAMES_MISSING,)),
        (lambda: leaf(NAME, common_name="other.example.org"), (Lint.COMMON_NAME_NOT_LISTED,)),
        (lambda: leaf("WWW.example.org", common_name=NAME), ()),
        (lambda: leaf("a_b.example.org"), (Lint.NAME_UNDERSCORE,)),
        (lambda: leaf("192.0.2.1"), (Lint.NAME_IS_ADDRESS,)),
        (lambda: leaf("2001:db8::1"), (Lint.NAME_IS_ADDRESS,)),
        (lambda: leaf("https://www.example.org"), (Lint.NAME_MALFORMED,)),
        (lambda: leaf("www.example.org."), (Lint.NAME_MALFORMED,)),
        (lambda: leaf(LONG, common_name=LONG[:64]), (Lint.COMMON_NAME_NOT_LISTED, Lint.NAME_MALFORMED)),
        (lambda: leaf("w*.example.org"), (Lint.WILDCARD_MISPLACED,)),
        (lambda: leaf("www.*.example.org"), (Lint.WILDCARD_MISPLACED,)),
        (lambda: leaf("*.*.example.org"), (Lint.WILDCARD_MISPLACED,)),
        (lambda: leaf("*.org"), (Lint.WILDCARD_MISPLACED,)),
        (lambda: leaf("*"), (Lint.WILDCARD_MISPLACED,)),
        (lambda: self_signed().der[0], (Lint.SERVER_AUTH_MISSING,)),
        (
            lambda: leaf(NAME, extensions=[(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), False)]),
            (Lint.SERVER_AUTH_MISSING,),
        ),
        (lambda: leaf(NAME, extensions=[LEAF[2], (key_usage(ca=True), True)]), (Lint.LEAF_MAY_SIGN,)),
        (lambda: leaf(NAME, extensions=[LEAF[2], (only_for("key_encipherment"), True)]), (Lint.LEAF_MAY_NOT_SIGN,)),
        (lambda: leaf(NAME, extensions=[AUTHORITY[0], LEAF[1]]), (Lint.AUTHORITY_MAY_NOT_SIGN,)),
        (lambda: leaf(NAME, extensions=_NOT_CRITICAL), (Lint.AUTHORITY_NOT_CRITICAL,)),
    ],
)
def test_lints(make: Callable[[], bytes], expected: tuple[Lint, ...]) -> None:
    assert lints(make()) == expected
