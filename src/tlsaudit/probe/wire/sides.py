"""The two sides of a link as packets show them: by the address of a gateway, or one behind it."""

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, collapse_addresses, ip_network

Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class Block:
    """Addresses that begin alike, as numbers."""

    version: int
    value: int
    mask: int

    def holds(self, version: int, address: int) -> bool:
        return version == self.version and address & self.mask == self.value


@dataclass(frozen=True, slots=True)
class Side:
    """A site, its gateways, and the prefixes behind them."""

    site: str
    gateways: tuple[Block, ...]
    prefixes: tuple[Block, ...]


def side(site: str, gateways: Iterable[str], prefixes: Iterable[str]) -> Side:
    """Of addresses and prefixes as text, which must be some."""
    return Side(site, _blocks(gateways), _blocks(prefixes))


def _blocks(texts: Iterable[str]) -> tuple[Block, ...]:
    networks = [ip_network(text) for text in texts]
    four = [network for network in networks if isinstance(network, IPv4Network)]
    six = [network for network in networks if isinstance(network, IPv6Network)]
    merged: list[Network] = [*collapse_addresses(four), *collapse_addresses(six)]
    return tuple(Block(item.version, int(item.network_address), int(item.netmask)) for item in merged)
