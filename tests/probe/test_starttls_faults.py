"""STARTTLS with servers that misbehave: bounded in time, and never taken for what they are not."""

import asyncio
import contextlib
import ssl
import time
from pathlib import Path

import pytest

from tests.faults import FAULTS, FaultServer, Handler, serve_fault
from tests.servers import CertificateAuthority
from tests.servers.stacks import NAME
from tlsaudit.evidence import (
    AddressObservation,
    Certificates,
    EvidenceType,
    NotObserved,
    Reason,
    StartTlsOffer,
    TlsOffer,
)
from tlsaudit.probe.certificate import TrustStores
from tlsaudit.probe.endpoint import EndpointProbe
from tlsaudit.probe.http import HttpProbe
from tlsaudit.probe.limits import Limits
from tlsaudit.target import Endpoint, Route

WANTED: frozenset[EvidenceType] = frozenset({TlsOffer, Certificates, StartTlsOffer})


def observe(
    server: FaultServer,
    protocol: str = "smtp",
    limits: Limits | None = None,
    wanted: frozenset[EvidenceType] = WANTED,
) -> AddressObservation:
    route = Route({(NAME, 25): ((server.address, server.port),)})

    async def run() -> AddressObservation:
        chosen = limits or Limits()
        probe = EndpointProbe(wanted, chosen, TrustStores.load(), HttpProbe(chosen))
        return (await probe(Endpoint(NAME, 25, None, route=route, starttls=protocol))).addresses[0]

    return asyncio.run(run())


@pytest.fixture
def tls(ca: CertificateAuthority, tmp_path: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*ca.leaf((NAME,)).write(tmp_path, "leaf"))
    return context


def smtp(tls: ssl.SSLContext, *, injected: bytes = b"", connections: int = 1 << 30, wait_s: float = 0.0) -> Handler:
    """A mail server that lets its first two clients wait for its greeting, and turns them away after so many
    connections.
    """
    seen = 0

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal seen
        seen += 1
        await asyncio.sleep(wait_s if seen <= 2 else 0)
        writer.write(b"220 mx\r\n" if seen <= connections else b"421 too many connections\r\n")
        await reader.readline()
        writer.write(b"250-mx\r\n250 STARTTLS\r\n")
        await reader.readline()
        writer.write(b"220 go ahead\r\n" + injected)
        with contextlib.suppress(ssl.SSLError):
            await writer.start_tls(tls)
            await reader.read()

    return handle


def reasons(seen: AddressObservation) -> set[Reason]:
    return {item.reason for item in seen.evidence.values() if isinstance(item, NotObserved)}


@pytest.mark.parametrize("fault", ["never answers", "one byte a second"])
def test_silence_costs_one_connection_and_the_time_of_a_preamble(fault: str) -> None:
    with serve_fault(FAULTS[fault]) as server:
        started = time.monotonic()
        seen = observe(server, limits=Limits(preamble_s=1.0))
        took = time.monotonic() - started
    assert set(seen.evidence) == WANTED
    assert reasons(seen) == {Reason.TIMED_OUT}
    assert seen.connections == server.connections == 1
    assert took < 20


def test_what_is_said_after_the_go_ahead_is_seen_and_not_taken_for_tls(tls: ssl.SSLContext) -> None:
    with serve_fault(smtp(tls, injected=b"250 you have mail\r\n")) as server:
        seen = observe(server)
    offer, missing = seen.evidence[StartTlsOffer], seen.evidence[TlsOffer]
    assert isinstance(offer, StartTlsOffer)
    assert (offer.offered, offer.early) == (True, True)
    assert missing == NotObserved(Reason.NOT_TLS, "the server sent 19 more bytes in clear after its go-ahead")


@pytest.mark.parametrize("wanted", [WANTED, frozenset({StartTlsOffer})])
def test_a_server_that_goes_on_in_clear_offers_no_tls(wanted: frozenset[EvidenceType]) -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mx\r\n")
        await reader.readline()
        writer.write(b"250-mx\r\n250 STARTTLS\r\n")
        await reader.readline()
        writer.write(b"220 go ahead\r\n")
        await reader.read(1)
        writer.write(b"500 what?\r\n")

    with serve_fault(handle) as server:
        seen = observe(server, wanted=wanted)
    assert set(seen.evidence) == wanted
    offer = seen.evidence[StartTlsOffer]
    assert isinstance(offer, StartTlsOffer)
    assert (offer.offered, offer.early) == (True, True)


def test_a_greeting_that_lets_strangers_wait(tls: ssl.SSLContext) -> None:
    with serve_fault(smtp(tls, wait_s=2.5)) as server:
        seen = observe(server, limits=Limits(answer_s=2.0, preamble_s=20.0))
    assert isinstance(seen.evidence[StartTlsOffer], StartTlsOffer)
    assert isinstance(seen.evidence[TlsOffer], TlsOffer)


def test_a_server_that_has_had_enough_gives_no_whole_list(tls: ssl.SSLContext) -> None:
    with serve_fault(smtp(tls)) as server:
        whole = observe(server).evidence[TlsOffer]
    with serve_fault(smtp(tls, connections=8)) as server:
        part = observe(server).evidence[TlsOffer]
    assert isinstance(whole, TlsOffer)
    assert whole.incomplete is None
    missing = part.incomplete if isinstance(part, TlsOffer) else part
    assert missing == NotObserved(Reason.SERVER_ERROR, "the server does not greet: 421 too many connections")
