"""What the tests of the HTTP probe share: endpoints whose ports are really elsewhere, and one look at them."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from tests.faults import FaultServer, Handler, message, read_request
from tests.servers import free_port
from tlsaudit.evidence import (
    HTTP,
    CanonicalLinks,
    CompressedPages,
    EvidenceType,
    HttpExchange,
    HttpsExchange,
    NotObserved,
    SiteIndex,
)
from tlsaudit.probe.http import DEEP_PATH, ClientCertificate, HttpLook, HttpProbe
from tlsaudit.probe.limits import Limits
from tlsaudit.target import Endpoint, Route

HOST = "www.example.org"
ADDRESS = "127.0.0.1"
QUICK = Limits(endpoint_s=12, connect_s=4, answer_s=2)
"""For servers that never answer; a healthy one beside them must manage on a busy machine."""

PATIENT = Limits(endpoint_s=60, connect_s=20, answer_s=20)
"""For servers that come to an end by themselves, however busy the machine is."""


def endpoint(
    https: FaultServer | int | None = None,
    http: FaultServer | int | None = None,
    *,
    host: str = HOST,
    pages: tuple[str, ...] = ("/",),
    others: Mapping[str, str] | None = None,
    sample: int = 0,
) -> Endpoint:
    """An endpoint on the public ports 443 and 80, which are these servers; nothing listens where there is none.

    `others` are further names and their addresses, with the same ports.
    """
    ports = {443: _port(https), 80: _port(http)}
    addresses = {host: ADDRESS, **(others or {})}
    pins = {(name, public): ((at, real),) for name, at in addresses.items() for public, real in ports.items()}
    return Endpoint(host, pages=pages, route=Route(pins), sample=sample)


def look(
    target: Endpoint,
    ca_file: Path | None = None,
    *,
    limits: Limits | None = None,
    client: ClientCertificate | None = None,
    addresses: tuple[str, ...] = (ADDRESS,),
    wanted: frozenset[EvidenceType] = HTTP - {CompressedPages},
    clock: Callable[[], datetime] | None = None,
) -> HttpLook:
    """What the probe brings back from the first address; the others are looked at at the same time."""

    async def run() -> HttpLook:
        probe = HttpProbe(limits or Limits(), [ca_file] if ca_file else (), client_certificate=client, clock=clock)
        looks = await asyncio.gather(*(probe.look(target, address, wanted) for address in addresses))
        return looks[0]

    return asyncio.run(run())


def seen_http(result: HttpLook) -> HttpExchange:
    found = result.found[HttpExchange]
    assert isinstance(found, HttpExchange), found
    return found


def seen_https(result: HttpLook) -> HttpsExchange:
    found = result.found[HttpsExchange]
    assert isinstance(found, HttpsExchange), found
    return found


def seen_links(result: HttpLook) -> CanonicalLinks:
    found = result.found[CanonicalLinks]
    assert isinstance(found, CanonicalLinks), found
    return found


def seen_index(result: HttpLook) -> SiteIndex:
    found = result.found[SiteIndex]
    assert isinstance(found, SiteIndex), found
    return found


def missing(item: object) -> NotObserved:
    assert isinstance(item, NotObserved), item
    return item


@dataclass
class Website:
    """A server of given answers by target, 404 for the rest; it remembers what it was asked as `host target`, but for
    the deep path that a look always asks for last.
    """

    answers: Mapping[str, bytes] = field(default_factory=lambda: {"/": message(200)})
    asked: list[str] = field(default_factory=list)

    @property
    def handler(self) -> Handler:
        async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            while True:
                target, host = await read_request(reader)
                if target != DEEP_PATH:
                    self.asked.append(f"{host} {target}")
                answer = self.answers.get(target, message(404))
                writer.write(answer)
                await writer.drain()
                if b"Connection: close" in answer:
                    return

        return handle


def _port(server: FaultServer | int | None) -> int:
    if server is None:
        return free_port(ADDRESS)
    return server if isinstance(server, int) else server.port
