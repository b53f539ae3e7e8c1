"""What a TLS server serves: versions, cipher suites, named groups, and whose order decides."""

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum

from tlsaudit.evidence.base import NotObserved, Sample


class TlsVersion(IntEnum):
    """A protocol version by its number on the wire (RFC 8446 section 4.1.2, RFC 6101 appendix A.1, RFC 6101
    appendix E for SSL 2.0).
    """

    SSL2 = 0x0002
    SSL3 = 0x0300
    TLS1_0 = 0x0301
    TLS1_1 = 0x0302
    TLS1_2 = 0x0303
    TLS1_3 = 0x0304

    @property
    def label(self) -> str:
        """The name people use: `TLS 1.2`."""
        if self <= TlsVersion.SSL3:
            return "SSL 3.0" if self is TlsVersion.SSL3 else "SSL 2.0"
        return f"TLS 1.{self - 0x0301}"


class Order(StrEnum):
    """Whose order of preference decides between several common choices."""

    SERVER = "server"
    CLIENT = "client"
    MIXED = "mixed"
    ONLY_ONE = "only one"
    NOT_ASKED = "not asked"


@dataclass(frozen=True, slots=True)
class VersionOffer:
    """What is served under one protocol version.

    `suites` and `groups` are IANA code points, in the order in which the server picked them from an
    offer of everything; that is the server's preference where the order says `server`. SSL 2.0 has code points of
    three bytes, its client picks, and its server may name none but take one all the same. `groups` is empty where no
    suite with an ephemeral key exchange over a named group is served.
    """

    version: TlsVersion
    suites: tuple[int, ...]
    suite_order: Order
    groups: tuple[int, ...]
    group_order: Order


@dataclass(frozen=True, slots=True)
class DhPrime:
    """A finite-field Diffie-Hellman prime seen in ServerKeyExchange.

    `sha256` is of the big-endian value, in hex. `name` is that of a published group, None where it is the server's
    own. `prime` is False where it is composite, `safe` where (p - 1) / 2 is not prime, which lets small subgroups in;
    None where it is too large to be tested.
    """

    bits: int
    sha256: str
    name: str | None
    prime: bool | None
    safe: bool | None


@dataclass(frozen=True, slots=True)
class Intolerance:
    """A hello that the server failed on though it answers a smaller one: `what` was too much for it, as
    `TLS 1.3`, `extensions` or `more than 255 bytes`; `how` it failed, as `closed` or `handshake_failure`.
    """

    what: str
    how: str


@dataclass(frozen=True, slots=True)
class TlsOffer:
    """Everything one address serves, asked suite by suite. `versions` is newest first and never empty.

    `incomplete` says why the lists may be too short; None where everything was asked and answered. What is in them
    was seen in any case.
    """

    observed_at: Sample[datetime]
    connections: Sample[int | None]
    versions: tuple[VersionOffer, ...]
    dh_primes: tuple[DhPrime, ...] = ()
    intolerances: tuple[Intolerance, ...] = ()
    incomplete: NotObserved | None = None


@dataclass(frozen=True, slots=True)
class EphemeralKeys:
    """The key shares that one address used in the connections of one look.

    `compared` are the groups of which more than one share was seen (IANA code points, 0 for finite fields), `reused`
    those of which one share came twice. `shares` are 8 bytes of SHA-256 of each distinct public value, in hex: they are
    most of what a look adds to the history. None where they are no longer kept. `incomplete` is as in TlsOffer.
    """

    observed_at: Sample[datetime]
    shares: Sample[tuple[str, ...] | None]
    compared: tuple[int, ...]
    reused: tuple[int, ...]
    incomplete: NotObserved | None = None


@dataclass(frozen=True, slots=True)
class TlsFeatures:
    """What a server says of itself in the hellos it answers. None: nothing that was served could show it.

    `extended_master_secret` (RFC 7627), `secure_renegotiation` (RFC 5746), `encrypt_then_mac` (RFC 7366) and
    `compression` are of TLS 1.2 and older. `fallback_scsv`: a client that falls back needlessly is turned away
    (RFC 7507). `downgrade_sentinel`: a server of TLS 1.3 marks what it sends to older clients (RFC 8446 section
    4.1.3). `alpn` are the protocols it picked (RFC 7301): of h2 and http/1.1 first, then of those not yet
    picked; `tlsaudit/unknown` among them where it takes whatever is offered. `incomplete` is as in TlsOffer.
    """

    observed_at: Sample[datetime]
    extended_master_secret: bool | None
    secure_renegotiation: bool | None
    encrypt_then_mac: bool | None
    compression: bool | None
    fallback_scsv: bool | None
    downgrade_sentinel: bool | None
    alpn: tuple[str, ...]
    incomplete: NotObserved | None = None


@dataclass(frozen=True, slots=True)
class ClientCertificateRequest:
    """That a server asks its clients for a certificate (RFC 8446 section 4.3.2).

    `authorities` are the accepted issuers (RFC 4514), at most 100; `required`: the handshake fails without one, None
    where that was not seen.
    """

    authorities: tuple[str, ...]
    required: bool | None


@dataclass(frozen=True, slots=True)
class TicketPolicy:
    """The session tickets that one version issues. `lifetime_s` is what the server says in seconds; 0 in TLS 1.2:
    it does not say. `early_data_bytes` is what 0-RTT may carry (RFC 8446 section 4.2.10), 0 where it is off.
    """

    version: TlsVersion
    lifetime_s: int
    early_data_bytes: int


@dataclass(frozen=True, slots=True)
class Sessions:
    """How sessions are kept and resumed at one address.

    `ticket_keys` are the first 16 bytes of each distinct ticket in hex where they name the key that sealed it
    (RFC 5077 section 4), so that they came in more than one ticket; None where they are no
    longer kept. `resumes` are the versions in which a second
    connection was let in without a new authentication. `psk_ke`: a resumption without a key exchange is accepted
    (RFC 8446 section 4.2.9). None: nothing that was served could show it. `versions` are those in which a session was
    begun: nothing is known of others.
    """

    observed_at: Sample[datetime]
    ticket_keys: Sample[tuple[str, ...] | None]
    tickets: tuple[TicketPolicy, ...]
    resumes: tuple[TlsVersion, ...]
    psk_ke: bool | None
    client_certificate: ClientCertificateRequest | None
    versions: tuple[TlsVersion, ...] = ()


@dataclass(frozen=True, slots=True)
class ReplayedSession:
    """What a reference client's own hello got. `refused` says how it was turned away; then the others are None."""

    client: str
    version: TlsVersion | None
    suite: int | None
    group: int | None
    refused: str | None


@dataclass(frozen=True, slots=True)
class ClientSessions:
    """What each reference client's own hello got at one address, in the order of the clients."""

    observed_at: Sample[datetime]
    sessions: tuple[ReplayedSession, ...]
