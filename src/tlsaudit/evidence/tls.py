"""What a TLS server serves: versions, cipher suites, named groups, and whose order decides."""

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum

from tlsaudit.evidence.base import Sample


class TlsVersion(IntEnum):
    """A protocol version by its number on the wire (RFC 8446 section 4.1.2, RFC 6101 appendix A.1)."""

    SSL3 = 0x0300
    TLS1_0 = 0x0301
    TLS1_1 = 0x0302
    TLS1_2 = 0x0303
    TLS1_3 = 0x0304

    @property
    def label(self) -> str:
        """The name people use: `TLS 1.2`."""
        return "SSL 3.0" if self is TlsVersion.SSL3 else f"TLS 1.{self - 0x0301}"


class Order(StrEnum):
    """Whose order of preference decides between several common choices."""

    SERVER = "server"
    CLIENT = "client"
    MIXED = "mixed"
    ONLY_ONE = "only one"


@dataclass(frozen=True, slots=True)
class VersionOffer:
    """What is served under one protocol version.

    `suites` and `groups` are IANA code points, in the order in which the server picked them from an
    offer of everything; that is the server's preference where the order says `server`.
    `groups` is empty where no suite with an ephemeral key exchange over a named group is served.
    """

    version: TlsVersion
    suites: tuple[int, ...]
    suite_order: Order
    groups: tuple[int, ...]
    group_order: Order


@dataclass(frozen=True, slots=True)
class TlsOffer:
    """Everything one address serves, asked suite by suite. `versions` is newest first and never empty.

    `dh_bits` are the distinct sizes of the finite-field Diffie-Hellman primes seen in ServerKeyExchange.
    """

    observed_at: Sample[datetime]
    connections: Sample[int]
    versions: tuple[VersionOffer, ...]
    dh_bits: tuple[int, ...]
