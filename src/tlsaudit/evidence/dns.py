"""What the DNS says of an endpoint's host name. It is the same at each of its addresses."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from tlsaudit.evidence.base import NotObserved, Sample


class Dnssec(StrEnum):
    """What a validating resolver makes of an answer (RFC 4033 section 5). `bogus`: its clients get none."""

    SECURE = "secure"
    INSECURE = "insecure"
    BOGUS = "bogus"


@dataclass(frozen=True, slots=True)
class HostRecords:
    """Where a host name leads. Names are in lower case, without the final dot.

    `aliases` are the targets of its CNAME records, in order; `loop`: they lead back into themselves. `exists` is False
    where the last name of them does not (NXDOMAIN); then `zone` is the one that says so, where it is told. `ipv4` and
    `ipv6` are the A and AAAA records at their end, sorted. `pinned`: where to connect was not looked up in the DNS.
    """

    observed_at: Sample[datetime]
    host: str
    pinned: bool
    aliases: tuple[str, ...]
    loop: bool
    exists: bool
    zone: str | None
    ipv4: tuple[str, ...] | NotObserved
    ipv6: tuple[str, ...] | NotObserved
    dnssec: Dnssec | NotObserved


@dataclass(frozen=True, slots=True)
class CaaRecord:
    """One CAA record (RFC 8659 section 4). `tag` is in lower case."""

    critical: bool
    tag: str
    value: str


@dataclass(frozen=True, slots=True)
class CaaSet:
    """The CAA records that stand at one name."""

    name: str
    records: tuple[CaaRecord, ...]


@dataclass(frozen=True, slots=True)
class CaaRecords:
    """Which authorities may issue (RFC 8659 section 3): `own` are the records that count for a certificate with the
    host's name, `above` those for a wildcard in its place. None where no name up to the root has any.
    """

    observed_at: Sample[datetime]
    host: str
    own: CaaSet | None
    above: CaaSet | None


@dataclass(frozen=True, slots=True)
class TlsaRecord:
    """One TLSA record (RFC 6698 section 2.1); `data` in hex."""

    usage: int
    selector: int
    matching: int
    data: str


@dataclass(frozen=True, slots=True)
class TlsaRecords:
    """The TLSA records at `name`, such as `_25._tcp.mx.example.org`. `protocol` is that of STARTTLS, None for TLS from
    the first byte on.
    """

    observed_at: Sample[datetime]
    name: str
    protocol: str | None
    records: tuple[TlsaRecord, ...]
    dnssec: Dnssec | NotObserved


@dataclass(frozen=True, slots=True)
class HttpsRecord:
    """One HTTPS record in ServiceMode (RFC 9460). `target` is the name to connect to, and `addresses` are its A and
    AAAA records. `mandatory` are the numbers of the keys that a client must know. `ech` is in base64 (RFC 9848).
    """

    priority: int
    target: str
    alpn: tuple[str, ...]
    no_default_alpn: bool
    port: int | None
    ipv4_hints: tuple[str, ...]
    ipv6_hints: tuple[str, ...]
    mandatory: tuple[int, ...]
    ech: str | None
    addresses: tuple[str, ...] | NotObserved


@dataclass(frozen=True, slots=True)
class HttpsRecords:
    """The HTTPS records for an https port, by priority. `name` is where they stand: the host, with other ports than 443
    as `_8443._https.www.example.org`, or where records in AliasMode lead; those are the `aliases`.
    """

    observed_at: Sample[datetime]
    name: str
    port: int
    aliases: tuple[str, ...]
    records: tuple[HttpsRecord, ...]
