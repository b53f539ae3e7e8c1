"""The clear-text side of STARTTLS, without a socket: what is to be said, and what the server said, piece by piece."""

from collections.abc import Generator
from dataclasses import dataclass
from typing import TypeVar

from tlsaudit.evidence import Reason
from tlsaudit.probe.road import PreambleError

T = TypeVar("T")

Step = Generator[bytes, bytes, T]
"""A part of a dialogue: yields what to send, is sent what arrived (empty: the server closed). Raises PreambleError."""

_MOST_BYTES = 1 << 15
_SHOWN_BYTES = 80

# The password itself, or what is as good as it: RFC 4616, the draft-only LOGIN, RFC 7628 and its forerunner.
_CLEAR_TEXT = frozenset({"PLAIN", "LOGIN", "OAUTHBEARER", "XOAUTH2"})


@dataclass(frozen=True, slots=True)
class Said:
    """What a server said before TLS, once it would start or says that it cannot.

    `clear_text_auth` is as in StartTlsOffer. `early` are bytes that came together with the go-ahead, though it is the
    client who speaks next: whoever takes them for a part of TLS takes what an attacker may have put there
    (CVE-2011-0411, CVE-2021-23222).
    """

    offered: bool
    clear_text_auth: tuple[str, ...] = ()
    early: bytes = b""


class Wire:
    """Reads at most 32 KiB in all."""

    def __init__(self) -> None:
        self._received = bytearray()
        self._to_send = b""
        self._total = 0

    def say(self, data: bytes) -> None:
        """To be sent when the next piece is read. Raises PreambleError where the server has said more than it was
        asked: what follows could not be told from an answer.
        """
        if self._received.strip():
            raise PreambleError(f"the server speaks out of turn: {shown(self._received)}")
        self._received.clear()
        self._to_send += data

    def line(self) -> Step[bytes]:
        """Up to a line feed, without the end of line."""
        taken = yield from self.until(b"\n")
        return taken.removesuffix(b"\n").removesuffix(b"\r")

    def until(self, mark: bytes) -> Step[bytes]:
        """Up to one byte, that included."""
        looked_at = 0
        while (end := self._received.find(mark, looked_at)) < 0:
            looked_at = len(self._received)
            yield from self._more()
        return self._take(end + 1)

    def exactly(self, count: int) -> Step[bytes]:
        if count > _MOST_BYTES:
            raise PreambleError(f"a message of {count} bytes before TLS", Reason.TOO_LARGE)
        while len(self._received) < count:
            yield from self._more()
        return self._take(count)

    def end(self, *, offered: bool, clear_text_auth: tuple[str, ...] = ()) -> Said:
        """What was said, the server having just given its go-ahead."""
        return Said(offered, clear_text_auth, bytes(self._received))

    def _take(self, count: int) -> bytes:
        taken = bytes(self._received[:count])
        del self._received[:count]
        return taken

    def _more(self) -> Step[None]:
        data = yield self._to_send
        self._to_send = b""
        if not data:
            raise PreambleError("the server closed the connection before TLS", Reason.RESET)
        self._total += len(data)
        if self._total > _MOST_BYTES:
            raise PreambleError(f"more than {_MOST_BYTES >> 10} KiB before TLS", Reason.TOO_LARGE)
        self._received += data


def shown(said: bytes | bytearray) -> str:
    """The beginning of what a server said, printable."""
    return repr(bytes(said[:_SHOWN_BYTES].strip()))[2:-1]


def refusal(what: str, said: bytes) -> PreambleError:
    """The server does not do what it was asked, in its own words."""
    return PreambleError(f"{what}: {shown(said)}", Reason.SERVER_ERROR)


def clear_text(mechanisms: list[str], prefix: str) -> tuple[str, ...]:
    """Of SASL mechanisms those that give the password away, each once, as `AUTH PLAIN`."""
    return tuple(dict.fromkeys(f"{prefix}{name}" for name in mechanisms if name in _CLEAR_TEXT))
