"""Whether a server answers over QUIC, and what its web server says of that."""

from dataclasses import dataclass
from datetime import datetime

from tlsaudit.evidence.altsvc import Alternative
from tlsaudit.evidence.base import NotObserved, Sample


@dataclass(frozen=True, slots=True)
class QuicSession:
    """A QUIC handshake that was completed (RFC 9000, RFC 9001). `version` is the number on the wire, `alpn` what the
    server picked, empty for nothing. `leaf_sha256` is of the certificate, in hex.
    """

    version: int
    alpn: str
    leaf_sha256: str


@dataclass(frozen=True, slots=True)
class QuicOffer:
    """QUIC at one address.

    `advertised` are the alternatives that Alt-Svc names over https (RFC 7838), their host empty where it is the
    endpoint's. `sessions` are by public UDP port: that of https first, then those advertised for HTTP/3 on this host.
    `tcp_leaves_sha256` are the certificates over TCP, in hex; empty where they were not seen.
    """

    observed_at: Sample[datetime]
    advertised: tuple[Alternative, ...] | NotObserved
    sessions: tuple[tuple[int, QuicSession | NotObserved], ...]
    tcp_leaves_sha256: tuple[str, ...]
