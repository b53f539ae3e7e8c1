"""The connections under httpx: verified where that is possible, and the server's bytes as they are."""

from collections.abc import AsyncIterator

import httpcore
import httpx

from tlsaudit.evidence import origin
from tlsaudit.probe.http.network import Contexts, TlsContexts, Untrusted


class Transport(httpx.AsyncBaseTransport):
    """Keeps its connections for further requests to the same name and port. See Client for `untrusted`, TlsContexts
    for what the endpoint's own `host` gets to see.

    A request's path and query are those of its extension `target`. Errors are httpcore's.
    """

    def __init__(self, backend: httpcore.AsyncNetworkBackend, tls: TlsContexts, host: str) -> None:
        self.untrusted: dict[tuple[str, str, int], str] = {}
        self._host = host
        self._own = _Pools(backend, tls.own)
        self._others = _Pools(backend, tls.others)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await self._send(request)
        return _Response(
            response.status, headers=response.headers, stream=_Stream(response), extensions=response.extensions
        )

    async def aclose(self) -> None:
        try:
            await self._own.aclose()
        finally:
            await self._others.aclose()

    async def _send(self, request: httpx.Request) -> httpcore.Response:
        where = scheme, host, port = origin(str(request.url))
        url = httpcore.URL(scheme=scheme, host=host, port=port, target=request.extensions["target"])
        plain = httpcore.Request(request.method, url, headers=request.headers.raw, extensions=request.extensions)
        pools = self._own if host == self._host else self._others
        if where not in self.untrusted:
            try:
                return await pools.verifying.handle_async_request(plain)
            except Untrusted as error:
                self.untrusted[where] = error.why.detail
        return await pools.lenient.handle_async_request(plain)


class _Pools:
    def __init__(self, backend: httpcore.AsyncNetworkBackend, contexts: Contexts) -> None:
        self.verifying = httpcore.AsyncConnectionPool(contexts.verifying, network_backend=backend)
        self.lenient = httpcore.AsyncConnectionPool(contexts.lenient, network_backend=backend)

    async def aclose(self) -> None:
        try:
            await self.verifying.aclose()
        finally:
            await self.lenient.aclose()


class _Response(httpx.Response):
    @property
    def has_redirect_location(self) -> bool:
        """Never: httpx prepares the next request even if it is not to send it, and fails where Location is no URL."""
        return False


class _Stream(httpx.AsyncByteStream):
    def __init__(self, response: httpcore.Response) -> None:
        self._response = response

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._response.aiter_stream()

    async def aclose(self) -> None:
        await self._response.aclose()
