"""Handshake messages and alerts out of records, however a server cuts and joins them (RFC 8446 section 5.1)."""

from collections.abc import Iterator

from tlsaudit.evidence import Reason, suite
from tlsaudit.probe.hello import server
from tlsaudit.probe.hello.alert import Alert, pull_alert
from tlsaudit.probe.hello.record import ALERT, CHANGE_CIPHER_SPEC, HANDSHAKE, RecordReader
from tlsaudit.probe.hello.server import Certificate, ServerHello, ServerHelloDone, ServerKeyExchange
from tlsaudit.probe.hello.wire import HelloError

Message = ServerHello | Certificate | ServerKeyExchange | ServerHelloDone | Alert

_HEADER_BYTES = 4
_WARNINGS = 8  # unrecognized_name is common; a flood of warnings holds a client for ever


class Flight:
    """A server's answer to one ClientHello. Feed it bytes as they arrive; it gives the messages they complete.

    Warning alerts and messages that say nothing here (CertificateStatus, CertificateRequest) are passed
    over. Raises HelloError on anything malformed and after `max_bytes`.
    """

    def __init__(self, max_bytes: int) -> None:
        self._records = RecordReader(max_bytes)
        self._max_bytes = max_bytes
        self._handshake = bytearray()
        self._alerts = bytearray()
        self._warnings_left = _WARNINGS
        self._hello: ServerHello | None = None

    def receive(self, data: bytes) -> Iterator[Message]:
        """The messages that `data` completes, to be read to the end or to the last one wanted."""
        for kind, payload in self._records.receive(data):
            if kind == HANDSHAKE:
                self._handshake += payload
                while whole := self._whole_message():
                    if message := self._pull_message(*whole):
                        yield message
            elif kind == ALERT:
                self._alerts += payload
                yield from self._fatal_alerts()
            elif kind != CHANGE_CIPHER_SPEC and self._hello is None:
                raise HelloError("application data before the handshake is done")

    def end(self) -> None:
        """The peer closed: raises HelloError where what it sent is not TLS."""
        self._records.end()

    def _whole_message(self) -> tuple[int, bytes] | None:
        if len(self._handshake) < _HEADER_BYTES:
            return None
        kind = self._handshake[0]
        end = _HEADER_BYTES + int.from_bytes(self._handshake[1:4], "big")
        if end > self._max_bytes:
            raise HelloError(f"a message of {end} bytes", Reason.TOO_LARGE)
        if len(self._handshake) < end:
            return None
        body = bytes(self._handshake[_HEADER_BYTES:end])
        del self._handshake[:end]
        return kind, body

    def _pull_message(self, kind: int, body: bytes) -> Message | None:
        if kind == server.SERVER_HELLO and self._hello is None:
            self._hello = server.pull_server_hello(body)
            return self._hello
        if kind == server.HELLO_REQUEST:
            return None
        if self._hello is None or kind == server.SERVER_HELLO:
            raise HelloError(f"handshake message {kind} where a ServerHello belongs")
        if kind == server.CERTIFICATE:
            return server.pull_certificate(body)
        if kind == server.SERVER_KEY_EXCHANGE:
            return server.pull_server_key_exchange(body, suite(self._hello.suite))
        if kind == server.SERVER_HELLO_DONE:
            return ServerHelloDone()
        return None

    def _fatal_alerts(self) -> Iterator[Alert]:
        while len(self._alerts) >= 2:
            alert = pull_alert(bytes(self._alerts[:2]))
            del self._alerts[:2]
            if alert.fatal:
                yield alert
                continue
            self._warnings_left -= 1
            if self._warnings_left < 0:
                raise HelloError(f"more than {_WARNINGS} warning alerts")
