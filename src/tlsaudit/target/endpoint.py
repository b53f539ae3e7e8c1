"""What an audit is about: endpoints, services, sites, links, and the road to each endpoint."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from tlsaudit.target.roster import Roster

SocketAddress = tuple[str, int]

_TLS_WITHOUT_HTTP = frozenset({465, 563, 636, 853, 989, 990, 992, 993, 995, 3269, 5061, 5349, 5671, 6514, 6697, 8883})
"""Ports of other protocols that begin with TLS (IANA Service Name and Transport Protocol Port Number Registry):
submissions, nntps, ldaps, domain-s, ftps, telnets, imaps, pop3s, msft-gc-ssl, sips, turns, amqps, syslog-tls, ircs-u,
secure-mqtt."""


class Location(NamedTuple):
    """Where something is written: the file as its user calls it; line and column count from 1."""

    file: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Route:
    """Where to connect for a host and port instead of where DNS points.

    `pins` come from `--resolve`, `--connect-to` and the `ports` of targets.yaml: (host, public port) -> socket
    addresses, so that URLs, redirects and verdicts speak of the public port. `addresses` are those of the hosts at
    one site. With `closed`, nothing but what is pinned is connected to.
    """

    pins: Mapping[tuple[str, int], tuple[SocketAddress, ...]] = field(default_factory=dict)
    addresses: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    closed: bool = False

    def sockets(self, host: str, port: int) -> tuple[SocketAddress, ...] | None:
        """Where to connect, or None where only DNS knows. A pin wins over the site's address."""
        if pinned := self.pins.get((host, port)):
            return pinned
        if known := self.addresses.get(host):
            return tuple((address, port) for address in known)
        return None

    def listening_port(self, host: str, port: int, address: str) -> int:
        """The port to connect to at one address of a host for its public port."""
        pinned = (real for ip, real in self.pins.get((host, port), ()) if ip == address)
        return next(pinned, port)


BY_DNS = Route()
NO_WEIGHTS: Mapping[str, Fraction] = {}
"""Both once for all endpoints: there may be a hundred thousand."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A host name (or IP literal) and port, at a site where it has one. `http_port` is the plain-http companion
    whose redirect is judged, None where there is none. `pages` are paths, `/` first; `sample` is how many more are to
    be taken from the sitemap. `starttls` is the protocol, one of STARTTLS_PORTS, in which TLS is asked for; None where
    the first byte is TLS, and HTTP is what comes over it unless the port is another protocol's. `weights` are its parts
    of the weights of its host, which are divided evenly among the sites. `was` are the ids that it had before its host
    was renamed. `location` is where the host is written, None on the command line. `web` is False where no HTTP is
    spoken, whatever the port. `addresses` are where an inventory says that the host is, which
    the `route` of what is probed knows.
    """

    host: str
    port: int = 443
    http_port: int | None = 80
    service: str | None = None
    site: str | None = None
    owner: str | None = None
    pages: tuple[str, ...] = ("/",)
    route: Route = field(default=BY_DNS, compare=False)
    starttls: str | None = None
    sample: int = 0
    weights: Mapping[str, Fraction] = field(default_factory=lambda: NO_WEIGHTS, compare=False)
    was: tuple[str, ...] = ()
    location: Location | None = field(default=None, compare=False)
    web: bool = True
    addresses: tuple[str, ...] = field(default=(), compare=False)

    @property
    def authority(self) -> str:
        """`host:port`, an IPv6 literal in brackets."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    @property
    def speaks_http(self) -> bool:
        """Whether HTTP is to be expected behind the port."""
        return self.web and self.starttls is None and self.port not in _TLS_WITHOUT_HTTP

    @property
    def name(self) -> str:
        """`host:port` or `smtp://host:port`: the same at each of its sites."""
        return f"{self.starttls}://{self.authority}" if self.starttls else self.authority

    @property
    def id(self) -> str:
        """`name` or `name@site`: unique in an audit, stable from one audit to the next."""
        return f"{self.name}@{self.site}" if self.site else self.name


@dataclass(frozen=True, slots=True)
class Drill:
    """A fail-over that was tried: on a day, UTC, the site `to` took over from the site `origin`. `record` is the URL of
    what was written about it.
    """

    day: date
    origin: str
    to: str
    succeeded: bool
    record: str | None


@dataclass(frozen=True, slots=True)
class Service:
    """What users call it: an owner and the endpoints behind it."""

    id: str
    owner: str | None
    endpoints: "Roster"
    location: Location | None = field(default=None, compare=False)
    drills: tuple[Drill, ...] = ()

    @property
    def sites(self) -> frozenset[str | None]:
        """Where it is; None of what is at no site."""
        return self.endpoints.sites()

    @property
    def at_sites(self) -> bool:
        """Whether it is at two or more, which can be compared."""
        return len(self.sites) > 1


@dataclass(frozen=True, slots=True)
class Site:
    """A data centre or point of presence."""

    id: str
    title: str
    region: str | None
    prefixes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Vantage:
    """A place that is looked from."""

    id: str
    title: str
    region: str | None


@dataclass(frozen=True, slots=True)
class LinkSource:
    """Where the state of a link can be read, at the gateway of a site. `kind` is vici, ssh, swanctl, libreswan or xfrm,
    `where` the socket's path or the host, or the path of each file by what is saved in it: sas, conns, pols; status,
    traffic; state, policy. Paths are absolute.
    """

    kind: str
    site: str
    where: Mapping[str, str]

    @property
    def name(self) -> str:
        """As reports call it; unique within a link."""
        return f"{self.kind} of {self.site}"


@dataclass(frozen=True, slots=True)
class Link:
    """Two sites whose traffic to one another is to be encrypted. `sources` tell whether it is.

    `gateways` are the addresses between which tunnels run, `prefixes` the networks behind them, both by site.
    """

    id: str
    sites: tuple[str, str]
    owner: str | None
    gateways: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    prefixes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    sources: tuple[LinkSource, ...] = ()
    weights: Mapping[str, Fraction] = field(default_factory=dict)
    location: Location | None = field(default=None, compare=False)
