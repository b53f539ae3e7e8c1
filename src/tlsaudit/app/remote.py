"""Probing on the workers of a cluster: what is sent to them, and what comes back."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from tlsaudit import engine
from tlsaudit.app.prober import prober
from tlsaudit.app.records import tool
from tlsaudit.app.settings import ProbeSettings
from tlsaudit.errors import UserError
from tlsaudit.evidence import DeepScan, EndpointObservation, EvidenceType, NotObserved, Reason
from tlsaudit.probe.certificate.stores import MOZILLA
from tlsaudit.target import BY_DNS, Endpoint, Route

_BATCH = 32
"""Endpoints that a worker gets at a time and probes side by side: some megabytes of evidence."""

_SPARE_S = 60.0
_DEEP_AT_A_TIME = 2


Sent = tuple[Endpoint, int]
"""An endpoint without its route, which many share and which knows all hosts of a site, and the number of that."""


@dataclass(frozen=True, slots=True)
class RemoteProbe:
    """Probes a batch of endpoints as this process would. It is pickled: the files that the settings name travel along
    as `files`, and are there on the worker while a batch is; so do the `routes` of all endpoints. A batch has `size`
    endpoints, a vantage at most `batches` of them at a time where there is a rate, of which each has an equal part.
    """

    wanted: frozenset[EvidenceType]
    settings: ProbeSettings
    files: tuple[tuple[Path, bytes], ...]
    version: str
    routes: tuple[Route, ...]
    size: int = _BATCH
    batches: int | None = None

    @classmethod
    def of(
        cls, wanted: frozenset[EvidenceType], settings: ProbeSettings, endpoints: Iterable[Endpoint]
    ) -> "RemoteProbe":
        """Raises UserError."""
        # A batch has its deadline, whomever it is of.
        limits = replace(settings.limits, endpoints_per_address=_BATCH)
        in_time, rate = settings.in_time, settings.rate_at_each
        size = min(_BATCH, in_time or _BATCH)
        batches = in_time and in_time // size
        certificate = settings.client_certificate
        paths = [file.path for file in settings.ca_files if file.name != MOZILLA]
        paths += [path for path in (certificate.certificate, certificate.key) if path] if certificate else []
        return cls(
            wanted,
            replace(settings, limits=limits, preload_list=None, cluster=None, rate=rate and rate / (batches or 1)),
            tuple((path, _content(path)) for path in paths),
            tool().version,
            tuple({id(endpoint.route): endpoint.route for endpoint in endpoints}.values()),
            size,
            batches,
        )

    def sent(self, endpoints: Iterable[Endpoint]) -> Iterator[Sent]:
        """What workers get of each."""
        numbers = {id(route): number for number, route in enumerate(self.routes)}
        return ((replace(endpoint, route=BY_DNS), numbers[id(endpoint.route)]) for endpoint in endpoints)

    def whole(self, sent: Sent) -> Endpoint:
        """The endpoint as it was."""
        endpoint, number = sent
        return replace(endpoint, route=self.routes[number])

    def __call__(self, batch: Sequence[Sent]) -> list[EndpointObservation]:
        """On a worker. Raises UserError where that has another version of tlsaudit."""
        if self.version != (here := tool().version):
            raise UserError(f"a worker has tlsaudit {here}, and this is {self.version}: give all the same")
        with TemporaryDirectory(prefix="tlsaudit-") as folder:
            return asyncio.run(self._probe([*map(self.whole, batch)], Path(folder)))

    async def _probe(self, endpoints: Sequence[Endpoint], folder: Path) -> list[EndpointObservation]:
        found: dict[str, EndpointObservation] = {}
        probe = prober(self.wanted, self._settings(folder), _threads_here())
        async with aclosing(engine.map(probe, endpoints, concurrency=len(endpoints))) as completed:
            async for endpoint, observation in completed:
                found[endpoint.id] = observation
        return [found[endpoint.id] for endpoint in endpoints]

    def _settings(self, folder: Path) -> ProbeSettings:
        """With the files as they are called on the worker."""
        here: dict[Path | None, Path] = {}
        for number, (path, content) in enumerate(self.files):
            here[path] = folder / str(number)
            here[path].write_bytes(content)
        certificate = self.settings.client_certificate
        return replace(
            self.settings,
            ca_files=[file._replace(path=here.get(file.path, file.path)) for file in self.settings.ca_files],
            client_certificate=certificate
            and replace(certificate, certificate=here[certificate.certificate], key=here.get(certificate.key)),
        )


def _threads_here() -> int:
    """Those of this worker, each with a batch of its own."""
    from distributed import get_worker

    return int(get_worker().state.nthreads)


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror}") from None


async def probe_remotely(
    probe: RemoteProbe,
    endpoints: Mapping[str, Iterable[Endpoint]],
    settings: ProbeSettings,
    room: Callable[[str], bool],
) -> AsyncGenerator[tuple[str, Endpoint, EndpointObservation], None]:
    """Yield vantage and endpoint as the batches that they are in complete, from the workers of each vantage, "" for
    any. Raises UserError where the cluster is of no use.
    """
    from tlsaudit.engine import dask

    assert settings.cluster
    limits = settings.limits
    deep_s = limits.deep_s * probe.size / _DEEP_AT_A_TIME if DeepScan in probe.wanted else 0.0
    asked = dask.map(
        probe,
        {vantage: probe.sent(some) for vantage, some in endpoints.items()},
        settings.cluster,
        size=probe.size,
        most=probe.batches,
        deadline_s=dask.PER_THREAD * (limits.endpoint_s + deep_s) + _SPARE_S,
        lost=lambda sent, why: _lost(sent[0], settings.clock(), why),
        room=room,
    )
    async with aclosing(asked) as completed:
        async for vantage, sent, observation in completed:
            yield vantage, probe.whole(sent), observation


def _lost(endpoint: Endpoint, now: datetime, why: str) -> EndpointObservation:
    return EndpointObservation(endpoint.id, now, (), unresolved=NotObserved(Reason.NOT_PROBED, why))
