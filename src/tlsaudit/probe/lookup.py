"""Names and addresses, as getaddrinfo knows them: /etc/hosts counts."""

import ipaddress
import re
import socket

from tlsaudit.probe.blocking import blocking
from tlsaudit.target import SocketAddress

# Special-use domains that never leave their network: RFC 6761, RFC 6762, RFC 8375, and ICANN's of 2024-07.
_LOCAL = (".localhost", ".local", ".internal", ".home.arpa")
# Not for the open Internet, whatever Python's version thinks of them: protocol assignments (RFC 6890), among them the
# metadata service of a cloud, as is the next; an IPv4 address in IPv6: compatible (RFC 4291 section 2.5.5.1), for
# local translation (RFC 8215) and of 6to4 (RFC 7526); site-local addresses (RFC 3879).
_NOT_PUBLIC = tuple(
    map(
        ipaddress.ip_network,
        ("192.0.0.0/24", "168.63.129.16/32", "::/96", "64:ff9b:1::/48", "2002::/16", "fec0::/10"),
    )
)
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
"""The last 32 bits are the IPv4 address that the translator connects to (RFC 6052 section 2.1)."""
_NUMBER = re.compile(r"[0-9]+|0[xX][0-9A-Fa-f]*")


async def look_up(host: str, port: int, family: int = socket.AF_UNSPEC) -> tuple[SocketAddress, ...]:
    """Each address of a host once. Raises OSError, and UnicodeError for what cannot be a host name."""
    answers = await blocking(socket.getaddrinfo, host, port, family, socket.SOCK_STREAM)
    return tuple(dict.fromkeys((str(address[0]), int(address[1])) for *_, address in answers))


def ip_version(host: str) -> int | None:
    """4 or 6; None where it is a name."""
    try:
        return ipaddress.ip_address(host.partition("%")[0]).version
    except ValueError:
        return None


def is_public(address: str) -> bool:
    """Whether an IP address is one of the open Internet: not private, loopback, link-local or reserved."""
    ip = ipaddress.ip_address(address)
    if ip in _NAT64:
        ip = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.is_global and not ip.is_multicast and not any(ip in network for network in _NOT_PUBLIC)


def is_local_name(host: str) -> bool:
    """Whether a name can only be one of a local network, or is an IPv4 address in one of its old spellings."""
    return "." not in host or host.endswith(_LOCAL) or bool(_NUMBER.fullmatch(host.rpartition(".")[2]))
