"""Through a proxy to an address or a name: where to connect, and what to say there."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from typing import TypeVar

from tlsaudit.probe.lookup import look_up
from tlsaudit.probe.preamble import hold
from tlsaudit.probe.proxy.connect import http_connect
from tlsaudit.probe.proxy.refusal import no_way
from tlsaudit.probe.proxy.socks5 import socks5
from tlsaudit.target import Proxy, SocketAddress

_DIALOGUES = {"http": http_connect, "socks5": socks5, "socks5h": socks5}
_MOST_ADDRESSES = 4

T = TypeVar("T")


class Tunnel:
    """The way through one proxy, which has `answer_s` seconds to open it once it is connected. One object serves a
    whole audit.
    """

    def __init__(self, proxy: Proxy, answer_s: float) -> None:
        self._proxy = proxy
        self._answer_s = answer_s
        self._addresses: tuple[SocketAddress, ...] = ()

    @property
    def resolves_names(self) -> bool:
        """Whether the proxy is to be given names though this machine could resolve them."""
        return self._proxy.resolves_names

    async def enter(self, connect: Callable[[SocketAddress], Awaitable[T]]) -> T:
        """Connect to the proxy, at the first of its addresses that answers. `connect` raises OSError.

        Raises PreambleError.
        """
        self._addresses = self._addresses or await self._resolve()
        why = ""
        for address in self._addresses:
            try:
                connected = await connect(address)
            except OSError as error:
                why = os.strerror(error.errno).lower() if error.errno else "no answer"
            else:
                self._addresses = (address, *(other for other in self._addresses if other != address))
                return connected
        raise no_way(f"it cannot be reached: {why}")

    async def dig(
        self,
        target: SocketAddress,
        send: Callable[[bytes], Awaitable[None]],
        receive: Callable[[], Awaitable[bytes]],
    ) -> bytes:
        """Reach an IP address or a name, and a port, over a connection to the proxy; what the server has already said
        is returned. `send` and `receive` raise ConnectionError.

        Raises PreambleError.
        """
        proxy = self._proxy
        credentials = (proxy.user, proxy.password) if proxy.user is not None and proxy.password is not None else None
        try:
            async with asyncio.timeout(self._answer_s):
                return await hold(_DIALOGUES[proxy.scheme](*target, credentials), send, receive)
        except TimeoutError:
            raise no_way(f"it gave no whole answer in {self._answer_s:g} s") from None
        except ConnectionError:
            raise no_way("it reset the connection") from None

    async def _resolve(self) -> tuple[SocketAddress, ...]:
        try:
            return (await look_up(self._proxy.host, self._proxy.port))[:_MOST_ADDRESSES]
        except (OSError, UnicodeError):
            raise no_way("its name does not resolve") from None
