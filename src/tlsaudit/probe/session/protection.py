"""Records under the keys of TLS 1.3 (RFC 8446 sections 5.2 and 5.3)."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESCCM, AESGCM, ChaCha20Poly1305

from tlsaudit.probe.hello import HelloError
from tlsaudit.probe.hello.wire import push_uint
from tlsaudit.probe.session.schedule import expand_label

APPLICATION_DATA = 23

_NONCE_BYTES = 12
_HEAD = bytes((APPLICATION_DATA, 3, 3))

_Aead = AESGCM | ChaCha20Poly1305 | AESCCM

# The hash, the cipher, and the bytes of its key and its tag (RFC 8446 appendix B.4).
_SUITES: dict[int, tuple[str, Callable[[bytes], _Aead], int, int]] = {
    0x1301: ("sha256", AESGCM, 16, 16),
    0x1302: ("sha384", AESGCM, 32, 16),
    0x1303: ("sha256", ChaCha20Poly1305, 32, 16),
    0x1304: ("sha256", AESCCM, 16, 16),
    0x1305: ("sha256", partial(AESCCM, tag_length=8), 16, 8),
}

SUITES = frozenset(_SUITES)
"""The suites that can be spoken."""


def digest_of(suite: int) -> str:
    """The name of a suite's hash."""
    return _SUITES[suite][0]


class Opened(NamedTuple):
    """What was in a record: content type and content, and how many zeros were put behind them (section 5.4)."""

    kind: int
    content: bytes
    padding_bytes: int


class Protection:
    """One direction of a connection: `secret` is its traffic secret."""

    def __init__(self, suite: int, secret: bytes) -> None:
        digest, cipher, key_bytes, self._tag_bytes = _SUITES[suite]
        self._aead = cipher(expand_label(digest, secret, "key", b"", key_bytes))
        self._iv = int.from_bytes(expand_label(digest, secret, "iv", b"", _NONCE_BYTES), "big")
        self._sequence = 0

    def seal(self, kind: int, content: bytes) -> bytes:
        """A whole record. `content` has at most 2^14 bytes."""
        head = _HEAD + push_uint(len(content) + 1 + self._tag_bytes, 2)
        return head + self._aead.encrypt(self._nonce(), content + bytes((kind,)), head)

    def open(self, payload: bytes) -> Opened:
        """What is in a record's payload. Raises HelloError."""
        try:
            whole = self._aead.decrypt(self._nonce(), payload, _HEAD + push_uint(len(payload), 2))
        except (InvalidTag, ValueError):
            raise HelloError("a record does not decrypt") from None
        inner = whole.rstrip(b"\0")
        if not inner:
            raise HelloError("a record has no content type")
        return Opened(inner[-1], inner[:-1], len(whole) - len(inner))

    def _nonce(self) -> bytes:
        nonce = (self._iv ^ self._sequence).to_bytes(_NONCE_BYTES, "big")
        self._sequence += 1
        return nonce
