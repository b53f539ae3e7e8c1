"""STARTTLS: the clear-text dialogues after which TLS begins on the same connection, and what they give away."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from tlsaudit.evidence import NotObserved, Reason, StartTlsOffer
from tlsaudit.probe.handshake import not_observed
from tlsaudit.probe.hello import HelloError
from tlsaudit.probe.limits import Limits
from tlsaudit.probe.road import Preamble, PreambleError, Road
from tlsaudit.probe.starttls import binary, lines, xmpp
from tlsaudit.probe.starttls.wire import Said, Step

DIALOGUES: Mapping[str, Callable[[str], Step[Said]]] = {
    "smtp": lines.smtp,
    "imap": lines.imap,
    "pop3": lines.pop3,
    "ftp": lines.ftp,
    "xmpp": xmpp.client_stream,
    "xmpp-server": xmpp.server_stream,
    "ldap": binary.ldap,
    "postgres": binary.postgres,
    "mysql": binary.mysql,
    "sieve": lines.sieve,
    "nntp": lines.nntp,
}
"""By protocol: from a host name to the dialogue, held up to the server's go-ahead."""


def preamble(protocol: str, host: str) -> Preamble:
    """The dialogue before TLS. A server that offers none, and one that speaks on after its go-ahead, are
    PreambleErrors.
    """
    said = yield from DIALOGUES[protocol](host)
    if not said.offered:
        raise PreambleError("", Reason.NO_STARTTLS)
    if said.early:
        raise PreambleError(f"the server sent {len(said.early)} more bytes in clear after its go-ahead")
    return None


async def ask(road: Road, protocol: str, host: str, limits: Limits) -> StartTlsOffer | NotObserved:
    """Hold the dialogue once, on a connection that is closed after it."""
    heard: list[Said] = []

    def listen() -> Preamble:
        heard.append((yield from DIALOGUES[protocol](host)))
        return None

    try:
        async with road.connection() as connection, asyncio.timeout(limits.preamble_s):
            await connection.hold(listen())
    except (HelloError, OSError) as error:
        return not_observed(error)
    (said,) = heard
    return StartTlsOffer(datetime.now(UTC), protocol, said.offered, said.clear_text_auth, early=bool(said.early))
