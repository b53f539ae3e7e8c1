"""The HTTP probe: what one address of an endpoint answers over http and https, hop by hop."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from importlib import metadata
from pathlib import Path

from tlsaudit.errors import UserError
from tlsaudit.evidence import EvidenceType, NotObserved, Reason, WebLatency
from tlsaudit.probe.http.client import Client
from tlsaudit.probe.http.client_certificate import ClientCertificate
from tlsaudit.probe.http.look import DEEP_PATH, HttpLook, look
from tlsaudit.probe.http.network import PinnedBackend, TlsContexts
from tlsaudit.probe.limits import Limits
from tlsaudit.probe.pace import Pace
from tlsaudit.probe.proxy import Tunnel
from tlsaudit.target import Endpoint

__all__ = ["DEEP_PATH", "ClientCertificate", "HttpLook", "HttpProbe"]


class HttpProbe:
    """One object serves a whole audit: it holds the TLS contexts. `contact` is named in the User-Agent; all connections
    go through the `tunnel` where there is one, and the endpoint's own host gets the `client_certificate` if it asks.
    Certificates are judged as of the `clock`, now without one. Connections are opened at the `pace`.

    Raises UserError for an unusable file of `ca_files`, and for a `contact` that is not printable ASCII.

    Connections belong to a look and end with it, so two endpoints or two addresses never share one.
    """

    def __init__(
        self,
        limits: Limits,
        ca_files: Sequence[Path] = (),
        contact: str | None = None,
        tunnel: Tunnel | None = None,
        client_certificate: ClientCertificate | None = None,
        *,
        clock: Callable[[], datetime] | None = None,
        pace: Pace | None = None,
    ) -> None:
        self._pace = pace
        self._limits = limits
        self._tunnel = tunnel
        self._tls = TlsContexts(ca_files, client_certificate, clock)
        self.user_agent = user_agent(contact)

    async def look(self, endpoint: Endpoint, address: str, wanted: frozenset[EvidenceType]) -> HttpLook:
        """Ask for each page of the endpoint and for DEEP_PATH over http and https at one IP address; see PinnedBackend.
        What only evidence that is not `wanted` would take is not asked for.

        It ends well within `limits.endpoint_s`, and never raises for what a server does.
        """
        backend = PinnedBackend(endpoint, address, self._tunnel, self._pace)
        async with Client(backend, self._tls, endpoint.host.lower(), self._limits, self.user_agent) as client:
            seen = await look(client, endpoint, self._limits, wanted)
        if self._tunnel:
            by_proxy = NotObserved(Reason.PROXY, "the times would be its own")
            seen = replace(seen, found={**seen.found, WebLatency: by_proxy})
        return replace(seen, connections=backend.connections)


def user_agent(contact: str | None) -> str:
    program = f"tlsaudit/{metadata.version('tlsaudit')}"
    if not contact:
        return program
    if not (contact.isascii() and contact.isprintable()):
        raise UserError("--contact: only printable ASCII characters can be sent to servers")
    return f"{program} ({contact})"
