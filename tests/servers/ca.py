"""A throw-away certificate authority: a root, intermediates below it, and leaves of every kind that a test may need."""

import datetime as dt
import ipaddress
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tests.servers.programs import require

Digest = hashes.SHA256 | hashes.SHA384 | hashes.SHA512
Extension = tuple[x509.ExtensionType, bool]
"""An extension, and whether it is critical."""

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey


class KeyKind(StrEnum):
    """The kinds of key a certificate can have."""

    P256 = "P-256"
    P384 = "P-384"
    P521 = "P-521"
    RSA512 = "RSA-512"
    RSA1024 = "RSA-1024"
    RSA2048 = "RSA-2048"
    ED25519 = "Ed25519"


def key_usage(*, ca: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=not ca,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=ca,
        crl_sign=ca,
        encipher_only=False,
        decipher_only=False,
    )


AUTHORITY: tuple[Extension, ...] = (
    (x509.BasicConstraints(ca=True, path_length=None), True),
    (key_usage(ca=True), True),
)
LEAF: tuple[Extension, ...] = (
    (x509.BasicConstraints(ca=False, path_length=None), True),
    (key_usage(ca=False), True),
    (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False),
)


@cache
def private_key(kind: KeyKind, owner: str) -> PrivateKey:
    """One key for each kind and owner in a process, because making an RSA key is slow."""
    match kind:
        case KeyKind.P256:
            return ec.generate_private_key(ec.SECP256R1())
        case KeyKind.P384:
            return ec.generate_private_key(ec.SECP384R1())
        case KeyKind.P521:
            return ec.generate_private_key(ec.SECP521R1())
        case KeyKind.ED25519:
            return ed25519.Ed25519PrivateKey.generate()
        case KeyKind.RSA512:
            return _tiny_rsa_key()
        case KeyKind.RSA1024 | KeyKind.RSA2048:
            return rsa.generate_private_key(65537, int(kind.removeprefix("RSA-")))


def _tiny_rsa_key() -> PrivateKey:
    """cryptography makes none so small, but works with one."""
    command = [require("openssl", "openssl"), "genrsa", "512"]
    made = subprocess.run(command, check=True, capture_output=True, timeout=120).stdout
    key = serialization.load_pem_private_key(made, None)
    assert isinstance(key, rsa.RSAPrivateKey)
    return key


@dataclass(frozen=True)
class Chain:
    """A leaf with its key and the certificates a server sends after it, the root not among them."""

    certificates: tuple[x509.Certificate, ...]
    key: PrivateKey

    @property
    def leaf(self) -> x509.Certificate:
        return self.certificates[0]

    @property
    def der(self) -> tuple[bytes, ...]:
        return tuple(item.public_bytes(serialization.Encoding.DER) for item in self.certificates)

    @property
    def pem(self) -> bytes:
        return b"".join(item.public_bytes(serialization.Encoding.PEM) for item in self.certificates)

    @property
    def key_pem(self) -> bytes:
        return self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )

    @property
    def traditional_key_pem(self) -> bytes:
        """In the form before PKCS 8."""
        return self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
        )

    def pkcs12(self, encryption: serialization.KeySerializationEncryption) -> bytes:
        """The key and all certificates in one, under the name `leaf`."""
        return pkcs12.serialize_key_and_certificates(b"leaf", self.key, self.leaf, self.certificates[1:], encryption)

    def write(self, folder: Path, stem: str) -> tuple[Path, Path]:
        """Write `stem.crt` and `stem.key`; return both paths."""
        certificate, key = folder / f"{stem}.crt", folder / f"{stem}.key"
        certificate.write_bytes(self.pem)
        key.write_bytes(self.key_pem)
        return certificate, key


class CertificateAuthority:
    """A CA that signs what it is told to. Without an issuer it is a root.

    Dates default to a window around now: a year for a CA, 90 days of which 30 are gone for a leaf. `extensions` stand
    in for those in AUTHORITY.
    """

    def __init__(
        self,
        name: str = "Test root",
        *,
        issuer: "CertificateAuthority | None" = None,
        kind: KeyKind = KeyKind.P256,
        not_before: dt.datetime | None = None,
        not_after: dt.datetime | None = None,
        extensions: Sequence[Extension] | None = None,
    ) -> None:
        self.issuer = issuer
        self.key = private_key(kind, name)
        subject = _name(name)
        signer = issuer or self
        builder = _builder(subject, issuer.certificate.subject if issuer else subject, self.key, not_before, not_after)
        builder = _extend(builder, AUTHORITY if extensions is None else extensions, self.key, signer.key)
        self.certificate: x509.Certificate = _sign(builder, signer.key)

    def intermediate(self, name: str = "Test intermediate", *, kind: KeyKind = KeyKind.P256) -> "CertificateAuthority":
        """A CA below this one; its leaves come with its certificate."""
        return CertificateAuthority(name, issuer=self, kind=kind)

    def leaf(
        self,
        names: Sequence[str] = ("www.example.org",),
        *,
        ips: Sequence[str] = (),
        common_name: str | None = None,
        kind: KeyKind = KeyKind.P256,
        owner: str = "leaf",
        not_before: dt.datetime | None = None,
        not_after: dt.datetime | None = None,
        digest: Digest | None = None,
        extensions: Sequence[Extension] | None = None,
    ) -> Chain:
        """A server certificate for DNS names and IP addresses; neither means no subject alternative name at all.

        `owner` says whose key it is: all leaves of one have the same. `digest` is the hash of the signature, SHA-256
        unless given; `extensions` stand in for those in LEAF.
        """
        key = private_key(kind, owner)
        now = dt.datetime.now(dt.UTC)
        subject = _name(common_name or next(iter(names), "Test leaf")[:64])
        builder = _builder(
            subject,
            self.certificate.subject,
            key,
            not_before or now - dt.timedelta(days=30),
            not_after or now + dt.timedelta(days=60),
        )
        alternatives: list[x509.GeneralName] = [x509.DNSName(item) for item in names]
        alternatives += [x509.IPAddress(ipaddress.ip_address(item)) for item in ips]
        if alternatives:
            builder = builder.add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        builder = _extend(builder, LEAF if extensions is None else extensions, key, self.key)
        return Chain((_sign(builder, self.key, digest), *self._sent), key)

    @property
    def _sent(self) -> tuple[x509.Certificate, ...]:
        return (self.certificate, *self.issuer._sent) if self.issuer else ()

    @property
    def root(self) -> x509.Certificate:
        return self.issuer.root if self.issuer else self.certificate

    def write(self, folder: Path) -> Path:
        """Write the root as `ca.pem`, to be trusted by a client."""
        path = folder / "ca.pem"
        path.write_bytes(self.root.public_bytes(serialization.Encoding.PEM))
        return path


def self_signed(names: Sequence[str] = ("www.example.org",), *, kind: KeyKind = KeyKind.P256) -> Chain:
    """A leaf that only its own key has signed."""
    key = private_key(kind, "self-signed")
    builder = _builder(_name(names[0]), _name(names[0]), key, None, None)
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(item) for item in names]), critical=False)
    return Chain((_sign(builder, key),), key)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: PrivateKey,
    not_before: dt.datetime | None,
    not_after: dt.datetime | None,
) -> x509.CertificateBuilder:
    now = dt.datetime.now(dt.UTC)
    return x509.CertificateBuilder(
        subject_name=subject,
        issuer_name=issuer,
        public_key=key.public_key(),
        serial_number=x509.random_serial_number(),
        not_valid_before=not_before or now - dt.timedelta(days=183),
        not_valid_after=not_after or now + dt.timedelta(days=183),
    )


def _extend(
    builder: x509.CertificateBuilder, extensions: Sequence[Extension], key: PrivateKey, signer: PrivateKey
) -> x509.CertificateBuilder:
    """With the ids of both keys, unless the extensions have others."""
    ids: list[Extension] = [
        (x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False),
        (x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), False),
    ]
    given = {type(value) for value, _ in extensions}
    for value, critical in (*extensions, *(each for each in ids if type(each[0]) not in given)):
        builder = builder.add_extension(value, critical=critical)
    return builder


def _sign(builder: x509.CertificateBuilder, key: PrivateKey, digest: Digest | None = None) -> x509.Certificate:
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return builder.sign(key, None)
    return builder.sign(key, digest or hashes.SHA256())
