"""Packets as they are on the wire, and two sides for them to go between."""

from ipaddress import ip_address
from struct import pack

from tlsaudit.probe.wire.sides import side

EAST, WEST = "192.0.2.1", "198.51.100.1"
EAST6, WEST6 = "2001:db8:e::1", "2001:db8:f::1"
SIDES = (
    side("east", [EAST, EAST6], ["10.64.0.0/16", "2001:db8:64::/48"]),
    side("west", [WEST, WEST6], ["10.192.0.0/16", "172.16.0.0/12", "2001:db8:192::/48"]),
)
HERE, THERE = "10.64.1.2", "10.192.3.4"
HERE6, THERE6 = "2001:db8:64::2", "2001:db8:192::4"


def ip(source: str, destination: str, protocol: int, payload: bytes = b"", *, fragment: int = 0) -> bytes:
    """An IP packet of the version of its addresses; `fragment` is its offset, of IPv4, in units of 8 bytes."""
    one, other = ip_address(source), ip_address(destination)
    if one.version == 4:
        head = pack("!BBHHHBBH", 0x45, 0, 20 + len(payload), 1, fragment, 64, protocol, 0)
    else:
        head = pack("!IHBB", 6 << 28, len(payload), protocol, 64)
    return head + one.packed + other.packed + payload


def udp(source: int, destination: int, payload: bytes) -> bytes:
    return pack("!HHHH", source, destination, 8 + len(payload), 0) + payload


def gre(payload: bytes, kind: int = 0x0800, *, key: bool = False) -> bytes:
    return pack("!HH", 0x2000 if key else 0, kind) + (bytes(4) if key else b"") + payload


def ethernet(packet: bytes, *tags: int, far: bytes = b"\x02\0\0\0\0\x02") -> bytes:
    """A frame, with VLAN tags of these types."""
    kind = 0x0800 if packet[:1] < b"\x50" else 0x86DD
    return far + b"\x02\0\0\0\0\x01" + b"".join(pack("!HH", tag, 7) for tag in tags) + pack("!H", kind) + packet


ESP_DATA = b"\0\0\x12\x34\0\0\0\x01" + b"\xaa" * 24
IKE_DATA = bytes(4) + b"\xbb" * 28
EOF = 1
