"""Handshake messages and alerts out of records, however a server cuts and joins them (RFC 8446 section 5.1)."""

import struct

from tlsaudit.evidence import Reason, suite
from tlsaudit.probe.hello import server
from tlsaudit.probe.hello.alert import Alert, pull_alert
from tlsaudit.probe.hello.record import ALERT, CHANGE_CIPHER_SPEC, HANDSHAKE, RecordReader
from tlsaudit.probe.hello.server import Certificate, ServerHello, ServerHelloDone, ServerKeyExchange
from tlsaudit.probe.hello.wire import HelloError

Message = ServerHello | Certificate | ServerKeyExchange | ServerHelloDone | Alert

_HEADER = struct.Struct(">I")  # type in the first byte, length in the others
_WARNINGS = 8  # unrecognized_name is common; a flood of warnings holds a client for ever


class Flight:
    """A server's answer to one ClientHello. Feed it bytes as they arrive, and pull the messages they complete.

    Warning alerts and messages that say nothing here (CertificateStatus, CertificateRequest) are passed
    over. Raises HelloError on anything malformed and after `max_bytes`.
    """

    __slots__ = ("_alerts", "_handshake", "_hello", "_max_bytes", "_position", "_records", "_warnings_left")

    def __init__(self, max_bytes: int) -> None:
        self._records = RecordReader(max_bytes)
        self._max_bytes = max_bytes
        self._handshake = bytearray()
        self._position = 0  # in that, of the next message
        self._alerts = b""
        self._warnings_left = _WARNINGS
        self._hello: ServerHello | None = None

    def feed(self, data: bytes) -> None:
        self._records.feed(data)

    def pull(self) -> Message | None:
        """The next message; None where more must arrive first."""
        while True:
            if self._position < len(self._handshake) and (whole := self._whole_message()):
                if message := self._pull_message(*whole):
                    return message
            elif len(self._alerts) >= 2:
                if alert := self._fatal_alert():
                    return alert
            elif record := self._records.pull():
                self._take(*record)
            else:
                return None

    def end(self) -> None:
        """The peer closed: raises HelloError where what it sent is not TLS."""
        self._records.end()

    def _take(self, kind: int, payload: bytes) -> None:
        if kind == HANDSHAKE:
            del self._handshake[: self._position]
            self._position = 0
            self._handshake += payload
        elif kind == ALERT:
            self._alerts += payload
        elif kind != CHANGE_CIPHER_SPEC and self._hello is None:
            raise HelloError("application data before the handshake is done")

    def _whole_message(self) -> tuple[int, bytes] | None:
        start = self._position + _HEADER.size
        if start > len(self._handshake):
            return None
        (head,) = _HEADER.unpack_from(self._handshake, self._position)
        end = start + (head & 0xFFFFFF)
        if end - self._position > self._max_bytes:
            raise HelloError(f"a message of {end - self._position} bytes", Reason.TOO_LARGE)
        if end > len(self._handshake):
            return None
        self._position = end
        return head >> 24, bytes(self._handshake[start:end])

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

    def _fatal_alert(self) -> Alert | None:
        alert = pull_alert(self._alerts[:2])
        self._alerts = self._alerts[2:]
        if alert.fatal:
            return alert
        self._warnings_left -= 1
        if self._warnings_left < 0:
            raise HelloError(f"more than {_WARNINGS} warning alerts")
        return None
