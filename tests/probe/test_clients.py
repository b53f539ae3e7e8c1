"""The hellos of the reference clients, as they are sent, and what real servers answer: just what is predicted."""

import asyncio
import re
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.faults import Handler, answering, closes, never_answers, serve_fault
from tests.script import load_script
from tests.servers import PROGRAMS, CertificateAuthority, KeyKind, Server, Shape, nginx, require
from tests.servers.stacks import Listener, caddy, gnutls, lighttpd, node, selfserv
from tlsaudit.app.prober import template_of
from tlsaudit.evidence import ClientSessions, NotObserved, ReplayedSession, TlsOffer, suite
from tlsaudit.policy import ReferenceClient, Session, negotiate, reference_clients
from tlsaudit.policy.clients import client_of
from tlsaudit.policy.negotiate import prefers_chacha20
from tlsaudit.probe.clients import push_template, replay
from tlsaudit.probe.handshake import TlsLook, probe_tls
from tlsaudit.probe.handshake.keyshare import share_of
from tlsaudit.probe.hello import Alert, push_alert, push_record
from tlsaudit.probe.hello.client import push_extension, push_server_name
from tlsaudit.probe.hello.wire import Buffer, push_opaque, push_uint, push_uint16s
from tlsaudit.probe.limits import Limits
from tlsaudit.probe.road import Road

SharedServer = Callable[[str, Shape], Server]

NAME = "www.example.org"
BY_NAME = {client.name: client for client in reference_clients()}
TEMPLATES = [template_of(client) for client in reference_clients()]


def offer_of(address: str, port: int) -> TlsOffer:
    look = asyncio.run(probe_tls(Road((address, port), Limits()), NAME, Limits()))
    assert isinstance(look, TlsLook), look
    return look.offer


def replay_at(address: str, port: int, limits: Limits = Limits()) -> ClientSessions | NotObserved:  # noqa: B008  frozen
    return asyncio.run(replay(Road((address, port), limits), NAME, TEMPLATES, limits))


def replayed(address: str, port: int) -> tuple[ReplayedSession, ...]:
    seen = replay_at(address, port)
    assert isinstance(seen, ClientSessions), seen
    return seen.sessions


def as_predicted(got: ReplayedSession, predicted: Session | None) -> bool:
    if predicted is None or got.suite is None:
        return predicted is None and got.version is None
    group = got.group in predicted.groups if predicted.groups else got.group is None
    return got.version is predicted.version and got.suite in predicted.suites and group


def hold(offer: TlsOffer, sessions: tuple[ReplayedSession, ...]) -> dict[str, Session]:
    """Hold each prediction against what was seen; return what was predicted for those that connect."""
    predicted = {client.name: negotiate(offer, client) for client in reference_clients()}
    wrong = [
        f"{got.client}: {predicted[got.client]} was predicted, seen: {got}"
        for got in sessions
        if not as_predicted(got, predicted[got.client])
    ]
    assert wrong == []
    return {name: session for name, session in predicted.items() if session}


@pytest.mark.parametrize("shape", Shape)
@pytest.mark.parametrize("program", PROGRAMS)
def test_every_client_gets_what_is_predicted(program: str, shape: Shape, shared_server: SharedServer) -> None:
    server = shared_server(program, shape)
    sessions = replayed(server.address, server.https_port)
    predicted = hold(offer_of(server.address, server.https_port), sessions)
    open_groups = [name for name, session in predicted.items() if len(session.groups) > 1]
    open_suites = [name for name, session in predicted.items() if len(session.suites) > 1]
    # GnuTLS sends shares of P-256 and x25519, in another order than OpenSSL's.
    assert set(open_groups) <= {"Wget 1.21 (GnuTLS 3.7)"}
    # The suites that HAProxy's ECDSA certificate hides are seen after the anonymous ones, whatever its order.
    if (program, shape) != ("haproxy", Shape.LEGACY):
        assert all(prefers_chacha20(BY_NAME[name]) for name in open_suites)
    assert [got.client for got in sessions] == list(BY_NAME)
    assert len([got for got in sessions if got.suite]) > 45


@pytest.mark.parametrize("shape", [Shape.MODERN, Shape.LEGACY, Shape.STATIC_RSA])
def test_every_client_gets_what_is_predicted_where_the_servers_order_decides(
    shape: Shape, ca: CertificateAuthority
) -> None:
    with nginx(shape, ca=ca, https_config="ssl_prefer_server_ciphers on; ssl_ecdh_curve P-384:X25519:P-256;") as server:
        hold(offer_of(server.address, server.https_port), replayed(server.address, server.https_port))


@pytest.mark.parametrize(
    "start",
    [
        pytest.param(gnutls, id="GnuTLS"),
        pytest.param(partial(gnutls, priority="NORMAL:%SERVER_PRECEDENCE"), id="GnuTLS, its own order"),
        pytest.param(partial(lighttpd, stack="mbedtls"), id="mbedTLS"),
        pytest.param(selfserv, id="NSS"),
        pytest.param(caddy, id="Go"),
        pytest.param(partial(node, version="24.21.0"), id="OpenSSL 3.5, with ML-KEM"),
        pytest.param(partial(node, version="24.21.0", ecdhCurve="P-384:X25519MLKEM768:X25519"), id="P-384 first"),
        pytest.param(partial(node, version="4.9.1"), id="OpenSSL 1.0.2"),
        pytest.param(partial(node, version="0.10.0"), id="OpenSSL 1.0.1"),
        pytest.param(partial(node, version="0.8.28"), id="OpenSSL 1.0.0"),
    ],
)
def test_every_client_gets_what_is_predicted_of_every_stack(
    start: Callable[[CertificateAuthority], AbstractContextManager[Listener]], ca: CertificateAuthority
) -> None:
    with start(ca) as server:
        assert len(hold(offer_of(server.address, server.port), replayed(server.address, server.port))) > 50


def test_what_only_the_replay_shows(ca: CertificateAuthority) -> None:
    """Node.js 8 knows P-256 alone, and cannot verify the key of the only certificate (RFC 8422 section 5.3)."""
    with nginx(ca=ca, chains=[ca.leaf(kind=KeyKind.P384)]) as server:
        offer, sessions = offer_of(server.address, server.https_port), replayed(server.address, server.https_port)
    wrong = [got for got in sessions if not as_predicted(got, negotiate(offer, BY_NAME[got.client]))]
    assert [(got.client, got.refused) for got in wrong] == [("Node.js 8.17 (OpenSSL 1.0.2)", "handshake_failure")]


def test_a_server_name_that_is_an_address_is_not_sent(ca: CertificateAuthority) -> None:
    template = template_of(BY_NAME["Chromium 156"])
    assert NAME.encode() in push_template(template.hello, NAME)
    assert len(push_template(template.hello, NAME)) - len(push_template(template.hello, None)) == 9 + len(NAME)
    with nginx(ca=ca) as server:
        seen = asyncio.run(
            replay(Road((server.address, server.https_port), Limits()), server.address, [template], Limits())
        )
    assert isinstance(seen, ClientSessions)
    assert seen.sessions[0].suite


@pytest.mark.parametrize("length", range(1, 300, 7))
def test_no_hello_of_a_client_that_pads_is_of_a_length_that_some_servers_fail_on(length: int) -> None:
    host = f"{'a' * 60}." * 4 + NAME
    for template in TEMPLATES:
        if template.hello.extensions and 21 in dict(template.hello.extensions):
            assert not 256 <= len(push_template(template.hello, host[-length:])) - 5 < 512, template.name


@pytest.mark.parametrize(
    ("handler", "refused"),
    [
        (answering(push_record(21, push_alert(Alert(2, 40)), 0x0301)), "handshake_failure"),
        (closes, "closed"),
        (never_answers, "timed out"),
        (answering(b"HTTP/1.1 400 Bad Request\r\n\r\n"), "the answer is not TLS: it looks like HTTP"),
    ],
)
def test_a_server_that_serves_none(handler: Handler, refused: str) -> None:
    with serve_fault(handler) as server:
        seen = replay_at(server.address, server.port, Limits(answer_s=0.3 if handler is never_answers else 20))
    if isinstance(seen, NotObserved):
        assert str(seen) == refused
    else:
        assert {got.refused for got in seen.sessions} == {refused}
        assert {got.suite for got in seen.sessions} == {None}


CURL = ("curl", "-sk", "--resolve", f"{NAME}:@PORT@:127.0.0.1", f"https://{NAME}:@PORT@/")
OPENSSL = ("openssl", "s_client", "-connect", "127.0.0.1:@PORT@", "-servername", NAME)
PYTHON = (
    sys.executable,
    "-c",
    f"""
import socket, ssl
context = ssl.create_default_context()
context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
with context.wrap_socket(socket.create_connection(("127.0.0.1", @PORT@)), server_hostname="{NAME}") as connection:
    print(connection.version(), connection.cipher()[0])
""",
)
LIVE = [pytest.param(CURL, id="curl"), pytest.param(OPENSSL, id="openssl"), pytest.param(PYTHON, id="python")]


def captured(command: tuple[str, ...]) -> bytes:
    require(command[0], command[0])
    record: bytes = load_script("capture_client_hello").capture(command)
    return record


def client_from(record: bytes) -> ReferenceClient:
    entry = load_script("capture_client_hello").entry_of(record)
    return client_of({"name": "live", "origin": "this machine", **entry})


def without_what_differs(record: bytes) -> tuple[object, ...]:
    """All of a record with a hello, but of random, session id and key shares the lengths alone."""
    body = Buffer(record[9:])
    version, random, session_id = body.pull_bytes(2), body.pull_bytes(32), body.pull_opaque(1)
    suites, compressions, block = body.pull_opaque(2), body.pull_opaque(1), Buffer(body.pull_opaque(2))
    extensions: list[tuple[int, object]] = []
    while not block.eof:
        kind, data = block.pull_uint(2), block.pull_opaque(2)
        extensions.append((kind, shares_in(data) if kind == 51 else data))
    return record[:9], version, len(random), len(session_id), suites, compressions, extensions


def shares_in(data: bytes) -> list[tuple[int, int]]:
    shares = Buffer(Buffer(data).pull_opaque(2))
    found = []
    while not shares.eof:
        found.append((shares.pull_uint(2), len(shares.pull_opaque(2))))
    return found


@pytest.mark.parametrize("command", LIVE)
def test_a_hello_is_rebuilt_as_it_was_captured(command: tuple[str, ...]) -> None:
    record = captured(command)
    rebuilt = push_template(client_from(record).hello, NAME)
    assert without_what_differs(rebuilt) == without_what_differs(record)
    assert rebuilt != record


@st.composite
def hellos(draw: st.DrawFn) -> bytes:
    """A record with a hello of any extensions, those that are rebuilt among them."""
    listed = st.lists(st.integers(0, 0xFFFF), min_size=1, max_size=5)
    extensions: dict[int, bytes] = draw(
        st.dictionaries(st.integers(0x100, 0xFFFF) | st.sampled_from([5, 11, 18, 23, 35]), st.binary(max_size=8))
    )
    extensions |= {10: push_uint16s(draw(listed)), 13: push_uint16s(draw(listed)), 43: push_uint16s(draw(listed), 1)}
    extensions[16] = push_opaque(b"".join(push_opaque(name, 1) for name in draw(st.lists(st.just(b"h2")))), 2)
    groups = draw(st.lists(st.sampled_from([0x0A0A, 0x1D, 0x17, 0x18, 0x1E, 0x11EC]), unique=True))
    shares = b"".join(push_uint(group, 2) + push_opaque(share_of(group), 2) for group in groups)
    extensions[51] = push_opaque(shares, 2)
    extensions[0] = push_server_name(NAME)
    block = b"".join(push_extension(kind, extensions[kind]) for kind in draw(st.permutations(list(extensions))))
    body = b"".join(
        (
            push_uint(draw(st.integers(0x0301, 0x0303)), 2),
            draw(st.binary(min_size=32, max_size=32)),
            push_opaque(draw(st.just(b"") | st.binary(min_size=32, max_size=32)), 1),
            push_uint16s(draw(listed)),
            push_opaque(draw(st.sampled_from([b"\x00", b"\x01\x00"])), 1),
            push_opaque(block, 2),
        )
    )
    return push_record(22, push_uint(1, 1) + push_opaque(body, 3), draw(st.integers(0x0300, 0x0303)))


@given(hellos())
def test_any_hello_is_rebuilt_as_it_was_captured(hello: bytes) -> None:
    rebuilt = push_template(client_from(hello).hello, NAME)
    assert without_what_differs(rebuilt) == without_what_differs(hello)


@pytest.mark.parametrize("shape", [Shape.MODERN, Shape.STATIC_RSA])
@pytest.mark.parametrize("command", LIVE)
def test_a_live_client_gets_what_is_predicted(
    command: tuple[str, ...], shape: Shape, shared_server: SharedServer
) -> None:
    server = shared_server("nginx", shape)
    predicted = negotiate(offer_of(server.address, server.https_port), client_from(captured(command)))
    expected = (predicted.version.label, suite(predicted.suites[0]).name) if predicted else None
    assert what_it_got(command, server.https_port) == expected


def what_it_got(command: tuple[str, ...], port: int) -> tuple[str, str] | None:
    """Version and suite, as the client itself says them; None where it was turned away."""
    line = [part.replace("@PORT@", str(port)) for part in command]
    line += ["-v"] if line[0] == "curl" else []
    done = subprocess.run(line, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=120)
    said = done.stdout + done.stderr
    if "HANDSHAKE_FAILURE" in said:
        return None
    found = re.search(r"(TLSv1\.[23])(?:, Cipher is| /|) ([A-Z0-9_-]+)$", said, re.MULTILINE)
    assert found, said
    return found[1].replace("v", " "), iana_name(found[2])


def iana_name(name: str) -> str:
    """Of a suite by OpenSSL's."""
    listed = subprocess.run(
        ["openssl", "ciphers", "-stdname", "ALL"], capture_output=True, text=True, check=True
    ).stdout
    return next(line.split()[0] for line in listed.splitlines() if line.split()[2] == name)
