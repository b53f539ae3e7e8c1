"""An audit in the history as it begins, or goes on where it was interrupted."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from tlsaudit.app.history import moment
from tlsaudit.evidence import EvidenceType
from tlsaudit.report.text import plural
from tlsaudit.store import Audit, EvidenceSeen, Pinned, Store, StoreAwayError

R = TypeVar("R")

_RECENT = timedelta(hours=20)
"""What was seen longer ago is no part of what an audit says of today: one that runs every night does not go on with
that of the night before."""


@dataclass(frozen=True, slots=True)
class Plan:
    """An audit that is to begin: see Store.begin."""

    started_at: datetime
    vantage: str
    version: str
    pinned: Pinned
    targets: str
    targets_digest: str


@dataclass(frozen=True, slots=True)
class Begun:
    """The audit with this number. `done` is how many endpoints it had already, `ran` for how long it had run until
    then, `notes` say so.
    """

    store: Store
    number: int
    started_at: datetime
    done: int = 0
    ran: timedelta = timedelta(0)
    notes: Sequence[str] = ()

    def had(self) -> set[str]:
        """The ids of the endpoints that are done, read anew: not to be kept for as long as it runs."""
        return {seen.id for seen in self.store.endpoints(self.number)} if self.done else set()

    def evidence(self, kinds: Sequence[EvidenceType]) -> Iterable[EvidenceSeen]:
        """What it has of these kinds."""
        return self.store.evidence(self.number, kinds)

    async def patient(self, reads: Callable[[], R]) -> R:
        """What `reads` comes to, again where the history was away. Raises StoreError where that takes too long."""
        while True:
            try:
                return reads()
            except StoreAwayError:
                await self.store.wait()


@contextmanager
def begun(store: Store, plan: Plan, *, resume: bool) -> Iterator[Begun]:
    """Begin the audit, or `resume` the last one where it was interrupted and is the same. Nobody else resumes it before
    the block ends. Raises StoreError where it still runs.
    """
    notes = []
    if resume and (last := _interrupted(store, plan)):
        why = _differs(store, last, plan)
        if why is None:
            with store.running(last.id):
                yield _resumed(store, last, plan.started_at)
            return
        notes.append(f"audit {last.id} was interrupted and is not resumed, since {why}: this is a new one")
    number = store.begin(
        plan.started_at,
        vantage=plan.vantage,
        version=plan.version,
        pinned=plan.pinned,
        targets=plan.targets,
        targets_digest=plan.targets_digest,
    )
    with store.running(number):
        yield Begun(store, number, plan.started_at, notes=notes)


def _interrupted(store: Store, plan: Plan) -> Audit | None:
    """The last audit of these targets from here, where it was not finished."""
    here = (plan.targets, plan.vantage)
    last = next((audit for audit in store.audits() if (audit.targets, audit.vantage) == here), None)
    return last if last and last.finished_at is None else None


def _differs(store: Store, last: Audit, plan: Plan) -> str | None:
    """Why the two are not the same."""
    held = store.pinned(last.id)
    if not timedelta(0) <= plan.started_at - last.started_at <= _RECENT:
        return "it did not begin within the last 20 hours"
    if last.version != plan.version:
        return f"tlsaudit {last.version} began it"
    if last.targets_digest != plan.targets_digest:
        return "the targets file was edited"
    if (held.rules, held.policy) != (plan.pinned.rules, plan.pinned.policy):
        return "it ran other checks, or the same with other options"
    if held.asked != plan.pinned.asked:
        return "other options said what is asked, and where"
    return None


def _resumed(store: Store, last: Audit, now: datetime) -> Begun:
    done = 0
    until = last.started_at
    for seen in store.endpoints(last.id):
        done += 1
        until = max(until, seen.observed_at)
    note = f"interrupted, and resumed at {moment(now)}: {plural(done, 'endpoint')} had been looked at before"
    notes = [*last.notes, note]
    store.resume(last.id, notes)
    return Begun(store, last.id, last.started_at, done, until - last.started_at, notes)
