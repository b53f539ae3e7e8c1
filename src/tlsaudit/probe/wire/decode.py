"""What a packet between the two sides of a link is, from its headers: RFC 791, 2784, 2890, 3948, 4302, 4303, 8200.

What cannot be told, because the packet is a fragment or was cut short, is no claim: `WireKind.OTHER`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from struct import unpack_from

from tlsaudit.evidence.wire import WireKind
from tlsaudit.probe.wire.sides import Block, Side

VLAN = (0x8100, 0x88A8, 0x9100)
MOST_TAGS = 2

IPV4, IPV6 = 0x0800, 0x86DD
IP_IN_IP, UDP, IPV6_IN_IP, GRE, ESP, AH = 4, 17, 41, 47, 50, 51
IKE_PORT, NAT_PORT = 500, 4500

_HOP_BY_HOP, _ROUTING, _FRAGMENT, _OPTIONS = 0, 43, 44, 60
_MOST_HEADERS = 8
_MOST_TUNNELS = 2
_KEEPALIVE_LENGTH = 8 + 1


@dataclass(frozen=True, slots=True)
class Packet:
    """`way` is 0 from the first side to the second, 1 back; `protocol` is the number in the IP header, of the inner one
    where one is read in a tunnel."""

    way: int
    kind: WireKind
    source: str
    destination: str
    protocol: int


@dataclass(frozen=True, slots=True)
class _Ip:
    """An IP header; `protocol` is None where the headers after it do not tell, `payload` where what it names begins."""

    version: int
    source: int
    destination: int
    protocol: int | None
    payload: int
    first: bool


def read_packet(frame: bytes, sides: tuple[Side, Side], *, ethernet: bool) -> Packet | None:
    """A packet as it is on an interface with Ethernet headers, or on one with none. None: not between these sides."""
    start = _after_ethernet(frame) if ethernet else 0
    return None if start is None else _packet(frame, start, sides, _MOST_TUNNELS)


def _after_ethernet(frame: bytes) -> int | None:
    """Where IP begins, behind VLAN tags (IEEE 802.1Q); None where it is none."""
    for tags in range(MOST_TAGS + 1):
        at = 12 + 4 * tags
        kind = int.from_bytes(frame[at : at + 2])
        if kind not in VLAN:
            return at + 2 if kind in (IPV4, IPV6) else None
    return None


def _packet(frame: bytes, start: int, sides: tuple[Side, Side], tunnels: int) -> Packet | None:
    ip = _ip(frame, start)
    if ip is None:
        return None
    between_gateways = _way(ip, [side.gateways for side in sides])
    way = _way(ip, [side.prefixes for side in sides]) if between_gateways is None else between_gateways
    if way is None:
        return None
    if ip.protocol in (IP_IN_IP, IPV6_IN_IP, GRE) and between_gateways is not None and ip.first and tunnels:
        inner = ip.payload if ip.protocol != GRE else _in_gre(frame, ip.payload)
        carried = None if inner is None else _packet(frame, inner, sides, tunnels - 1)
        if carried:
            return carried
    kind = _kind(frame, ip, between_gateways is not None)
    return Packet(way, kind, _text(ip.version, ip.source), _text(ip.version, ip.destination), ip.protocol or 0)


def _way(ip: _Ip, blocks: list[tuple[Block, ...]]) -> int | None:
    one, other = blocks
    if _in(one, ip, ip.source) and _in(other, ip, ip.destination):
        return 0
    return 1 if _in(other, ip, ip.source) and _in(one, ip, ip.destination) else None


def _in(blocks: Iterable[Block], ip: _Ip, address: int) -> bool:
    return any(block.holds(ip.version, address) for block in blocks)


def _kind(frame: bytes, ip: _Ip, between_gateways: bool) -> WireKind:
    if ip.protocol is None:
        return WireKind.OTHER
    if ip.protocol == ESP:
        return WireKind.ENCRYPTED
    if ip.protocol == AH:
        inner = frame[ip.payload : ip.payload + 1] if ip.first else b""
        return WireKind.ENCRYPTED if inner == bytes([ESP]) else WireKind.AUTHENTICATED
    if not between_gateways:
        return WireKind.CLEAR
    return _in_udp(frame, ip) if ip.protocol == UDP and ip.first else WireKind.OTHER


def _in_udp(frame: bytes, ip: _Ip) -> WireKind:
    if len(frame) < ip.payload + 9:
        return WireKind.OTHER
    source, destination, length = unpack_from("!HHH", frame, ip.payload)
    if NAT_PORT in (source, destination):
        data = frame[ip.payload + 8 : ip.payload + 12]
        keepalive = length == _KEEPALIVE_LENGTH and data[:1] == b"\xff"
        if keepalive or data == bytes(4):
            return WireKind.NEGOTIATION
        return WireKind.ENCRYPTED if len(data) == 4 and length >= 8 + 4 else WireKind.OTHER
    return WireKind.NEGOTIATION if IKE_PORT in (source, destination) else WireKind.OTHER


def _in_gre(frame: bytes, start: int) -> int | None:
    """Where the IP packet in a GRE packet begins (RFC 2784, 2890); None where there is none."""
    if len(frame) < start + 4:
        return None
    flags, kind = unpack_from("!HH", frame, start)
    if flags & 0x7 or kind not in (IPV4, IPV6):
        return None
    return start + 4 + 4 * sum(bool(flags & flag) for flag in (0x8000, 0x2000, 0x1000))


def _ip(frame: bytes, start: int) -> _Ip | None:
    version = frame[start] >> 4 if len(frame) > start else 0
    if version == 4 and len(frame) >= start + 20:
        length = 4 * (frame[start] & 0xF)
        fragment, protocol = unpack_from("!HxB", frame, start + 6)
        source, destination = unpack_from("!II", frame, start + 12)
        return _Ip(4, source, destination, protocol, start + length, not fragment & 0x1FFF) if length >= 20 else None
    if version == 6 and len(frame) >= start + 40:
        source, destination = (int.from_bytes(frame[start + at : start + at + 16]) for at in (8, 24))
        return _Ip(6, source, destination, *_after_extensions(frame, frame[start + 6], start + 40))
    return None


def _after_extensions(frame: bytes, following: int, at: int) -> tuple[int | None, int, bool]:
    """The protocol behind IPv6's extension headers, where it begins, and whether this is (the first part of) it."""
    for _ in range(_MOST_HEADERS):
        if following not in (_HOP_BY_HOP, _ROUTING, _FRAGMENT, _OPTIONS):
            return following, at, True
        if len(frame) < at + 8:
            break
        if following == _FRAGMENT:
            if unpack_from("!H", frame, at + 2)[0] >> 3:
                # The header names what the fragmentable part begins with, which may be options.
                inner = frame[at]
                return (None if inner in (_ROUTING, _OPTIONS) else inner), at + 8, False
            following, at = frame[at], at + 8
        else:
            following, at = frame[at], at + 8 * (frame[at + 1] + 1)
    return None, at, False


def _text(version: int, address: int) -> str:
    return str(IPv4Address(address) if version == 4 else IPv6Address(address))
