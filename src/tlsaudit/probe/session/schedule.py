"""The key schedule of TLS 1.3 (RFC 8446 section 7.1)."""

import hashlib
import hmac

from tlsaudit.probe.hello.wire import push_opaque, push_uint


def hashed(digest: str, data: bytes) -> bytes:
    """The hash of a transcript."""
    return hashlib.new(digest, data).digest()


def expand_label(digest: str, secret: bytes, label: str, context: bytes, length: int) -> bytes:
    """HKDF-Expand-Label."""
    info = push_uint(length, 2) + push_opaque(b"tls13 " + label.encode("ascii"), 1) + push_opaque(context, 1)
    block, found = b"", b""
    for number in range(1, -(-length // hashlib.new(digest).digest_size) + 1):
        block = hmac.digest(secret, block + info + bytes((number,)), digest)
        found += block
    return found[:length]


def finished(digest: str, secret: bytes, transcript_hash: bytes) -> bytes:
    """The verify_data of Finished, and a binder (sections 4.4.4 and 4.2.11.2)."""
    key = expand_label(digest, secret, "finished", b"", len(transcript_hash))
    return hmac.digest(key, transcript_hash, digest)


class Secrets:
    """One after the other the early, the handshake and the master secret. `digest` is the name of a hash."""

    def __init__(self, digest: str, psk: bytes = b"") -> None:
        self.digest = digest
        self._zeros = bytes(hashlib.new(digest).digest_size)
        self._secret = hmac.digest(self._zeros, psk or self._zeros, digest)

    def derive(self, label: str, transcript: bytes) -> bytes:
        """Derive-Secret over the messages so far."""
        return expand_label(self.digest, self._secret, label, hashed(self.digest, transcript), len(self._zeros))

    def advance(self, shared: bytes = b"") -> None:
        """To the next secret, with what both sides have agreed on, if anything."""
        self._secret = hmac.digest(self.derive("derived", b""), shared or self._zeros, self.digest)
