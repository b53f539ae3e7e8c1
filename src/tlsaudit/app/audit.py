"""The scheduled audit: probe everything, judge it, compare with the timetable, record, report."""

import asyncio
import gc
from collections.abc import AsyncGenerator, Iterable, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tlsaudit.app.applicable import Applicable, applicable
from tlsaudit.app.beyond import judge_beyond
from tlsaudit.app.foresee import foresee
from tlsaudit.app.goalposts import digest_of, moved_since_last, pinned
from tlsaudit.app.headline import headline
from tlsaudit.app.history import moment
from tlsaudit.app.links import LinkStates, link_probe, look_at
from tlsaudit.app.memory import give_back
from tlsaudit.app.observe import Observed, left_out, observe
from tlsaudit.app.output import Output, report_folder
from tlsaudit.app.prober import prober, wanted_by
from tlsaudit.app.progress import progress
from tlsaudit.app.records import Tally, tool, vantage
from tlsaudit.app.resume import Begun, Plan, begun
from tlsaudit.app.series import earlier, name_of
from tlsaudit.app.settings import ProbeSettings
from tlsaudit.app.timetable import Timetable
from tlsaudit.app.view import StoreView, view_of
from tlsaudit.check import Check, Finding, Severity
from tlsaudit.goal import checks_of
from tlsaudit.probe.endpoint import EndpointProbe
from tlsaudit.registry import Registry, rule
from tlsaudit.report import write
from tlsaudit.store import Store
from tlsaudit.target import Targets

if TYPE_CHECKING:
    from tlsaudit.probe.ipsec.look import LinkProbe

_WRITE_EVERY_S = 1.0


class Ready(NamedTuple):
    """What can be done before anything is written: the rules that apply, and what asks for all that they judge."""

    chosen: Applicable
    probe: EndpointProbe
    links: "LinkProbe | None"


@dataclass(frozen=True, slots=True)
class Audit:
    """One run over a targets file. `warnings` are said in the report; `named` are the checks that the user asked for
    by their ids. `resume`: where the last one was interrupted and is the same, go on with that.
    """

    targets: Targets
    warnings: Sequence[str]
    registry: Registry
    checks: Sequence[Check]
    settings: ProbeSettings
    quiet: bool = True
    named: frozenset[str] = frozenset()
    resume: bool = False

    def ready(self) -> Ready:
        """Raises UserError for what the user can mend."""
        options, preload_list = self.targets.check_options, self.settings.preload_list
        selected = [rule(check, options.get(check.id, {}), preload_list) for check in self.checks]
        chosen = applicable(selected, self.settings, self.named, self.targets.endpoints)
        links = link_probe([*self.targets.links.values()], chosen.rules, self.settings)
        return Ready(chosen, prober(wanted_by(chosen.rules), self.settings), links)

    def foresee(self) -> Iterator[str]:
        """What it would cost. Raises UserError for what the user can mend."""
        return foresee(self.targets.endpoints, self.ready().chosen.rules, self.settings)

    async def record(self, store: Store, ready: Ready | None = None) -> tuple[StoreView, Tally]:
        """Probe, judge, compare and record. Raises UserError before anything is probed, or where the history fails."""
        chosen, probe, of_links = ready or self.ready()
        now, rules = self.settings.clock(), chosen.rules
        notes = [*_of_the_clock(store, now)]
        endpoints = self.targets.endpoints
        plan = Plan(
            now,
            vantage=vantage(self.settings),
            version=tool().version,
            pinned=replace(pinned(self.targets, rules), asked=self.settings.digest(endpoints)),
            targets=name_of(self.targets),
            targets_digest=digest_of(self.targets),
        )
        with begun(store, plan, resume=self.resume) as audit:
            number = audit.number
            timetable = Timetable(self.targets, self.registry, audit.started_at.date())
            tally = Tally(audit.ran)
            count_recorded(audit, timetable, tally)
            before = earlier(store, store.audit(number), self.targets)
            seen = observe(endpoints, rules, self.settings, before, probe, begun=audit)
            await self._store(store, number, seen, timetable, tally, done=audit.done)
            links = await look_at([*self.targets.links.values()], of_links)
            for part in await audit.patient(lambda: judge_beyond(store, number, self.targets, rules, links=links)):
                add_beyond(store, number, await audit.patient(part), timetable, tally, links=links)
                gc.collect(0)  # a statement leaves a cycle with the names of all that it asked for
            notes += audit.notes
            finish = partial(self._finish, store, number, chosen, timetable, tally, notes=notes)
            return await audit.patient(finish), tally

    async def _store(
        self,
        store: Store,
        number: int,
        observed: AsyncGenerator[Observed, None],
        timetable: Timetable,
        tally: Tally,
        *,
        done: int,
    ) -> None:
        writing = asyncio.create_task(_write_now_and_then(store))
        try:
            with progress(len(self.targets.endpoints), quiet=self.quiet, done=done) as advance:
                async with aclosing(observed) as completed:
                    async for seen in completed:
                        add_endpoint(store, number, seen, timetable, tally)
                        advance()
                        if store.is_due:
                            await store.flush_apart()
                        _raise_of(writing)
            _raise_of(writing)
        finally:
            writing.cancel()
            await asyncio.gather(writing, return_exceptions=True)  # what ended it has been raised, or ended this, too

    def _finish(
        self,
        store: Store,
        number: int,
        chosen: Applicable,
        timetable: Timetable,
        tally: Tally,
        *,
        notes: Sequence[str],
    ) -> StoreView:
        give_back()
        running = store.audit(number)
        objectives = timetable.measure(store, running)
        moved = moved_since_last(store, self.targets, self.registry, timetable.at, str(running.targets_digest))
        finished_at = self.settings.clock()
        notes = [
            *notes,
            *tally.of_places(),
            *self.warnings,
            *chosen.notes,
            *self._not_measured(chosen),
            *left_out(self.targets.endpoints, chosen.rules),
            *timetable.warnings(),
            *timetable.notes(),
        ]
        store.finish(
            number,
            finished_at,
            objectives=[record.model_dump(mode="json", by_alias=True) for record in objectives],
            summary=tally.summary().model_dump(mode="json", by_alias=True),
            notes=notes,
            not_measured=[
                record.id for record in objectives if record.measured_at != running.started_at or not record.coverage
            ],
            moves=[move.model_dump(mode="json", exclude={"seen"}) for move in moved],
            paces=timetable.paces,
        )
        return view_of(store, store.audit(number), targets=self.targets)

    def _not_measured(self, chosen: Applicable) -> Iterator[str]:
        for objective in self.targets.objectives:
            for name in checks_of(objective):
                if name in chosen.lacking:
                    yield f"{objective.title}: {name} was not judged: {chosen.lacking[name]}"


async def _write_now_and_then(store: Store) -> None:
    """Also while nothing completes, so that a kill loses little."""
    while True:
        await asyncio.sleep(_WRITE_EVERY_S)
        await store.flush_apart()


def _raise_of(task: "asyncio.Task[None]") -> None:
    """Raise what has ended it, where it has ended."""
    if task.done():
        task.result()


def add_endpoint(store: Store, audit: int, seen: Observed, timetable: Timetable, tally: Tally) -> None:
    """Record and count one endpoint, its failures excused as of the timetable's day."""
    findings = list(timetable.excuse(seen.findings))
    tally.endpoint(seen.observation)
    tally.findings(findings)
    store.add_observation(audit, seen.endpoint, seen.observation, findings, headline=headline(seen.observation))


def count_recorded(audit: Begun, timetable: Timetable, tally: Tally) -> None:
    """Count what an audit that goes on has already."""
    if audit.done:
        for endpoint in audit.store.endpoints(audit.number):
            tally.endpoint(endpoint)
        for spoken in audit.store.spoken(audit.number):
            tally.findings([*timetable.excuse(spoken.findings())])


def add_beyond(
    store: Store, audit: int, found: Iterable[Finding], timetable: Timetable, tally: Tally, *, links: LinkStates
) -> None:
    """The same of what is beyond one endpoint, and what was seen of links."""
    findings = list(timetable.excuse(found))
    tally.findings(findings)
    store.add_findings(audit, findings, links)


def _of_the_clock(store: Store, now: datetime) -> Iterator[str]:
    """What is odd about the time of an audit that begins now."""
    newest = next(iter(store.audits()), None)
    if newest and newest.started_at > now:
        yield (
            f"this machine's clock says {moment(now)}, but audit {newest.id} began at {moment(newest.started_at)}: "
            "set the clock; what counts as latest goes by these times"
        )


def write_reports(view: StoreView, folder: Path) -> None:
    """Write report.html and audit.json to the folder."""
    for name in ("report.html", "audit.json"):
        give_back()
        write(view, folder / name)


def report(view: StoreView, folder: Path, output: Output) -> None:
    """Write report.html and audit.json to the folder, and what else was asked for."""
    write_reports(view, folder)
    output.emit(view)
    output.say(f"report: {folder / 'report.html'}")


async def run(
    audit: Audit,
    *,
    database: str,
    folder: Path,
    output: Output,
    fail_on: Severity | None,
    min_coverage: float | None,
) -> int:
    """Record an audit in the history, report it, and return the exit code.

    Without `min_coverage`, 3 only where nothing answered. Raises UserError for what the user can mend.
    """
    output.check(making=folder)
    ready = audit.ready()
    report_folder(folder)
    with Store.open(database) as store:
        view, tally = await audit.record(store, ready)
        report(view, folder, output)
    if min_coverage is None:
        return tally.exit_code(fail_on, min_coverage=0.0) if tally.anything_reached else 3
    return tally.exit_code(fail_on, min_coverage)
