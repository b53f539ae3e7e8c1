"""The connections under httpx: verified where that is possible, and the server's bytes as they are."""

from collections.abc import AsyncIterator

import httpcore
import httpx

from tlsaudit.evidence import origin
from tlsaudit.probe.http.network import TlsContexts, Untrusted


class Transport(httpx.AsyncBaseTransport):
    """Keeps its connections for further requests to the same name and port. See Client for `untrusted`.

    A request's path and query are those of its extension `target`. Errors are httpcore's.
    """

    def __init__(self, backend: httpcore.AsyncNetworkBackend, tls: TlsContexts) -> None:
        self.untrusted: dict[tuple[str, str, int], str] = {}
        self._verifying = httpcore.AsyncConnectionPool(tls.verifying, network_backend=backend)
        self._lenient = httpcore.AsyncConnectionPool(tls.lenient, network_backend=backend)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await self._send(request)
        return _Response(
            response.status, headers=response.headers, stream=_Stream(response), extensions=response.extensions
        )

    async def aclose(self) -> None:
        try:
            await self._verifying.aclose()
        finally:
            await self._lenient.aclose()

    async def _send(self, request: httpx.Request) -> httpcore.Response:
        where = scheme, host, port = origin(str(request.url))
        url = httpcore.URL(scheme=scheme, host=host, port=port, target=request.extensions["target"])
        plain = httpcore.Request(request.method, url, headers=request.headers.raw, extensions=request.extensions)
        if where not in self.untrusted:
            try:
                return await self._verifying.handle_async_request(plain)
            except Untrusted as error:
                self.untrusted[where] = error.why.detail
        return await self._lenient.handle_async_request(plain)


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
