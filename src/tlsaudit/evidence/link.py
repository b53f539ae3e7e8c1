"""The state of the encryption between two sites, as each source tells it: IKE, what is installed, what is configured.

Algorithms have the names of IANA's registry of IKEv2 transforms, such as ENCR_AES_GCM_16, AUTH_HMAC_SHA2_256_128,
PRF_HMAC_SHA2_256 and, for groups, MODP-2048, ECP-256, CURVE25519 or ML-KEM-768.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from tlsaudit.evidence.base import NotObserved, Sample


class PolicyAction(StrEnum):
    """What becomes of traffic (RFC 4301 section 4.4.1)."""

    PROTECT = "protect"
    BYPASS = "bypass"
    DISCARD = "discard"


class Direction(StrEnum):
    """Which traffic of the gateway a policy is about."""

    OUT = "out"
    IN = "in"
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class TrafficSelector:
    """`addresses` is a prefix, or a range as `10.0.0.1-10.0.0.9`. `limit` is the protocol and ports to which it is
    limited, such as `tcp/443`; empty for all."""

    addresses: str
    limit: str = ""


@dataclass(frozen=True, slots=True)
class Selectors:
    """Traffic between any of these here, at the gateway's own site, and any of those there."""

    local: tuple[TrafficSelector, ...]
    remote: tuple[TrafficSelector, ...]


@dataclass(frozen=True, slots=True)
class IkeSa:
    """An IKE SA. `additional` are the groups of additional key exchanges (RFC 9370). None: the source does not tell."""

    name: str
    version: int
    established: bool
    encryption: str | None = None
    key_bits: int | None = None
    integrity: str | None = None
    prf: str | None = None
    group: str | None = None
    additional: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ChildSa:
    """A pair of installed IPsec SAs, in and out. `protocol` is ESP or AH, `mode` tunnel or transport. `encryption` is
    None for AH, `integrity` where an AEAD algorithm brings its own. `group` is that of the exchange which made it; None
    where that had none, or the source does not tell. `ike` is the name of its IKE SA.
    """

    name: str
    selectors: Selectors
    protocol: str
    mode: str
    encryption: str | None
    key_bits: int | None = None
    integrity: str | None = None
    group: str | None = None
    additional: tuple[str, ...] = ()
    ike: str | None = None


@dataclass(frozen=True, slots=True)
class IpsecPolicy:
    """`required` is False where traffic may pass in clear while there is no SA. `lasting` is whether it is there
    without the tunnel, too: a trap, or one of a fixed configuration; None where that cannot be told.
    """

    direction: Direction
    selectors: Selectors
    action: PolicyAction
    required: bool = True
    lasting: bool | None = None


@dataclass(frozen=True, slots=True)
class ConfiguredChild:
    """What the daemon would negotiate. `groups` are those that it proposes for a rekey, empty where none: None where
    the source does not tell. Times are in seconds, 0 where there is no rekeying."""

    name: str
    selectors: Selectors
    groups: tuple[str, ...] | None = None
    rekey_s: int | None = None


@dataclass(frozen=True, slots=True)
class Connection:
    """A configured connection. `version` is that of IKE, None for whichever. Times are in seconds, 0 for never."""

    name: str
    children: tuple[ConfiguredChild, ...]
    version: int | None = None
    rekey_s: int | None = None
    reauth_s: int | None = None


@dataclass(frozen=True, slots=True)
class LinkView:
    """What one source tells of the gateway of a site. None: it does not tell of such things; empty: there are none."""

    source: str
    site: str
    ike: tuple[IkeSa, ...] | None
    children: tuple[ChildSa, ...] | None
    policies: tuple[IpsecPolicy, ...] | None
    connections: tuple[Connection, ...] | None


@dataclass(frozen=True, slots=True)
class UnreadSource:
    """A source that told nothing, and why."""

    source: str
    site: str
    reason: NotObserved


@dataclass(frozen=True, slots=True)
class SaSample:
    """What of an SA differs from one look to the next. `source` and `name` are those of the view and the SA; `spi` is
    the inbound one, of IKE the initiator's. Bytes are counted since it was installed; `earlier_in` and `earlier_out`
    are those of a look some seconds before, None where there was none.
    """

    source: str
    name: str
    spi: str | None = None
    age_s: int | None = None
    rekey_s: int | None = None
    bytes_in: int | None = None
    bytes_out: int | None = None
    earlier_in: int | None = None
    earlier_out: int | None = None


@dataclass(frozen=True, slots=True)
class LinkState:
    """What each source tells of a link at this moment. `prefixes` are those behind each of the two `sites`, in their
    order. `ike_sas` and `child_sas` are what of each SA is no state.
    """

    link: str
    observed_at: Sample[datetime]
    sites: tuple[str, str]
    prefixes: tuple[tuple[str, ...], tuple[str, ...]]
    views: tuple[LinkView, ...]
    unread: tuple[UnreadSource, ...] = ()
    ike_sas: Sample[tuple[SaSample, ...] | None] = None
    child_sas: Sample[tuple[SaSample, ...] | None] = None
