"""QUIC on real servers: what is served, what is advertised, and peers that lie, stay silent or send anything."""

import asyncio
import contextlib
import os
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.descriptors import open_files
from tests.servers import CertificateAuthority, Server, Shape, free_port, nginx, require
from tests.servers.caddy import NAME, Caddy, caddy, gtlsserver
from tlsaudit.evidence import (
    Certificates,
    EndpointObservation,
    EvidenceType,
    HttpsExchange,
    NotObserved,
    QuicOffer,
    QuicSession,
    Reason,
)
from tlsaudit.probe import quic
from tlsaudit.probe.certificate import RootFile, TrustStores
from tlsaudit.probe.endpoint import EndpointProbe
from tlsaudit.probe.http import HttpProbe
from tlsaudit.probe.limits import Limits
from tlsaudit.target import Endpoint, Route

ADDRESS = "127.0.0.1"


@pytest.fixture(scope="module")
def server(ca: CertificateAuthority) -> Iterator[Caddy]:
    with caddy(ca) as running:
        yield running


def _observe(
    port: int, ca_file: Path, *wanted: EvidenceType, http_port: int | None = None, limits: Limits | None = None
) -> EndpointObservation:
    """The public ports are 443 and 80; others are where they are."""
    pins = {(NAME, 443): ((ADDRESS, port),), (NAME, 80): ((ADDRESS, http_port or free_port(ADDRESS)),)}
    chosen = limits or Limits(answer_s=2)

    async def run() -> EndpointObservation:
        probe = EndpointProbe(
            frozenset(wanted or {QuicOffer}),
            chosen,
            TrustStores.load(RootFile("test", ca_file)),
            HttpProbe(chosen, [ca_file]),
        )
        return await probe(Endpoint(NAME, route=Route(pins)))

    return asyncio.run(run())


def _offer(port: int, ca_file: Path) -> QuicOffer:
    (seen,) = _observe(port, ca_file).addresses
    offer = seen.evidence[QuicOffer]
    assert isinstance(offer, QuicOffer), offer
    return offer


def _reasons(offer: QuicOffer) -> dict[int, Reason | None]:
    return {port: item.reason if isinstance(item, NotObserved) else None for port, item in offer.sessions}


def test_http3_as_advertised_with_the_certificate_of_tcp(server: Caddy, ca_file: Path) -> None:
    offer = _offer(server.port, ca_file)
    assert offer.advertised == (("h3", "", server.port),)
    session = dict(offer.sessions)[443]
    assert isinstance(session, QuicSession)
    assert (session.version, session.alpn) == (1, "h3")
    assert offer.tcp_leaves_sha256 == (session.leaf_sha256,)
    assert dict(offer.sessions)[server.port] == session


def test_another_client_and_the_servers_log_agree(server: Caddy) -> None:
    """ngtcp2 has nothing in common with the library that is used here."""
    before = len(server.protocols())
    client = require("gtlsclient", "ngtcp2-client")
    url = f"https://{NAME}:{server.port}/"
    options = ("--quiet", "--no-http-dump", "--exit-on-all-streams-close")
    done = subprocess.run(
        [client, *options, "localhost", str(server.port), url], capture_output=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    _until(lambda: server.protocols()[before:] == ["HTTP/3.0"])


def _until(said: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not said():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_only_quic_is_brought_back(server: Caddy, ca_file: Path) -> None:
    (seen,) = _observe(server.port, ca_file).addresses
    assert set(seen.evidence) == {QuicOffer}
    (seen,) = _observe(server.port, ca_file, QuicOffer, HttpsExchange, Certificates).addresses
    assert set(seen.evidence) == {QuicOffer, HttpsExchange, Certificates}
    https = seen.evidence[HttpsExchange]
    assert isinstance(https, HttpsExchange)
    assert https.visits[0].hops[0].alt_svc == (",".join([f'h3=":{server.port}"; ma=2592000'] * 2),)


def test_http3_that_is_not_advertised(ca: CertificateAuthority, ca_file: Path) -> None:
    with caddy(ca, alt_svc="clear") as server:
        offer = _offer(server.port, ca_file)
    assert (offer.advertised, _reasons(offer)) == ((), {443: None})


def test_http3_that_is_off(ca: CertificateAuthority, ca_file: Path) -> None:
    with caddy(ca, protocols=("h1", "h2")) as server:
        offer = _offer(server.port, ca_file)
    assert (offer.advertised, _reasons(offer)) == ((), {443: Reason.REFUSED})


def test_a_lying_header(ca: CertificateAuthority, ca_file: Path) -> None:
    """One port is closed, one is silent; another host is never asked."""
    with _udp(lambda _: []) as (silent, _), _udp(lambda _: []) as (elsewhere, asked_elsewhere):
        closed = free_port(ADDRESS)
        fields = f'h3=":{closed}", h3=":{silent}", h3="{NAME}:443", h3="localhost:{elsewhere}", h2=":{elsewhere}"'
        with nginx(Shape.MODERN, ca=ca, headers={"Alt-Svc": fields}) as server:
            offer = _offer(server.https_port, ca_file)
    assert _reasons(offer) == {443: Reason.REFUSED, closed: Reason.REFUSED, silent: Reason.TIMED_OUT}
    assert asked_elsewhere == []


def test_another_certificate_than_over_tcp(ca: CertificateAuthority, ca_file: Path) -> None:
    with nginx(Shape.MODERN, ca=ca) as server, gtlsserver(ca.leaf((NAME,)), server.https_port):
        offer = _offer(server.https_port, ca_file)
    session = dict(offer.sessions)[443]
    assert isinstance(session, QuicSession)
    assert len(offer.tcp_leaves_sha256) == 1
    assert session.leaf_sha256 not in offer.tcp_leaves_sha256


def test_a_host_that_is_down_is_not_reachable(ca_file: Path) -> None:
    seen = _observe(free_port(ADDRESS), ca_file)
    assert (seen.reachable, seen.reason) == (False, NotObserved(Reason.REFUSED))


def test_quic_without_https_is_still_seen(ca: CertificateAuthority, ca_file: Path) -> None:
    port = free_port(ADDRESS)
    with gtlsserver(ca.leaf((NAME,)), port):
        offer = _offer(port, ca_file)
    assert (offer.advertised, offer.tcp_leaves_sha256) == (NotObserved(Reason.REFUSED), ())
    assert _reasons(offer) == {443: None}


def test_a_server_that_refuses_the_handshake_is_told_apart(server: Caddy) -> None:
    """caddy has no certificate for this name."""
    refused = asyncio.run(quic.handshake("other.example.org", (ADDRESS, server.port)))
    assert refused == NotObserved(Reason.REJECTED, "over QUIC: internal_error")


def test_a_server_that_never_says_which_versions_it_has_is_found(server: Caddy) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as upstream:
        upstream.connect((ADDRESS, server.port))
        upstream.settimeout(0.1)

        def of_version_1(datagram: bytes) -> list[bytes]:
            is_long, version = datagram[0] & 0x80, int.from_bytes(datagram[1:5], "big")
            if is_long and version != 1:
                return []
            upstream.send(datagram)
            answers: list[bytes] = []
            with contextlib.suppress(TimeoutError):
                while True:
                    answers.append(upstream.recv(65536))
            return answers

        with _udp(of_version_1) as (port, asked):
            seen = asyncio.run(quic.handshake(NAME, (ADDRESS, port)))
    assert isinstance(seen, QuicSession)
    assert len(asked[0]) == len(asked[1]) == 1200


def _garbage(_: bytes) -> list[bytes]:
    return [os.urandom(1200) for _ in range(20)]


def _echo(datagram: bytes) -> list[bytes]:
    return [datagram]


def _flood(_: bytes) -> list[bytes]:
    return [bytes(100)] * 1000


def _other_versions(datagram: bytes) -> list[bytes]:
    """Version Negotiation (RFC 9000 section 17.2.1) for a version that nobody speaks, without end."""
    return [_version_negotiation(datagram, 0x0A0A0A0A)] * 20


def _same_version(datagram: bytes) -> list[bytes]:
    return [_version_negotiation(datagram, 1)] * 20


def _next_version(datagram: bytes) -> list[bytes]:
    """Whatever version the client speaks, another one is asked for."""
    spoken = int.from_bytes(datagram[1:5], "big")
    return [_version_negotiation(datagram, 0x6B3343CF if spoken == 1 else 1)] * 20


def _version_negotiation(datagram: bytes, version: int) -> bytes:
    to = datagram[6 : 6 + datagram[5]]
    rest = datagram[6 + len(to) :]
    source = rest[1 : 1 + rest[0]]
    return b"".join((b"\xc0", bytes(4), bytes([len(source)]), source, bytes([len(to)]), to, version.to_bytes(4, "big")))


@pytest.mark.parametrize(
    ("peer", "reason"),
    [
        (_garbage, Reason.TIMED_OUT),
        (_echo, Reason.TIMED_OUT),
        (_flood, Reason.TOO_LARGE),
        (_other_versions, Reason.REJECTED),
        (_same_version, Reason.TIMED_OUT),
        (_next_version, Reason.TIMED_OUT),
        (lambda _: [], Reason.TIMED_OUT),
        (lambda _: [b""], Reason.TIMED_OUT),
    ],
    ids=["garbage", "echo", "flood", "other versions", "same version", "next version", "silence", "empty"],
)
def test_a_hostile_peer_costs_two_seconds_and_leaves_nothing_behind(
    peer: Callable[[bytes], list[bytes]], reason: Reason, capfd: pytest.CaptureFixture[str]
) -> None:
    async def run(port: int) -> tuple[QuicSession | NotObserved, float, int, int]:
        await quic.handshake(NAME, (ADDRESS, free_port(ADDRESS)))  # the library is imported, the loop has its pipes
        before = open_files()
        started = time.monotonic()
        seen = await quic.handshake(NAME, (ADDRESS, port))
        return (
            seen,
            time.monotonic() - started,
            open_files() - before,
            len(asyncio.all_tasks()) - 1,
        )

    with _udp(peer) as (port, asked):
        seen, took, descriptors, tasks = asyncio.run(run(port))
    assert isinstance(seen, NotObserved)
    assert seen.reason is reason
    assert took < 20  # on a busy machine
    assert (descriptors, tasks) == (0, 0)
    assert len(asked) < 50
    assert capfd.readouterr() == ("", "")


def test_cancelled_in_the_middle_nothing_is_left() -> None:
    async def run(port: int) -> int:
        await quic.handshake(NAME, (ADDRESS, free_port(ADDRESS)))
        before = open_files()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0.2):
                await quic.handshake(NAME, (ADDRESS, port))
        return open_files() - before

    with _udp(lambda _: []) as (port, _):
        assert asyncio.run(run(port)) == 0


def test_the_deadline_of_the_endpoint_ends_quic_and_loses_nothing_else(ca: CertificateAuthority, ca_file: Path) -> None:
    # Where it is advertised it is asked twice, for two seconds each.
    advertised = {"Alt-Svc": 'h3=":443"'}
    with nginx(Shape.MODERN, ca=ca, headers=advertised) as server, _udp(lambda _: [], server.https_port):
        (seen,) = _observe(
            server.https_port, ca_file, QuicOffer, HttpsExchange, limits=Limits(endpoint_s=3.5)
        ).addresses
    late = seen.evidence[QuicOffer]
    assert isinstance(late, NotObserved)
    assert late.reason is Reason.TIMED_OUT
    assert isinstance(seen.evidence[HttpsExchange], HttpsExchange)


def test_a_modern_server_without_quic_is_not_kept_waiting(
    shared_server: Callable[[str, Shape], Server], ca_file: Path
) -> None:
    offer = _offer(shared_server("nginx", Shape.MODERN).https_port, ca_file)
    assert (offer.advertised, _reasons(offer)) == ((), {443: Reason.REFUSED})


@contextlib.contextmanager
def _udp(answer: Callable[[bytes], list[bytes]], port: int = 0) -> Iterator[tuple[int, list[bytes]]]:
    """A peer that answers each datagram with others, and what it was sent."""
    asked: list[bytes] = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
        peer.bind((ADDRESS, port))

        def serve() -> None:
            while (received := peer.recvfrom(65536))[0] != _STOP:
                datagram, sender = received
                asked.append(datagram)
                for each in answer(datagram):
                    with contextlib.suppress(OSError):
                        peer.sendto(each, sender)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield peer.getsockname()[1], asked
        finally:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as end:
                end.sendto(_STOP, peer.getsockname())
            thread.join()


_STOP = b"that is all"
