"""Through a proxy: real ones, ones that misbehave, and what is said of a server behind them."""

import asyncio
import contextlib
import errno
import re
import socket
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.faults import FAULTS, Handler, answering, dripping, message, serve_fault
from tests.probe.web import ADDRESS, HOST, Website
from tests.servers import Server, Shape, free_port
from tests.servers.proxy import Proxy, microsocks, tinyproxy
from tlsaudit.evidence import (
    CanonicalLinks,
    Certificates,
    EndpointObservation,
    EvidenceType,
    HttpExchange,
    HttpsExchange,
    NotObserved,
    Reason,
    StartTlsOffer,
    TlsOffer,
)
from tlsaudit.probe.certificate import RootFile, TrustStores
from tlsaudit.probe.endpoint import EndpointProbe
from tlsaudit.probe.http import HttpProbe
from tlsaudit.probe.http.network import PinnedBackend
from tlsaudit.probe.http.stream import Unreachable
from tlsaudit.probe.limits import Limits
from tlsaudit.probe.proxy import Tunnel
from tlsaudit.probe.resolve import resolve
from tlsaudit.probe.road import Preamble, Road
from tlsaudit.probe.starttls import ask
from tlsaudit.target import Endpoint, Route, SocketAddress, parse_proxy

ALL: frozenset[EvidenceType] = frozenset({TlsOffer, Certificates, HttpExchange, HttpsExchange, CanonicalLinks})
LIMITS = Limits()
IMPATIENT = Limits(endpoint_s=60, answer_s=0.9)
LOGIN = ("user", "s3cret")
PROXIES = {"CONNECT": tinyproxy, "SOCKS5": microsocks}


def observe(
    endpoint: Endpoint, proxy: str, ca_file: Path | None = None, limits: Limits = LIMITS
) -> EndpointObservation:
    async def run() -> EndpointObservation:
        tunnel = Tunnel(parse_proxy(proxy), limits.answer_s)
        files = [RootFile("test", ca_file)] if ca_file else []
        http = HttpProbe(limits, [file.path for file in files], tunnel=tunnel)
        return await EndpointProbe(ALL, limits, TrustStores.load(*files), http, tunnel=tunnel)(endpoint)

    return asyncio.run(run())


def at(https: int, http: int) -> Endpoint:
    return Endpoint(HOST, route=Route({(HOST, 443): ((ADDRESS, https),), (HOST, 80): ((ADDRESS, http),)}))


def reasons(seen: EndpointObservation) -> dict[str, NotObserved]:
    """Why there is no evidence, by the kind that there is none of."""
    (address,) = seen.addresses
    return {kind.__name__: item for kind, item in address.evidence.items() if isinstance(item, NotObserved)}


@pytest.fixture
def server(shared_server: Callable[[str, Shape], Server]) -> Server:
    return shared_server("nginx", Shape.MODERN)


@pytest.mark.parametrize("login", [None, LOGIN], ids=["open", "with a password"])
@pytest.mark.parametrize("kind", PROXIES)
def test_all_is_seen_and_nothing_goes_around(
    kind: str, login: tuple[str, str] | None, server: Server, ca_file: Path
) -> None:
    before = server.connection_count()
    with PROXIES[kind](login) as proxy:
        seen = observe(at(server.https_port, server.http_port), _url(proxy, login), ca_file)
        assert reasons(seen) == {}
        (address,) = seen.addresses
        assert address.address == ADDRESS
        assert address.connect_ms is None  # it is the proxy that connects
        assert address.connections == server.connection_count() - before == _settled(proxy, address.connections)


def _url(proxy: Proxy, login: tuple[str, str] | None) -> str:
    return proxy.url.replace("://", f"://{login[0]}:{login[1]}@") if login else proxy.url


def _settled(proxy: Proxy, expected: int) -> int:
    deadline = time.monotonic() + 20
    while proxy.connections() < expected and time.monotonic() < deadline:
        time.sleep(0.01)
    return proxy.connections()


@pytest.mark.parametrize("kind", PROXIES)
def test_what_a_proxy_says_to_strangers(kind: str, server: Server) -> None:
    endpoint = at(server.https_port, server.http_port)
    with PROXIES[kind](LOGIN) as proxy:
        before = server.connection_count()
        strangers = reasons(observe(endpoint, proxy.url))
        liars = reasons(observe(endpoint, _url(proxy, ("user", "wr0ng"))))
        assert server.connection_count() == before
    for missing in (strangers, liars):
        assert set(missing) == {kind.__name__ for kind in ALL}
    assert {item.reason for item in (*strangers.values(), *liars.values())} == {Reason.PROXY}
    assert all("it wants a user and a password" in item.detail for item in strangers.values())
    assert all("it does not accept the user and the password" in item.detail for item in liars.values())


def test_a_closed_port_is_closed_where_the_proxy_knows(server: Server, ca_file: Path) -> None:
    endpoint = at(server.https_port, free_port(ADDRESS))
    with microsocks() as proxy:
        (address,) = observe(endpoint, proxy.url, ca_file).addresses
    plain = address.evidence[HttpExchange]
    assert isinstance(plain, HttpExchange)
    assert plain.refused  # reply 5 of RFC 1928 section 6 is "connection refused", and nothing else
    with tinyproxy() as proxy:
        missing = reasons(observe(endpoint, proxy.url, ca_file))
    assert set(missing) == {"HttpExchange"}
    assert missing["HttpExchange"] == NotObserved(Reason.PROXY, "it refused: 500 (it did not connect)")


def test_a_host_that_is_down_enforces_nothing() -> None:
    with microsocks() as proxy:
        missing = reasons(observe(at(free_port(ADDRESS), free_port(ADDRESS)), proxy.url))
    assert {item.reason for item in missing.values()} == {Reason.REFUSED}
    assert missing["TlsOffer"].detail == "says the proxy"


def test_a_proxy_that_is_down() -> None:
    for scheme in ("http", "socks5"):
        missing = reasons(observe(at(443, 80), f"{scheme}://{ADDRESS}:{free_port(ADDRESS)}"))
        assert set(missing) == {kind.__name__ for kind in ALL}
        assert set(missing.values()) == {NotObserved(Reason.PROXY, "it cannot be reached: connection refused")}


def test_a_proxy_whose_name_does_not_resolve() -> None:
    missing = reasons(observe(at(443, 80), "http://does-not-exist.invalid:3128"))
    assert set(missing.values()) == {NotObserved(Reason.PROXY, "its name does not resolve")}


NOT_SOCKS, NOT_HTTP = "its answer is not SOCKS5", "its answer is not HTTP/1.1"
SLOW = "it gave no whole answer in 0.9 s"
GONE = "it (closed|reset) the connection"
MISBEHAVE: Mapping[str, tuple[Handler, Mapping[str, str]]] = {
    "never answers": (FAULTS["never answers"], {"http": SLOW, "socks5": SLOW}),
    "a byte of HTTP a second": (dripping(b"HTTP/1.1 200 OK\r\n\r\n"), {"http": SLOW, "socks5": SLOW}),
    "a byte of SOCKS a second": (dripping(bytes([5, 0])), {"http": NOT_HTTP, "socks5": SLOW}),
    "garbage": (FAULTS["garbage"], {"http": NOT_HTTP, "socks5": NOT_SOCKS}),
    "closes": (FAULTS["closes"], {"http": GONE, "socks5": GONE}),
    "resets": (FAULTS["resets"], {"http": GONE, "socks5": GONE}),
    "endless headers": (FAULTS["endless headers"], {"http": "its answer does not end", "socks5": NOT_SOCKS}),
    "endless interim answers": (
        FAULTS["endless informational answers"],
        {"http": "its answer does not end", "socks5": NOT_SOCKS},
    ),
    "bad gateway": (
        answering(message(502)),
        {"http": r"it refused: 502 \(it did not connect\)", "socks5": NOT_SOCKS},
    ),
    "speaks for the server": (
        answering(b"HTTP/1.1 200 OK\r\n\r\n" + message(301, f"Location: https://{HOST}/")),
        {"http": "it sends what nobody asked for", "socks5": NOT_SOCKS},
    ),
}


@pytest.mark.parametrize("scheme", ["http", "socks5"])
@pytest.mark.parametrize("fault", MISBEHAVE)
def test_a_proxy_that_misbehaves_says_nothing_of_the_server(fault: str, scheme: str) -> None:
    handler, why = MISBEHAVE[fault]
    started = time.monotonic()
    limits = IMPATIENT if why[scheme] is SLOW else LIMITS
    with serve_fault(handler) as proxy:
        missing = reasons(observe(at(443, 80), f"{scheme}://{proxy.address}:{proxy.port}", limits=limits))
    assert time.monotonic() - started < 20
    assert set(missing) == {kind.__name__ for kind in ALL}
    for item in missing.values():
        assert item.reason is Reason.PROXY
        assert re.fullmatch(why[scheme], item.detail), item


def forwarding(ports: Mapping[str, int], asked: list[str]) -> Handler:
    """A SOCKS5 proxy that alone knows some names, each of which is a port of loopback. `asked` is what it is told."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(3)
        writer.write(b"\x05\x00")
        *_, kind, length = await reader.readexactly(5)
        name = (await reader.readexactly(length)).decode() if kind == 3 else "an address"
        port = int.from_bytes(await reader.readexactly(2), "big")
        asked.append(f"{name}:{port}")
        if asked[-1] not in ports:
            writer.write(b"\x05\x04\x00\x01" + bytes(6))
            return
        there, away = await asyncio.open_connection(ADDRESS, ports[asked[-1]])
        writer.write(b"\x05\x00\x00\x01" + bytes(6))
        with contextlib.closing(away):
            await asyncio.gather(_copy(reader, away), _copy(there, writer))

    return handle


async def _copy(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    while data := await source.read(65536):
        sink.write(data)
        await sink.drain()
    sink.write_eof()


HIDDEN = "hidden.invalid"


@pytest.mark.parametrize("scheme", ["socks5", "socks5h"])
def test_a_name_that_only_the_proxy_knows(scheme: str, server: Server) -> None:
    asked: list[str] = []
    ports = {f"{HIDDEN}:443": server.https_port, f"{HIDDEN}:80": server.http_port}
    with serve_fault(forwarding(ports, asked)) as proxy:
        seen = observe(Endpoint(HIDDEN), f"{scheme}://{proxy.address}:{proxy.port}")
    assert reasons(seen) == {}
    assert seen.addresses[0].address == HIDDEN
    assert set(asked) == set(ports)


@pytest.mark.parametrize(("scheme", "told"), [("socks5", ADDRESS), ("socks5h", "localhost")])
def test_who_resolves_the_names(scheme: str, told: str, server: Server) -> None:
    endpoint = Endpoint("localhost", server.https_port, server.http_port)
    with microsocks() as proxy:
        seen = observe(endpoint, proxy.url.replace("socks5", scheme))
        said = {line.rpartition(" ")[2] for line in proxy.log.read_text().splitlines() if proxy.said in line}
    assert told in {address.address for address in seen.addresses}
    assert {f"{told}:{server.https_port}", f"{told}:{server.http_port}"} <= said


def test_a_redirect_to_a_name_that_only_the_proxy_knows() -> None:
    website = Website({"/": message(301, f"Location: http://other.{HIDDEN}:8080/there"), "/there": message(200)})
    with serve_fault(website.handler) as plain:
        ports = {f"{HIDDEN}:80": plain.port, f"other.{HIDDEN}:8080": plain.port}
        with serve_fault(forwarding(ports, [])) as proxy:
            seen = observe(Endpoint(HIDDEN), f"socks5://{proxy.address}:{proxy.port}")
    http = seen.addresses[0].evidence[HttpExchange]
    assert isinstance(http, HttpExchange)
    assert [hop.status for hop in http.visits[0].hops] == [301, 200]


def test_a_proxy_that_gives_up_part_way_leaves_evidence_in_part(server: Server, ca_file: Path) -> None:
    asked: list[str] = []
    forward = forwarding({f"{HIDDEN}:443": server.https_port}, asked)

    async def tires(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(asked) < 12:
            await forward(reader, writer)

    with serve_fault(tires) as proxy:
        seen = observe(Endpoint(HIDDEN, http_port=None), f"socks5h://{proxy.address}:{proxy.port}", ca_file)
    offer = seen.addresses[0].evidence[TlsOffer]
    assert isinstance(offer, TlsOffer)
    assert offer.versions
    assert offer.incomplete
    assert offer.incomplete.reason is Reason.PROXY


def test_a_name_that_nobody_knows() -> None:
    with serve_fault(forwarding({}, [])) as proxy:
        missing = reasons(observe(Endpoint(HIDDEN), f"socks5://{proxy.address}:{proxy.port}"))
    assert set(missing.values()) == {NotObserved(Reason.UNREACHABLE, "says the proxy")}


@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6])
def test_a_family_is_kept_to_where_names_do_not_resolve(family: int) -> None:
    tunnel = Tunnel(parse_proxy("http://127.0.0.1:3128"), 1)
    assert asyncio.run(resolve(Endpoint(HIDDEN), tunnel=tunnel)).addresses == ((HIDDEN, 443),)
    kept = asyncio.run(resolve(Endpoint(HIDDEN), family, tunnel))
    assert kept.addresses == ()
    assert kept.unresolved


def test_it_is_the_proxy_that_needs_a_route() -> None:
    pins = {(HOST, 443): (("2001:db8::1", 443), ("192.0.2.1", 443))}
    endpoint = Endpoint(HOST, route=Route(pins))
    tunnel = Tunnel(parse_proxy("http://127.0.0.1:3128"), 1)
    assert asyncio.run(resolve(endpoint, tunnel=tunnel)).addresses == pins[HOST, 443]
    assert asyncio.run(resolve(endpoint, socket.AF_INET, tunnel)).addresses == (("192.0.2.1", 443),)


@pytest.mark.parametrize("scheme", ["http", "socks5", "socks5h"])
@pytest.mark.parametrize(
    "host",
    ["localhost", "printer", "nas.local", "wiki.internal", "127.0.0.1", "::1", "0x7f.1", "2130706433", "10.0.0.1"],
)
def test_a_proxy_is_not_sent_to_a_local_network_by_a_redirect(host: str, scheme: str) -> None:
    tunnel = Tunnel(parse_proxy(f"{scheme}://{ADDRESS}:{free_port(ADDRESS)}"), 1)
    backend = PinnedBackend(Endpoint(HIDDEN), HIDDEN, tunnel)
    with pytest.raises(Unreachable) as caught:
        asyncio.run(backend.connect_tcp(host, 80, 20))
    assert caught.value.why.reason is Reason.NOT_FOLLOWED


def _greeting(heard: list[bytes]) -> Preamble:
    heard.append((yield b""))
    return None


def test_what_a_server_says_first_is_not_lost() -> None:
    """It may come along with the answer of the proxy."""
    greeting = b"220 mail.example.org ESMTP\r\n"

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n" + greeting)
        await reader.read()

    heard: list[bytes] = []

    async def run(port: int) -> None:
        road = Road(
            (ADDRESS, 25), LIMITS, [lambda: _greeting(heard)], Tunnel(parse_proxy(f"http://{ADDRESS}:{port}"), 5)
        )
        async with road.connection() as connection:
            assert connection.connect_s >= 0

    with serve_fault(handle) as proxy:
        asyncio.run(run(proxy.port))
    assert heard == [greeting]


def test_starttls_begins_after_the_tunnel() -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n220 mail.example.org ESMTP\r\n")
        await reader.readuntil(b"\r\n")
        writer.write(b"250-mail.example.org\r\n250 STARTTLS\r\n")
        await reader.readuntil(b"STARTTLS\r\n")
        writer.write(b"220 go ahead\r\n")
        await reader.read()

    async def run(port: int) -> StartTlsOffer | NotObserved:
        tunnel = Tunnel(parse_proxy(f"http://{ADDRESS}:{port}"), 5)
        return await ask(Road((ADDRESS, 25), LIMITS, tunnel=tunnel), "smtp", HOST, LIMITS)

    with serve_fault(handle) as proxy:
        offer = asyncio.run(run(proxy.port))
    assert isinstance(offer, StartTlsOffer)
    assert (offer.offered, offer.early) == (True, False)


def test_the_address_of_a_proxy_that_answers_is_remembered() -> None:
    tried: list[SocketAddress] = []

    async def connect(address: SocketAddress) -> SocketAddress:
        tried.append(address)
        if address[0] == "2001:db8::1":
            raise OSError(errno.ENETUNREACH, "no route")
        return address

    async def run() -> None:
        tunnel = Tunnel(parse_proxy("http://proxy.example.org:3128"), 1)
        tunnel._addresses = (("2001:db8::1", 3128), ("192.0.2.1", 3128))  # as if its name had resolved so
        for _ in range(2):
            assert await tunnel.enter(connect) == ("192.0.2.1", 3128)

    asyncio.run(run())
    assert [address for address, _ in tried] == ["2001:db8::1", "192.0.2.1", "192.0.2.1"]
