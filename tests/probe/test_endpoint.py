"""All probes of one endpoint together: what is asked, at which addresses, and by when."""

import asyncio
import itertools
import socket
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.faults import FAULTS, serve_fault
from tests.probe.sessions import mutual_tls
from tests.servers import PROGRAMS, CertificateAuthority, Server, Shape, free_port
from tlsaudit.evidence import (
    CanonicalLinks,
    Certificates,
    EndpointObservation,
    EphemeralKeys,
    EvidenceType,
    HttpExchange,
    HttpsExchange,
    NotObserved,
    Reason,
    Sessions,
    StartTlsOffer,
    TlsFeatures,
    TlsOffer,
)
from tlsaudit.probe.certificate import RootFile, TrustStores
from tlsaudit.probe.endpoint import EndpointProbe
from tlsaudit.probe.http import HttpProbe
from tlsaudit.probe.limits import Limits
from tlsaudit.probe.resolve import resolve
from tlsaudit.target import Endpoint, Route

ALL: frozenset[EvidenceType] = frozenset({TlsOffer, Certificates, HttpExchange, HttpsExchange, CanonicalLinks})
STAMP = datetime(2015, 3, 1, tzinfo=UTC)


def _observe(
    endpoint: Endpoint,
    wanted: frozenset[EvidenceType] = ALL,
    *,
    ca_file: Path | None = None,
    limits: Limits | None = None,
) -> EndpointObservation:
    async def run() -> EndpointObservation:
        chosen = limits or Limits()
        files = [RootFile("test", ca_file)] if ca_file else []
        http = HttpProbe(chosen, [file.path for file in files])
        return await EndpointProbe(wanted, chosen, TrustStores.load(*files), http, clock=lambda: STAMP)(endpoint)

    return asyncio.run(run())


def _endpoint(https: int, http: int, host: str = "www.example.org") -> Endpoint:
    return Endpoint(host, route=Route({(host, 443): (("127.0.0.1", https),), (host, 80): (("127.0.0.1", http),)}))


@pytest.fixture
def server(shared_server: Callable[[str, Shape], Server]) -> Server:
    return shared_server("nginx", Shape.MODERN)


def test_everything_is_observed_and_stamped_by_one_clock(server: Server, ca_file: Path) -> None:
    seen = _observe(_endpoint(server.https_port, server.http_port), ca_file=ca_file)
    (address,) = seen.addresses
    assert set(address.evidence) == ALL
    assert all(not isinstance(item, NotObserved) and item.observed_at == STAMP for item in address.evidence.values())
    assert seen.reachable
    assert address.connect_ms is not None


@pytest.mark.parametrize("wanted", [{TlsOffer}, {Certificates}, {HttpsExchange}, {HttpExchange, CanonicalLinks}, set()])
def test_only_what_is_wanted_is_brought_back(server: Server, ca_file: Path, wanted: set[EvidenceType]) -> None:
    seen = _observe(_endpoint(server.https_port, server.http_port), frozenset(wanted), ca_file=ca_file)
    assert set(seen.addresses[0].evidence) == wanted


def test_every_connection_is_counted(server: Server, ca_file: Path) -> None:
    before = server.connection_count()
    seen = _observe(_endpoint(server.https_port, server.http_port), ca_file=ca_file)
    assert seen.addresses[0].connections == server.connection_count() - before


def test_certificates_of_a_tls13_only_server(shared_server: Callable[[str, Shape], Server], ca_file: Path) -> None:
    server = shared_server("nginx", Shape.TLS13_ONLY)
    seen = _observe(_endpoint(server.https_port, server.http_port), frozenset({Certificates}), ca_file=ca_file)
    shown = seen.addresses[0].evidence[Certificates]
    assert isinstance(shown, Certificates)
    assert shown.chains[0].trust_error is None


def test_a_name_that_does_not_resolve_is_said_so() -> None:
    seen = _observe(Endpoint("does-not-exist.invalid"))
    assert seen.unresolved
    assert seen.unresolved.reason is Reason.UNRESOLVED
    assert (seen.reachable, seen.reason) == (False, seen.unresolved)


def test_the_deadline_of_the_endpoint_ends_all_of_it() -> None:
    with serve_fault(FAULTS["never answers"]) as silent:
        limits = Limits(endpoint_s=0.5, connect_s=60, answer_s=60)
        seen = _observe(_endpoint(silent.port, silent.port), limits=limits)
    reasons = {item.reason for item in seen.addresses[0].evidence.values() if isinstance(item, NotObserved)}
    assert reasons == {Reason.TIMED_OUT}
    assert set(seen.addresses[0].evidence) == ALL


def test_a_closed_port_is_refused_not_silence() -> None:
    seen = _observe(_endpoint(free_port("127.0.0.1"), free_port("127.0.0.1")), frozenset({TlsOffer, HttpsExchange}))
    for item in seen.addresses[0].evidence.values():
        assert isinstance(item, NotObserved)
        assert item.reason is Reason.REFUSED
    assert not seen.reachable


def test_one_family_is_tried_the_other_is_named() -> None:
    route = Route({("www.example.org", 443): (("127.0.0.1", 443), ("::1", 443))})
    endpoint = Endpoint("www.example.org", route=route)
    found = asyncio.run(resolve(endpoint, socket.AF_INET))
    assert found.addresses == (("127.0.0.1", 443),)
    assert found.not_tried == (("::1", "IPv6 was not asked for"),)


def test_a_name_with_very_many_addresses_is_bounded() -> None:
    many = tuple((f"127.0.0.{number}", 443) for number in range(1, 40))
    found = asyncio.run(resolve(Endpoint("www.example.org", route=Route({("www.example.org", 443): many}))))
    assert len(found.addresses) == 16
    assert len(found.not_tried) == 23


@pytest.mark.parametrize("shape", [Shape.MODERN, Shape.STATIC_RSA])
@pytest.mark.parametrize("program", PROGRAMS)
def test_a_server_that_lets_nobody_in_says_why(
    program: str, shape: Shape, ca: CertificateAuthority, ca_file: Path, tmp_path: Path
) -> None:
    """Its TLS is seen whole, and what is missing behind it is explained."""
    clients = CertificateAuthority("Staff of Example").write(tmp_path)
    wanted = frozenset({TlsOffer, Certificates, Sessions, HttpsExchange, HttpExchange})
    with mutual_tls(program, shape, ca, clients) as server:
        seen = _observe(_endpoint(server.https_port, free_port("127.0.0.1")), wanted, ca_file=ca_file)
    evidence = seen.addresses[0].evidence
    assert not any(isinstance(evidence[kind], NotObserved) for kind in (TlsOffer, Certificates, Sessions))
    plain = evidence[HttpExchange]
    assert isinstance(plain, HttpExchange)
    assert plain.refused
    web = evidence[HttpsExchange]
    assert isinstance(web, NotObserved)
    assert web.reason is Reason.CLIENT_CERTIFICATE


@pytest.mark.parametrize("answered", [6, 9])
def test_what_stopped_answering_leaves_a_gap_in_all_that_was_seen_of_it(
    server: Server, ca_file: Path, answered: int
) -> None:
    """As who limits connections does: it may have had another certificate for other clients."""
    connections = itertools.count()

    async def limited(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if next(connections) >= answered:
            writer.transport.abort()
            return
        there, back = await asyncio.open_connection("127.0.0.1", server.https_port)
        await asyncio.wait(
            [asyncio.create_task(pipe(*ends)) for ends in ((reader, back), (there, writer))],
            return_when=asyncio.FIRST_COMPLETED,
        )
        back.close()

    wanted = frozenset({TlsOffer, Certificates, EphemeralKeys, TlsFeatures})
    with serve_fault(limited) as relay:
        seen = _observe(_endpoint(relay.port, server.http_port), wanted, ca_file=ca_file)
    for kind in wanted:
        item = seen.addresses[0].evidence[kind]
        assert isinstance(item, NotObserved) or item.incomplete is not None  # type: ignore[union-attr]


async def pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while some := await reader.read(65536):
        writer.write(some)
        await writer.drain()


def test_a_server_that_offers_tls_and_goes_on_in_clear() -> None:
    async def mail(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for answer in (b"220 mx\r\n", b"250-mx\r\n250 STARTTLS\r\n", b"220 go\r\n"):
            writer.write(answer)
            await reader.read(1000)
        writer.write(b"500 cannot\r\n")
        await reader.read()

    with serve_fault(mail) as server:
        route = Route({("mx.example.org", 25): (("127.0.0.1", server.port),)})
        seen = _observe(
            Endpoint("mx.example.org", 25, starttls="smtp", route=route), frozenset({TlsOffer, StartTlsOffer})
        )
    offer = seen.addresses[0].evidence[StartTlsOffer]
    assert isinstance(offer, StartTlsOffer)
    assert (offer.offered, offer.early) == (True, True)


def test_the_protocols_of_a_server_are_among_its_features(
    shared_server: Callable[[str, Shape], Server], ca_file: Path
) -> None:
    server = shared_server("haproxy", Shape.MODERN)
    seen = _observe(_endpoint(server.https_port, server.http_port), frozenset({TlsFeatures}), ca_file=ca_file)
    features = seen.addresses[0].evidence[TlsFeatures]
    assert isinstance(features, TlsFeatures)
    assert features.alpn == ("h2", "http/1.1")
