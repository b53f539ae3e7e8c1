"""Packets as they are on the wire, and two sides for them to go between."""

from ipaddress import ip_address
from struct import pack

from tlsaudit.evidence.wire import WireKind
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

TCP, ICMP = 6, 1
CLEAR, AH, ESP, IKE, OTHER = WireKind
DATA = b"\x01" * 40

PACKETS = {
    "tcp": (ip(HERE, THERE, TCP, DATA), (0, CLEAR)),
    "back": (ip(THERE, HERE, ICMP, DATA), (1, CLEAR)),
    "second prefix": (ip(HERE, "172.31.255.255", TCP, DATA), (0, CLEAR)),
    "beyond the prefix": (ip(HERE, "172.32.0.0", TCP, DATA), None),
    "same side": (ip(HERE, "10.64.9.9", TCP, DATA), None),
    "elsewhere": (ip(HERE, "8.8.8.8", TCP, DATA), None),
    "ipv6": (ip(HERE6, THERE6, TCP, DATA), (0, CLEAR)),
    "ipv6 back": (ip(THERE6, HERE6, TCP, DATA), (1, CLEAR)),
    "ipv6 elsewhere": (ip(HERE6, "2001:db8:193::4", TCP, DATA), None),
    "ipv6 options": (ip(HERE6, THERE6, 0, b"\x06\0" + bytes(6) + DATA), (0, CLEAR)),
    "later fragment": (ip(HERE, THERE, TCP, DATA, fragment=5), (0, CLEAR)),
    "port 4500 of others": (ip(HERE, THERE, 17, udp(4500, 4500, ESP_DATA)), (0, CLEAR)),
    "esp": (ip(EAST, WEST, 50, ESP_DATA), (0, ESP)),
    "esp back": (ip(WEST, EAST, 50, ESP_DATA), (1, ESP)),
    "esp in a later fragment": (ip(EAST, WEST, 50, DATA, fragment=5), (0, ESP)),
    "esp of hosts": (ip(HERE, THERE, 50, ESP_DATA), (0, ESP)),
    "esp ipv6": (ip(EAST6, WEST6, 50, ESP_DATA), (0, ESP)),
    "esp ipv6 behind options": (ip(EAST6, WEST6, 60, b"\x32\0" + bytes(6) + ESP_DATA), (0, ESP)),
    "esp ipv6 in a later fragment": (ip(EAST6, WEST6, 44, b"\x32\0\0\x09" + bytes(4) + DATA), (0, ESP)),
    "esp in udp": (ip(EAST, WEST, 17, udp(4500, 4500, ESP_DATA)), (0, ESP)),
    "esp in udp behind nat": (ip(WEST, EAST, 17, udp(4500, 61234, ESP_DATA)), (1, ESP)),
    "esp in udp ipv6": (ip(EAST6, WEST6, 17, udp(4500, 4500, ESP_DATA)), (0, ESP)),
    "ike": (ip(EAST, WEST, 17, udp(500, 500, DATA)), (0, IKE)),
    "ike on 4500": (ip(EAST, WEST, 17, udp(4500, 4500, IKE_DATA)), (0, IKE)),
    "keepalive": (ip(EAST, WEST, 17, udp(4500, 4500, b"\xff")), (0, IKE)),
    "too short for either": (ip(EAST, WEST, 17, udp(4500, 4500, b"\x01\x02")), (0, OTHER)),
    "udp in a later fragment": (ip(EAST, WEST, 17, DATA, fragment=5), (0, OTHER)),
    "dns of gateways": (ip(EAST, WEST, 17, udp(53, 53, DATA)), (0, OTHER)),
    "ah": (ip(EAST, WEST, 51, b"\x04\x04" + bytes(22) + ip(HERE, THERE, TCP, DATA)), (0, AH)),
    "esp in ah": (ip(EAST, WEST, 51, b"\x32\x04" + bytes(22) + ESP_DATA), (0, ESP)),
    "ssh of gateways": (ip(EAST, WEST, TCP, DATA), (0, OTHER)),
    "ip in ip": (ip(EAST, WEST, 4, ip(HERE, THERE, TCP, DATA)), (0, CLEAR)),
    "ipv6 in ip": (ip(EAST, WEST, 41, ip(HERE6, THERE6, TCP, DATA)), (0, CLEAR)),
    "gre": (ip(EAST, WEST, 47, gre(ip(HERE, THERE, TCP, DATA))), (0, CLEAR)),
    "gre with a key": (ip(EAST6, WEST6, 47, gre(ip(HERE, THERE, TCP, DATA), key=True)), (0, CLEAR)),
    "gre of others": (ip(EAST, WEST, 47, gre(ip("203.0.113.1", "203.0.113.2", TCP, DATA))), (0, OTHER)),
    "gre of no ip": (ip(EAST, WEST, 47, gre(DATA, 0x88BE)), (0, OTHER)),
    "gateway to a host": (ip(EAST, THERE, TCP, DATA), None),
}
"""A packet without Ethernet headers, and which way and what it is; None where it is not between the sides."""
