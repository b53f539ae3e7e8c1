"""One look at a link: all its sources at once, those that live twice, so that it shows whether bytes move."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from tlsaudit.evidence import LinkState, NotObserved, Reason, UnreadSource
from tlsaudit.probe.ipsec.libreswan import told_by_libreswan
from tlsaudit.probe.ipsec.ssh import told_by_ssh
from tlsaudit.probe.ipsec.swanctl import told_by_swanctl
from tlsaudit.probe.ipsec.told import MOST_BYTES, Concerning, SourceError, Told, concerning
from tlsaudit.probe.ipsec.vici import told_by_socket
from tlsaudit.probe.ipsec.xfrm import told_by_xfrm
from tlsaudit.target import Link, LinkSource

LIVE = frozenset({"vici", "ssh"})
"""Sources that tell of the present; saved output tells the same at each look."""


@dataclass(frozen=True, slots=True)
class LinkProbe:
    """Call it with a link. Between its two looks pass `apart_s`; a source has `answer_s` to answer."""

    clock: Callable[[], datetime]
    apart_s: float = 5.0
    answer_s: float = 15.0

    async def __call__(self, link: Link) -> LinkState | NotObserved:
        """What its sources tell; NotObserved where none tells anything."""
        if not link.sources:
            return NotObserved(Reason.NOT_PROBED, "the targets file names no evidence for this link")
        read = await asyncio.gather(*(self._read(link, source) for source in link.sources))
        seen = [item for item in read if isinstance(item, Concerning)]
        unread = [item for item in read if isinstance(item, UnreadSource)]
        if not seen:
            return NotObserved(unread[0].reason.reason, f"{unread[0].source}: {unread[0].reason.detail}")
        here, there = (link.prefixes.get(site, ()) for site in link.sites)
        return LinkState(
            link.id,
            self.clock(),
            link.sites,
            (here, there),
            tuple(item.view for item in seen),
            tuple(unread),
            tuple(sample for item in seen for sample in item.ike),
            tuple(sample for item in seen for sample in item.children),
        )

    async def _read(self, link: Link, source: LinkSource) -> Concerning | UnreadSource:
        here, there = source.site, next(site for site in link.sites if site != source.site)
        prefixes = link.prefixes.get(here, ()), link.prefixes.get(there, ())
        earlier = None
        try:
            told = await self._told(source)
            if source.kind in LIVE and told.children:
                await asyncio.sleep(self.apart_s)
                told, earlier = await self._told(source), told
        except SourceError as error:
            return UnreadSource(source.name, source.site, error.reason)
        return concerning(told, source.name, source.site, prefixes, earlier)

    async def _told(self, source: LinkSource) -> Told:
        if source.kind == "ssh":
            return await told_by_ssh(source.where[""], self.answer_s)
        if source.kind == "vici":
            return await asyncio.to_thread(told_by_socket, Path(source.where[""]), self.answer_s)
        return await asyncio.to_thread(_told_by_files, source)


def _told_by_files(source: LinkSource) -> Told:
    saved = {part: _saved(Path(path)) for part, path in source.where.items()}
    if source.kind == "swanctl":
        return told_by_swanctl(saved.get("sas"), saved.get("conns"), saved.get("pols"))
    if source.kind == "libreswan":
        return told_by_libreswan(saved.get("status"), saved.get("traffic"))
    return told_by_xfrm(saved.get("state"), saved.get("policy"))


def _saved(path: Path) -> str:
    try:
        if not path.is_file():
            raise SourceError(f"there is no file {path}")
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise SourceError(f"{path}: {error.strerror}") from None
    if len(content) > MOST_BYTES:
        raise SourceError(f"{path} has more than {MOST_BYTES >> 20} MiB", Reason.TOO_LARGE)
    return content.decode("utf-8", "replace")
