"""Host name -> the addresses to probe. getaddrinfo is asked, so that /etc/hosts counts."""

import asyncio
import ipaddress
import socket
from dataclasses import dataclass

from tlsaudit.evidence import NotObserved, Reason
from tlsaudit.target import Endpoint, SocketAddress

_MAX_ADDRESSES = 16


@dataclass(frozen=True, slots=True)
class Resolution:
    """Where to connect for the https port. `not_tried` are (address, why); `unresolved` says why there is nothing."""

    addresses: tuple[SocketAddress, ...] = ()
    not_tried: tuple[tuple[str, str], ...] = ()
    unresolved: NotObserved | None = None


async def resolve(endpoint: Endpoint, family: int = socket.AF_UNSPEC) -> Resolution:
    """All addresses of an endpoint, at most 16, less those that this machine has no route to.

    `family` is AF_INET or AF_INET6 to keep to one of them.
    """
    found = endpoint.route.sockets(endpoint.host, endpoint.port)
    if found is None:
        try:
            answers = await asyncio.get_running_loop().getaddrinfo(
                endpoint.host, endpoint.port, family=family, type=socket.SOCK_STREAM
            )
        except (OSError, UnicodeError) as error:
            detail = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            return Resolution(unresolved=NotObserved(Reason.UNRESOLVED, detail))
        found = tuple(dict.fromkeys((str(address[0]), int(address[1])) for *_, address in answers))
    chosen: list[SocketAddress] = []
    not_tried: list[tuple[str, str]] = []
    for address, port in found:
        why = _why_not(address, family)
        if why is None and len(chosen) == _MAX_ADDRESSES:
            why = f"only the first {_MAX_ADDRESSES} addresses are tried"
        if why is None:
            chosen.append((address, port))
        else:
            not_tried.append((address, why))
    return Resolution(tuple(chosen), tuple(not_tried))


def _why_not(address: str, family: int) -> str | None:
    version = ipaddress.ip_address(address.partition("%")[0]).version
    own = socket.AF_INET6 if version == 6 else socket.AF_INET
    if family not in (socket.AF_UNSPEC, own):
        return f"IPv{version} was not asked for"
    try:
        with socket.socket(own, socket.SOCK_DGRAM) as probe:
            probe.connect((address, 9))  # sends nothing: it only asks the routing table
    except OSError:
        return f"no IPv{version} route from here"
    return None
