"""A client of TLS 1.3 that asks for something, and counts the padding of the records in which the answer comes."""

from collections.abc import Iterable
from typing import NamedTuple

from tlsaudit.probe.hello import ClientHello
from tlsaudit.probe.session.client import Tls13Client
from tlsaudit.probe.session.protection import APPLICATION_DATA, Opened

_MOST_RECORDS = 64


class Lengths(NamedTuple):
    """Bytes of content and of padding in one record."""

    content: int
    padding: int


class AskingClient(Tls13Client):
    """A handshake after which `request` is said instead of goodbye. `answer` are the records of application data, at
    most 64, and `others` those of the encrypted handshake and of tickets.
    """

    def __init__(self, hello: ClientHello, max_bytes: int, request: bytes) -> None:
        super().__init__(hello, max_bytes)
        self._request = request
        self.answer: list[Lengths] = []
        self.others: list[Lengths] = []

    def _last_words(self) -> Iterable[tuple[int, bytes]]:
        return ((APPLICATION_DATA, self._request),)

    def _open(self, payload: bytes) -> Opened:
        opened = super()._open(payload)
        records = self.answer if opened.kind == APPLICATION_DATA else self.others
        records.append(Lengths(len(opened.content), opened.padding_bytes))
        self.done = len(self.answer) == _MOST_RECORDS
        return opened
