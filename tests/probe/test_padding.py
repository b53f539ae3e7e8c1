"""Record padding of real servers: OpenSSL pads to a step where it is told to, Go never."""

import asyncio
import datetime as dt

import pytest

from tests.servers import CertificateAuthority, Shape, serve
from tests.servers.stacks import ech_server
from tlsaudit.evidence import NotObserved, Order, RecordPadding, TlsOffer, TlsVersion, VersionOffer
from tlsaudit.probe.limits import Limits
from tlsaudit.probe.padding import look_padding
from tlsaudit.probe.road import Road
from tlsaudit.target import Endpoint, SocketAddress

PADDING = {
    "nginx": "ssl_conf_command RecordPadding {step};",
    "apache": "SSLOpenSSLConfCmd RecordPadding {step}",
}


def look(at: SocketAddress, version: TlsVersion = TlsVersion.TLS1_3) -> RecordPadding:
    served = VersionOffer(version, (0x1301, 0x1302), Order.SERVER, (0x001D, 0x0017), Order.CLIENT)
    offer = TlsOffer(dt.datetime.now(dt.UTC), 1, (served,))

    async def run() -> RecordPadding | NotObserved:
        limits = Limits()
        return await look_padding(Road(at, limits), Endpoint("www.example.org", 443), offer, "tlsaudit", limits)

    seen = asyncio.run(run())
    assert isinstance(seen, RecordPadding), seen
    return seen


@pytest.mark.parametrize(("program", "step"), [("nginx", 4096), ("nginx", 512), ("apache", 1024)])
def test_a_server_that_pads(program: str, step: int, ca: CertificateAuthority) -> None:
    with serve(program, Shape.TLS13_ONLY, ca=ca, https_config=PADDING[program].format(step=step)) as server:
        seen = look((server.address, server.https_port))
    assert (seen.padded, seen.quantum_bytes) == (True, step)
    assert seen.content_bytes
    assert seen.padding_bytes


@pytest.mark.parametrize("program", ["nginx", "apache", "haproxy"])
def test_a_server_as_it_comes(program: str, ca: CertificateAuthority) -> None:
    with serve(program, Shape.MODERN, ca=ca) as server:
        seen = look((server.address, server.https_port))
    assert (seen.padded, seen.quantum_bytes, seen.padding_bytes) == (False, None, 0)
    assert seen.content_bytes


def test_go_does_not_pad(ca: CertificateAuthority) -> None:
    with ech_server([ca.leaf()]) as server:
        seen = look((server.address, server.port))
    assert (seen.padded, seen.padding_bytes) == (False, 0)


def test_what_serves_no_tls13_is_not_asked() -> None:
    seen = look(("127.0.0.1", 1), TlsVersion.TLS1_2)
    assert (seen.padded, seen.quantum_bytes, seen.content_bytes) == (None, None, 0)
