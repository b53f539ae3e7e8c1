"""Links between east (10.64.0.0/16) and west (10.192.0.0/16), as sources tell of them."""

from collections.abc import Sequence
from datetime import UTC, datetime

from tlsaudit.evidence import (
    ChildSa,
    ConfiguredChild,
    Connection,
    Direction,
    IkeSa,
    IpsecPolicy,
    LinkState,
    LinkView,
    NotObserved,
    PolicyAction,
    Reason,
    SaSample,
    Selectors,
    TrafficSelector,
    UnreadSource,
)

NOW = datetime(2026, 11, 28, 15, 0, tzinfo=UTC)
EAST, WEST = "10.64.0.0/16", "10.192.0.0/16"
VICI, VICI_WEST, XFRM = "vici of east", "vici of west", "xfrm of east"


def selectors(here: str = EAST, there: str = WEST, limit: str = "") -> Selectors:
    return Selectors((TrafficSelector(here, limit),), (TrafficSelector(there),))


def ike(version: int = 2, *, established: bool = True, group: str | None = "CURVE25519", **more: object) -> IkeSa:
    return IkeSa("net", version, established, "ENCR_AES_GCM_16", 256, None, "PRF_HMAC_SHA2_256", group, **more)  # type: ignore[arg-type]


def child(
    here: str = EAST,
    there: str = WEST,
    *,
    encryption: str | None = "ENCR_AES_GCM_16",
    bits: int | None = 256,
    integrity: str | None = None,
    protocol: str = "ESP",
    group: str | None = None,
    additional: tuple[str, ...] = (),
    limit: str = "",
) -> ChildSa:
    wanted = selectors(here, there, limit)
    return ChildSa("net", wanted, protocol, "tunnel", encryption, bits, integrity, group, additional, "net")


def policy(
    here: str = EAST,
    there: str = WEST,
    *,
    action: PolicyAction = PolicyAction.PROTECT,
    direction: Direction = Direction.BOTH,
    required: bool = True,
    lasting: bool | None = True,
) -> IpsecPolicy:
    return IpsecPolicy(direction, selectors(here, there), action, required, lasting)


def connection(
    *,
    rekey: int | None = 14400,
    reauth: int | None = 0,
    child_rekey: int | None = 3600,
    groups: tuple[str, ...] | None = None,
) -> Connection:
    return Connection("net", (ConfiguredChild("net", selectors(), groups, child_rekey),), 2, rekey, reauth)


def view(
    source: str = VICI,
    site: str = "east",
    *,
    ike: Sequence[IkeSa] | None = None,
    children: Sequence[ChildSa] | None = None,
    policies: Sequence[IpsecPolicy] | None = None,
    connections: Sequence[Connection] | None = None,
) -> LinkView:
    told = [None if each is None else tuple(each) for each in (ike, children, policies, connections)]
    return LinkView(source, site, *told)  # type: ignore[arg-type]


def link(
    *views: LinkView,
    prefixes: tuple[tuple[str, ...], tuple[str, ...]] = ((EAST,), (WEST,)),
    unread: Sequence[str] = (),
    ike_sas: Sequence[SaSample] | None = None,
    child_sas: Sequence[SaSample] | None = None,
) -> LinkState:
    silent = tuple(UnreadSource(source, "east", NotObserved(Reason.TIMED_OUT)) for source in unread)
    samples = [None if each is None else tuple(each) for each in (ike_sas, child_sas)]
    return LinkState("east-west", NOW, ("east", "west"), prefixes, views, silent, *samples)


def sample(source: str = VICI, **more: int) -> SaSample:
    return SaSample(source, "net", **more)  # type: ignore[arg-type]
