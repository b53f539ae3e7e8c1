"""The pages of one host, loaded politely: one request at a time, and what is sent for each."""

import asyncio
import re
import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import AsyncExitStack

import h11

from tlsaudit.evidence import NotObserved, PageSizes, Reason, Transfer, absolute_url
from tlsaudit.probe.handshake import not_observed
from tlsaudit.probe.hello import HelloError
from tlsaudit.probe.limits import Limits
from tlsaudit.probe.road import Road
from tlsaudit.probe.transfer import Got, Observed, TransferError
from tlsaudit.target import Endpoint, SocketAddress

LIMITS = Limits(connect_s=10.0, answer_s=30.0, connections=10_000)

_MOST_BYTES = 1 << 30
_HOST_S = 1800.0
_RATE_LIMITING = (429, 503)
_BACK_OFF_S = 2.0
_MOST_BACK_OFF_S = 60.0
_TURNED_AWAY = {403: Reason.FORBIDDEN, 429: Reason.RATE_LIMITED}
_CODINGS = ("gzip, deflate, br, zstd", "identity")
_ERRORS = (OSError, HelloError, h11.ProtocolError, TransferError)


class PageLoads:
    """Loads the pages of a host from one of its addresses, over one connection at a time. `context` verifies."""

    def __init__(self, endpoint: Endpoint, address: SocketAddress, context: ssl.SSLContext, agent: str) -> None:
        self._endpoint = endpoint
        self._context = context
        self._agent = agent
        self._road = Road(address, LIMITS)
        self._open: Observed | None = None
        self._stack = AsyncExitStack()
        self._loads: dict[str, tuple[list[Transfer], list[Transfer]]] = {}
        self._missing: dict[str, NotObserved] = {}
        self._over: NotObserved | None = None
        self._bytes = 0

    async def run(self, paths: Sequence[str], repeat: int, advance: Callable[[], None]) -> Iterator[PageSizes]:
        """Each path `repeat` times, in rounds, as browsers ask for it and then without a content coding.

        What is missing once is not asked for again. Never raises for what a server does.
        """
        until = asyncio.get_running_loop().time() + _HOST_S
        try:
            for _ in range(repeat):
                for path in paths:
                    for place, coding in enumerate(_CODINGS):
                        if not self._over and path not in self._missing:
                            await self._load(path, place, coding, until)
                    advance()
        finally:
            await self._close()
        return self._pages(paths)

    async def _load(self, path: str, place: int, coding: str, until: float) -> None:
        try:
            async with asyncio.timeout_at(until):
                got = await self._patient(path, coding)
        except _ERRORS as error:
            await self._close()
            self._missing[path] = failed = _why(error)
            if asyncio.get_running_loop().time() >= until:
                self._over = NotObserved(Reason.TIMED_OUT, f"not finished within {_HOST_S:g} s")
            elif not self._loads:  # the others would fare no better
                self._over = failed
            return
        if why := _no_page(got):
            self._missing[path] = why
            return
        self._loads.setdefault(path, ([], []))[place].append(got.transfer)
        self._bytes += got.transfer.size
        if self._bytes > _MOST_BYTES:
            self._over = NotObserved(Reason.TOO_LARGE, f"more than {_MOST_BYTES >> 30} GiB of this host together")

    def _pages(self, paths: Sequence[str]) -> Iterator[PageSizes]:
        root = absolute_url("", f"https://{self._endpoint.authority}/")
        for path in paths:
            compressed, plain = self._loads.get(path, ((), ()))
            missing = self._missing.get(path) or (None if plain else self._over)
            kept = ((), ()) if missing else (tuple(compressed), tuple(plain))
            yield PageSizes(absolute_url(root, path), self._endpoint.name, *kept, missing)

    async def _patient(self, path: str, coding: str) -> Got:
        """One that is told to wait does so once."""
        got = await self._get(path, coding)
        if got.status in _RATE_LIMITING:
            wait = float(got.retry_after) if re.fullmatch("[0-9]{1,9}", got.retry_after) else _BACK_OFF_S
            if wait <= _MOST_BACK_OFF_S:
                await self._close()
                await asyncio.sleep(max(wait, _BACK_OFF_S))
                return await self._get(path, coding)
        return got

    async def _get(self, path: str, coding: str) -> Got:
        fields = [
            ("Host", self._endpoint.authority.removesuffix(":443")),
            ("User-Agent", self._agent),
            ("Accept", "text/html, */*;q=0.5"),
            ("Accept-Encoding", coding),
        ]
        kept = self._open
        try:
            return await (await self._connected()).get(path, fields)
        except (ConnectionError, h11.RemoteProtocolError):
            if self._open is not kept:
                raise
            await self._close()  # a server may close what it kept open just as we ask
            return await (await self._connected()).get(path, fields)

    async def _connected(self) -> Observed:
        if self._open and self._open.is_free:
            return self._open
        await self._close()
        connecting = Observed.connect(self._road, self._context, self._endpoint.host, LIMITS)
        self._open = await self._stack.enter_async_context(connecting)
        return self._open

    async def _close(self) -> None:
        self._open = None
        await self._stack.aclose()


def _no_page(got: Got) -> NotObserved | None:
    if got.status == 200:
        return None
    if got.status in range(300, 400) and got.location:
        return NotObserved(Reason.NOT_FOLLOWED, f"it leads to {got.location:.200}: name that page")
    if got.status >= 500:
        return NotObserved(Reason.SERVER_ERROR, str(got.status))
    return NotObserved(_TURNED_AWAY.get(got.status, Reason.NOT_PROBED), f"status {got.status}")


def _why(error: Exception) -> NotObserved:
    if isinstance(error, TransferError):
        return error.why
    if isinstance(error, ssl.SSLCertVerificationError):
        return NotObserved(Reason.NOT_PROBED, f"{error.verify_message}; --ca-file names whom to trust")
    if isinstance(error, ssl.SSLError):
        return NotObserved(Reason.NOT_TLS, (error.reason or "").replace("_", " ").lower())
    if isinstance(error, h11.ProtocolError):
        return NotObserved(Reason.NOT_HTTP)
    return not_observed(error)
