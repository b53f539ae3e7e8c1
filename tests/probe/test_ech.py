"""Encrypted hellos before real servers: Go reads them, or has another key; nginx knows nothing of them.

Go's own client is held against the same servers and must say the same.
"""

import asyncio
import datetime as dt
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from tests.checks.dns import https, records
from tests.ech import ech_config, ech_list, ech_text
from tests.probe.tls13server import CERTIFICATES, Tls13Server
from tests.servers import CertificateAuthority, Chain, Shape, nginx
from tests.servers.stacks import Listener, ech_server, told_go
from tlsaudit.evidence import (
    EchAttempt,
    EchOutcome,
    EncryptedHellos,
    HttpsRecords,
    NotObserved,
    Order,
    Reason,
    TlsOffer,
    TlsVersion,
    VersionOffer,
)
from tlsaudit.evidence.ech import pull_ech_configs
from tlsaudit.probe.certificate import TrustStores
from tlsaudit.probe.ech import look_ech
from tlsaudit.probe.hello import ClientHello, HelloError, ServerHello, push_record, push_server_hello
from tlsaudit.probe.hello.record import HANDSHAKE
from tlsaudit.probe.hello.server import RETRY_RANDOM
from tlsaudit.probe.limits import Limits
from tlsaudit.probe.road import Road
from tlsaudit.probe.session import messages as m
from tlsaudit.probe.session.encrypted_hello import ENCRYPTED_CLIENT_HELLO, EncryptedHelloClient
from tlsaudit.target import SocketAddress

HOST, FRONT = "www.example.org", "front.example.org"
NOW = dt.datetime.now(dt.UTC)
KEY = X25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = KEY.public_key().public_bytes_raw()
CONFIG = ech_config(PUBLIC, suites=[(1, 1), (1, 3), (3, 2)])
ACCEPTED = EchAttempt(FRONT, EchOutcome.ACCEPTED)


def offer(version: TlsVersion = TlsVersion.TLS1_3) -> TlsOffer:
    # X25519 is offered first, so that who wants P-384 has to ask for it.
    served = VersionOffer(version, (0x1301, 0x1302, 0x1303), Order.SERVER, (0x001D, 0x0018), Order.CLIENT)
    return TlsOffer(NOW, 1, (served,))


def look(
    at: SocketAddress, dns: HttpsRecords, ca: CertificateAuthority, tls: TlsOffer | None = None
) -> tuple[Sequence[EchAttempt | NotObserved], int]:
    """The attempts, and how many connections they took."""

    async def run() -> tuple[Sequence[EchAttempt | NotObserved], int]:
        limits = Limits()
        road = Road(at, limits)
        trust = TrustStores.of(ca.certificate)
        seen = await look_ech(road, HOST, at[0], dns, tls or offer(), limits=limits, trust=trust, now=NOW)
        assert isinstance(seen, EncryptedHellos), seen
        return seen.attempts, road.opened

    return asyncio.run(run())


@pytest.fixture(scope="module")
def chains(ca: CertificateAuthority) -> list[Chain]:
    return [ca.leaf([FRONT]), ca.leaf([HOST])]


@pytest.fixture(scope="module")
def server(chains: list[Chain]) -> Iterator[Listener]:
    """One that has the key."""
    with ech_server(chains, KEY.private_bytes_raw(), CONFIG) as running:
        yield running


@pytest.fixture(scope="module")
def unaware(chains: list[Chain]) -> Iterator[Listener]:
    with ech_server(chains) as running:
        yield running


def test_go_reads_what_is_encrypted_for_it(server: Listener, ca: CertificateAuthority, ca_file: Path) -> None:
    text = ech_text(ech_config(version=0xFE0C), CONFIG)
    dns = records(https(ech=text), https("h2", ech=text))
    assert look((server.address, server.port), dns, ca) == ((ACCEPTED,), 1)
    assert told_go(server, HOST, ca_file, text) == "accepted true"


@pytest.mark.parametrize("suite", [(1, 3), (3, 2)])
def test_go_reads_it_whatever_the_algorithms(
    suite: tuple[int, int], chains: list[Chain], ca: CertificateAuthority
) -> None:
    config = ech_config(PUBLIC, suites=[suite])
    with ech_server(chains, KEY.private_bytes_raw(), config) as running:
        attempts, _ = look((running.address, running.port), records(https(ech=ech_text(config))), ca)
    assert attempts == (ACCEPTED,)


def test_go_asks_for_another_group_first(chains: list[Chain], ca: CertificateAuthority) -> None:
    """HelloRetryRequest has a confirmation of its own, and the second hello is encrypted, too."""
    other = ech_text(ech_config())
    with ech_server(chains, KEY.private_bytes_raw(), CONFIG, curve="P-384") as running:
        at = (running.address, running.port)
        read, _ = look(at, records(https(ech=ech_text(CONFIG))), ca)
        unread, _ = look(at, records(https(ech=other)), ca)
    assert read == (ACCEPTED,)
    assert unread == (EchAttempt(FRONT, EchOutcome.REJECTED),)


def test_go_hands_out_its_own_key_where_dns_has_another(
    server: Listener, ca: CertificateAuthority, ca_file: Path
) -> None:
    stale = ech_text(ech_config())
    attempts, _ = look((server.address, server.port), records(https(ech=stale)), ca)
    assert attempts == (EchAttempt(FRONT, EchOutcome.REJECTED),)
    assert told_go(server, HOST, ca_file, stale) == f"rejected {ech_text(CONFIG)}"


def test_go_without_a_key_ignores_it(unaware: Listener, ca: CertificateAuthority, ca_file: Path) -> None:
    text = ech_text(CONFIG)
    attempts, _ = look((unaware.address, unaware.port), records(https(ech=text)), ca)
    assert attempts == (EchAttempt(FRONT, EchOutcome.IGNORED),)
    assert told_go(unaware, HOST, ca_file, text) == "rejected"


def test_a_certificate_that_is_not_for_the_public_name_leaves_browsers_outside(
    unaware: Listener, ca: CertificateAuthority
) -> None:
    dns = records(https(ech=ech_text(ech_config(public_name="other.example"))))
    ((attempt,), _) = look((unaware.address, unaware.port), dns, ca)
    assert attempt == EchAttempt(
        "other.example", EchOutcome.IGNORED, distrust="the certificate does not name other.example"
    )
    ((distrusted,), _) = look((unaware.address, unaware.port), dns, CertificateAuthority("Another root"))
    assert isinstance(distrusted, EchAttempt)
    assert distrusted.distrust
    assert "root" in distrusted.distrust


def test_nginx_refuses_a_public_name_that_it_does_not_know(ca: CertificateAuthority) -> None:
    with nginx(Shape.TLS13_ONLY, ca=ca, names=["_"], https_config="ssl_reject_handshake on;") as running:
        ((attempt,), _) = look((running.address, running.https_port), records(https(ech=ech_text(CONFIG))), ca)
    assert attempt == EchAttempt(FRONT, EchOutcome.REFUSED, "unrecognized_name")


@pytest.mark.parametrize(
    ("dns", "tls", "attempts"),
    [
        (records(https("h2")), offer(), ()),
        (records(), offer(), ()),
        # Another port is another server.
        (records(https(ech=ech_text(CONFIG), port=8443)), offer(), ()),
        (
            records(https(ech="AAA=")),
            offer(),
            (NotObserved(Reason.NOT_PROBED, "ech cannot be read: no configuration in it"),),
        ),
        (
            records(https(ech=ech_text(ech_config(version=0xFE0C)))),
            offer(),
            (NotObserved(Reason.NOT_PROBED, "no configuration in ech that can be spoken here"),),
        ),
        (
            records(https(ech=ech_text(CONFIG))),
            offer(TlsVersion.TLS1_2),
            (EchAttempt(FRONT, EchOutcome.IGNORED, "TLS 1.3 is not served"),),
        ),
    ],
)
def test_what_takes_no_connection(dns: HttpsRecords, tls: TlsOffer, attempts: object, ca: CertificateAuthority) -> None:
    assert look(("127.0.0.1", 1), dns, ca, tls) == (attempts, 0)


def test_an_address_is_asked_with_the_keys_of_the_records_that_lead_to_it(
    server: Listener, ca: CertificateAuthority
) -> None:
    here = https(ech=ech_text(CONFIG), addresses=(server.address,))
    elsewhere = https(ech=ech_text(ech_config()), addresses=("192.0.2.1",))
    assert look((server.address, server.port), records(here, elsewhere), ca) == ((ACCEPTED,), 1)


def test_the_network_sees_the_public_name_alone() -> None:
    (config,) = pull_ech_configs(ech_list(CONFIG))
    hello = ClientHello(TlsVersion.TLS1_3, (0x1301,), (0x001D,), HOST)
    sent = EncryptedHelloClient(hello, 1 << 16, config, (1, 1)).start()
    assert FRONT.encode() in sent
    assert HOST.encode() not in sent


@given(st.data())
def test_no_bytes_get_more_out_of_it_than_its_own_error(data: st.DataObject) -> None:
    (config,) = pull_ech_configs(ech_list(CONFIG))
    hello = ClientHello(TlsVersion.TLS1_3, (0x1301,), (0x001D, 0x0017), HOST)
    client = EncryptedHelloClient(hello, 1 << 16, config, (1, 1))
    handed_out = b"\xfe\x0d" + len(ech_list(CONFIG)).to_bytes(2, "big") + ech_list(CONFIG)
    extensions = m.push_message(m.ENCRYPTED_EXTENSIONS, len(handed_out).to_bytes(2, "big") + handed_out)
    retry = ServerHello(
        TlsVersion.TLS1_3, 0x1301, 0x0017, random=RETRY_RANDOM, extensions=((ENCRYPTED_CLIENT_HELLO, bytes(8)),)
    )
    server = Tls13Server(client.start())
    good = data.draw(
        st.sampled_from(
            [server.flight(extensions, *CERTIFICATES), push_record(HANDSHAKE, push_server_hello(retry), 0x0303)]
        )
    )
    at = data.draw(st.integers(0, len(good)))
    answer = good[:at] + data.draw(st.binary(max_size=64)) + good[at + data.draw(st.integers(0, 3)) :]
    try:
        client.receive(answer)
        client.end()
    except HelloError:
        pass
    assert not client.accepted
