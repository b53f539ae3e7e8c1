"""The user's client certificate, and the proof that its key is ours (RFC 8446 section 4.4.3)."""

from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key

from tlsaudit.probe.hello import HelloError
from tlsaudit.probe.hello.wire import push_opaque, push_uint
from tlsaudit.probe.http.client_certificate import ClientCertificate
from tlsaudit.probe.session.messages import CERTIFICATE_VERIFY, push_message

_CONTEXT = b" " * 64 + b"TLS 1.3, client CertificateVerify\0"

_PSS = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.DIGEST_LENGTH)
_CURVES = {
    "secp256r1": (0x0403, hashes.SHA256()),
    "secp384r1": (0x0503, hashes.SHA384()),
    "secp521r1": (0x0603, hashes.SHA512()),
}


@dataclass(frozen=True, slots=True)
class Credential:
    """`chain` is DER, leaf first; `files` are for OpenSSL."""

    files: ClientCertificate
    chain: tuple[bytes, ...]
    key: object

    @classmethod
    def load(cls, files: ClientCertificate) -> "Credential":
        """From files that ClientCertificate.read has seen."""
        chain = x509.load_pem_x509_certificates(files.certificate.read_bytes())
        key = load_pem_private_key((files.key or files.certificate).read_bytes(), password=None)
        return cls(files, tuple(item.public_bytes(Encoding.DER) for item in chain), key)

    def prove(self, transcript_hash: bytes) -> bytes:
        """CertificateVerify. Raises HelloError for a key that TLS 1.3 cannot sign with."""
        scheme, signature = self._sign(_CONTEXT + transcript_hash)
        return push_message(CERTIFICATE_VERIFY, push_uint(scheme, 2) + push_opaque(signature, 2))

    def _sign(self, content: bytes) -> tuple[int, bytes]:
        match self.key:
            case rsa.RSAPrivateKey():
                return 0x0804, self.key.sign(content, _PSS, hashes.SHA256())
            case ec.EllipticCurvePrivateKey() if self.key.curve.name in _CURVES:
                scheme, digest = _CURVES[self.key.curve.name]
                return scheme, self.key.sign(content, ec.ECDSA(digest))
            case ed25519.Ed25519PrivateKey():
                return 0x0807, self.key.sign(content)
            case ed448.Ed448PrivateKey():
                return 0x0808, self.key.sign(content)
        raise HelloError("the key of the client certificate cannot sign in TLS 1.3")
