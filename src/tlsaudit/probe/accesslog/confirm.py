"""Whose an address is, by DNS: the name of the address, and whether that name has this address.

Anybody can let the name of their address be a crawler's, but not that name's addresses be theirs.
"""

import asyncio
import ipaddress
import socket
from collections.abc import Collection, Mapping, Sequence

from tlsaudit.probe.blocking import blocking
from tlsaudit.probe.lookup import look_up

_AT_A_TIME = 32
_NO_SUCH_NAME = {socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)}


async def confirmed_names(
    addresses: Sequence[str], domains: Collection[str], *, seconds: float
) -> Mapping[str, str | None]:
    """The name of each address that is in one of these domains and leads back to the address; empty where it has none.

    None where that could not be found out. Addresses that nobody got to in that time are left out.
    """
    found: dict[str, str | None] = {}
    waiting = iter(addresses)

    async def work() -> None:
        for address in waiting:
            found[address] = await _name(address, domains)

    try:
        async with asyncio.timeout(seconds), asyncio.TaskGroup() as group:
            for _ in range(min(_AT_A_TIME, len(addresses))):
                group.create_task(work())
    except TimeoutError:
        pass  # what was found stands
    return found


def in_domains(name: str, domains: Collection[str]) -> bool:
    """Whether a name is one of these, or below one."""
    host = name.lower().removesuffix(".")
    return any(host == domain or host.endswith(f".{domain}") for domain in domains)


async def _name(address: str, domains: Collection[str]) -> str | None:
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return None  # the server logged a name, and nobody knows how it came to it
    try:
        name, _ = await blocking(socket.getnameinfo, (str(ip), 0), socket.NI_NAMEREQD)
    except socket.gaierror as error:
        return "" if error.errno in _NO_SUCH_NAME else None
    except OSError:
        return None
    if not in_domains(name, domains):
        return ""
    try:
        answers = await look_up(name, 0)
    except (OSError, UnicodeError):
        return None  # Baidu, for one, has names that do not lead back: no proof, but no lie
    return name if any(ipaddress.ip_address(answer.partition("%")[0]) == ip for answer, _ in answers) else ""
