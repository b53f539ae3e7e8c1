"""The process: what it is told, what it starts, and how it ends."""

import asyncio
import gc
import signal
import sys
from collections.abc import Callable, Coroutine, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tlsaudit.app.audit import Audit, write_reports
from tlsaudit.app.notify.run import ready, told
from tlsaudit.app.notify.tell import Teller
from tlsaudit.app.output import report_folder
from tlsaudit.app.records import vantage
from tlsaudit.app.series import files_of, newest
from tlsaudit.app.settings import ProbeSettings
from tlsaudit.app.targets import Pin, asked_for, history_of, load
from tlsaudit.app.view import view_of
from tlsaudit.app.watch.audits import Audits
from tlsaudit.app.watch.looks import Looks
from tlsaudit.app.watch.outages import Outages
from tlsaudit.app.watch.schedule import Schedule
from tlsaudit.app.watch.server import serving
from tlsaudit.app.watch.state import State
from tlsaudit.errors import UserError
from tlsaudit.probe.availability import AvailabilityProbe
from tlsaudit.probe.descriptors import others_at_a_time
from tlsaudit.probe.extra import Extra
from tlsaudit.probe.http import user_agent
from tlsaudit.probe.http.network import TlsContexts
from tlsaudit.probe.proxy import Tunnel
from tlsaudit.registry import Selection
from tlsaudit.report.figures import AuditFigures
from tlsaudit.report.text import duration, plural
from tlsaudit.store import Store
from tlsaudit.store.claim import claim
from tlsaudit.target import SocketAddress, Targets

_EXTRA = Extra("watch", "cronsim")


@dataclass(frozen=True, slots=True)
class Watch:
    """What the command line says. `every_s` is the interval of the light looks in seconds, 0 for none."""

    config: Path
    database: str | None
    folder: Path
    selection: Selection
    settings: ProbeSettings
    pins: Sequence[Pin]
    schedule: str
    every_s: float
    listen: SocketAddress | None
    at_once: bool
    notify: bool
    quiet: bool

    async def run(self) -> int:
        """Until a signal: 0 after SIGTERM, 130 after SIGINT. A running audit ends unfinished, and what was seen so far
        is kept. Raises UserError for what the user can mend, before anything is looked at.
        """
        if not _EXTRA.installed:
            raise UserError(f"tlsaudit watch: pip install 'tlsaudit[{_EXTRA.name}]'")
        gc.set_threshold(100_000)  # what stays for months clears up sooner than a command that ends
        schedule = Schedule(self.schedule)
        targets, _ = self._targets()
        database = history_of(self.config, self.database, targets)
        report_folder(self.folder)
        self._audit_of(targets, []).ready()  # a mistake is better told of now than at night
        if self.notify:
            self._teller(targets, database)
        state = State(self._say, last=_last_audit(database, targets))
        outages = _outages(database, vantage(self.settings))
        at_a_time = min(self.settings.concurrency, others_at_a_time())
        looks = Looks(state, self._light_probe(), database, self.every_s, at_a_time, outages=outages)
        loop = asyncio.get_running_loop()

        async def audit() -> AuditFigures:
            targets, warnings = self._targets()
            if self.every_s:
                loop.call_soon_threadsafe(looks.watch, list(targets.endpoints), targets.control)
            return await self._audit(database, targets, warnings)

        work = [Audits(state, schedule, audit, at_once=self.at_once).run]
        if self.every_s:
            looks.watch(list(targets.endpoints), targets.control)
            work.append(looks.run)
        with ExitStack() as stack:
            stack.enter_context(claim(database, self.settings.vantage))
            if self.listen:
                stack.enter_context(serving(state, self.listen))
            number = await _until_signal(work)
            await looks.write()
        self._say("stopped")
        return 0 if number == signal.SIGTERM else 130

    def _targets(self) -> tuple[Targets, list[str]]:
        return load(self.config, self.pins, self.selection.registry, self.settings.sample)

    def _audit_of(self, targets: Targets, warnings: Sequence[str]) -> Audit:
        checks = self.selection.checks(asked_for(targets))
        return Audit(
            targets, warnings, self.selection.registry, checks, self.settings.of(targets), named=self.selection.named
        )

    async def _audit(self, database: str, targets: Targets, warnings: Sequence[str]) -> AuditFigures:
        audit = self._audit_of(targets, warnings)
        ready = audit.ready()
        with Store.open(database, create=False) as store:
            view, _ = await audit.record(store, ready)
            write_reports(view, self.folder)
            figures = AuditFigures.of(view)
        failed = sum(count for (*_, outcome), count in figures.findings.items() if outcome == "fail")
        self._say(
            f"audited {plural(figures.endpoints, 'endpoint')}, {figures.reachable} reached, in"
            f" {duration(figures.duration_s)}: {plural(failed, 'finding')} failed"
        )
        if self.notify:
            await self._tell(targets, database)
        return figures

    async def _tell(self, targets: Targets, database: str) -> None:
        try:
            teller = self._teller(targets, database)
        except UserError as error:
            self._say(f"nobody is told what is new: {error}")
            return
        for _, line in told(teller):
            self._say(line)
            await asyncio.sleep(0)  # here it can be stopped

    def _teller(self, targets: Targets, database: str) -> Teller:
        return ready(targets, self.selection.registry, database, self.folder)

    def _light_probe(self) -> AvailabilityProbe:
        settings = self.settings
        return AvailabilityProbe(
            settings.limits,
            TlsContexts(client=settings.client_certificate).own.lenient,
            user_agent(settings.contact),
            settings.family,
            Tunnel(settings.proxy, settings.limits.answer_s) if settings.proxy else None,
        )

    def _say(self, what: str) -> None:
        if not self.quiet:
            print(f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ} {what}", file=sys.stderr, flush=True)  # noqa: T201


def _last_audit(database: str, targets: Targets) -> AuditFigures | None:
    """Of these targets in the history, which is made where there is none. Raises StoreError."""
    with Store.open(database) as store:
        last = newest(store, files_of(store, targets))
        return AuditFigures.of(view_of(store, last, targets=targets)) if last else None


def _outages(database: str, place: str) -> Outages:
    """With those that an earlier process has not seen the end of."""
    with Store.open(database, create=False) as store:
        return Outages(place, store.open_outages(place))


async def _until_signal(work: Sequence[Callable[[], Coroutine[None, None, None]]]) -> int:
    """Do this until a signal says stop: its number. Whatever runs has ended then. Raises what the work does."""
    loop = asyncio.get_running_loop()
    stopped: asyncio.Future[int] = loop.create_future()

    def stop(number: int) -> None:
        if not stopped.done():
            stopped.set_result(number)

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop, number)
    tasks = [asyncio.create_task(each()) for each in work]
    awaited: list[asyncio.Future[Any]] = [stopped, *tasks]
    await asyncio.wait(awaited, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()
    for ended in await asyncio.gather(*tasks, return_exceptions=True):
        if not isinstance(ended, asyncio.CancelledError | None):
            raise ended
    return stopped.result()
