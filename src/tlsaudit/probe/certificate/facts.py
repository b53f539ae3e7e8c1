"""One certificate: DER -> facts."""

import hashlib
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, lru_cache

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa
from cryptography.utils import CryptographyDeprecationWarning
from cryptography.x509.oid import SignatureAlgorithmOID

from tlsaudit.evidence import Certificate, Reason

# Authorities stop at a few hundred names. What is larger is no certificate that anybody issued for use.
_MOST_NAMES = 2_000
_MOST_CHARACTERS = 1_000

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


def _read(der: bytes) -> Certificate:
    with _readable():
        return _facts(x509.load_der_x509_certificate(der), hashlib.sha256(der).hexdigest())


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


def _facts(certificate: x509.Certificate, sha256: str) -> Certificate:
    dns_names, ip_addresses = _names(certificate)
    key_type, key_bits = _key(certificate)
    return Certificate(
        sha256=sha256,
        subject=text(certificate.subject),
        issuer=text(certificate.issuer),
        serial=f"{certificate.serial_number:x}",
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
        dns_names=dns_names,
        ip_addresses=ip_addresses,
        key_type=key_type,
        key_bits=key_bits,
        signature_algorithm=_signature_algorithm(certificate),
        self_issued=certificate.issuer == certificate.subject,
    )


def text(name: x509.Name) -> str:
    """A distinguished name as in RFC 4514, bounded."""
    written = name.rfc4514_string()
    return written if len(written) <= _MOST_CHARACTERS else f"{written[:_MOST_CHARACTERS]}..."


def _names(certificate: x509.Certificate) -> tuple[tuple[str, ...], tuple[str, ...]]:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return (), ()
    dns_names = tuple(names.get_values_for_type(x509.DNSName))
    ip_addresses = tuple(map(str, names.get_values_for_type(x509.IPAddress)))
    if (count := len(dns_names) + len(ip_addresses)) > _MOST_NAMES:
        raise CertificateError(f"a certificate with {count} names", Reason.TOO_LARGE)
    return dns_names, ip_addresses


def _key(certificate: x509.Certificate) -> tuple[str, int]:
    try:
        key = certificate.public_key()
    except (UnsupportedAlgorithm, ValueError):  # a kind of key that the library does not know yet
        return certificate.public_key_algorithm_oid.dotted_string, 0
    for kind, name, bits in _KEYS:
        if isinstance(key, kind):
            return name, getattr(key, "key_size", bits)
    return certificate.public_key_algorithm_oid.dotted_string, 0


def _signature_algorithm(certificate: x509.Certificate) -> str:
    oid = certificate.signature_algorithm_oid
    return _algorithm_names().get(oid, oid.dotted_string)


@cache
def _algorithm_names() -> dict[x509.ObjectIdentifier, str]:
    return {oid: name for name, oid in vars(SignatureAlgorithmOID).items() if isinstance(oid, x509.ObjectIdentifier)}
