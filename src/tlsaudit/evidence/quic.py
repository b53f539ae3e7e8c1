"""Whether a server answers over QUIC, and what its web server says of that."""

from dataclasses import dataclass
from datetime import datetime

from tlsaudit.evidence.base import NotObserved, Sample


@dataclass(frozen=True, slots=True)
class QuicSession:
    """A QUIC handshake that was completed (RFC 9000, RFC 9001). `leaf_sha256` is of the certificate, in hex."""

    version: int
    alpn: str
    leaf_sha256: str


@dataclass(frozen=True, slots=True)
class QuicOffer:
    """QUIC at one address.

    `advertised` are the (protocol, host, port) alternatives that Alt-Svc names over https (RFC 7838), host empty for
    the same one. `sessions` are by UDP port: the https port and the advertised ones of this host.
    `tcp_leaf_sha256` is the certificate over TCP, None where it was not seen.
    """

    observed_at: Sample[datetime]
    advertised: tuple[tuple[str, str, int], ...]
    sessions: tuple[tuple[int, QuicSession | NotObserved], ...]
    tcp_leaf_sha256: str | None
