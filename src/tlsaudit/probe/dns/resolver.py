"""A recursive resolver: asked once for each question of a run, politely, and no more once it is silent."""

import asyncio
import ipaddress
import logging
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode

from tlsaudit.evidence import Dnssec, NotObserved, Reason, is_ip_address
from tlsaudit.probe.dns.answer import Answer, read, untold
from tlsaudit.probe.dns.transport import UDP_BYTES, exchange
from tlsaudit.target import SocketAddress

log = logging.getLogger(__name__)

_AT_A_TIME = 32
_ATTEMPTS_S = (1.5, 3.5)
_MOST_SILENT = 3
_MOST_KEPT = 4096
_PORT = 53

_RESOLV_CONF = Path("/etc/resolv.conf")
_MOST_SERVERS = 3  # resolv.conf(5), MAXNS


def system_servers(path: Path = _RESOLV_CONF) -> list[SocketAddress]:
    """Those of resolv.conf(5): this machine where it names none, and where it is not there."""
    try:
        lines = path.read_text("utf-8", "replace").splitlines()
    except OSError:
        lines = []
    words = [line.split() for line in lines]
    named = [word[1] for word in words if len(word) > 1 and word[0] == "nameserver" and is_ip_address(word[1])]
    return [(address, _PORT) for address in named[:_MOST_SERVERS] or ["127.0.0.1"]]


class Resolver:
    """One object serves a run, in its event loop. Without `server`, the system's are asked.

    A question is repeated after the first of `attempts_s` (seconds), and given up after the last.

    What it says of validation counts where nobody on the way could have forged it, so that it is on this machine, or
    where the user named it.
    """

    def __init__(self, server: SocketAddress | None = None, *, attempts_s: Sequence[float] = _ATTEMPTS_S) -> None:
        self._servers: Sequence[SocketAddress] = [server] if server else system_servers()
        self._trusted = server is not None or all(ipaddress.ip_address(ip).is_loopback for ip, _ in self._servers)
        self._preferred = 0
        self._slots = asyncio.Semaphore(_AT_A_TIME)
        self._asked: OrderedDict[tuple[str, str], asyncio.Task[Answer | NotObserved]] = OrderedDict()
        self._root: asyncio.Task[dns.message.Message | NotObserved] | None = None
        self._attempts_s = attempts_s
        self._silent = 0
        self._doubting: asyncio.Task[None] | None = None
        self._down: NotObserved | None = None

    def __str__(self) -> str:
        return ", ".join(f"[{ip}]:{port}" if ":" in ip else f"{ip}:{port}" for ip, port in self._servers)

    async def ask(self, name: str, kind: str) -> Answer | NotObserved:
        """The records of a type at a name, in A-labels. It never raises for what a server does."""
        key = (name, kind)
        if key not in self._asked:
            self._asked[key] = asyncio.create_task(self._ask(name, kind))
            if len(self._asked) > _MOST_KEPT:
                self._asked.popitem(last=False)
        self._asked.move_to_end(key)
        # Others may wait for the same answer when this endpoint's time is up.
        return await asyncio.shield(self._asked[key])

    async def dnssec(self, answer: Answer) -> Dnssec | NotObserved:
        """What validation makes of an answer; NotObserved where nobody says who is to be believed."""
        if answer.bogus:
            return Dnssec.BOGUS
        if not self._trusted:
            why = "its word on DNSSEC could be forged on the way: name one that you trust with --resolver"
            return NotObserved(Reason.NOT_PROBED, f"the resolver {self} is not on this machine: {why}")
        if answer.authentic:
            return Dnssec.SECURE
        root = await self._about_root()
        if isinstance(root, NotObserved):
            return root
        if root.flags & dns.flags.AD:
            return Dnssec.INSECURE
        return NotObserved(Reason.NOT_PROBED, f"the resolver {self} does not validate: name one that does")

    async def _validates(self) -> bool:
        """Whether it vouches for the root, which is signed."""
        root = await self._about_root()
        return not isinstance(root, NotObserved) and bool(root.flags & dns.flags.AD)

    async def _about_root(self) -> dns.message.Message | NotObserved:
        if self._root is None or (self._root.done() and isinstance(self._root.result(), NotObserved)):
            self._root = asyncio.create_task(self._said("", "SOA"))
        return await asyncio.shield(self._root)

    async def _ask(self, name: str, kind: str) -> Answer | NotObserved:
        said = await self._said(name, kind)
        if isinstance(said, NotObserved) or said.rcode() is not dns.rcode.SERVFAIL:
            return read(said, name, kind)
        unchecked = read(await self._said(name, kind, dns.flags.CD), name, kind, bogus=True)
        if isinstance(unchecked, NotObserved) or not await self._validates():
            return read(said, name, kind)
        # A failure that was over by the second question would look the same.
        again = await self._said(name, kind)
        still = not isinstance(again, NotObserved) and again.rcode() is dns.rcode.SERVFAIL
        return unchecked if still else read(again, name, kind)

    async def _said(self, name: str, kind: str, flags: int = 0) -> dns.message.Message | NotObserved:
        async with self._slots:
            for seconds in self._attempts_s:
                if self._down:
                    return self._down
                said = await self._try(name, kind, flags, seconds)
                if said is not None:
                    self._silent = 0
                    return said
                self._doubt()
        return NotObserved(Reason.TIMED_OUT, f"the resolver {self}, asked for {kind} of {name}")

    def _doubt(self) -> None:
        """After some silence in a row: is it the resolver's, or only that of the servers of some zones?"""
        self._silent += 1
        if self._silent >= _MOST_SILENT and (self._doubting is None or self._doubting.done()):
            self._silent = 0
            self._doubting = asyncio.create_task(self._see_whether_it_is_down())

    async def _see_whether_it_is_down(self) -> None:
        for _ in range(max(2, len(self._servers))):
            if await self._try("", "NS", 0, self._attempts_s[0]) is not None:
                return
        self._down = NotObserved(Reason.TIMED_OUT, f"the resolver {self} does not answer")
        log.warning("the resolver %s does not answer: DNS is not asked any more in this run", self)

    async def _try(self, name: str, kind: str, flags: int, seconds: float) -> dns.message.Message | NotObserved | None:
        """None where nothing comes back in that time."""
        try:
            question = dns.message.make_query(f"{name}.", kind, use_edns=0, payload=UDP_BYTES)
        except dns.name.NameTooLong:  # with the labels of a port before it
            return untold("a name that is too long", kind, name)
        question.flags |= dns.flags.AD | flags  # RFC 6840 section 5.7
        server = self._preferred
        try:
            async with asyncio.timeout(seconds):
                return await exchange(self._servers[server], question)
        except OSError:  # also that it took too long
            if self._preferred == server:
                self._preferred = (server + 1) % len(self._servers)
            return None
        except dns.exception.DNSException:
            return untold("an answer that cannot be read", kind, name)
