"""What completed handshakes show of real servers, in how many connections."""

import asyncio
import datetime as dt
import subprocess
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.faults import FAULTS, never_answers, serve_fault, server_context
from tests.probe.sessions import ALL, NAME, credential, look, mutual_tls, response, sessions
from tests.servers import (
    PROGRAMS,
    CertificateAuthority,
    KeyKind,
    Server,
    Shape,
    VirtualHost,
    free_port,
    nginx,
    require,
    serve,
)
from tests.servers.stacks import Caddy, Listener, caddy, gnutls, lighttpd, selfserv
from tlsaudit.evidence import (
    Certificates,
    ClientCertificateRequest,
    NotObserved,
    Order,
    Reason,
    Sessions,
    TicketPolicy,
    TlsFeatures,
    TlsOffer,
    TlsVersion,
    VersionOffer,
)
from tlsaudit.probe.certificate import TrustStores, certificates
from tlsaudit.probe.limits import Limits
from tlsaudit.probe.road import Road
from tlsaudit.probe.session import SessionLook, look_sessions

TLS13, TLS12 = TlsVersion.TLS1_3, TlsVersion.TLS1_2
NOW = dt.datetime.now(dt.UTC)
OFFER = VersionOffer(TLS13, (0x1301, 0x1302), Order.SERVER, (0x1D,), Order.ONLY_ONE)
KINDS = (KeyKind.RSA2048, KeyKind.P256, KeyKind.ED25519)


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_modern_server_takes_six_connections(program: str, ca: CertificateAuthority) -> None:
    with serve(program, Shape.MODERN, ca=ca) as server:
        seen, connections = look((server.address, server.https_port))
    found = sessions(seen)
    assert found.versions == (TLS13, TLS12)
    assert found.resumes == (TLS13, TLS12)
    assert [policy.version for policy in found.tickets] == [TLS13, TLS12]
    assert {policy.early_data_bytes for policy in found.tickets} == {0}
    assert found.psk_ke is False
    assert found.client_certificate is None
    assert len(found.ticket_keys or ()) == 1
    assert len(set(seen.shares)) == len(seen.shares) > 1
    assert (len(seen.chains), seen.nameless) == (1, ())
    assert seen.alpn == (("h2", "http/1.1") if program == "haproxy" else ("http/1.1",))
    assert connections == 6


def test_only_what_is_wanted_takes_connections(ca: CertificateAuthority) -> None:
    with nginx(Shape.MODERN, ca=ca) as server:
        at = (server.address, server.https_port)
        counts = {kind: look(at, wanted=frozenset({kind}))[1] for kind in (Sessions, Certificates, TlsFeatures)}
    assert counts == {Sessions: 5, Certificates: 3, TlsFeatures: 1}


@pytest.mark.parametrize("versions", ["TLSv1.3", "TLSv1.2", "TLSv1.2 TLSv1.3"])
def test_every_chain_is_shown(versions: str, ca: CertificateAuthority) -> None:
    chains = [ca.intermediate().leaf(kind=kind) for kind in KINDS]
    # OpenSSL picks Ed25519 last, and only if nothing else fits.
    with nginx(Shape.MODERN, ca=ca, chains=chains, https_config=f"ssl_protocols {versions};") as server:
        seen, connections = look((server.address, server.https_port))
    assert {chain.der for chain in seen.chains} == {chain.der for chain in chains}
    assert connections <= 9


@pytest.mark.parametrize("shape", [Shape.MODERN, Shape.TLS13_ONLY, Shape.STATIC_RSA])
def test_who_names_no_host_may_get_another_certificate(shape: Shape, ca: CertificateAuthority) -> None:
    kind = shape.value.keys[0]
    default, named = ca.leaf(["default.example.org"], kind=kind), ca.leaf(kind=kind)
    hosts = [VirtualHost(names=[NAME], chains=[named])]
    with nginx(shape, ca=ca, names=["default.example.org"], chains=[default], others=hosts) as server:
        at = (server.address, server.https_port)
        seen, _ = look(at)
        same, _ = look(at, "default.example.org")
        by_address, _ = look(at, "127.0.0.1")
    assert [chain.der for chain in seen.chains] == [named.der]
    assert [chain.der for chain in seen.nameless] == [default.der]
    assert [chain.der for chain in same.chains] == [default.der]
    assert same.nameless == ()
    assert [chain.der for chain in by_address.chains] == [default.der]
    assert by_address.nameless == ()


def test_a_server_that_refuses_who_names_no_host(ca: CertificateAuthority) -> None:
    config = "ssl_reject_handshake on;"
    hosts = [VirtualHost(names=[NAME])]
    with nginx(Shape.MODERN, ca=ca, names=["_"], https_config=config, others=hosts) as server:
        seen, _ = look((server.address, server.https_port))
    assert (len(seen.chains), seen.nameless) == (1, ())
    assert len(sessions(seen).ticket_keys or ()) == 1


@pytest.mark.parametrize("shape", [Shape.TLS13_ONLY, Shape.STATIC_RSA])
@pytest.mark.parametrize("status", ["good", "revoked"])
def test_a_stapled_response_is_read(status: str, shape: Shape, ca: CertificateAuthority, tmp_path: Path) -> None:
    chain = ca.leaf(kind=shape.value.keys[0])
    staple = tmp_path / "staple.der"
    staple.write_bytes(response(ca, chain, status))
    tmp_path.chmod(0o755)
    config = f"ssl_stapling on; ssl_stapling_file {staple};"
    with nginx(shape, ca=ca, chains=[chain], https_config=config) as server:
        seen, _ = look((server.address, server.https_port))
    shown = certificates(NAME, seen.chains, TrustStores.of(ca.certificate), dt.datetime.now(dt.UTC))
    assert isinstance(shown, Certificates)
    assert shown.chains[0].ocsp == status


@pytest.mark.parametrize("shape", [Shape.MODERN, Shape.TLS13_ONLY, Shape.STATIC_RSA])
def test_sessions_without_tickets(shape: Shape, ca: CertificateAuthority) -> None:
    with nginx(shape, ca=ca, https_config="ssl_session_tickets off; ssl_session_cache none;") as server:
        found = sessions(look((server.address, server.https_port))[0])
    assert found.ticket_keys == ()
    assert found.resumes == ()
    assert all(policy.version is TLS13 for policy in found.tickets)  # OpenSSL sends some that lead nowhere


def test_sessions_resumed_by_their_id_alone(ca: CertificateAuthority) -> None:
    config = "ssl_session_tickets off; ssl_session_cache shared:test:1m;"
    with nginx(Shape.MODERN, ca=ca, https_config=config) as server:
        found = sessions(look((server.address, server.https_port))[0])
    assert found.resumes == (TLS13, TLS12)
    assert found.ticket_keys == ()


def test_the_lifetime_and_0rtt_of_nginx(ca: CertificateAuthority) -> None:
    """OpenSSL's client is told the same."""
    with nginx(Shape.MODERN, ca=ca, https_config="ssl_session_timeout 8d; ssl_early_data on;") as server:
        found = sessions(look((server.address, server.https_port))[0])
        told = {version: _told_openssl(server, option) for version, option in ((TLS13, "-tls1_3"), (TLS12, "-tls1_2"))}
    # OpenSSL lets none of TLS 1.3 live longer than RFC 8446 section 4.6.1 allows.
    assert found.tickets == (TicketPolicy(TLS13, WEEK_S, 16384), TicketPolicy(TLS12, 691200, 0))
    assert f"lifetime hint: {WEEK_S} (seconds)" in told[TLS13]
    assert "Max Early Data: 16384" in told[TLS13]
    assert "lifetime hint: 691200 (seconds)" in told[TLS12]


def _told_openssl(server: Server, version: str) -> str:
    command = [require("openssl", "openssl"), "s_client", "-connect", f"{server.address}:{server.https_port}", version]
    done = subprocess.run(
        [*command, "-servername", NAME, "-ign_eof"],
        input="GET / HTTP/1.0\r\n\r\n",
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    return done.stdout


def test_a_ticket_key_is_named_for_as_long_as_it_is_kept(ca: CertificateAuthority, tmp_path: Path) -> None:
    key = tmp_path / "ticket.key"
    key.write_bytes(bytes(range(80)))
    with nginx(Shape.MODERN, ca=ca, https_config=f"ssl_session_ticket_key {key};") as server:
        at = (server.address, server.https_port)
        found = [sessions(look(at)[0]).ticket_keys for _ in range(2)]
    assert found == [(bytes(range(16)).hex(),)] * 2


@pytest.mark.parametrize("shape", [Shape.MODERN, Shape.TLS13_ONLY, Shape.STATIC_RSA])
@pytest.mark.parametrize("program", PROGRAMS)
def test_a_client_certificate_is_asked_for(
    program: str, shape: Shape, ca: CertificateAuthority, tmp_path: Path
) -> None:
    """nginx asks, completes the handshake without, and refuses the request; the others end the handshake."""
    staff = CertificateAuthority("Staff of Example")
    with mutual_tls(program, shape, ca, staff.write(tmp_path)) as server:
        seen, _ = look((server.address, server.https_port))
    found = sessions(seen)
    required = program != "nginx"
    assert found.client_certificate == ClientCertificateRequest(("CN=Staff of Example",), required)
    assert len(seen.chains) == 1
    assert bool(found.versions) is not required
    assert found.psk_ke is (None if required or shape is Shape.STATIC_RSA else False)


@pytest.mark.parametrize("shape", [Shape.MODERN, Shape.STATIC_RSA])
@pytest.mark.parametrize("program", ["apache", "haproxy"])
def test_who_has_a_client_certificate_sees_the_sessions(
    program: str, shape: Shape, ca: CertificateAuthority, tmp_path: Path
) -> None:
    staff = CertificateAuthority("Staff of Example")
    (tmp_path / "other").mkdir()
    with mutual_tls(program, shape, ca, staff.write(tmp_path)) as server:
        seen, connections = look((server.address, server.https_port), credential=credential(staff, tmp_path))
        other = credential(CertificateAuthority("Other"), tmp_path / "other")
        refused, _ = look((server.address, server.https_port), credential=other)
    found = sessions(seen)
    served = (TLS12,) if shape is Shape.STATIC_RSA else (TLS13, TLS12)
    assert (found.versions, found.resumes) == (served, served)
    assert [policy.version for policy in found.tickets] == list(served)
    assert found.client_certificate == ClientCertificateRequest(("CN=Staff of Example",), required=True)
    assert connections <= 8
    assert sessions(refused).client_certificate == found.client_certificate
    assert sessions(refused).versions == ()


def test_a_resumption_without_key_exchange(ca: CertificateAuthority) -> None:
    """GnuTLS does it where plain PSK is on."""
    with gnutls(ca, priority="NORMAL:+PSK") as server:
        seen, _ = look((server.address, server.port))
    assert sessions(seen).psk_ke is True
    assert len(seen.chains) == 2
    with gnutls(ca, "--earlydata", "--maxearlydata=1000") as server:
        found = sessions(look((server.address, server.port))[0])
    assert found.psk_ke is False
    assert found.tickets[0] == TicketPolicy(TLS13, 21600, 1000)


def test_openssl_told_to_resume_without_key_exchange(ca: CertificateAuthority) -> None:
    with nginx(Shape.MODERN, ca=ca, https_config="ssl_conf_command Options AllowNoDHEKEX;") as server:
        found = sessions(look((server.address, server.https_port))[0])
    assert found.psk_ke is True


@dataclass(frozen=True)
class Stack:
    """How a TLS stack keeps sessions; `named`: its tickets begin with the name of their key."""

    start: Callable[[CertificateAuthority], AbstractContextManager[Listener | Caddy]]
    tickets: tuple[TicketPolicy, ...]
    resumes: tuple[TlsVersion, ...]
    named: bool


WEEK_S = 7 * 86400
STACKS = {
    "GnuTLS": Stack(gnutls, (TicketPolicy(TLS13, 21600, 0), TicketPolicy(TLS12, 21600, 0)), (TLS13, TLS12), True),
    "Go": Stack(caddy, (TicketPolicy(TLS13, WEEK_S, 0), TicketPolicy(TLS12, 0, 0)), (TLS13, TLS12), True),
    "mbedTLS": Stack(lambda ca: lighttpd(ca, "mbedtls"), (TicketPolicy(TLS12, 43200, 0),), (TLS12,), False),
    "NSS": Stack(lambda ca: selfserv(ca, "-V", "tls1.2:tls1.3"), (), (TLS12,), False),
}


@pytest.mark.parametrize("stack", STACKS)
def test_other_stacks(stack: str, ca: CertificateAuthority) -> None:
    expected = STACKS[stack]
    with expected.start(ca) as server:
        seen, connections = look((server.address, server.port))
    found = sessions(seen)
    assert (found.tickets, found.resumes) == (expected.tickets, expected.resumes)
    assert bool(found.ticket_keys) is expected.named
    assert connections <= 8


def test_nobody_at_home_is_no_error() -> None:
    """The server that was looked at first is gone, or has changed its mind."""
    offer = TlsOffer(NOW, 1, (OFFER,))

    async def run(address: tuple[str, int], limits: Limits) -> SessionLook:
        until = asyncio.get_running_loop().time() + 60
        return await look_sessions(Road(address, limits), NAME, offer, limits, wanted=ALL, until=until)

    for name, reason in {
        "never answers": Reason.TIMED_OUT,
        "garbage": Reason.NOT_TLS,
        "closes": Reason.RESET,
        "resets": Reason.RESET,
    }.items():
        with serve_fault(FAULTS[name]) as server:
            limits = Limits(answer_s=0.3 if reason is Reason.TIMED_OUT else 20)
            seen = asyncio.run(run((server.address, server.port), limits))
        assert isinstance(seen.sessions, NotObserved)
        assert seen.sessions.reason is reason
        assert (seen.chains, seen.nameless, seen.alpn) == ((), (), ())
    gone = asyncio.run(run(("127.0.0.1", free_port("127.0.0.1")), Limits()))
    assert isinstance(gone.sessions, NotObserved)
    assert gone.sessions.reason is Reason.REFUSED


def test_what_was_shown_by_the_deadline_is_brought_back(ca: CertificateAuthority) -> None:
    """The first connection is answered, the others are not."""
    chain = ca.leaf()
    context = server_context(chain)
    served = 0

    async def once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal served
        served += 1
        if served == 1:
            await writer.start_tls(context)
        await never_answers(reader, writer)

    offer = TlsOffer(NOW, 1, (OFFER,))

    async def run(address: tuple[str, int]) -> SessionLook:
        limits = Limits(endpoint_s=4)
        until = asyncio.get_running_loop().time() + limits.endpoint_s
        return await look_sessions(Road(address, limits), NAME, offer, limits, wanted=ALL, until=until)

    with serve_fault(once) as server:
        seen = asyncio.run(run((server.address, server.port)))
    assert isinstance(seen.sessions, NotObserved)
    assert seen.sessions.reason is Reason.TIMED_OUT
    assert [shown.der for shown in seen.chains] == [chain.der]
