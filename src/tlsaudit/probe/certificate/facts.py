"""One certificate: DER -> facts."""

import hashlib
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, lru_cache

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.utils import CryptographyDeprecationWarning
from cryptography.x509.oid import SignatureAlgorithmOID

from tlsaudit.evidence import Certificate, Reason
from tlsaudit.probe.certificate.der import SignedFields
from tlsaudit.probe.certificate.extensions import Extensions
from tlsaudit.probe.certificate.keys import key_faults
from tlsaudit.probe.certificate.lint import lints

# Authorities stop at a few hundred names. What is larger than this is no certificate that anybody issued for use.
_MOST_NAMES = 20_000
_MOST_CHARACTERS = 1_000
_MOST_EXPONENT_BITS = 32

# One certificate comes over several connections, and intermediate ones from many hosts. Few are larger than that.
_MOST_REMEMBERED = 256
_MOST_REMEMBERED_BYTES = 8_192

# The size is for those that have only one.
_KEYS = (
    (rsa.RSAPublicKey, "RSA", 0),
    (ec.EllipticCurvePublicKey, "ECDSA", 0),
    (ed25519.Ed25519PublicKey, "Ed25519", 256),
    (ed448.Ed448PublicKey, "Ed448", 456),
    (dsa.DSAPublicKey, "DSA", 0),
)


class CertificateError(Exception):
    """A certificate that cannot be read; the message says what is wrong with it."""

    def __init__(self, message: str, reason: Reason = Reason.PROBE_FAILED) -> None:
        super().__init__(message)
        self.reason = reason


def parse(der: bytes) -> x509.Certificate:
    """Raises CertificateError.

    Fields are parsed later, when they are read. What is odd about them comes out of the library as a ValueError, a
    KeyError or one of several exceptions of its own, so that who reads them has to expect any Exception.
    """
    with _readable():
        return x509.load_der_x509_certificate(der)


def facts(der: bytes) -> Certificate:
    """What a verdict may need. Raises CertificateError."""
    return (_remembered if len(der) <= _MOST_REMEMBERED_BYTES else _read)(der)


def sha512(der: bytes) -> tuple[str, str]:
    """The digests of a certificate that can be read, and of its key (SubjectPublicKeyInfo), in hex."""
    return hashlib.sha512(der).hexdigest(), hashlib.sha512(SignedFields.of(der).key_info).hexdigest()


def _read(der: bytes) -> Certificate:
    with _readable():
        return _facts(x509.load_der_x509_certificate(der), der)


_remembered = lru_cache(_MOST_REMEMBERED)(_read)


@contextmanager
def _readable() -> Iterator[None]:
    with warnings.catch_warnings():
        # About serial numbers below one and the like: oddities that are no business of the user's screen.
        warnings.simplefilter("ignore", CryptographyDeprecationWarning)
        try:
            yield
        except CertificateError:
            raise
        except Exception as error:
            said = f"{type(error).__name__}: {error}"[:_MOST_CHARACTERS]
            raise CertificateError(f"a certificate cannot be read: {said}") from error


def _facts(certificate: x509.Certificate, der: bytes) -> Certificate:
    fields = SignedFields.of(der)
    extensions = Extensions(certificate)
    subject, issuer = certificate.subject, certificate.issuer
    dns_names, ip_addresses = extensions.names
    if (count := len(dns_names) + len(ip_addresses)) > _MOST_NAMES:
        raise CertificateError(f"a certificate with {count} names", Reason.TOO_LARGE)
    key = _key(certificate)
    rsa_key = key if isinstance(key, rsa.RSAPublicKey) else None
    key_type, key_bits = _kind(certificate, key)
    return Certificate(
        sha256=hashlib.sha256(der).hexdigest(),
        subject=text(subject),
        issuer=text(issuer),
        serial=f"{certificate.serial_number:x}",
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
        dns_names=dns_names,
        ip_addresses=ip_addresses,
        key_type=key_type,
        key_bits=key_bits,
        signature_algorithm=_signature_algorithm(certificate),
        self_issued=issuer == subject,
        der_bytes=len(der),
        spki_sha256=hashlib.sha256(fields.key_info).hexdigest(),
        curve=key.curve.name if isinstance(key, ec.EllipticCurvePublicKey) else None,
        rsa_exponent=_exponent(rsa_key) if rsa_key else None,
        key_faults=tuple(key_faults(rsa_key)) if rsa_key else (),
        signature_hash=_signature_hash(certificate),
        is_ca=extensions.is_ca,
        subject_key_id=extensions.subject_key_id,
        authority_key_id=extensions.authority_key_id,
        name_constraints=extensions.name_constraints,
        must_staple=extensions.must_staple,
        embedded_logs=extensions.embedded_logs,
        ocsp_urls=extensions.ocsp_urls,
        crl_urls=extensions.crl_urls,
        issuer_urls=extensions.issuer_urls,
        usages=extensions.usages,
        lints=lints(der, fields, certificate, extensions.all),
    )


def text(name: x509.Name) -> str:
    """A distinguished name as in RFC 4514, bounded."""
    written = name.rfc4514_string()
    return written if len(written) <= _MOST_CHARACTERS else f"{written[:_MOST_CHARACTERS]}..."


def _key(certificate: x509.Certificate) -> CertificatePublicKeyTypes | None:
    try:
        return certificate.public_key()
    except (UnsupportedAlgorithm, ValueError):  # a kind of key that the library does not know yet
        return None


def _kind(certificate: x509.Certificate, key: CertificatePublicKeyTypes | None) -> tuple[str, int]:
    for kind, name, bits in _KEYS:
        if isinstance(key, kind):
            return name, getattr(key, "key_size", bits)
    return certificate.public_key_algorithm_oid.dotted_string, 0


def _exponent(key: rsa.RSAPublicKey) -> int | None:
    exponent = key.public_numbers().e
    return exponent if exponent.bit_length() <= _MOST_EXPONENT_BITS else None


def _signature_hash(certificate: x509.Certificate) -> str | None:
    try:
        used = certificate.signature_hash_algorithm
    except UnsupportedAlgorithm:
        return None
    return used.name if used else None


def _signature_algorithm(certificate: x509.Certificate) -> str:
    oid = certificate.signature_algorithm_oid
    return _algorithm_names().get(oid, oid.dotted_string)


@cache
def _algorithm_names() -> dict[x509.ObjectIdentifier, str]:
    return {oid: name for name, oid in vars(SignatureAlgorithmOID).items() if isinstance(oid, x509.ObjectIdentifier)}
