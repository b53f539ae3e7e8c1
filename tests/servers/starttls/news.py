"""A peer that speaks the little of NNTP that STARTTLS takes. Debian's only news server with TLS, inn2, cannot be
installed without a mail system and a host name in full.
"""

import asyncio
import contextlib
import ssl
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.faults import Handler, serve_fault
from tests.servers.ca import CertificateAuthority, KeyKind
from tests.servers.stacks import NAME, Listener


@contextlib.contextmanager
def news(ca: CertificateAuthority, *, tls: bool = True, before_tls: bool = False) -> Iterator[Listener]:
    with tempfile.TemporaryDirectory(prefix="tlsaudit-test-") as name:
        folder = Path(name)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*ca.leaf((NAME,), kind=KeyKind.P256).write(folder, "leaf"))
        offers = [b"VERSION 2", b"READER", *[b"STARTTLS"] * tls, *[b"AUTHINFO USER"] * before_tls, b"."]
        with serve_fault(_handler(offers, context)) as server:
            yield Listener(server.address, server.port, folder)


def _handler(offers: list[bytes], context: ssl.SSLContext) -> Handler:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"200 ready\r\n")
        while line := (await reader.readline()).strip():
            if line == b"CAPABILITIES":
                writer.write(b"101 Capability list:\r\n" + b"".join(offer + b"\r\n" for offer in offers))
            elif line == b"STARTTLS" and b"STARTTLS" in offers:
                writer.write(b"382 Continue with TLS negotiation\r\n")
                with contextlib.suppress(ssl.SSLError):
                    await writer.start_tls(context)
                    await reader.read()
                return
            else:
                writer.write(b"500 What?\r\n")

    return handle
