"""A server that puts attacks on the report into whatever of it a report may quote."""

import asyncio
import contextlib
from collections.abc import Iterator, Sequence

from tests.faults import message, read_request, serve_fault, server_context
from tests.servers import CertificateAuthority

NAME = "www.example.org"
SCRIPT = "<script>alert(1)</script>"
STEERING = "\x1b[2J\x1b]8;;https://evil.example\x1b\\owned\x07\x9b31m"

_ISSUER = f"=cmd()|::add-mask::owned{SCRIPT}"
_SUBJECT = f"\u202e]]>\u2028{SCRIPT}"
_NAMES = (f"##[owned]{SCRIPT}.example", f"=cmd(){STEERING[:4]}.example", "@owned|x[owned](https://evil.example)")
_LOCATION = f"https://www.example.org/{SCRIPT}|=cmd()::set-output%0A::error::owned[x](//evil.example)"
_COOKIE = f"=cmd()|`@owned`{SCRIPT}{STEERING}"
_PAGE = f"""<!doctype html><title>{SCRIPT}{STEERING}</title>
<link rel=canonical href="http://evil.example/{SCRIPT}|=cmd()\u202e[x](https://evil.example)::error::owned">
<script src="http://evil.example/{SCRIPT}{STEERING}\u2028::error::owned"></script>
<form action="http://evil.example/`@owned`|{SCRIPT}"></form>"""


@contextlib.contextmanager
def hostile_server() -> Iterator[Sequence[str]]:
    """Runs it; gives the options that lead to it when NAME is scanned."""
    leaf = CertificateAuthority(_ISSUER).leaf(_NAMES, common_name=_SUBJECT)
    with serve_fault(_answer) as plain, serve_fault(_answer, server_context(leaf)) as secure:
        ports = {80: plain, 443: secure}
        pins = [f"{NAME}:{public}:{server.address}:{server.port}" for public, server in ports.items()]
        yield [word for pin in pins for word in ("--connect-to", pin)]


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await read_request(reader)
    if writer.get_extra_info("ssl_object") is None:
        writer.write(message(302, f"Location: {_LOCATION}"))
        return
    fields = (
        f"Content-Type: text/html; charset=utf-8{STEERING}",
        f"Strict-Transport-Security: {SCRIPT}{STEERING}=cmd()",
        f"Set-Cookie: owned{_COOKIE}=1",
        f"Link: <https://evil.example/{SCRIPT}::error::owned>; rel=canonical",
        f'Alt-Svc: h3="{SCRIPT}:443"',
    )
    writer.write(message(200, *fields, body=_PAGE.encode()))
