"""The connections under the client: verified where that is possible, and kept for further requests."""

from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from typing import Any

import httpcore

from tlsaudit.evidence import origin
from tlsaudit.probe.http.network import TlsContexts
from tlsaudit.probe.http.stream import Untrusted


class Transport:
    """Keeps its connections for further requests to the same name and port. See Client for `untrusted`, TlsContexts
    for what the endpoint's own `host` gets to see. Errors are httpcore's.
    """

    def __init__(self, backend: httpcore.AsyncNetworkBackend, tls: TlsContexts, host: str) -> None:
        self.untrusted: dict[tuple[str, str, int], str] = {}
        self._backend = backend
        self._tls = tls
        self._host = host
        self._pools: dict[tuple[bool, bool], httpcore.AsyncConnectionPool] = {}

    async def get(
        self, url: str, headers: Sequence[tuple[bytes, bytes]], extensions: Mapping[str, Any]
    ) -> httpcore.Response:
        """Ask for a URL in normal form, whose path and query are sent as they stand."""
        where = scheme, host, port = origin(url)
        target = "/" + url.split("/", 3)[3]
        asked = httpcore.URL(scheme=scheme, host=host, port=port, target=target)
        request = httpcore.Request("GET", asked, headers=headers, extensions=dict(extensions))
        if where not in self.untrusted:
            try:
                return await self._pool(host, verifying=True).handle_async_request(request)
            except Untrusted as error:
                self.untrusted[where] = error.why.detail
        return await self._pool(host, verifying=False).handle_async_request(request)

    def _pool(self, host: str, *, verifying: bool) -> httpcore.AsyncConnectionPool:
        own = host == self._host
        if (own, verifying) not in self._pools:
            contexts = self._tls.own if own else self._tls.others
            context = contexts.verifying if verifying else contexts.lenient
            self._pools[own, verifying] = httpcore.AsyncConnectionPool(context, network_backend=self._backend)
        return self._pools[own, verifying]

    async def aclose(self) -> None:
        """Close every connection."""
        async with AsyncExitStack() as stack:
            for pool in self._pools.values():
                stack.push_async_callback(pool.aclose)
