"""The output of libreswan's `ipsec whack --status` and `ipsec trafficstatus`, of versions 3 to 5."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from tlsaudit.evidence import (
    ChildSa,
    ConfiguredChild,
    Connection,
    Direction,
    IkeSa,
    IpsecPolicy,
    PolicyAction,
    SaSample,
    Selectors,
    TrafficSelector,
)
from tlsaudit.probe.ipsec import algorithms
from tlsaudit.probe.ipsec.told import MOST_ITEMS, SourceError, Told, selector

_PREFIX = r"(?:\d{3} )?"
_CONNECTION = re.compile(_PREFIX + r'"([^"]{1,256})"(\[\d+\])?[^:"]{0,100}:(.*)')
_STATE = re.compile(_PREFIX + r'#(\d{1,10}): "([^"]{1,256})"(?:\[\d+\])?[^ ]{0,100} (?:[^ ]+ )?(STATE_\w+) (.*)')
_TRAFFIC = re.compile(_PREFIX + r'#(\d{1,10}): "([^"]{1,256})".{0,100}, type=(ESP|AH|IPCOMP), (.*)')
_SPI = re.compile(_PREFIX + r'#(\d{1,10}): "[^"]{1,256}".*? (esp|ah)\.([0-9a-f]{1,8})@\S+ (?:esp|ah)\.([0-9a-f]{1,8})@')
_NETWORK = re.compile(r"(?:[0-9a-fA-F:.]+/\d{1,3})")
_IKE_NEWEST = re.compile(r"IKE(?:v[12])? algorithm newest: (\S+)")
_ESP_NEWEST = re.compile(r"(ESP|AH) algorithm newest: (\S+?); pfsgroup=(\S+)")
_IN_SECONDS = re.compile(r"(ike|ipsec)_life(?:time)?: (\d{1,9})s")
_COUNT = re.compile(r"\b(in|out)Bytes=(\d{1,20})")
_ESTABLISHED_IKE = re.compile(
    r"STATE_(V2_ESTABLISHED_IKE_SA|PARENT_[IR][23]|V2_PARENT_[IR]\d|MAIN_[IR][34]|AGGR_[IR]\d)"
)
_ESTABLISHED_CHILD = re.compile(r"STATE_(V2_ESTABLISHED_CHILD_SA|V2_IPSEC_[IR]|QUICK_[IR]2)")


@dataclass(slots=True)
class _Known:
    """What is said of a connection, line by line."""

    name: str
    selectors: Selectors | None = None
    policy: frozenset[str] = frozenset()
    routed: str = ""
    ike: str | None = None
    protocol: str = "ESP"
    esp: str | None = None
    group: str | None = None
    lives: dict[str, int] = field(default_factory=dict)


def told_by_libreswan(status: str | None, traffic: str | None) -> Told:
    """From what was printed; None where that was not asked for. Raises SourceError.

    Only the status tells what traffic a connection is for, so that bytes alone tell of no SA.
    """
    if status is None:
        return Told()
    lines = status.splitlines()
    if len(lines) > MOST_ITEMS * 20:
        raise SourceError("it has too many lines")
    try:
        known = {item.name: item for item in _connections(lines)}
        if not known and not any(line.startswith("000 ") for line in lines):
            raise SourceError("this is not what ipsec whack --status prints")
        ike = [item for line in lines if (item := _ike(line, known))]
        children = [found for line in lines if (found := _child(line, known))]
        spis = {spi[1]: spi[4] for line in lines if (spi := _SPI.match(line))}
        counted = dict(_traffic(traffic)) if traffic is not None else {}
    except ValueError as error:
        raise SourceError(f"its output cannot be read: {error}") from None
    return Told(
        ike=tuple(sa for _, sa in ike),
        children=tuple(sa for _, sa in children),
        policies=tuple(policy for item in known.values() for policy in _policies(item)),
        connections=tuple(_connection(item) for item in known.values() if item.selectors and _negotiates(item)),
        ike_samples=tuple(SaSample("", sa.name) for _, sa in ike),
        child_samples=tuple(
            SaSample("", sa.name, spis.get(number), bytes_in=held.get("in"), bytes_out=held.get("out"))
            for number, sa in children
            for held in (counted.get(number, {}),)
        ),
    )


def _connections(lines: list[str]) -> Iterator[_Known]:
    known: dict[str, _Known] = {}
    for line in lines:
        if not (found := _CONNECTION.match(line)):
            continue
        name, said = found[1] + (found[2] or ""), found[3].strip()
        item = known.setdefault(name, _Known(name))
        if "..." in said and "; " in said and item.selectors is None:
            ends, _, rest = said.partition("; ")
            item.selectors, item.routed = _ends(ends), rest.partition(";")[0]
        elif said.startswith("policy: "):
            item.policy = frozenset(re.split(r"[+;\s]", said.removeprefix("policy: ")))
        elif newest := _IKE_NEWEST.match(said):
            item.ike = newest[1]
        elif newest := _ESP_NEWEST.match(said):
            item.protocol, item.esp = newest[1], newest[2]
            item.group = newest[3]
        for life, seconds in _IN_SECONDS.findall(said):
            item.lives[life] = int(seconds)
    yield from known.values()


def _ends(said: str) -> Selectors | None:
    """`10.0.1.0/24===192.0.2.1[@east]...198.51.100.1<...>[@west]===10.0.2.0/24`: the prefix is the outermost part."""
    here, _, there = said.partition("...")
    local, remote = here.split("===")[0], there.split("===")[-1]
    both = [_selectors_of(part) for part in (local, remote)]
    return Selectors(*both) if all(both) else None


def _selectors_of(part: str) -> tuple[TrafficSelector, ...]:
    if networks := _NETWORK.findall(part):
        return tuple(selector(network) for network in networks)
    address = re.match(r"[0-9a-fA-F:.]+", part)
    try:
        return (selector(address[0]),) if address else ()
    except ValueError:
        return ()


def _ike(line: str, known: dict[str, _Known]) -> tuple[str, IkeSa] | None:
    state = _STATE.match(line)
    item = known.get(state[2]) if state else None
    if not state or not item or _ESTABLISHED_CHILD.match(state[3]) or "newest" not in state[4]:
        return None
    encryption, integrity, group = _proposal(item.ike)
    version = 1 if re.match("STATE_(MAIN|AGGR)", state[3]) else 2
    cipher = algorithms.with_length(encryption) if encryption else None
    return state[1], IkeSa(
        item.name,
        version,
        established=bool(_ESTABLISHED_IKE.match(state[3])),
        encryption=cipher.name if cipher else None,
        key_bits=cipher.key_bits if cipher else None,
        prf=algorithms.prf(integrity) if integrity else None,
        group=algorithms.group(group) if group else None,
    )


def _child(line: str, known: dict[str, _Known]) -> tuple[str, ChildSa] | None:
    state = _STATE.match(line)
    item = known.get(state[2]) if state else None
    if not state or not item or not item.selectors or not _ESTABLISHED_CHILD.match(state[3]):
        return None
    if "eroute owner" not in state[4]:  # one that another has replaced
        return None
    encryption, integrity, _ = _proposal(item.esp)
    cipher = algorithms.with_length(encryption) if encryption and item.protocol == "ESP" else None
    return state[1], ChildSa(
        item.name,
        item.selectors,
        item.protocol,
        mode="tunnel" if "TUNNEL" in item.policy or not item.policy else "transport",
        encryption=cipher.name if cipher else None,
        key_bits=cipher.key_bits if cipher else None,
        integrity=algorithms.integrity(integrity) if integrity and integrity != "NONE" else None,
        ike=item.name,
    )


def _proposal(written: str | None) -> tuple[str | None, str | None, str | None]:
    """`AES_GCM_16_256-HMAC_SHA2_512-MODP2048`: encryption, integrity or PRF, and group."""
    parts = [*(written or "").split("-"), "", ""]
    return parts[0] or None, parts[1] or None, parts[2] or None


def _policies(item: _Known) -> Iterator[IpsecPolicy]:
    """One that is routed has a policy in the kernel, without an SA, too."""
    if item.selectors and item.routed not in ("", "unrouted"):
        action = PolicyAction.PROTECT
        if "PASS" in item.policy or "authby=never" in item.policy:
            action = PolicyAction.BYPASS
        elif {"DROP", "REJECT"} & item.policy:
            action = PolicyAction.DISCARD
        required = "failurePASS" not in item.policy
        yield IpsecPolicy(Direction.BOTH, item.selectors, action, required=required, lasting=_lasting(item))


def _lasting(item: _Known) -> bool | None:
    """Without its SA a connection that starts on demand has a trap; of others that shows while they are down."""
    return True if "ROUTE" in item.policy or "trap" in item.routed or "prospective" in item.routed else None


def _negotiates(item: _Known) -> bool:
    """One that lets pass or drops by itself is but a policy."""
    return "NEVER_NEGOTIATE" not in item.policy


def _connection(item: _Known) -> Connection:
    assert item.selectors
    groups: tuple[str, ...] | None = None
    if item.policy:
        _, _, of_ike = _proposal(item.ike)
        named = of_ike if item.group in (None, "<Phase1>") else item.group
        groups = () if "PFS" not in item.policy else (algorithms.group(named),) if named and named != "<N/A>" else None
    child = ConfiguredChild(item.name, item.selectors, groups, rekey_s=item.lives.get("ipsec"))
    version = 2 if {"IKEv2", "IKEV2_ALLOW"} & item.policy else 1 if "IKEv1" in item.policy else None
    return Connection(item.name, (child,), version=version, rekey_s=item.lives.get("ike"))


def _traffic(text: str) -> Iterator[tuple[str, dict[str, int]]]:
    """The bytes of each SA by its number."""
    for line in text.splitlines():
        if found := _TRAFFIC.match(line):
            yield found[1], {way: int(count) for way, count in _COUNT.findall(found[4])}
