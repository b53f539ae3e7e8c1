"""What one handshake showed, whichever version it was and whoever spoke it."""

from dataclasses import dataclass, field
from typing import Protocol

from tlsaudit.evidence import TlsVersion
from tlsaudit.probe.certificate import ShownChain
from tlsaudit.probe.hello import Alert
from tlsaudit.probe.session.messages import CertificateRequest, Ticket


@dataclass(slots=True)
class Handshake:
    """Filled while it goes on.

    `complete`: both have said Finished. `resumed` without `exchanged`: the old session's secret alone makes the keys.
    `share` is the server's in TLS 1.3, as group and public value.
    `request`: the server asked for a client certificate, and got none. `closed`: it said goodbye, which means that it
    had nothing against us.
    """

    version: TlsVersion | None = None
    shown: ShownChain = field(default_factory=ShownChain)
    alpn: str | None = None
    request: CertificateRequest | None = None
    tickets: list[Ticket] = field(default_factory=list)
    resumed: bool = False
    exchanged: bool = False
    share: tuple[int, bytes] | None = None
    complete: bool = False
    closed: bool = False
    alert: Alert | None = None

    @property
    def accepted(self) -> bool:
        """Whether the server let us in. In TLS 1.3 it may still object to what came with our Finished."""
        return self.complete and self.alert is None

    @property
    def certificate_required(self) -> bool | None:
        """Whether the handshake failed because no client certificate was given; None where that was not seen."""
        if self.request is None:
            return None
        if self.alert is not None:
            return True
        return False if self.complete and (self.closed or self.tickets) else None


class Conversation(Protocol):
    """A client that does no I/O. `done`: nothing more is to be read. `seen` is what it was shown."""

    seen: Handshake
    done: bool

    def start(self) -> bytes:
        """What is to be sent first."""

    def receive(self, data: bytes) -> bytes:
        """Take what arrived, give what is to be sent. Raises HelloError."""

    def end(self) -> None:
        """The peer closed. Raises HelloError where what it sent is not TLS."""
