"""Address ranges that a crawler's operator publishes, and whether an address is in them."""

import ipaddress
import json
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tlsaudit.errors import UserError

_MOST_RANGES = 100_000


class RangesError(UserError):
    """A file of ranges that cannot be read."""


Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class Ranges:
    """Sorted first and last addresses as numbers, by IP version; none overlap."""

    firsts: Mapping[int, Sequence[int]]
    lasts: Mapping[int, Sequence[int]]

    @classmethod
    def of(cls, networks: Iterable[Network]) -> "Ranges":
        """All of these; they may overlap."""
        listed = list(networks)
        v4 = ipaddress.collapse_addresses(item for item in listed if isinstance(item, ipaddress.IPv4Network))
        v6 = ipaddress.collapse_addresses(item for item in listed if isinstance(item, ipaddress.IPv6Network))
        apart: dict[int, list[Network]] = {4: sorted(v4), 6: sorted(v6)}
        return cls(
            {version: [int(item.network_address) for item in items] for version, items in apart.items()},
            {version: [int(item.broadcast_address) for item in items] for version, items in apart.items()},
        )

    def has(self, address: str) -> bool | None:
        """Whether an address is in them; None where it is none, but a name, or whatever else a log has there."""
        try:
            ip = ipaddress.ip_address(address)
        except ValueError:
            return None
        if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped:
            ip = ip.ipv4_mapped
        index = bisect_right(self.firsts[ip.version], int(ip)) - 1
        return index >= 0 and int(ip) <= self.lasts[ip.version][index]


def parse_ranges(text: str) -> list[Network]:
    """Ranges as JSON (`{"prefixes": [{"ipv4Prefix": "192.0.2.0/24"}, {"ipv6Prefix": ...}]}`, the shape that Google,
    Bing, Apple, OpenAI and others publish), or a prefix or address a line, # beginning a comment. Raises RangesError.
    """
    prefixes = list(_from_json(text) if text.lstrip().startswith("{") else _from_lines(text))
    if not prefixes:
        raise RangesError("no address range in it")
    if len(prefixes) > _MOST_RANGES:
        raise RangesError(f"more than {_MOST_RANGES:,} address ranges")
    return [_network(where, prefix) for where, prefix in prefixes]


def _from_json(text: str) -> Iterator[tuple[str, str]]:
    try:
        document = json.loads(text)
    except RecursionError:
        raise RangesError("no JSON: nested too deeply") from None
    except json.JSONDecodeError as error:
        raise RangesError(f"no JSON: line {error.lineno}, column {error.colno}: {error.msg}") from None
    entries = document.get("prefixes")
    if not isinstance(entries, list):
        raise RangesError('no list "prefixes" in it')
    for number, entry in enumerate(entries):
        yield f"prefixes[{number}]", _prefix(number, entry)


def _prefix(number: int, entry: Any) -> str:
    found = [entry[key] for key in ("ipv4Prefix", "ipv6Prefix") if key in entry] if isinstance(entry, dict) else [entry]
    if len(found) != 1 or not isinstance(found[0], str):
        raise RangesError(f"prefixes[{number}]: one ipv4Prefix or ipv6Prefix is expected")
    return str(found[0])


def _from_lines(text: str) -> Iterator[tuple[str, str]]:
    for number, line in enumerate(text.splitlines(), 1):
        prefix = line.partition("#")[0].strip()
        if prefix:
            yield f"line {number}", prefix


def _network(where: str, prefix: str) -> Network:
    try:
        return ipaddress.ip_network(prefix.strip())
    except ValueError:
        raise RangesError(f"{where}: {prefix!r:.60} is no address range such as 192.0.2.0/24") from None
