"""The client of TLS 1.3 beside OpenSSL, and before servers that get it wrong."""

import ssl
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from tests.probe.sessions import credential
from tests.probe.tls13server import CERTIFICATES, CHAIN, EXTENSIONS, Tls13Server, tickets
from tests.servers import CertificateAuthority, KeyKind
from tlsaudit.evidence import Reason, TlsVersion
from tlsaudit.probe.hello import Alert, ClientHello, HelloError, ServerHello, push_alert, push_record, push_server_hello
from tlsaudit.probe.hello.record import ALERT, HANDSHAKE
from tlsaudit.probe.hello.server import RETRY_RANDOM
from tlsaudit.probe.session import messages as m
from tlsaudit.probe.session.client import Tls13Client
from tlsaudit.probe.session.handshake import Handshake
from tlsaudit.probe.session.protection import APPLICATION_DATA, SUITES
from tlsaudit.probe.session.shares import GROUPS

MAX_BYTES = 1 << 16
TICKET = m.Ticket(b"a ticket", 300, age_add=7, suite=0x1301, key=b"k" * 32)
# What Python's ssl serves: CCM takes an option of OpenSSL's that it does not pass on.
OPENSSL_SUITES = (0x1301, 0x1302, 0x1303)


def hello(suites: tuple[int, ...] = (0x1301,), groups: tuple[int, ...] = (0x001D,), alpn: str = "") -> ClientHello:
    extensions = ((m.ALPN, m.push_alpn([alpn])),) if alpn else ()
    return ClientHello(TlsVersion.TLS1_3, suites, groups, "www.example.org", extensions=extensions)


@pytest.fixture(scope="module")
def context(ca: CertificateAuthority, tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    return _context(ca, tmp_path_factory.mktemp("server"))


def _context(ca: CertificateAuthority, folder: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*ca.intermediate().leaf().write(folder, "server"))
    context.set_alpn_protocols(["h2"])
    return context


def talk(
    context: ssl.SSLContext, client: Tls13Client, cut: int = 1 << 16, said: list[bytes] | None = None
) -> Handshake:
    """Let OpenSSL serve a client, whose bytes and its own arrive `cut` at a time. What the client says in the end is
    added to `said`.
    """
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    server = context.wrap_bio(incoming, outgoing, server_side=True)
    to_server = client.start()
    while to_server:
        for at in range(0, len(to_server), cut):
            incoming.write(to_server[at : at + cut])
            _go_on(server, said)
        sent = outgoing.read()
        to_server = b"".join(client.receive(sent[at : at + cut]) for at in range(0, len(sent), cut) if not client.done)
    return client.seen


def _go_on(server: ssl.SSLObject, said: list[bytes] | None) -> None:
    try:
        server.do_handshake()
        while data := server.read():
            if said is not None:
                said.append(data)
        server.unwrap()
    except ssl.SSLError:  # wants more, or has an alert to send: the client's side of it is what is looked at
        pass


@pytest.mark.parametrize("group", sorted(GROUPS))
@pytest.mark.parametrize("suite", OPENSSL_SUITES)
def test_openssl_takes_every_suite_and_group(suite: int, group: int, context: ssl.SSLContext) -> None:
    seen = talk(context, Tls13Client(hello((suite,), (group,), "h2"), MAX_BYTES))
    assert (seen.version, seen.alpn, seen.accepted, seen.closed) == (TlsVersion.TLS1_3, "h2", True, True)
    assert len(seen.shown.der) == 2
    assert (seen.shown.ocsp, seen.shown.timestamps, seen.request, seen.resumed) == (None, 0, None, False)
    assert len(seen.tickets) == 2
    assert all(ticket.lifetime_s == 7200 and ticket.suite == suite for ticket in seen.tickets)


@pytest.mark.parametrize(("protocol", "first"), [("h2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), ("", b"")])
def test_openssl_is_told_the_settings_of_http2_only_where_it_picked_it(
    protocol: str, first: bytes, context: ssl.SSLContext
) -> None:
    said: list[bytes] = []
    assert talk(context, Tls13Client(hello(alpn=protocol), MAX_BYTES), said=said).closed
    assert b"".join(said)[:24] == first


def test_openssl_byte_by_byte(context: ssl.SSLContext) -> None:
    seen = talk(context, Tls13Client(hello(), MAX_BYTES), cut=1)
    assert (seen.accepted, len(seen.shown.der), len(seen.tickets)) == (True, 2, 2)


def test_openssl_asks_for_another_group(ca: CertificateAuthority, tmp_path: Path) -> None:
    context = _context(ca, tmp_path)
    context.set_ecdh_curve("secp384r1")
    client = Tls13Client(hello(groups=(0x001D, 0x0018)), MAX_BYTES)
    seen = talk(context, client)
    assert (seen.accepted, seen.exchanged) == (True, True)
    again = talk(context, Tls13Client(hello(groups=(0x001D, 0x0018)), MAX_BYTES, seen.tickets[0]))
    assert (again.accepted, again.resumed, again.exchanged) == (True, True, True)


@pytest.mark.parametrize("suite", OPENSSL_SUITES)
def test_openssl_resumes_with_a_key_exchange_only(suite: int, context: ssl.SSLContext) -> None:
    first = talk(context, Tls13Client(hello((suite,)), MAX_BYTES))
    again = talk(context, Tls13Client(hello((suite,)), MAX_BYTES, first.tickets[0]))
    assert (again.accepted, again.resumed, again.exchanged, again.shown.der) == (True, True, True, ())
    without = talk(context, Tls13Client(hello((suite,)), MAX_BYTES, first.tickets[1], (m.PSK_KE,)))
    assert (without.accepted, without.resumed, without.shown) == (True, False, first.shown)


@pytest.mark.parametrize(
    ("demand", "required"), [(ssl.CERT_NONE, None), (ssl.CERT_OPTIONAL, False), (ssl.CERT_REQUIRED, True)]
)
def test_openssl_wants_a_client_certificate(
    demand: ssl.VerifyMode, required: bool | None, ca: CertificateAuthority, tmp_path: Path
) -> None:
    context = _context(ca, tmp_path)
    context.verify_mode = demand
    seen = talk(context, Tls13Client(hello(), MAX_BYTES))
    assert seen.complete
    assert (seen.request is not None) == (demand != ssl.CERT_NONE)
    assert seen.certificate_required is required
    assert str(seen.alert) == ("certificate_required" if required else "None")


@pytest.mark.parametrize("suite", [0x1301, 0x1302])
@pytest.mark.parametrize("kind", [KeyKind.RSA2048, KeyKind.P256, KeyKind.P384, KeyKind.ED25519])
def test_openssl_takes_a_client_certificate(
    kind: KeyKind, suite: int, ca: CertificateAuthority, tmp_path: Path
) -> None:
    context = _context(ca, tmp_path)
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(ca.write(tmp_path))
    shown = credential(ca, tmp_path, kind)
    seen = talk(context, Tls13Client(hello((suite,)), MAX_BYTES, credential=shown))
    assert (seen.accepted, seen.closed, len(seen.tickets)) == (True, True, 2)
    wrong = replace(shown, key=ec.generate_private_key(ec.SECP256R1()))
    seen = talk(context, Tls13Client(hello((suite,)), MAX_BYTES, credential=wrong))
    assert (seen.complete, seen.accepted) == (True, False)


def test_openssl_has_nothing_in_common_with_us(context: ssl.SSLContext) -> None:
    seen = talk(context, Tls13Client(hello(alpn="other"), MAX_BYTES))
    assert (seen.complete, seen.alpn, seen.alert) == (True, None, None)
    client = Tls13Client(ClientHello(TlsVersion.TLS1_3, (0x1301,), (0x001D,), schemes=(0x0804,)), MAX_BYTES)
    seen = talk(context, client)
    assert (seen.complete, seen.accepted, str(seen.alert)) == (False, False, "handshake_failure")


def whole(data: bytes) -> list[bytes]:
    return [data]


def byte_by_byte(data: bytes) -> list[bytes]:
    return [data[at : at + 1] for at in range(len(data))]


@pytest.mark.parametrize("cut", [whole, byte_by_byte])
@pytest.mark.parametrize("suite", sorted(SUITES))
def test_a_whole_handshake(suite: int, cut: Callable[[bytes], list[bytes]]) -> None:
    client = Tls13Client(hello((suite,)), MAX_BYTES)
    server = Tls13Server(client.start(), suite=suite)
    request = m.push_certificate_request(m.CertificateRequest((b"name",), b"context"))
    flight = server.flight(EXTENSIONS, request, *CERTIFICATES, cut=100)
    later = server.say(*tickets(2)) + server.record(APPLICATION_DATA, b"SETTINGS") + server.record(ALERT, b"\1\0")
    for chunk in cut(flight + later):
        client.receive(chunk)
    seen = client.seen
    assert (seen.shown, seen.accepted, seen.closed, client.done) == (CHAIN, True, True, True)
    assert seen.request == m.CertificateRequest((b"name",), b"context")
    assert [ticket.value for ticket in seen.tickets] == [b"ticket 0", b"ticket 1"]
    assert seen.tickets[0].key != seen.tickets[1].key


@pytest.mark.parametrize("exchange", [True, False])
def test_a_server_that_resumes(exchange: bool) -> None:
    client = Tls13Client(hello(), MAX_BYTES, TICKET)
    server = Tls13Server(client.start(), psk=TICKET.key, exchange=exchange)
    client.receive(server.flight(EXTENSIONS))
    assert (client.seen.resumed, client.seen.exchanged, client.seen.accepted) == (True, exchange, True)


def _client() -> tuple[Tls13Client, Tls13Server]:
    client = Tls13Client(hello((0x1301, 0x1302)), MAX_BYTES)
    return client, Tls13Server(client.start())


def _answer(**fields: object) -> bytes:
    answer = ServerHello(**{"version": TlsVersion.TLS1_3, "suite": 0x1301, "group": 0x1D, **fields})  # type: ignore[arg-type]
    return push_record(HANDSHAKE, push_server_hello(answer), 0x0303)


RETRY = {"random": RETRY_RANDOM}
HUGE = m.push_message(11, b"\0" + (MAX_BYTES - 4).to_bytes(3, "big"))[:-3] + bytes(3)

WRONG: dict[str, tuple[Callable[[Tls13Server], bytes], str]] = {
    "a wrong Finished": (
        lambda s: s.hello + s.say(EXTENSIONS, *CERTIFICATES) + s.finish(b"f" * 32),
        "Finished is wrong",
    ),
    "a record that was changed": (lambda s: s.flight()[:-1] + b"\0", "does not decrypt"),
    "a record too short to be one": (lambda s: s.hello + push_record(APPLICATION_DATA, b"x", 0x0303), "not decrypt"),
    "a record of nothing": (lambda s: s.hello + s.record(0, b""), "no content type"),
    "no certificate": (lambda s: s.flight(EXTENSIONS), "message 20"),
    "no extensions": (lambda s: s.flight(*CERTIFICATES), "message 11"),
    "two hellos": (lambda s: s.hello + s.hello, "in clear"),
    "application data too early": (lambda s: s.hello + s.record(APPLICATION_DATA, b"HTTP"), "before the handshake"),
    "extensions cut short": (lambda s: s.flight(m.push_message(8, b"\0\4\0"), *CERTIFICATES), "cut short"),
    "two protocols": (
        lambda s: s.flight(m.push_message(8, b"\0\x0c\0\x10\0\x08\0\6\2h2\2h3"), *CERTIFICATES),
        "longer than its content",
    ),
    "an alert of one byte": (lambda s: s.hello + s.record(ALERT, b"\2"), "two bytes"),
    "a ticket nobody offered": (lambda _: _answer(share=bytes(32), extensions=((41, b"\0\0"),)), "not offered"),
    "a suite nobody offered": (lambda _: _answer(suite=0x1303, share=bytes(32)), "not offered"),
    "an older version": (lambda _: _answer(version=TlsVersion.TLS1_2), "not offered"),
    "another group": (lambda _: _answer(group=0x17, share=bytes(65)), "not of the group"),
    "no key share": (lambda _: _answer(group=None), "not of the group"),
    "a share that is no point": (lambda _: _answer(share=bytes(32)), "no point"),
    "a group nobody offered": (lambda _: _answer(group=0x17, **RETRY), "cannot be made"),
    "a second retry": (lambda _: _answer(**RETRY) * 2, "cannot be made"),
    "a message across keys": (
        lambda _: push_record(
            HANDSHAKE, push_server_hello(ServerHello(TlsVersion.TLS1_3, 0x1301, 0x1D)) + b"\x08", 0x303
        ),
        "keys have changed",
    ),
    "HTTP": (lambda _: b"HTTP/1.1 400 Bad Request\r\n\r\n", "looks like HTTP"),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_server_that_gets_it_wrong(what: str) -> None:
    client, server = _client()
    make, message = WRONG[what]
    with pytest.raises(HelloError, match=message):
        client.receive(make(server))
    assert not client.seen.complete


def test_a_chain_of_any_size_is_bounded() -> None:
    client, server = _client()
    announced = b"\x0b" + (1 << 23).to_bytes(3, "big")
    with pytest.raises(HelloError) as caught:
        client.receive(server.hello + server.say(EXTENSIONS, announced))
    assert caught.value.reason is Reason.TOO_LARGE
    client, server = _client()
    many = (
        server.hello + server.say(EXTENSIONS) + b"".join(server.say(b"\x0b\0\xff\xff" + bytes(16000)) for _ in range(9))
    )
    with pytest.raises(HelloError) as caught:
        client.receive(many)
    assert caught.value.reason is Reason.TOO_LARGE


def test_endless_tickets_are_not_waited_for() -> None:
    client, server = _client()
    client.receive(server.flight() + server.say(*tickets(1000)))
    assert (client.done, len(client.seen.tickets)) == (True, 8)


@pytest.mark.parametrize(
    "garbage", [b"garbage", b"\x17\x03\x03\x00\x20" + bytes(32), b"\x16\x03\x03\x00\x04\x00\x00\x00\x00"]
)
def test_garbage_after_finished_takes_nothing_back(garbage: bytes) -> None:
    client, server = _client()
    with pytest.raises(HelloError):
        client.receive(server.flight() + server.say(*tickets(1)) + garbage)
    assert (client.seen.accepted, client.seen.shown, len(client.seen.tickets)) == (True, CHAIN, 1)


def test_an_alert_in_clear_and_one_encrypted_end_it() -> None:
    client, _ = _client()
    client.receive(push_record(ALERT, push_alert(Alert(1, 112)), 0x0303))
    assert not client.done
    client.receive(push_record(ALERT, push_alert(Alert(2, 40)), 0x0303))
    assert (client.done, str(client.seen.alert)) == (True, "handshake_failure")
    client, server = _client()
    client.receive(server.flight() + server.record(ALERT, push_alert(Alert(1, 116))))
    assert (client.seen.complete, client.seen.accepted, client.done) == (True, False, True)


@given(st.data())
def test_no_bytes_get_more_out_of_it_than_its_own_error(data: st.DataObject) -> None:
    client, server = _client()
    good = server.flight() + server.say(*tickets(1))
    at = data.draw(st.integers(0, len(good)))
    answer = good[:at] + data.draw(st.binary(max_size=64)) + good[at + data.draw(st.integers(0, 3)) :]
    try:
        for chunk in (answer[:at], answer[at:]):
            client.receive(chunk)
        client.end()
    except HelloError:
        pass
