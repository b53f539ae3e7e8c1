"""What passed on the wire between the two sides of a link, counted by kind: of packets, headers alone are looked at."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class WireKind(StrEnum):
    """What a packet is, as far as its headers tell; the value is its name in JSON."""

    CLEAR = "clear"
    """From a prefix behind one side to one behind the other, readable by everybody on the way."""

    AUTHENTICATED = "ah"
    """Within AH (RFC 4302), which encrypts nothing."""

    ENCRYPTED = "esp"
    """Within ESP (RFC 4303), over UDP too (RFC 3948). With what it encrypts cannot be seen."""

    NEGOTIATION = "ike"
    """IKE between the gateways, and keepalives."""

    OTHER = "other"
    """Something else that the gateways have to say to each other, or cut short before it could be told."""


@dataclass(frozen=True, slots=True)
class WireWay:
    """The packets of one way, from `sender` to `receiver`, which are sites, by kind.

    `own` are those in clear that this machine received in person while it received ESP of this way, too: they may be
    what it decrypted itself, since the kernel shows that once more on the interface by which it came.
    """

    sender: str
    receiver: str
    counts: dict[WireKind, int]
    own: int = 0


@dataclass(frozen=True, slots=True)
class WireFlow:
    """Packets in clear from one address to another; `protocol` is the number in their IP header."""

    source: str
    destination: str
    protocol: int
    packets: int


@dataclass(frozen=True, slots=True)
class WireLook:
    """One look at an interface. `dropped` is how many packets that may have been in clear came too fast to be looked
    at; `flows` are some of those in clear, the busiest first."""

    link: str
    interface: str
    started_at: datetime
    seconds: float
    ways: tuple[WireWay, ...]
    dropped: int
    flows: tuple[WireFlow, ...]

    def count(self, kind: WireKind) -> int:
        return sum(way.counts.get(kind, 0) for way in self.ways)
