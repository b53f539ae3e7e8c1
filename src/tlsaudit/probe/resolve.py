"""Host name -> the addresses to probe."""

import socket
from dataclasses import dataclass

from tlsaudit.evidence import NotObserved, Reason
from tlsaudit.probe.descriptors import OWN_TROUBLE
from tlsaudit.probe.lookup import ip_version, look_up
from tlsaudit.probe.proxy import Tunnel
from tlsaudit.target import Endpoint, SocketAddress

_MAX_ADDRESSES = 16


@dataclass(frozen=True, slots=True)
class Resolution:
    """Where to connect for the https port: IP addresses, or the host's own name where a proxy is to resolve it.
    `not_tried` are (address, why); `unresolved` says why there is nothing.
    """

    addresses: tuple[SocketAddress, ...] = ()
    not_tried: tuple[tuple[str, str], ...] = ()
    unresolved: NotObserved | None = None


async def resolve(endpoint: Endpoint, family: int = socket.AF_UNSPEC, tunnel: Tunnel | None = None) -> Resolution:
    """All addresses of an endpoint, at most 16, less those that this machine has no route to.

    `family` is AF_INET or AF_INET6 to keep to one of them. Through a `tunnel` every address is tried, since it is the
    proxy that needs a route; a name that does not resolve here is left to it, unless a family is to be kept to.
    """
    found = endpoint.route.sockets(endpoint.host, endpoint.port)
    if found is None and tunnel and tunnel.resolves_names:
        found = ((endpoint.host, endpoint.port),)
    if found is None:
        try:
            found = await look_up(endpoint.host, endpoint.port, family)
        except (OSError, UnicodeError) as error:
            if tunnel is None or family != socket.AF_UNSPEC:
                return Resolution(unresolved=_unresolved(error))
            found = ((endpoint.host, endpoint.port),)
    chosen: list[SocketAddress] = []
    not_tried: list[tuple[str, str]] = []
    for address, port in found:
        why = _why_not(address, family, routed=tunnel is None)
        if why is None and len(chosen) == _MAX_ADDRESSES:
            why = f"only the first {_MAX_ADDRESSES} addresses are tried"
        if why is None:
            chosen.append((address, port))
        else:
            not_tried.append((address, why))
    return Resolution(tuple(chosen), tuple(not_tried))


def _why_not(address: str, family: int, *, routed: bool) -> str | None:
    version = ip_version(address)
    if version is None:  # a name, of which only the proxy knows more
        return None
    own = socket.AF_INET6 if version == 6 else socket.AF_INET
    if family not in (socket.AF_UNSPEC, own):
        return f"IPv{version} was not asked for"
    if not routed:
        return None
    try:
        with socket.socket(own, socket.SOCK_DGRAM) as probe:
            probe.connect((address, 9))  # sends nothing: it only asks the routing table
    except OSError as error:
        return None if error.errno in OWN_TROUBLE else f"no IPv{version} route from here"
    return None


def _unresolved(error: OSError | UnicodeError) -> NotObserved:
    if not isinstance(error, OSError):
        return NotObserved(Reason.UNRESOLVED, str(error))
    reason = Reason.PROBE_FAILED if error.errno in OWN_TROUBLE else Reason.UNRESOLVED
    return NotObserved(reason, error.strerror or str(error))
