"""What the command line says about how to probe."""

import hashlib
import socket
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tlsaudit.engine import Cluster
from tlsaudit.errors import UserError
from tlsaudit.evidence import DNS, EvidenceType
from tlsaudit.policy import PreloadList
from tlsaudit.probe.limits import Limits
from tlsaudit.target import Endpoint, Proxy, SocketAddress, Targets

if TYPE_CHECKING:
    from tlsaudit.probe.certificate import RootFile
    from tlsaudit.probe.http import ClientCertificate


def utc_now() -> datetime:
    return datetime.now(UTC)


ALL_VANTAGES = "all"

LEAST_RATE = 5.0
"""What --rate takes, for each vantage."""

_MANY_CONNECTIONS = 150
"""To an old server; a modern one takes 30."""


@dataclass(frozen=True, slots=True)
class ProbeSettings:
    """`concurrency` is how many endpoints are probed at a time, `family` a socket address family (both by default),
    `clock` the time that evidence and audits are stamped with, `contact` how an operator can reach the user. Through
    the `proxy` go all connections, where there is one. `on_demand` is the evidence that is looked for only where the
    user asks for it, and was. `sample` is how many pages of a sitemap are looked at, whatever the targets file says;
    None: as many as that says. `preload_list` is the HSTS preload list to look names up in. `resolver` is asked for
    DNS records; None: the system's. `ca_files` are the trust stores, Mozilla's without any. On the
    workers of the `cluster` endpoints are probed, here where there is none. `rate` is how many TCP connections are
    opened a second at most; None: as many as it takes; all workers and vantages share it. `vantage` is what the user
    calls the place where the probes run; `vantages` are those whose workers probe, where the cluster has several.
    """

    limits: Limits = field(default_factory=Limits)
    concurrency: int = 64
    family: int = socket.AF_UNSPEC
    ca_files: "Sequence[RootFile]" = ()
    clock: Callable[[], datetime] = utc_now
    contact: str | None = None
    proxy: Proxy | None = None
    client_certificate: "ClientCertificate | None" = None
    on_demand: frozenset[EvidenceType] = frozenset()
    sample: int | None = None
    preload_list: PreloadList | None = None
    resolver: SocketAddress | None = None
    vantage: str | None = None
    cluster: Cluster | None = None
    rate: float | None = None
    vantages: tuple[str, ...] = ()

    @property
    def rate_at_each(self) -> float | None:
        """The part of the rate that each vantage has."""
        return None if self.rate is None else self.rate / max(1, len(self.vantages))

    @property
    def in_time(self) -> int | None:
        """How many endpoints can be asked all in their time at that rate; None without one."""
        rate = self.rate_at_each
        return None if rate is None else max(1, int(rate * self.limits.endpoint_s / _MANY_CONNECTIONS))

    @property
    def at_a_time(self) -> int:
        """Endpoints that are probed at a time."""
        return min(self.concurrency, self.in_time or self.concurrency)

    def of(self, targets: Targets) -> "ProbeSettings":
        """With what a targets file says, where the command line says nothing of it. Raises UserError for a vantage that
        it should know, and does not.
        """
        known = targets.vantages
        if self.vantages and not known:
            raise UserError(f"--vantages: {targets.called} names none under vantages:")
        vantages = tuple(known) if self.vantages == (ALL_VANTAGES,) else self.vantages
        if self.rate is not None and self.rate < (least := LEAST_RATE * len(vantages)):
            raise UserError(f"--rate {self.rate:g}: {len(vantages)} vantages share it: at least {least:g}")
        option = "--vantages" if vantages else "--vantage"
        for vantage in vantages or filter(None, [self.vantage]):
            if known and vantage not in known:
                there = ", ".join(known)
                raise UserError(f"{option} {vantage}: not under vantages: in {targets.called}: there is {there}")
        return replace(
            self,
            vantages=vantages,
            on_demand=self.on_demand | DNS if targets.dns else self.on_demand,
            resolver=self.resolver or targets.resolver,
        )

    def digest(self, endpoints: Iterable[Endpoint]) -> str:
        """Of all that decides what is asked of these endpoints, and where; in two audits it is the same where they ask
        the same.
        """
        asked = (
            self.limits,
            self.family,
            [str(file.path) for file in self.ca_files],
            self.contact,
            str(self.proxy),
            self.client_certificate,
            sorted(kind.__name__ for kind in self.on_demand),
            self.sample,
            self.resolver,
        )
        found = hashlib.sha256(repr(asked).encode())
        pins = {id(endpoint.route.pins): endpoint.route.pins for endpoint in endpoints}  # one for many endpoints
        for line in sorted(repr(item) for some in pins.values() for item in some.items()):
            found.update(line.encode())
        return found.hexdigest()
