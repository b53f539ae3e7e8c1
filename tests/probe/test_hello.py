"""The codec reads and writes the first flight of TLS, however the bytes are cut, and fails only in its own way."""

import contextlib
import ssl
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st

from tests.servers import CertificateAuthority
from tlsaudit.evidence import Reason, TlsVersion, suite, suites
from tlsaudit.probe.handshake.keyshare import key_share
from tlsaudit.probe.hello import (
    Alert,
    Certificate,
    ClientHello,
    Flight,
    HelloError,
    Message,
    RecordReader,
    ServerHello,
    ServerHelloDone,
    ServerKeyExchange,
    alert_name,
    pull_certificate,
    pull_client_hello,
    pull_server_hello,
    pull_server_key_exchange,
    push_alert,
    push_certificate,
    push_client_hello,
    push_record,
    push_server_hello,
    push_server_hello_done,
    push_server_key_exchange,
)
from tlsaudit.probe.hello.client import EXTENDED_MASTER_SECRET, SIGNATURE_SCHEMES
from tlsaudit.probe.hello.server import RETRY_RANDOM

CHANGE_CIPHER_SPEC, ALERT, HANDSHAKE, APPLICATION_DATA = 20, 21, 22, 23
RANDOM = bytes(range(32))
ECDHE_RSA = 0xC02F
DHE_RSA = 0x009E
DH_ANON = 0x0034
ECDHE_PSK = 0xC035
STATIC_RSA = 0x002F

DONE = push_server_hello_done()
CERTIFICATE_STATUS = bytes.fromhex("16000005 01 000001 00")
CERTIFICATE_REQUEST = bytes.fromhex("0d000006 01 01 00 00 00 00")
HELLO_REQUEST = bytes.fromhex("00000000")
CHAIN = Certificate((b"leaf", b"issuer"))


def handshake(*messages: bytes, fragment_bytes: int = 1 << 14) -> bytes:
    return push_record(HANDSHAKE, b"".join(messages), 0x0303, fragment_bytes=fragment_bytes)


def alert(level: int, description: int) -> bytes:
    return push_record(ALERT, push_alert(Alert(level, description)), 0x0303)


def key_exchange(code: int, exchange: ServerKeyExchange) -> bytes:
    return push_server_key_exchange(exchange, suite(code))


def read(chunks: list[bytes], max_bytes: int = 1 << 16) -> list[Message]:
    flight = Flight(max_bytes)
    messages: list[Message] = []
    for chunk in chunks:
        flight.feed(chunk)
        messages.extend(iter(flight.pull, None))
    flight.end()
    return messages


def whole(data: bytes) -> list[bytes]:
    return [data]


def byte_by_byte(data: bytes) -> list[bytes]:
    return [data[at : at + 1] for at in range(len(data))]


either_way = pytest.mark.parametrize("cut", [whole, byte_by_byte])
Cut = Callable[[bytes], list[bytes]]

TLS12 = ServerHello(TlsVersion.TLS1_2, ECDHE_RSA)
X25519 = ServerKeyExchange(group=0x001D)
FLIGHT = [push_server_hello(TLS12), push_certificate(CHAIN), key_exchange(ECDHE_RSA, X25519), DONE]
READ_FLIGHT: list[Message] = [TLS12, CHAIN, X25519, ServerHelloDone()]
SSL3 = ServerHello(TlsVersion.SSL3, STATIC_RSA)
DHE = ServerHello(TlsVersion.TLS1_0, DHE_RSA)
ANON = ServerHello(TlsVersion.TLS1_2, DH_ANON)
PSK = ServerHello(TlsVersion.TLS1_2, ECDHE_PSK)
TLS13 = ServerHello(TlsVersion.TLS1_3, 0x1301, group=0x001D)
RETRY = ServerHello(TlsVersion.TLS1_3, 0x1302, group=0x0017, random=RETRY_RANDOM)
DH_1000 = ServerKeyExchange(prime=(1 << 999) + 1, public=b"\x05")
HANDSHAKE_FAILURE = Alert(2, 40)

ANSWERS: dict[str, tuple[bytes, list[Message]]] = {
    "a flight in one record": (handshake(*FLIGHT), READ_FLIGHT),
    "a record for each message": (b"".join(handshake(message) for message in FLIGHT), READ_FLIGHT),
    "messages cut across records": (handshake(*FLIGHT, fragment_bytes=3), READ_FLIGHT),
    "messages that say nothing here": (
        handshake(HELLO_REQUEST, *FLIGHT[:2], CERTIFICATE_STATUS, FLIGHT[2], CERTIFICATE_REQUEST, DONE),
        READ_FLIGHT,
    ),
    "SSL 3.0, without extensions": (
        handshake(push_server_hello(SSL3), push_certificate(CHAIN), DONE),
        [SSL3, CHAIN, ServerHelloDone()],
    ),
    "a prime of 1000 bits": (
        handshake(push_server_hello(DHE), push_certificate(CHAIN), key_exchange(DHE_RSA, DH_1000), DONE),
        [DHE, CHAIN, DH_1000, ServerHelloDone()],
    ),
    "an anonymous server": (
        handshake(push_server_hello(ANON), key_exchange(DH_ANON, DH_1000), DONE),
        [ANON, DH_1000, ServerHelloDone()],
    ),
    "a curve behind an identity hint": (
        handshake(push_server_hello(PSK), key_exchange(ECDHE_PSK, X25519), DONE),
        [PSK, X25519, ServerHelloDone()],
    ),
    "an explicit curve, which has no name": (
        handshake(push_server_hello(TLS12), bytes.fromhex("0c000003 01 0000"), DONE),
        [TLS12, ServerKeyExchange(), ServerHelloDone()],
    ),
    "TLS 1.3, then what is encrypted": (
        handshake(push_server_hello(TLS13))
        + push_record(CHANGE_CIPHER_SPEC, b"\x01", 0x0303)
        + push_record(APPLICATION_DATA, bytes(40), 0x0303),
        [TLS13],
    ),
    "HelloRetryRequest": (handshake(push_server_hello(RETRY)), [RETRY]),
    "a fatal alert": (alert(2, 40), [HANDSHAKE_FAILURE]),
    "an alert cut across records": (
        push_record(ALERT, bytes((2, 40)), 0x0303, fragment_bytes=1),
        [HANDSHAKE_FAILURE],
    ),
    "a warning, then a flight": (alert(1, 112) + handshake(*FLIGHT), READ_FLIGHT),
    "an alert in mid-flight": (handshake(FLIGHT[0]) + alert(2, 80), [TLS12, Alert(2, 80)]),
    "nothing": (b"", []),
    "half a message": (handshake(*FLIGHT)[:40], []),
}


@either_way
@pytest.mark.parametrize(("data", "messages"), ANSWERS.values(), ids=ANSWERS)
def test_reads_an_answer(data: bytes, messages: list[Message], cut: Cut) -> None:
    assert read(cut(data)) == messages


@either_way
def test_what_follows_a_flight_is_not_lost(cut: Cut) -> None:
    assert read(cut(handshake(*FLIGHT) + alert(2, 80))) == [*READ_FLIGHT, Alert(2, 80)]


def server_hello(*, version: int = 0x0303, suite_code: int = ECDHE_RSA, rest: bytes = b"") -> bytes:
    body = version.to_bytes(2, "big") + RANDOM + b"\x00" + suite_code.to_bytes(2, "big") + b"\x00" + rest
    return b"\x02" + len(body).to_bytes(3, "big") + body


MALFORMED: dict[str, bytes] = {
    "a record of a kind that does not exist": push_record(99, b"x", 0x0303),
    "a record of a version that does not exist": push_record(HANDSHAKE, b"x", 0x0503),
    "an empty record": bytes.fromhex("16 0303 0000"),
    "a record over the length limit": bytes.fromhex("16 0303 4801"),
    "application data first": push_record(APPLICATION_DATA, bytes(40), 0x0303),
    "a Certificate first": handshake(push_certificate(CHAIN)),
    "two ServerHellos": handshake(FLIGHT[0], FLIGHT[0]),
    "an empty ServerHello": handshake(bytes.fromhex("02000000")),
    "a ServerHello of a version that does not exist": handshake(server_hello(version=0x0309)),
    "a ServerHello with a byte too many": handshake(server_hello(rest=b"\x00\x00\x00")),
    "extensions that end too early": handshake(server_hello(rest=bytes.fromhex("0008 002b 0002 0304"))),
    "an extension twice": handshake(server_hello(rest=bytes.fromhex("0008 0017 0000 0017 0000"))),
    "an empty key share": handshake(server_hello(rest=bytes.fromhex("0004 0033 0000"))),
    "a Certificate whose list is too long": handshake(FLIGHT[0], bytes.fromhex("0b000005 000009 0000")),
    "a Certificate with a byte too many": handshake(FLIGHT[0], bytes.fromhex("0b000004 000000 00")),
    "a ServerKeyExchange without content": handshake(FLIGHT[0], bytes.fromhex("0c000000")),
    "an alert that is neither warning nor fatal": alert(3, 40),
    "warnings without end": alert(1, 112) * 9,
}


@either_way
@pytest.mark.parametrize("data", MALFORMED.values(), ids=MALFORMED)
def test_refuses_what_is_malformed(data: bytes, cut: Cut) -> None:
    with pytest.raises(HelloError) as caught:
        read(cut(data))
    assert caught.value.reason is Reason.NOT_TLS


@either_way
@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "HTTP"),
        (b"<html><head>", "HTML"),
        (b"SSH-2.0-OpenSSH_9.2p1\r\n", "SSH"),
        (b"220 mail.example.org ESMTP\r\n", "SMTP or FTP"),
        (b"220", "SMTP or FTP"),
        (b"* OK IMAP4rev1\r\n", "IMAP"),
        (b"+OK POP3\r\n", "POP3"),
        (b"\x00\x01\x02\x03\x04\x05", "no TLS record"),
        (b"\xff", "no TLS record"),
    ],
)
def test_names_what_is_not_tls(data: bytes, name: str, cut: Cut) -> None:
    with pytest.raises(HelloError, match=name) as caught:
        read(cut(data))
    assert caught.value.reason is Reason.NOT_TLS


@either_way
@pytest.mark.parametrize(
    "data",
    [
        pytest.param(push_record(CHANGE_CIPHER_SPEC, bytes(3000), 0x0303), id="bytes that mean nothing"),
        pytest.param(handshake(b"\x02\xff\xff\xff" + bytes(3000)), id="a message announced too long"),
        pytest.param(push_record(CHANGE_CIPHER_SPEC, bytes(1025), 0x0303, fragment_bytes=1)[:6150], id="records"),
    ],
)
def test_takes_no_more_than_it_is_told_to(data: bytes, cut: Cut) -> None:
    with pytest.raises(HelloError) as caught:
        read(cut(data), max_bytes=2000 if len(data) != 6150 else 1 << 20)
    assert caught.value.reason is Reason.TOO_LARGE


@given(st.lists(st.binary(max_size=200), max_size=5))
def test_any_bytes_raise_nothing_else(chunks: list[bytes]) -> None:
    with contextlib.suppress(HelloError):
        read(chunks)


@given(
    st.lists(st.tuples(st.sampled_from([2, 11, 12, 13, 14, 22]), st.binary(max_size=80)), max_size=5),
    st.sampled_from([ECDHE_RSA, DHE_RSA, ECDHE_PSK, STATIC_RSA]),
)
def test_any_messages_raise_nothing_else(messages: list[tuple[int, bytes]], code: int) -> None:
    garbled = (bytes((kind,)) + len(body).to_bytes(3, "big") + body for kind, body in messages)
    with contextlib.suppress(HelloError):
        read([handshake(server_hello(suite_code=code), *garbled)])


@given(st.binary(max_size=300))
def test_any_client_hello_raises_nothing_else(body: bytes) -> None:
    with contextlib.suppress(HelloError):
        pull_client_hello(b"\x01" + len(body).to_bytes(3, "big") + body)


code_points = st.integers(1, 0xFFFF).filter(lambda code: code != 0x00FF)
VERSIONS = [version for version in TlsVersion if version >= TlsVersion.SSL3]
# None that has a field of its own, nor pre_shared_key, which is moved to the end.
further = st.dictionaries(st.sampled_from([5, 16, 18, 21, 45, 0x0A0A, 0xFE0D]), st.binary(max_size=40)).map(
    lambda found: tuple(found.items())
)
names = st.none() | st.text("abcdefghijklmnopqrstuvwxyz0123456789-_.", min_size=1, max_size=60)


@st.composite
def client_hellos(draw: st.DrawFn) -> ClientHello:
    version = draw(st.sampled_from(VERSIONS))
    codes = tuple(draw(st.lists(code_points, max_size=30)))
    if version is TlsVersion.SSL3:
        return ClientHello(version, codes)
    groups = tuple(draw(st.lists(code_points, max_size=10)))
    shares = draw(st.lists(st.tuples(code_points, st.binary(min_size=1, max_size=40)), max_size=3))
    return ClientHello(
        version,
        codes,
        groups,
        draw(names),
        tuple(shares) if version is TlsVersion.TLS1_3 else (),
        tuple(draw(st.lists(code_points, max_size=5))) if version >= TlsVersion.TLS1_2 else SIGNATURE_SCHEMES,
        tuple(draw(st.lists(st.integers(0, 255), min_size=1, max_size=3))),
        draw(further),
    )


@given(client_hellos(), st.binary(max_size=32))
def test_client_hello_round_trip(hello: ClientHello, session_id: bytes) -> None:
    assert pull_client_hello(push_client_hello(hello, RANDOM, session_id)) == hello


@given(
    st.builds(
        ServerHello,
        st.sampled_from(VERSIONS),
        code_points,
        st.none(),
        st.just(b""),
        random=st.binary(min_size=32, max_size=32) | st.just(RETRY_RANDOM),
        session_id=st.binary(max_size=32),
        compression=st.integers(0, 255),
        extensions=further,
    )
    | st.tuples(code_points, code_points, st.binary(max_size=1300)).map(lambda it: ServerHello(TlsVersion.TLS1_3, *it)),
)
def test_server_hello_round_trip(hello: ServerHello) -> None:
    assert pull_server_hello(push_server_hello(hello)[4:]) == hello


@given(st.lists(st.binary(max_size=300), max_size=4))
def test_certificate_round_trip(chain: list[bytes]) -> None:
    certificate = Certificate(tuple(chain))
    assert pull_certificate(push_certificate(certificate)[4:]) == certificate


@given(st.integers(1, 1 << 8192), st.binary(max_size=1024))
def test_dh_round_trip(prime: int, public: bytes) -> None:
    exchange = ServerKeyExchange(prime=prime, public=public)
    assert pull_server_key_exchange(key_exchange(DHE_RSA, exchange)[4:], suite(DHE_RSA)) == exchange


@given(code_points, st.sampled_from([code for code, item in suites().items() if "ECDHE" in item.key_exchange]))
def test_curve_round_trip(group: int, code: int) -> None:
    exchange = ServerKeyExchange(group=group, public=bytes(range(65)))
    assert pull_server_key_exchange(key_exchange(code, exchange)[4:], suite(code)) == exchange


@given(st.binary(min_size=1, max_size=1000), st.integers(1, 500))
def test_record_round_trip(payload: bytes, fragment_bytes: int) -> None:
    data = push_record(HANDSHAKE, payload, 0x0303, fragment_bytes=fragment_bytes)
    records = list(RecordReader(1 << 16).receive(data))
    assert {kind for kind, _ in records} == {HANDSHAKE}
    assert b"".join(part for _, part in records) == payload


def test_an_alert_without_a_name_is_a_number() -> None:
    assert [alert_name(40), alert_name(250)] == ["handshake_failure", "alert 250"]


@pytest.fixture
def openssl(ca: CertificateAuthority, tmp_path: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*ca.leaf().write(tmp_path, "server"))
    return context


def answer_of(openssl: ssl.SSLContext, hello: ClientHello) -> list[Message]:
    """What another implementation answers to a hello, through memory."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    server = openssl.wrap_bio(incoming, outgoing, server_side=True)
    incoming.write(push_record(HANDSHAKE, push_client_hello(hello, RANDOM), 0x0301))
    with contextlib.suppress(ssl.SSLError):  # it waits for more, or refuses
        server.do_handshake()
    return read([outgoing.read()])


def test_openssl_reads_the_server_name(openssl: ssl.SSLContext) -> None:
    seen: list[str | None] = []
    openssl.sni_callback = lambda _connection, name, _context: seen.append(name)
    for name in ("www.example.org", None):
        answer_of(openssl, ClientHello(TlsVersion.TLS1_2, (0xC02B,), (0x0017,), name))
    assert seen == ["www.example.org", None]


def test_openssl_answers_a_flight(openssl: ssl.SSLContext) -> None:
    hello, certificate, exchange, done = answer_of(openssl, ClientHello(TlsVersion.TLS1_2, (0xC02B,), (0x0016, 0x0017)))
    assert isinstance(hello, ServerHello)
    assert (hello.version, hello.suite, hello.group) == (TlsVersion.TLS1_2, 0xC02B, None)
    assert hello.extension(EXTENDED_MASTER_SECRET) == b""
    assert isinstance(certificate, Certificate)
    assert x509.load_der_x509_certificate(certificate.chain[0]).subject.rfc4514_string() == "CN=www.example.org"
    assert isinstance(exchange, ServerKeyExchange)
    assert (exchange.group, len(exchange.public)) == (0x0017, 65)
    assert done == ServerHelloDone()


def test_openssl_asks_for_a_key_share_or_takes_it(openssl: ssl.SSLContext) -> None:
    hello = ClientHello(TlsVersion.TLS1_3, (0x1302,), (0x0018,))
    assert answer_of(openssl, hello) == [ServerHello(TlsVersion.TLS1_3, 0x1302, group=0x0018, random=RETRY_RANDOM)]
    hello = hello._replace(groups=(0x0017,), key_shares=key_share((0x0017,)))
    answered = answer_of(openssl, hello)[0]
    assert isinstance(answered, ServerHello)
    assert (answered.group, len(answered.share), answered.retry) == (0x0017, 65, False)


def test_openssl_refuses_with_an_alert(openssl: ssl.SSLContext) -> None:
    assert answer_of(openssl, ClientHello(TlsVersion.TLS1_2, (STATIC_RSA,))) == [HANDSHAKE_FAILURE]


def test_reads_the_hello_of_openssl() -> None:
    context = ssl.create_default_context()
    context.set_ciphers("ECDHE-RSA-AES128-GCM-SHA256")
    outgoing = ssl.MemoryBIO()
    client = context.wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname="www.example.org")
    with pytest.raises(ssl.SSLWantReadError):
        client.do_handshake()
    ((_, message),) = RecordReader(1 << 16).receive(outgoing.read())
    hello = pull_client_hello(message)
    assert hello.version is TlsVersion.TLS1_3
    assert hello.server_name == "www.example.org"
    assert set(hello.suites) == {0x1301, 0x1302, 0x1303, 0xC02F}
    assert [group for group, _ in hello.key_shares] == [hello.groups[0]]
