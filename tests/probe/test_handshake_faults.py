"""Whatever a server does, the probe ends in time and says only what it saw: never a shorter list, never a false no."""

import asyncio
import itertools
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

import pytest

from tests.descriptors import open_files
from tests.servers import free_port
from tlsaudit.evidence import Intolerance, NotObserved, Order, Reason, TlsVersion, VersionOffer, suite
from tlsaudit.probe.handshake import TlsLook, probe_tls
from tlsaudit.probe.handshake.offers import over_curve
from tlsaudit.probe.hello import (
    Alert,
    Certificate,
    ClientHello,
    ServerHello,
    ServerKeyExchange,
    Ssl2ServerHello,
    pull_client_hello,
    push_alert,
    push_certificate,
    push_client_hello,
    push_record,
    push_server_hello,
    push_server_hello_done,
    push_server_key_exchange,
    push_ssl2_server_hello,
)
from tlsaudit.probe.hello.server import RETRY_RANDOM
from tlsaudit.probe.limits import Limits
from tlsaudit.probe.road import Road

LIMITS = Limits(flight_bytes=20_000)
IMPATIENT = Limits(connect_s=0.3, answer_s=0.3, flight_bytes=20_000)

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

ALERT, HANDSHAKE = 21, 22
HANDSHAKE_FAILURE, PROTOCOL_VERSION, INTERNAL_ERROR, UNRECOGNIZED_NAME = 40, 70, 80, 112
X25519, P256 = 0x001D, 0x0017
CHAIN = Certificate((b"leaf",))  # four bytes, as long as any that takes its place


def alert(description: int, level: int = 2) -> bytes:
    return push_record(ALERT, push_alert(Alert(level, description)), 0x0303)


def flight(hello: ServerHello, group: int | None = None) -> bytes:
    """What a server sends that picked this."""
    messages = push_server_hello(hello)
    if hello.version is not TlsVersion.TLS1_3:
        messages += push_certificate(CHAIN)
        if group is not None:
            messages += push_server_key_exchange(ServerKeyExchange(group=group), suite(hello.suite))
        messages += push_server_hello_done()
    return push_record(HANDSHAKE, messages, 0x0303)


@dataclass
class Healthy:
    """A small server of TLS 1.2 alone: two suites, one group. `no` is what it sends where it serves nothing."""

    suites: tuple[int, ...] = (0xC02F, 0x002F)
    no: bytes = alert(HANDSHAKE_FAILURE)
    hellos: list[ClientHello] = field(default_factory=list)

    def answer(self, hello: ClientHello) -> bytes:
        self.hellos.append(hello)
        if hello.version is not TlsVersion.TLS1_2:
            return self.no
        served = (code for code in self.suites if P256 in hello.groups or not over_curve(suite(code)))
        picked = next((code for code in served if code in hello.suites), None)
        if picked is None:
            return self.no
        return flight(ServerHello(TlsVersion.TLS1_2, picked), P256 if over_curve(suite(picked)) else None)

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(self.answer(await read_hello(reader)))
        await writer.drain()


@dataclass
class Old(Healthy):
    """It speaks SSL 2.0, too, and names these suites of it."""

    kinds: tuple[int, ...] = (0x010080,)

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await super().__call__(reader, writer)
        except Ssl2Error:
            writer.write(push_ssl2_server_hello(Ssl2ServerHello(self.kinds, b"certificate")))


FOUND = VersionOffer(TlsVersion.TLS1_2, (0xC02F, 0x002F), Order.SERVER, (P256,), Order.ONLY_ONE)


class Ssl2Error(ConnectionResetError):
    """A hello of SSL 2.0, to which servers of today say nothing."""


async def read_hello(reader: asyncio.StreamReader) -> ClientHello:
    header = await reader.readexactly(5)
    if header[0] & 0x80:
        raise Ssl2Error
    return pull_client_hello(await reader.readexactly(int.from_bytes(header[3:], "big")))


@asynccontextmanager
async def listening(talk: Talk) -> AsyncIterator[tuple[str, int]]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await talk(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()
    finally:
        server.close()


def probe(talk: Talk, limits: Limits = LIMITS) -> TlsLook | NotObserved:
    async def run() -> TlsLook | NotObserved:
        async with listening(talk) as address:
            return await probe_tls(Road(address, limits), "www.example.org", limits)

    return asyncio.run(run())


def says(data: bytes) -> Talk:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_hello(reader)
        writer.write(data)
        await writer.drain()

    return talk


def always_picks(choice: ServerHello) -> Talk:
    """One answer to every hello of its version."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        hello = await read_hello(reader)
        writer.write(flight(choice, X25519) if hello.version is choice.version else alert(PROTOCOL_VERSION))

    return talk


async def keeps_silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(-1)


async def one_byte_at_a_time(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await read_hello(reader)
    for byte in flight(ServerHello(TlsVersion.TLS1_3, 0x1301, X25519, random=RETRY_RANDOM)):
        writer.write(bytes((byte,)))
        await writer.drain()
        await asyncio.sleep(0.1)


async def resets(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await read_hello(reader)
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")


async def closes(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await read_hello(reader)


async def half_a_hello_then_silence(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await read_hello(reader)
    writer.write(flight(ServerHello(TlsVersion.TLS1_2, 0xC02F))[:40])
    await reader.read(-1)


def floods(data: bytes) -> Talk:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_hello(reader)
        while True:
            writer.write(data)
            await writer.drain()
            await asyncio.sleep(0)  # it shares its loop with the probe

    return talk


RETRY = ServerHello(TlsVersion.TLS1_3, 0x1301, X25519, random=RETRY_RANDOM)
ENDLESS_FRAGMENT = push_record(HANDSHAKE, b"\x0b\xff\xff\xff" + bytes(1000), 0x0303)
FIRST_FRAGMENT = push_record(HANDSHAKE, push_server_hello(ServerHello(TlsVersion.TLS1_2, 0xC02F)), 0x0303)


@pytest.mark.parametrize(
    ("talk", "expected"),
    [
        pytest.param(keeps_silent, NotObserved(Reason.TIMED_OUT), id="never answers"),
        pytest.param(one_byte_at_a_time, NotObserved(Reason.TIMED_OUT), id="a byte at a time"),
        pytest.param(half_a_hello_then_silence, NotObserved(Reason.TIMED_OUT), id="half a ServerHello, then silence"),
        pytest.param(resets, NotObserved(Reason.RESET, "in answer to every hello"), id="resets"),
        pytest.param(closes, NotObserved(Reason.RESET, "in answer to every hello"), id="closes"),
        pytest.param(
            says(flight(ServerHello(TlsVersion.TLS1_2, 0xC02F))[:40]),
            NotObserved(Reason.RESET, "in answer to every hello"),
            id="half a ServerHello, then the end",
        ),
        pytest.param(
            says(b"HTTP/1.1 400 Bad Request\r\n\r\n"), NotObserved(Reason.NOT_TLS, "it looks like HTTP"), id="HTTP"
        ),
        pytest.param(says(b"SSH-2.0-x\r\n"), NotObserved(Reason.NOT_TLS, "it looks like SSH"), id="SSH"),
        pytest.param(says(b"\x99" * 500), NotObserved(Reason.NOT_TLS, "it is no TLS record"), id="garbage"),
        pytest.param(
            floods(alert(UNRECOGNIZED_NAME, level=1)),
            NotObserved(Reason.NOT_TLS, "more than 8 warning alerts"),
            id="warnings for ever",
        ),
        pytest.param(
            says(FIRST_FRAGMENT + ENDLESS_FRAGMENT),
            NotObserved(Reason.TOO_LARGE, "a message of 16777219 bytes"),
            id="a message without end",
        ),
        pytest.param(
            floods(push_record(20, b"\x01", 0x0303)),
            NotObserved(Reason.TOO_LARGE, "more than 1024 records"),
            id="records",
        ),
        pytest.param(
            floods(push_record(20, bytes(100), 0x0303)),
            NotObserved(Reason.TOO_LARGE, "more than 20000 bytes"),
            id="bytes for ever",
        ),
        pytest.param(
            says(alert(UNRECOGNIZED_NAME)),
            NotObserved(Reason.REJECTED, "unrecognized_name"),
            id="does not know the name",
        ),
        pytest.param(says(alert(INTERNAL_ERROR)), NotObserved(Reason.REJECTED, "internal_error"), id="broken"),
        pytest.param(
            always_picks(RETRY),
            NotObserved(Reason.NOT_TLS, "the server picked TLS_AES_128_GCM_SHA256, which was not offered"),
            id="HelloRetryRequest for ever",
        ),
        pytest.param(
            always_picks(ServerHello(TlsVersion.TLS1_2, 0xC02F)),
            NotObserved(
                Reason.NOT_TLS, "the server picked TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, which was not offered"
            ),
            id="the same suite for ever",
        ),
    ],
)
def test_nothing_is_known_of_a_server_that(talk: Talk, expected: NotObserved) -> None:
    started = time.monotonic()
    assert probe(talk, IMPATIENT if expected.reason is Reason.TIMED_OUT else LIMITS) == expected
    assert time.monotonic() - started < 20


def test_a_closed_port_is_refused() -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        assert asyncio.run(probe_tls(Road(bound.getsockname(), LIMITS), None, LIMITS)) == NotObserved(Reason.REFUSED)


def test_a_host_that_drops_packets_times_out() -> None:
    with socket.socket() as full, socket.socket() as first, socket.socket() as second:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for client in (first, second):
            client.setblocking(False)
            client.connect_ex(full.getsockname())
        seen = asyncio.run(probe_tls(Road(full.getsockname(), IMPATIENT), None, IMPATIENT))
    assert seen == NotObserved(Reason.TIMED_OUT)


def test_an_address_without_a_route_is_unreachable() -> None:
    seen = asyncio.run(
        probe_tls(Road(("224.0.0.1", 443), LIMITS), None, LIMITS)
    )  # no TCP to a multicast group, no packet leaves
    assert seen == NotObserved(Reason.UNREACHABLE, "Network is unreachable")


@pytest.mark.parametrize(
    "no",
    [
        pytest.param(alert(HANDSHAKE_FAILURE), id="handshake_failure"),
        pytest.param(alert(PROTOCOL_VERSION), id="protocol_version"),
        pytest.param(alert(INTERNAL_ERROR), id="internal_error"),
        pytest.param(alert(0, level=1), id="close_notify"),
        pytest.param(b"", id="closes"),
    ],
)
def test_any_way_to_say_no(no: bytes) -> None:
    seen = probe(Healthy(no=no))
    assert isinstance(seen, TlsLook)
    assert seen.offer.versions == (FOUND,)
    assert seen.chains == (CHAIN.chain,)


def test_warnings_before_a_flight_are_passed_over() -> None:
    class Warns(Healthy):
        def answer(self, hello: ClientHello) -> bytes:
            return alert(UNRECOGNIZED_NAME, level=1) + super().answer(hello)

    seen = probe(Warns())
    assert isinstance(seen, TlsLook)
    assert seen.offer.versions == (FOUND,)


def test_a_hello_that_is_dropped_now_and_then_is_asked_again() -> None:
    class Flaky(Healthy):
        async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            if next(self.turn) % 3 != 1:
                await super().__call__(reader, writer)

        turn = itertools.count()

    seen = probe(Flaky())
    assert isinstance(seen, TlsLook)
    assert seen.offer.versions == (FOUND,)


@pytest.mark.parametrize(
    ("after", "reason"),
    [
        pytest.param(keeps_silent, Reason.TIMED_OUT, id="silence"),
        pytest.param(closes, Reason.RESET, id="closes"),
        pytest.param(resets, Reason.RESET, id="resets"),
        pytest.param(says(alert(INTERNAL_ERROR)), Reason.RESET, id="internal_error"),
    ],
)
@pytest.mark.parametrize("served", range(1, 9))
def test_a_server_that_goes_quiet_part_way_gives_no_shorter_list(after: Talk, reason: Reason, served: int) -> None:
    class Quiet(Healthy):
        async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await (super().__call__ if next(self.turn) < served else after)(reader, writer)

        turn = itertools.count()

    seen = probe(Quiet(), IMPATIENT if after is keeps_silent else LIMITS)
    if isinstance(seen, NotObserved):
        # While all it ever said was no, that is the reason.
        assert seen.reason is reason or seen.reason is Reason.REJECTED
        return
    assert seen.offer.incomplete
    assert seen.offer.incomplete.reason is reason
    (found,) = seen.offer.versions
    assert found.suites in ((0xC02F,), (0xC02F, 0x002F))
    assert found == FOUND or Order.NOT_ASKED in (found.suite_order, found.group_order) or found.suites != FOUND.suites


@dataclass
class Intolerant(Healthy):
    """Closes the connection where a hello is too much for it."""

    version: TlsVersion = TlsVersion.TLS1_2
    most_bytes: int = 1 << 16
    extensions: bool = True
    tls13: bool = True

    def answer(self, hello: ClientHello) -> bytes:
        modern = hello.version is TlsVersion.TLS1_3 or any(kind == 43 for kind, _ in hello.extensions)
        if (
            hello.version not in (self.version, TlsVersion.TLS1_3)
            or (modern and not self.tls13)
            or len(push_client_hello(hello, bytes(32))) > self.most_bytes
            or not (self.extensions or hello.bare)
        ):
            return b""
        if hello.version is TlsVersion.TLS1_3:
            return self.no
        picked = next((code for code in self.suites if code in hello.suites), None)
        if picked is None:
            return self.no
        return flight(ServerHello(hello.version, picked), P256 if over_curve(suite(picked)) else None)


@pytest.mark.parametrize(
    ("server", "too_much"),
    [
        pytest.param(Intolerant(tls13=False), "TLS 1.3", id="TLS 1.3"),
        pytest.param(Intolerant(most_bytes=255), "more than 168 bytes", id="long hellos"),
        pytest.param(Intolerant(extensions=False), "extensions", id="extensions"),
        pytest.param(Intolerant(version=TlsVersion.TLS1_0, extensions=False), "TLS 1.2", id="newer versions"),
    ],
)
def test_a_hello_that_is_too_much_is_told_from_a_closed_port(server: Intolerant, too_much: str) -> None:
    seen = probe(server)
    assert isinstance(seen, TlsLook)
    assert seen.offer.intolerances == (Intolerance(too_much, "closed"),)
    (found,) = seen.offer.versions
    assert (found.version, set(found.suites)) == (server.version, set(server.suites))
    assert seen.offer.incomplete is None


def test_a_refusal_of_tls13_alone_is_no_intolerance() -> None:
    class Closes13(Healthy):
        def answer(self, hello: ClientHello) -> bytes:
            if hello.version is TlsVersion.TLS1_3 and 0xC02F not in hello.suites:
                return b""
            return super().answer(hello._replace(version=min(hello.version, TlsVersion.TLS1_2)))

    seen = probe(Closes13())
    assert isinstance(seen, TlsLook)
    assert seen.offer.versions == (FOUND,)
    assert seen.offer.intolerances == ()


def test_ssl2_is_served_also_where_no_suite_of_it_is_named() -> None:
    """OpenSSL took those that were switched off all the same (CVE-2015-3197)."""
    seen = probe(Old(kinds=()))
    assert isinstance(seen, TlsLook)
    assert seen.offer.versions == (FOUND, VersionOffer(TlsVersion.SSL2, (), Order.ONLY_ONE, (), Order.ONLY_ONE))


@pytest.mark.parametrize(
    ("healthy", "hellos", "found"),
    [
        (Healthy(), 3, (FOUND,)),
        (Old(), 1, (FOUND, VersionOffer(TlsVersion.SSL2, (0x010080,), Order.ONLY_ONE, (), Order.ONLY_ONE))),
    ],
)
def test_a_server_that_refuses_for_a_moment_is_given_a_pause(
    healthy: Healthy, hellos: int, found: tuple[VersionOffer, ...]
) -> None:
    async def run() -> TlsLook | NotObserved:
        address = ("127.0.0.1", free_port("127.0.0.1"))  # which is free again when the port is closed
        listener = socket.create_server(address)
        serving: list[asyncio.Server] = []

        async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            if serving and len(healthy.hellos) == hellos:  # the port is closed, and opened again half a second later
                serving.pop().close()
                asyncio.get_running_loop().call_later(0.5, lambda: asyncio.ensure_future(serve(again=True)))
            try:
                await healthy(reader, writer)
            except (ConnectionError, asyncio.IncompleteReadError):
                pass
            finally:
                writer.close()

        async def serve(*, again: bool = False) -> None:
            bound = socket.create_server(address) if again else listener
            serving.append(await asyncio.start_server(talk, sock=bound))

        await serve()
        try:
            return await probe_tls(Road(address, LIMITS), None, LIMITS)
        finally:
            serving.pop().close()

    seen = asyncio.run(run())
    assert isinstance(seen, TlsLook)
    assert seen.offer.incomplete is None
    assert seen.offer.versions == found


def test_what_was_seen_until_the_deadline_is_kept() -> None:
    class Stalls(Healthy):
        async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await (super().__call__ if next(self.turn) < 4 else keeps_silent)(reader, writer)

        turn = itertools.count()

    async def run() -> TlsLook | NotObserved:
        async with listening(Stalls()) as address:
            until = asyncio.get_running_loop().time() + 2
            return await probe_tls(Road(address, LIMITS), None, LIMITS, until=until)

    seen = asyncio.run(run())
    assert isinstance(seen, TlsLook)
    assert seen.offer.incomplete == NotObserved(Reason.TIMED_OUT, "not done in time")
    (found,) = seen.offer.versions
    assert set(found.suites) <= set(FOUND.suites)


def test_the_set_alone_is_asked_side_by_side() -> None:
    seen = probe(Healthy(), replace(LIMITS, order=False))
    assert isinstance(seen, TlsLook)
    assert seen.offer.versions == (replace(FOUND, suite_order=Order.NOT_ASKED, group_order=Order.NOT_ASKED),)


def test_a_suite_on_which_the_server_fails_is_not_served() -> None:
    class Broken(Healthy):
        def answer(self, hello: ClientHello) -> bytes:
            if 0x0035 in hello.suites and hello.version is TlsVersion.TLS1_2:
                hello_only = push_server_hello(ServerHello(TlsVersion.TLS1_2, 0x0035))
                return push_record(HANDSHAKE, hello_only, 0x0303) + alert(INTERNAL_ERROR)
            return super().answer(hello)

    seen = probe(Broken())
    assert isinstance(seen, TlsLook)
    assert seen.offer.versions == (FOUND,)


def test_a_server_that_accepts_everything_is_not_asked_for_ever() -> None:
    class Yes(Healthy):
        def answer(self, hello: ClientHello) -> bytes:
            group = hello.groups[0] if hello.version is TlsVersion.TLS1_3 else None
            picked = push_server_hello(ServerHello(hello.version, hello.suites[0], group))
            return push_record(HANDSHAKE, picked + push_certificate(CHAIN) + push_server_hello_done(), 0x0303)

    seen = probe(Yes())
    assert isinstance(seen, TlsLook)
    assert seen.offer.incomplete == NotObserved(Reason.PROBE_FAILED, "not done after 600 connections")


def test_new_certificates_without_end_are_not_collected() -> None:
    class Inventive(Healthy):
        chains = itertools.count()

        def answer(self, hello: ClientHello) -> bytes:
            new = push_certificate(Certificate((f"{next(self.chains):04}".encode(),)))
            return super().answer(hello).replace(push_certificate(CHAIN), new)

    seen = probe(Inventive(suites=tuple(range(0x002F, 0x0043))))
    assert isinstance(seen, TlsLook)
    assert len(seen.offer.versions[0].suites) == 20
    assert len(seen.chains) == 8


@pytest.mark.parametrize(
    ("server_name", "sent"),
    [
        ("www.example.org", "www.example.org"),
        ("www.example.org.", "www.example.org"),
        ("192.0.2.1", None),
        ("2001:db8::1", None),
        (None, None),
    ],
)
def test_the_name_is_sent_only_where_it_is_one(server_name: str | None, sent: str | None) -> None:
    server = Healthy()

    async def run() -> None:
        async with listening(server) as address:
            await probe_tls(Road(address, LIMITS), server_name, LIMITS)

    asyncio.run(run())
    assert {hello.server_name for hello in server.hellos if hello.version is not TlsVersion.SSL3} == {sent}


@pytest.mark.parametrize("limit", [1, 2, 4])
def test_no_more_connections_at_a_time_than_allowed(limit: int) -> None:
    class Counting(Healthy):
        now = most = total = 0

        async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            self.now += 1
            self.total += 1
            self.most = max(self.most, self.now)
            try:
                hello = await read_hello(reader)
                await asyncio.sleep(0.02)
            finally:
                self.now -= 1
            writer.write(self.answer(hello))

    server = Counting()
    seen = probe(server, replace(LIMITS, connections_per_address=limit))
    assert isinstance(seen, TlsLook)
    assert server.most == limit
    assert seen.offer.connections == server.total


def test_few_connections_tell_that_a_server_is_silent() -> None:
    class Silent(Healthy):
        total = 0

        async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            self.total += 1
            await keeps_silent(reader, writer)

    server = Silent()
    probe(server, IMPATIENT)
    assert server.total == 6


def test_a_cancelled_probe_leaves_nothing_behind() -> None:
    class Slow(Healthy):
        async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await asyncio.sleep(0.05)
            await super().__call__(reader, writer)

    async def run() -> None:
        async with listening(Slow()) as address:
            assert isinstance(await probe_tls(Road(address, LIMITS), None, LIMITS), TlsLook)
            before = open_files()
            for wait in (0, 0.01, 0.06, 0.11, 0.16):
                probing = asyncio.create_task(probe_tls(Road(address, LIMITS), None, LIMITS))
                await asyncio.sleep(wait)
                probing.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await probing
            await settled(lambda: open_files() == before)
            await settled(lambda: len(asyncio.all_tasks()) == 1)

    asyncio.run(run())


async def settled(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)
