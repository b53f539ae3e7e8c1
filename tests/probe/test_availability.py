"""The light look: whether an endpoint answers over TLS and over HTTP, and how quickly."""

import asyncio
import ssl
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults import FAULTS, Handler, answering, message, never_answers, serve_fault, server_context
from tests.servers import CertificateAuthority, Server, Shape, free_port, nginx
from tests.servers.proxy import tinyproxy
from tests.servers.starttls import postfix
from tests.tlsfaults import WITHOUT_END
from tlsaudit.evidence import Reason
from tlsaudit.probe.availability import AvailabilityProbe, Look
from tlsaudit.probe.http.network import TlsContexts
from tlsaudit.probe.limits import Limits
from tlsaudit.probe.proxy import Tunnel
from tlsaudit.target import Endpoint, Route, parse_proxy

HOST = "www.example.org"
ADDRESS = "127.0.0.1"
PATIENT = Limits(endpoint_s=20.0)
QUICK = Limits(endpoint_s=5.0, connect_s=1.0, answer_s=1.0, preamble_s=2.0)


def look(
    *ports: int,
    limits: Limits = PATIENT,
    public: int = 443,
    tunnel: Tunnel | None = None,
    starttls: str | None = None,
    addresses: tuple[str, ...] = (ADDRESS,),
) -> Look:
    """What a look at these sockets, all of one endpoint, brings back."""
    sockets = tuple((address, port) for address in addresses for port in ports)
    endpoint = Endpoint(HOST, public, None, starttls=starttls, route=Route({(HOST, public): sockets}))
    probe = AvailabilityProbe(limits, TlsContexts().own.lenient, "tlsaudit/test", tunnel=tunnel)
    return asyncio.run(probe(endpoint))


@pytest.fixture(scope="module")
def context(ca: CertificateAuthority) -> ssl.SSLContext:
    return server_context(ca.leaf([HOST]))


@pytest.mark.parametrize("shape", [Shape.MODERN, Shape.LEGACY])
@pytest.mark.parametrize("program", ["nginx", "apache", "haproxy"])
def test_a_server_that_answers_is_up(shared_server: Callable[[str, Shape], Server], program: str, shape: Shape) -> None:
    server = shared_server(program, shape)
    before = server.access_count()
    started = time.monotonic()
    seen = look(server.https_port)
    took_ms = (time.monotonic() - started) * 1000
    assert (seen.tls, seen.http, seen.why, seen.up) == (True, True, None, True)
    assert seen.latency_ms is not None
    assert 0 < seen.latency_ms <= took_ms
    deadline = time.monotonic() + 10
    while server.access_count() == before:
        assert time.monotonic() < deadline
    assert server.access_log()[-1].startswith(f"https {HOST} / ")


def test_one_connection_with_one_request(ca: CertificateAuthority) -> None:
    with nginx(ca=ca) as server:
        assert look(server.https_port).up
        assert (server.connection_count(), server.access_count()) == (2, 1), "one is the readiness probe's"


@pytest.mark.parametrize(
    ("status", "up"), [(200, True), (301, True), (404, True), (429, True), (500, False), (503, False)]
)
def test_an_answer_without_a_server_error_is_up(context: ssl.SSLContext, status: int, up: bool) -> None:
    with serve_fault(answering(message(status)), context) as server:
        seen = look(server.port)
    assert (seen.tls, seen.http, seen.up) == (True, up, up)
    assert (seen.latency_ms is not None) is up
    assert up or str(seen.why) == f"server error: {status}"


@pytest.mark.parametrize("fault", ["never answers", "garbage", "one byte a second", "resets", "closes"])
def test_no_tls_is_down_and_says_why(fault: str) -> None:
    with serve_fault(FAULTS[fault]) as server:
        seen = look(server.port, limits=QUICK)
    assert (seen.tls, seen.http, seen.latency_ms, seen.up) == (False, False, None, False)
    assert seen.why
    assert seen.why.reason in {Reason.TIMED_OUT, Reason.NOT_TLS, Reason.RESET}


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("never answers", Reason.TIMED_OUT),
        ("garbage", Reason.NOT_HTTP),
        ("one byte a second", Reason.TIMED_OUT),
        ("closes", Reason.RESET),
        ("resets", Reason.RESET),
        ("endless headers", Reason.NOT_HTTP),
        ("one endless header", Reason.NOT_HTTP),
        ("endless informational answers", Reason.TOO_LARGE),
    ],
)
def test_no_page_is_down_and_says_why(context: ssl.SSLContext, fault: str, reason: Reason) -> None:
    with serve_fault(FAULTS[fault], context) as server:
        seen = look(server.port, limits=QUICK)
    assert (seen.tls, seen.http, seen.up) == (True, False, False)
    assert seen.why
    assert seen.why.reason is reason, seen.why


@pytest.mark.parametrize("fault", ["10 GB body", "gzip bomb"])
def test_a_body_is_not_read(context: ssl.SSLContext, fault: str) -> None:
    with serve_fault(FAULTS[fault], context) as server:
        assert look(server.port, limits=QUICK).up


@pytest.mark.parametrize("handler", WITHOUT_END.values(), ids=WITHOUT_END)
def test_a_handshake_without_end_is_ended(handler: Handler) -> None:
    with serve_fault(handler) as server:
        started = time.monotonic()
        assert not look(server.port, limits=QUICK).tls
    assert time.monotonic() - started < 30


def test_the_whole_look_has_a_deadline() -> None:
    with serve_fault(never_answers) as server:
        seen = look(server.port, limits=Limits(endpoint_s=0.5, answer_s=60.0))
    assert str(seen.why) == "timed out: not finished within 0.5 s"
    assert (seen.address, seen.connected) == (ADDRESS, True)


def test_a_refused_connection() -> None:
    seen = look(free_port(ADDRESS))
    assert (seen.tls, seen.http, str(seen.why)) == (False, False, "connection refused")


def test_the_next_address_is_tried_where_one_takes_no_connection(
    shared_server: Callable[[str, Shape], Server],
) -> None:
    server = shared_server("nginx", Shape.MODERN)
    assert look(free_port(ADDRESS), server.https_port).up


def test_a_name_that_does_not_resolve() -> None:
    probe = AvailabilityProbe(QUICK, TlsContexts().own.lenient, "tlsaudit/test")
    seen = asyncio.run(probe(Endpoint("host.invalid")))
    assert (seen.up, seen.why and seen.why.reason) == (False, Reason.UNRESOLVED)


def test_without_http_the_handshake_is_all(shared_server: Callable[[str, Shape], Server]) -> None:
    server = shared_server("nginx", Shape.MODERN)
    before = server.access_count()
    seen = look(server.https_port, public=636)
    assert (seen.tls, seen.http, seen.up) == (True, None, True)
    assert seen.latency_ms is not None
    assert server.access_count() == before
    assert look(free_port(ADDRESS), public=636).http is None


def test_starttls(ca: CertificateAuthority) -> None:
    with postfix(ca) as server:
        seen = look(server.port, public=25, starttls="smtp")
    assert (seen.tls, seen.http, seen.up) == (True, None, True)


def test_starttls_that_is_not_offered(ca: CertificateAuthority) -> None:
    with postfix(ca, tls=False) as server:
        seen = look(server.port, public=25, starttls="smtp")
    assert (seen.up, seen.why and seen.why.reason) == (False, Reason.NO_STARTTLS)


def test_a_server_that_wants_a_client_certificate_is_there(ca: CertificateAuthority, ca_file: Path) -> None:
    config = f"ssl_client_certificate {ca_file}; ssl_verify_client on; ssl_protocols TLSv1.3;"
    with nginx(ca=ca, https_config=config) as server:
        seen = look(server.https_port)
    assert seen.tls
    assert seen.up


def test_through_a_proxy(shared_server: Callable[[str, Shape], Server]) -> None:
    server = shared_server("nginx", Shape.MODERN)
    with tinyproxy() as proxy:
        seen = look(server.https_port, tunnel=Tunnel(parse_proxy(proxy.url), 5.0))
    assert (seen.tls, seen.http, seen.latency_ms) == (True, True, None), seen.why
