"""A client that hides its hello in another one: Encrypted Client Hello (RFC 9849)."""

import hmac
import os
from collections.abc import Sequence

from tlsaudit.evidence import EchConfig
from tlsaudit.probe.hello import ClientHello, HelloError, ServerHello, pull_server_hello, push_client_hello
from tlsaudit.probe.hello.client import pull_extensions
from tlsaudit.probe.hello.wire import Buffer, push_opaque, push_uint
from tlsaudit.probe.session import messages as m
from tlsaudit.probe.session.client import Tls13Client
from tlsaudit.probe.session.hpke import SUITES, X25519, Sender
from tlsaudit.probe.session.protection import digest_of
from tlsaudit.probe.session.schedule import expand_label, hashed

ENCRYPTED_CLIENT_HELLO = 0xFE0D

_INNER, _OUTER = b"\x01", b"\x00"
_INFO = b"tls ech\x00"
_HEADER_BYTES = 4
_PADDED_TO = 32
_CONFIRMATION_BYTES = 8
_RANDOM_END = _HEADER_BYTES + 2 + 32


def usable(configs: Sequence[EchConfig]) -> tuple[EchConfig, tuple[int, int]] | None:
    """The first configuration that can be spoken here, and its first such pair of KDF and AEAD."""
    for config in configs:
        pair = next((pair for pair in config.suites if pair in SUITES), None)
        if config.fault is None and config.kem == X25519 and pair:
            return config, pair
    return None


class EncryptedHelloClient(Tls13Client):
    """One handshake up to the server's chain. `hello` names the host, and is what is hidden.

    Then `accepted` says whether the server has read it. Where it has not, the chain is that for the public name, and
    `retry_configs` is the ECHConfigList that it would have read, None where it sent none.
    """

    def __init__(self, hello: ClientHello, max_bytes: int, config: EchConfig, suite: tuple[int, int]) -> None:
        super().__init__(hello._replace(server_name=config.public_name), max_bytes, whole=False)
        self.accepted = False
        self.retry_configs: bytes | None = None
        self._config = config
        self._hpke = suite
        self._name = hello.server_name
        self._inner_random = os.urandom(32)
        self._inner: list[bytes] = []  # the transcript that counts where the server has read it
        self._sender = Sender(config.public_key, _INFO + config.raw, suite)
        self._promised = False

    def _push_hello(self) -> bytes:
        """The outer hello (sections 5 and 6.1). What it hides differs in its name and random alone, so that the server
        can answer either with what the other has.
        """
        outer = self._hello._replace(key_shares=((self._share.group, self._share.public),))
        enc = b"" if self._inner else self._sender.enc  # once is enough (section 6.1.5)
        inner = outer._replace(server_name=self._name, extensions=(*outer.extensions, (ENCRYPTED_CLIENT_HELLO, _INNER)))
        self._inner.append(push_client_hello(inner, self._inner_random, self._session_id))
        encoded = self._padded(push_client_hello(inner, self._inner_random)[_HEADER_BYTES:])
        head = _OUTER + b"".join(push_uint(code, 2) for code in self._hpke) + push_uint(self._config.config_id, 1)
        nothing = bytes(len(encoded) + 16)  # with the tag that each of the ciphers adds
        extension = head + push_opaque(enc, 2) + push_opaque(nothing, 2)
        whole = push_client_hello(
            outer._replace(extensions=(*outer.extensions, (ENCRYPTED_CLIENT_HELLO, extension))),
            self._random,
            self._session_id,
        )
        return whole[: -len(nothing)] + self._sender.seal(encoded, whole[_HEADER_BYTES:])

    def _padded(self, encoded: bytes) -> bytes:
        """Section 6.1.3: neither the length of the name shows, nor that of anything else."""
        longest = self._config.maximum_name_length
        size = len(encoded) + (max(0, longest - len(self._name)) if self._name else longest + 9)
        return encoded.ljust(size + -size % _PADDED_TO, b"\0")

    def _on_server_hello(self, body: bytes) -> None:
        hello = pull_server_hello(body)
        message = self._transcript[-1]
        if hello.suite not in self._hello.suites:
            raise HelloError("the server picked what was not offered")
        if hello.retry:
            digest = digest_of(hello.suite)
            self._inner = [m.push_message(m.MESSAGE_HASH, hashed(digest, self._inner[0])), message]
            self._promised = self._confirms_retry(hello, message)
        else:
            self._inner.append(message)
            self.accepted = self._confirms(hello, message)
            if self._promised and not self.accepted:
                raise HelloError("the server has read the encrypted hello, and then has not")
            if self.accepted:
                self._transcript = self._inner
        super()._on_server_hello(body)

    def _confirms(self, hello: ServerHello, message: bytes) -> bool:
        """Section 7.2: the end of the random is made of the inner hello."""
        blank = message[: _RANDOM_END - _CONFIRMATION_BYTES] + bytes(_CONFIRMATION_BYTES) + message[_RANDOM_END:]
        return self._is_confirmed(hello, hello.random[-_CONFIRMATION_BYTES:], "ech accept confirmation", blank)

    def _confirms_retry(self, hello: ServerHello, message: bytes) -> bool:
        """Section 7.2.1: there it is an extension."""
        said = hello.extension(ENCRYPTED_CLIENT_HELLO)
        if said is None or len(said) != _CONFIRMATION_BYTES:
            return False
        blank = message.replace(said, bytes(_CONFIRMATION_BYTES))
        return self._is_confirmed(hello, said, "hrr ech accept confirmation", blank)

    def _is_confirmed(self, hello: ServerHello, said: bytes, label: str, message: bytes) -> bool:
        digest = digest_of(hello.suite)
        transcript = hashed(digest, b"".join((*self._inner[:-1], message)))
        secret = hmac.digest(bytes(len(transcript)), self._inner_random, digest)
        return hmac.compare_digest(said, expand_label(digest, secret, label, transcript, _CONFIRMATION_BYTES))

    def _on_extensions(self, body: bytes) -> None:
        super()._on_extensions(body)
        self.retry_configs = pull_extensions(Buffer(body)).get(ENCRYPTED_CLIENT_HELLO)
