"""What the hellos of other clients get: each is sent as that client sends it, and the server's choice is read."""

import asyncio
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from tlsaudit.evidence import ClientSessions, HelloTemplate, NotObserved, ReplayedSession, TlsVersion
from tlsaudit.probe.handshake.exchange import Reply, exchange_record
from tlsaudit.probe.handshake.keyshare import share_of
from tlsaudit.probe.handshake.look import dns_name, not_observed
from tlsaudit.probe.hello import HelloError, ServerHello
from tlsaudit.probe.hello.client import CLIENT_HELLO, KEY_SHARE, SERVER_NAME, push_extension, push_server_name
from tlsaudit.probe.hello.record import HANDSHAKE, push_record
from tlsaudit.probe.hello.wire import Buffer, push_opaque, push_uint, push_uint16s
from tlsaudit.probe.limits import Limits
from tlsaudit.probe.road import Road

PADDING = 21

_HEADER_BYTES = 4
_RETRY_S = 0.2


@dataclass(frozen=True, slots=True)
class ClientTemplate:
    """A client to play: its hello, and the versions that it accepts."""

    name: str
    versions: tuple[TlsVersion, ...]
    hello: HelloTemplate


def push_template(template: HelloTemplate, server_name: str | None) -> bytes:
    """The record that the client would send to a server of this name; None: without server_name."""
    body = b"".join(
        (
            push_uint(template.version, 2),
            os.urandom(32),
            push_opaque(os.urandom(template.session_id), 1),
            push_uint16s(template.suites),
            push_opaque(template.compressions, 1),
        )
    )
    if template.extensions is not None:
        body += push_opaque(_extensions(template.extensions, server_name, len(body)), 2)
    return push_record(HANDSHAKE, push_uint(CLIENT_HELLO, 1) + push_opaque(body, 3), template.record)


def _extensions(extensions: Sequence[tuple[int, bytes]], server_name: str | None, before: int) -> bytes:
    blocks = [_extension(kind, data, server_name) for kind, data in extensions]
    kinds = [kind for kind, _ in extensions]
    if PADDING in kinds:
        blocks[kinds.index(PADDING)] = _padding(_HEADER_BYTES + before + 2 + sum(map(len, blocks)))
    return b"".join(blocks)


def _extension(kind: int, data: bytes, server_name: str | None) -> bytes:
    if kind == PADDING:
        return b""
    if kind == SERVER_NAME:
        return push_extension(kind, push_server_name(server_name)) if server_name else b""
    return push_extension(kind, push_opaque(_shares(data), 2) if kind == KEY_SHARE else data)


def _shares(groups: bytes) -> bytes:
    buffer = Buffer(groups)
    shares = b""
    while not buffer.eof:
        group = buffer.pull_uint(2)
        shares += push_uint(group, 2) + push_opaque(share_of(group), 2)
    return shares


def _padding(length: int) -> bytes:
    """A hello of 256 to 511 bytes, which some servers fail on, is made one of 512 (RFC 7685 section 1)."""
    if not 0xFF < length < 0x200:
        return b""
    return push_extension(PADDING, bytes(max(0x200 - length - 4, 1)))


async def replay(
    road: Road, host: str, templates: Iterable[ClientTemplate], limits: Limits
) -> ClientSessions | NotObserved:
    """What each client gets at the end of a road. Where one of them got no answer at all, nothing is said of any."""
    server_name = dns_name(host)
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(_ask(road, template, server_name, limits)) for template in templates]
    except* (HelloError, OSError) as failures:
        missing = not_observed(failures.exceptions[0])
    else:
        return ClientSessions(datetime.now(UTC), tuple(task.result() for task in tasks))
    return missing


async def _ask(road: Road, template: ClientTemplate, server_name: str | None, limits: Limits) -> ReplayedSession:
    reply = await _exchange(road, template, server_name, limits)
    if reply.hello is None and reply.alert is None:  # a no comes twice, passing trouble does not
        await asyncio.sleep(_RETRY_S)
        reply = await _exchange(road, template, server_name, limits)
    if reply.hello is None or reply.alert or not reply.complete:
        return _refused(template, str(reply.alert or "closed"))
    if reply.hello.version not in template.versions:
        return _refused(template, f"{reply.hello.version.label}, which it does not accept")
    if reply.hello.suite not in template.hello.suites:
        return _refused(template, "a cipher suite that it did not offer")
    return ReplayedSession(template.name, reply.hello.version, reply.hello.suite, _group(reply, reply.hello), None)


async def _exchange(road: Road, template: ClientTemplate, server_name: str | None, limits: Limits) -> Reply:
    reply = await exchange_record(road, push_template(template.hello, server_name), limits)
    if reply.silent:
        raise TimeoutError
    return reply


def _group(reply: Reply, hello: ServerHello) -> int | None:
    return reply.key_exchange.group if reply.key_exchange else hello.group


def _refused(template: ClientTemplate, how: str) -> ReplayedSession:
    return ReplayedSession(template.name, None, None, None, how)
