"""The key schedule of TLS 1.3 (RFC 8446 section 7.1)."""

import hashlib
import hmac
from functools import cache

from tlsaudit.probe.hello.wire import push_opaque, push_uint

_HASHES = {"sha256": hashlib.sha256, "sha384": hashlib.sha384}


def hashed(digest: str, data: bytes) -> bytes:
    """The hash of a transcript."""
    return _HASHES[digest](data).digest()


def expand_label(digest: str, secret: bytes, label: str, context: bytes, length: int) -> bytes:
    """HKDF-Expand-Label, of at most as many bytes as the hash has: TLS takes no more."""
    return hmac.digest(secret, _prefix(label, length) + push_opaque(context, 1) + b"\x01", digest)[:length]


@cache
def _prefix(label: str, length: int) -> bytes:
    return push_uint(length, 2) + push_opaque(b"tls13 " + label.encode("ascii"), 1)


def finished(digest: str, secret: bytes, transcript_hash: bytes) -> bytes:
    """The verify_data of Finished, and a binder (sections 4.4.4 and 4.2.11.2)."""
    key = expand_label(digest, secret, "finished", b"", len(transcript_hash))
    return hmac.digest(key, transcript_hash, digest)


class Secrets:
    """One after the other the early, the handshake and the master secret. `digest` is the name of a hash."""

    def __init__(self, digest: str, psk: bytes = b"") -> None:
        self.digest = digest
        self._zeros = bytes(_HASHES[digest]().digest_size)
        self._secret = hmac.digest(self._zeros, psk or self._zeros, digest)

    def derive(self, label: str, transcript: bytes) -> bytes:
        """Derive-Secret over the messages so far."""
        return expand_label(self.digest, self._secret, label, hashed(self.digest, transcript), len(self._zeros))

    def advance(self, shared: bytes = b"") -> None:
        """To the next secret, with what both sides have agreed on, if anything."""
        self._secret = hmac.digest(self.derive("derived", b""), shared or self._zeros, self.digest)
