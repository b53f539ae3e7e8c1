"""What the endpoints of the load lab are, and which of them is what.

Four endpoints make a service: one host name at four sites, each at an address of its own. All four are of the same
kind, which the number of the service decides, so that a fleet of a size is the same each time.
"""

import ipaddress
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

SITES = ("east", "north", "south", "west")

_NETWORK = int(ipaddress.IPv4Address("10.0.0.0"))
_BITS = 20  # of an address, for the number of an endpoint: each kind has a /12


class Kind(Enum):
    """How an endpoint behaves."""

    MODERN = "modern"  # TLS 1.2 and 1.3, HSTS, http leads to https
    LEGACY = "legacy"  # all that OpenSSL can still be made to serve, a page in clear
    SLOW = "slow"  # the modern one, a tenth of a second behind
    REFUSED = "refused"  # no port is open
    SILENT = "silent"  # nothing comes back, as from a firewall
    TARPIT = "tarpit"  # takes every connection, and sends a byte a second
    GARBAGE = "garbage"  # says what is neither TLS nor HTTP
    RESET = "reset"  # resets each connection once something is asked

    @property
    def network(self) -> str:
        return f"{_address(self, 0)}/{32 - _BITS}"

    @property
    def answers(self) -> bool:
        """Whether it serves TLS."""
        return self in (Kind.MODERN, Kind.LEGACY, Kind.SLOW)

    @classmethod
    def at(cls, address: str) -> "Kind":
        """Whose address it is."""
        return tuple(cls)[(int(ipaddress.IPv4Address(address)) - _NETWORK) >> _BITS]


Mix = Counter[Kind]
"""Of how many services one after another each kind is."""

_HOSTILE: Mix = Counter({kind: 2 for kind in Kind if not kind.answers})

MIXES: Mapping[str, Mix] = {
    "modern": Counter({Kind.MODERN: 1}),
    "mixed": Counter({Kind.MODERN: 80, Kind.LEGACY: 8, Kind.SLOW: 2}) + _HOSTILE,
    "hostile": Counter({Kind.MODERN: 80}) + _HOSTILE,
}
"""`hostile` has modern endpoints, and whatever does not answer as it should."""


@dataclass(frozen=True)
class LabEndpoint:
    kind: Kind
    service: str
    host: str
    site: str
    address: str


@dataclass(frozen=True)
class Plan:
    """So many endpoints of a mix. A hundred have a certificate in common, with a key of its own; of the old ones as
    many as it takes for there to be no more than 20, since RSA keys take long to make."""

    size: int
    mix: Mix

    @property
    def certificates(self) -> int:
        """How many the modern ones have."""
        return -(-self.size // 100)

    @property
    def legacy_certificates(self) -> int:
        return min(20, self.certificates)

    def endpoints(self) -> Iterator[LabEndpoint]:
        pattern = _spread(self.mix)
        for number in range(self.size):
            service, site = divmod(number, len(SITES))
            kind = pattern[service % len(pattern)]
            shared, letter = (self.legacy_certificates, "l") if kind is Kind.LEGACY else (self.certificates, "m")
            domain = certificate_name(letter, service % shared)
            yield LabEndpoint(
                kind, f"s{service:05}", f"s{service:05}.{domain}", SITES[site], _address(kind, number + 1)
            )


def certificate_name(letter: str, number: int) -> str:
    """The domain below which a certificate is good for every host."""
    return f"{letter}{number:04}.example.org"


def _address(kind: Kind, number: int) -> str:
    return str(ipaddress.IPv4Address(_NETWORK + (tuple(Kind).index(kind) << _BITS) + number))


def _spread(mix: Mix) -> Sequence[Kind]:
    """The kinds in an order in which each is met at even distances."""
    places = [((turn + 0.5) / share, kind.value, kind) for kind, share in mix.items() for turn in range(share)]
    return [kind for *_, kind in sorted(places, key=lambda place: place[:2])]
