"""The demo's servers: asyncio and the standard library's ssl, on unprivileged ports of loopback."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from tlsaudit.app.demo.story import Fleet, Frontend, Site
from tlsaudit.app.demo.timetable import Ports

_REQUEST_LIMIT = 16 * 1024
_REQUEST_S = 60.0

# What servers of these years had, and an OpenSSL of today has still.
_WITHOUT = "AES128-GCM-SHA256:AES128-SHA:AES256-SHA:@SECLEVEL=0"
_WITH = "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES128-SHA:ECDHE-ECDSA-AES256-SHA:@SECLEVEL=0"

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class DemoFleet:
    """An http and an https server for each service at each site. The ports stay while the configuration changes."""

    def __init__(self) -> None:
        self._ports: dict[tuple[str, str], dict[int, int]] = {}

    @asynccontextmanager
    async def serving(self, fleet: Fleet, static: Path, ephemeral: Path) -> AsyncIterator[Ports]:
        """Serve this configuration, until leaving; all servers are closed then.

        The PEM files hold a key and its certificate: without forward secrecy an RSA key, with it an ECDSA key.
        """
        async with AsyncExitStack() as stack:
            for place, frontend in fleet.items():
                ports = self._ports.setdefault(place, {80: 0, 443: 0})
                tls = _tls(ephemeral if frontend.forward_secrecy else static, frontend)
                ports[80] = await _listen(stack, _handler(frontend.hosts, "http"), ports[80], None)
                ports[443] = await _listen(stack, _handler(frontend.hosts, "https"), ports[443], tls)
            yield self._ports


async def _listen(stack: AsyncExitStack, handler: Handler, port: int, tls: ssl.SSLContext | None) -> int:
    server = await asyncio.start_server(handler, "127.0.0.1", port, ssl=tls, limit=_REQUEST_LIMIT)
    stack.callback(server.close)
    bound: int = server.sockets[0].getsockname()[1]
    return bound


def _tls(pem: Path, frontend: Frontend) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED  # TLS 1.0, unless the system's policy forbids it
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ecdh_curve("prime256v1")
    context.set_ciphers(_WITH if frontend.forward_secrecy else _WITHOUT)
    return context


def _handler(hosts: Mapping[str, Site], scheme: str) -> Handler:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(_REQUEST_S):
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                writer.write(_answer(hosts, scheme, head))
                await writer.drain()
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # a probe that only wanted the handshake, or hung up
        finally:
            writer.close()

    return answer


def _answer(hosts: Mapping[str, Site], scheme: str, head: str) -> bytes:
    request, *fields = head.split("\r\n")
    path = request.split(" ")[1] if request.count(" ") == 2 else "/"
    host = next((field[5:].strip() for field in fields if field.lower().startswith("host:")), "")
    site = hosts.get(host)
    if site is None:
        return _message("404 Not Found", [], "")
    if site.blocked:
        return _message("403 Forbidden", [], "")
    if scheme == "http" and site.redirect:
        reason = "Moved Permanently" if site.redirect == 301 else "Found"
        return _message(f"{site.redirect} {reason}", [f"Location: https://{host}{path}"], "")
    hsts = (
        [f"Strict-Transport-Security: max-age={int(site.hsts.total_seconds())}"]
        if scheme == "https" and site.hsts
        else []
    )
    canonical = f'<link rel="canonical" href="{site.canonical}://{host}{path}">'
    page = f"<!doctype html><html><head><title>{host}</title>{canonical}</head><body><p>A page.</p></body></html>"
    return _message("200 OK", hsts, page)


def _message(status: str, fields: list[str], body: str) -> bytes:
    fixed = ["Content-Type: text/html; charset=utf-8", f"Content-Length: {len(body.encode())}", "Connection: close"]
    return "\r\n".join([f"HTTP/1.1 {status}", *fields, *fixed, "", body]).encode()
