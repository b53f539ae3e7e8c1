"""Names and addresses, as getaddrinfo knows them: /etc/hosts counts."""

import asyncio
import ipaddress
import re
import socket

from tlsaudit.target import SocketAddress

# Special-use domains that never leave their network: RFC 6761, RFC 6762, RFC 8375, and ICANN's of 2024-07.
_LOCAL = (".localhost", ".local", ".internal", ".home.arpa")
_NUMBER = re.compile(r"[0-9]+|0[xX][0-9A-Fa-f]*")


async def look_up(host: str, port: int, family: int = socket.AF_UNSPEC) -> tuple[SocketAddress, ...]:
    """Each address of a host once. Raises OSError, and UnicodeError for what cannot be a host name."""
    answers = await asyncio.get_running_loop().getaddrinfo(host, port, family=family, type=socket.SOCK_STREAM)
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
    return ip.is_global and not ip.is_multicast


def is_local_name(host: str) -> bool:
    """Whether a name can only be one of a local network, or is an IPv4 address in one of its old spellings."""
    return "." not in host or host.endswith(_LOCAL) or bool(_NUMBER.fullmatch(host.rpartition(".")[2]))
