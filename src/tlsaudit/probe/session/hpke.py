"""To encrypt for the holder of a key: HPKE in base mode (RFC 9180), as much of it as Encrypted Client Hello takes."""

import hmac
from collections.abc import Callable

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305

from tlsaudit.probe.hello import HelloError
from tlsaudit.probe.hello.wire import push_uint

X25519 = 0x0020

_BASE = b"\x00"
_NONCE_BYTES = 12
_SECRET_BYTES = 32
_DIGESTS = {0x0001: "sha256", 0x0002: "sha384", 0x0003: "sha512"}
_CIPHERS: dict[int, tuple[Callable[[bytes], AESGCM | ChaCha20Poly1305], int]] = {
    0x0001: (AESGCM, 16),
    0x0002: (AESGCM, 32),
    0x0003: (ChaCha20Poly1305, 32),
}

SUITES = frozenset((kdf, aead) for kdf in _DIGESTS for aead in _CIPHERS)
"""The pairs of KDF and AEAD that can be spoken, with DHKEM(X25519, HKDF-SHA256)."""


class Sender:
    """Encrypts for the holder of an X25519 key. `enc` is what the receiver needs, beside its own key and `info`.

    `suite` is one of SUITES; `key` is the ephemeral key, a fresh one where none is given. Raises HelloError where the
    public key is of no use.
    """

    def __init__(
        self, public_key: bytes, info: bytes, suite: tuple[int, int], key: X25519PrivateKey | None = None
    ) -> None:
        own = key or X25519PrivateKey.generate()
        self.enc = own.public_key().public_bytes_raw()
        try:
            agreed = own.exchange(X25519PublicKey.from_public_bytes(public_key))
        except ValueError:
            raise HelloError("the published key is no point of its group") from None
        kem = _Labelled("sha256", b"KEM" + push_uint(X25519, 2))
        secret = kem.expand(kem.extract(b"", "eae_prk", agreed), "shared_secret", self.enc + public_key, _SECRET_BYTES)
        kdf, aead = suite
        cipher, key_bytes = _CIPHERS[aead]
        schedule = _Labelled(_DIGESTS[kdf], b"HPKE" + b"".join(push_uint(code, 2) for code in (X25519, kdf, aead)))
        context = _BASE + schedule.extract(b"", "psk_id_hash", b"") + schedule.extract(b"", "info_hash", info)
        secret = schedule.extract(secret, "secret", b"")
        self._aead = cipher(schedule.expand(secret, "key", context, key_bytes))
        self._nonce = int.from_bytes(schedule.expand(secret, "base_nonce", context, _NONCE_BYTES), "big")
        self._sequence = 0

    def seal(self, plaintext: bytes, aad: bytes) -> bytes:
        """The next message."""
        nonce = (self._nonce ^ self._sequence).to_bytes(_NONCE_BYTES, "big")
        self._sequence += 1
        return self._aead.encrypt(nonce, plaintext, aad)


class _Labelled:
    """LabeledExtract and LabeledExpand (section 4)."""

    def __init__(self, digest: str, suite: bytes) -> None:
        self._digest = digest
        self._suite = b"HPKE-v1" + suite

    def extract(self, salt: bytes, label: str, ikm: bytes) -> bytes:
        return hmac.digest(salt, self._suite + label.encode("ascii") + ikm, self._digest)

    def expand(self, secret: bytes, label: str, info: bytes, length: int) -> bytes:
        """At most as many bytes as the hash has."""
        data = push_uint(length, 2) + self._suite + label.encode("ascii") + info + b"\x01"
        return hmac.digest(secret, data, self._digest)[:length]
