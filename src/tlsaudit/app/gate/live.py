"""The gate for a change of the targets file, or of configurations: what it does to the timetable, judged by what
answers now."""

import asyncio
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

from tlsaudit.app.gate.compare import exit_code
from tlsaudit.app.gate.look import Side, Verdicts, held, look
from tlsaudit.app.gate.review import Difference, review
from tlsaudit.app.gate.sides import Revision, TargetsFile
from tlsaudit.app.output import Output
from tlsaudit.app.records import Tally
from tlsaudit.app.series import name_of
from tlsaudit.app.settings import ProbeSettings
from tlsaudit.app.targets import Pin
from tlsaudit.app.view import StoreView, view_of
from tlsaudit.check import Outcome, Rule
from tlsaudit.registry import Selection
from tlsaudit.report.document import (
    AvailabilityRecord,
    ChangeName,
    EndpointRecord,
    FindingRecord,
    GateRecord,
    Header,
    ObjectiveRecord,
    ReviewRecord,
)
from tlsaudit.report.view import AuditView
from tlsaudit.store import Audit, Diff, Store

LIVE = "what answers now"


@dataclass(frozen=True, slots=True)
class LiveGate:
    """`base` is a revision, None for the one that is inferred; with `allow`, hosts that are new in the change are
    asked, too; `fail_on` is WORSE, a severity's label, or `never`."""

    config: Path
    base: str | None
    allow: bool
    selection: Selection
    settings: ProbeSettings
    pins: list[Pin]
    output: Output
    fail_on: str
    min_coverage: float


def run(gate: LiveGate) -> int:
    """Return the exit code. Raises UserError for what the user can mend."""
    gate.output.check()
    change, base = revisions(gate)
    with Store.open("sqlite://") as store:
        now, before, tally, beyond = asyncio.run(_audits(gate, store, change, base, instead=({}, {})))
        whole = view_of(store, now, targets=change.targets)
        diff = store.diff(before, now) if before else None
        difference = _difference(store, before, whole, diff, beyond) if before and diff else None
        record = _gate_record(change, base, difference)
        view = _GateView(whole, record, _changes(diff) if diff else None, frozenset(beyond))
        code = exit_code(
            view.findings(),
            gate.fail_on,
            tally,
            gate.min_coverage,
            compared=bool(before),
            broken=any(item.kind == "broken" for item in record.review),
        )
        gate.output.emit(view, exit_code=code, fail_on=gate.fail_on)
    return code


def revisions(gate: LiveGate) -> tuple[Revision, Revision | None]:
    """The targets file of the change and that of the base. Raises UserError."""
    file = TargetsFile(gate.config, gate.pins, gate.selection.registry, gate.settings.sample)
    base = file.before(gate.base)  # before anything of the change is read
    return file.now(), base


class Effect(NamedTuple):
    """What changed configurations do to the goals: `header` has what these are held against, `unasked` says that the
    change leads to what was not asked."""

    header: Header
    objectives: Sequence[ObjectiveRecord]
    review: Sequence[ReviewRecord]
    unasked: bool


def effect(gate: LiveGate, change: Revision, base: Revision | None, before: Verdicts, now: Verdicts) -> Effect:
    """Together with what a change of the targets file does. The verdicts on the configurations, as they were and are,
    take the place of those on the live hosts of the same names. Raises UserError."""
    with Store.open("sqlite://") as store:
        after, was, _, beyond = asyncio.run(_audits(gate, store, change, base, instead=(before, now)))
        whole = view_of(store, after, targets=change.targets)
        diff = store.diff(was, after) if was else None
        difference = _difference(store, was, whole, diff, beyond) if was and diff else None
        review = _gate_record(change, base, difference).review
        return Effect(whole.header, whole.objectives, review, bool(beyond) and not gate.allow)


async def _audits(
    gate: LiveGate,
    store: Store,
    change: Revision,
    base: Revision | None,
    *,
    instead: tuple[Verdicts, Verdicts],
) -> tuple[Audit, Audit | None, Tally, Mapping[str, str]]:
    """Both sides, judged by one look at their endpoints, as audits one after the other; the tally of the change, and
    where it leads though the base does not."""
    # Whether DNS is judged, and whom to ask, is not for the change to say either.
    settings = gate.settings.of((base or change).targets)
    registry, history = gate.selection.registry, name_of(change.targets)
    begun = settings.clock()
    before = None
    rules: list[Rule] = []
    if base:
        held_before = held(base.targets, gate.selection, settings)
        rules += held_before.rules
        before = Side(
            store,
            held_before,
            registry,
            settings,
            begun=begun - timedelta(seconds=1),
            history=history,
            instead=instead[0],
        )
    held_now = held(change.targets, gate.selection, settings)
    rules += held_now.rules
    now = Side(store, held_now, registry, settings, begun=begun, history=history, instead=instead[1])
    beyond = await look(now, before, rules, settings, allow=gate.allow, quiet=gate.output.quiet)
    finished_at = settings.clock()
    was = before.finish(finished_at, []) if before else None
    notes = [*(base.notes if base else []), *change.notes]
    return now.finish(finished_at, notes), was, now.tally, beyond


def _gate_record(change: Revision, base: Revision | None, difference: Difference | None) -> GateRecord:
    return GateRecord(
        configs=[],
        targets=change.targets.called,
        judged_with=LIVE,
        base=base.name if base else None,
        unaffected=[],
        review=list(review(difference, change.targets)) if difference else [],
    )


def _difference(store: Store, before: Audit, whole: StoreView, diff: Diff, beyond: Mapping[str, str]) -> Difference:
    failing = {each.subject.id for each in store.findings(before.id) if each.outcome is Outcome.FAIL}
    return Difference(
        before=[ObjectiveRecord.model_validate(body) for body in store.objectives(before.id)],
        after=whole.objectives,
        moves=whole.header.goalposts.moves if whole.header.goalposts else [],
        beyond=beyond,
        dropped=diff.gone,
        failing=failing,
    )


def _changes(diff: Diff) -> Mapping[tuple[str, str], ChangeName]:
    """Check and subject of what is not as it was. All was asked but once: what is judged by another rule, or excused
    now, is what it was; what was excused from its first day is, too."""
    worse = [each for each in (*diff.regressed, *diff.new, *diff.lost) if not each.after.waived]
    better = [*diff.fixed, *diff.regained]
    found: dict[tuple[str, str], ChangeName] = {(each.check, each.subject.id): "worse" for each in worse}
    return found | {(each.check, each.subject.id): "better" for each in better}


class _GateView(AuditView):
    """What the change comes to, as renderers read it: `changes` is None where nothing was compared."""

    def __init__(
        self,
        whole: StoreView,
        gate: GateRecord,
        changes: Mapping[tuple[str, str], ChangeName] | None,
        beyond: Collection[str],
    ) -> None:
        self._whole = whole
        self.header = whole.header.model_copy(update={"gate": gate})
        self.objectives = whole.objectives
        self._changes = changes
        self._beyond = beyond

    def endpoints(self) -> Iterator[EndpointRecord]:
        return self._whole.endpoints()

    def silent(self) -> Iterator[tuple[str, str | None]]:
        return self._whole.silent()

    def findings(self) -> Iterator[FindingRecord]:
        for finding in self._whole.findings():
            if self._changes is None:
                yield finding
                continue
            change = self._changes.get((finding.check, finding.subject.id), "same")
            if finding.outcome == "unknown" and finding.subject.id in self._beyond:
                change = "worse"
            yield finding.model_copy(update={"change": change})

    def availability(self) -> Iterator[AvailabilityRecord]:
        """How hosts answered in the past is no matter of a change."""
        return iter(())
