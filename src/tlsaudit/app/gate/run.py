"""The gate: judge a configuration, compare it with what it was, and say what got worse."""

import asyncio
import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from tlsaudit.app.gate.base import commit_of, extract, inferred, top_of
from tlsaudit.app.gate.compare import Key, Was, compared, exit_code, standing
from tlsaudit.app.gate.excuse import excused, excuses
from tlsaudit.app.gate.judge import Judged, judge, rules_of
from tlsaudit.app.gate.live import LiveGate, effect, revisions
from tlsaudit.app.gate.look import Verdicts
from tlsaudit.app.gate.source import Source, source
from tlsaudit.app.output import Output
from tlsaudit.app.records import Tally, check_record, finding_record, policy, tool, vantage
from tlsaudit.app.settings import ProbeSettings
from tlsaudit.app.targets import asked_for
from tlsaudit.check import Outcome, Rule
from tlsaudit.errors import UserError
from tlsaudit.registry import Selection
from tlsaudit.report.document import AuditDocument, FindingRecord, GateRecord, LocationRecord
from tlsaudit.report.view import DocumentView
from tlsaudit.server import Place, Served


@dataclass(frozen=True, slots=True)
class Gate:
    """`base` is a revision, `baseline` the document of an earlier run; `fail_on` is WORSE, a severity's label, or
    `never`; `live` tells what the change does to the goals of a targets file, None where there is none. For `root`,
    `daemon`, `allow` and `render` see Source."""

    configs: Sequence[Path]
    base: str | None
    baseline: Path | None
    root: Path | None
    daemon: str | None
    allow: bool
    render: str | None
    selection: Selection
    settings: ProbeSettings
    output: Output
    fail_on: str
    min_coverage: float
    live: LiveGate | None = None


@dataclass(frozen=True, slots=True)
class _Before:
    """What is compared with: its name, how each check stood, the virtual hosts that are as they were, and what was
    found of the others."""

    name: str
    stood: Mapping[Key, Was]
    alike: frozenset[str] = frozenset()
    found: Sequence[Judged] = ()


def run(gate: Gate) -> int:
    """Return the exit code. Raises UserError for what the user can mend."""
    gate.output.check()
    tally = Tally()
    sides = revisions(gate.live) if gate.live else None
    targets = sides[0].targets if sides else None
    asked = gate.selection.checks(asked_for(targets) if targets else ())
    rules, notes = rules_of(asked, gate.settings, targets.check_options if targets else {})
    with ExitStack() as stack:
        top = top_of(gate.configs[0].absolute().parent)
        root = gate.root or top or gate.configs[0].absolute().parent
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tlsaudit-gate-")))
        now = source(gate.configs, root, scratch, daemon=gate.daemon, allow=gate.allow, render=gate.render)
        running = stack.enter_context(_serving(now))
        known = excuses(running.files, gate.selection.registry)
        before, said = _before(gate, stack, now, running, top=top, rules=rules)
        alike = before.alike if before else frozenset()
        wanted = [host for host in running.hosts if host.id not in alike]
        started_at = gate.settings.clock()
        found = asyncio.run(judge(running, wanted, rules, gate.settings))
        finished_at = gate.settings.clock()
    told = None
    if gate.live and sides:
        told = effect(gate.live, *sides, _verdicts(before.found if before else ()), _verdicts(found.findings))
    judged, warnings = excused(found.findings, known, finished_at.date())
    findings = [_record(each) for each in judged]
    if before:
        findings = compared(findings, before.stood, (rule.check for rule in rules))
    for endpoint in found.endpoints:
        tally.endpoint(endpoint)
    tally.findings([each.finding for each in judged])
    document = AuditDocument(
        tool=tool(),
        started_at=started_at,
        finished_at=finished_at,
        vantage=vantage(),
        policy=policy(rules),
        checks=[check_record(item) for item in rules],
        sites=[],
        links=[],
        waivers=told.header.waivers if told else [],
        notes=[*said, *warnings, *running.notes, *notes, *(told.header.notes if told else [])],
        timetable=told.header.timetable if told else None,
        goalposts=told.header.goalposts if told else None,
        summary=tally.summary(),
        gate=GateRecord(
            configs=[str(config) for config in gate.configs],
            targets=targets.called if targets else None,
            judged_with=running.version,
            base=before.name if before else None,
            unaffected=sorted(alike & {host.id for host in running.hosts}),
            review=list(told.review) if told else [],
        ),
        endpoints=list(found.endpoints),
        findings=findings,
        objectives=list(told.objectives) if told else [],
    )
    code = exit_code(
        findings,
        gate.fail_on,
        tally,
        gate.min_coverage,
        compared=before is not None,
        broken=any(item.kind == "broken" for item in told.review) if told else False,
        unasked=told.unasked if told else False,
    )
    gate.output.emit(DocumentView(document), exit_code=code, fail_on=gate.fail_on)
    return code


@contextmanager
def _serving(wanted: Source) -> Iterator[Served]:
    with (
        tempfile.TemporaryDirectory(prefix="tlsaudit-gate-") as folder,
        wanted.kind.serve(wanted.files, wanted.tree, Path(folder), wanted.daemon, allow=wanted.allow) as running,
    ):
        yield running


def _before(
    gate: Gate, stack: ExitStack, now: Source, running: Served, *, top: Path | None, rules: Sequence[Rule]
) -> tuple[_Before | None, list[str]]:
    """What the configuration is compared with, and notes; None where there is nothing."""
    if gate.baseline:
        return _Before(str(gate.baseline), standing(_recorded(gate.baseline))), []
    reference = gate.base or inferred()
    if reference is None:
        return None, []
    if top is None:
        raise UserError(f"--base {reference}: {gate.configs[0]} is in no git repository: --baseline FILE needs none")
    commit = commit_of(top, reference)
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tlsaudit-base-"))).resolve()
    was, scratch = folder / "was", folder / "scratch"
    was.mkdir()
    scratch.mkdir()
    extract(top, commit, was)
    name = f"{reference} ({commit[:7]})"
    try:
        old = stack.enter_context(_serving(_moved(now, top, was, scratch)))
    except UserError as error:
        said = str(error).replace(f"{was}/", f"{name}:")
        return _Before(name, {}), [f"what was there before cannot be judged, so all counts as new: {said}"]
    prints = {host.id: old.prints[host] for host in old.hosts}
    alike = frozenset(host.id for host in running.hosts if prints.get(host.id) == running.prints[host])
    found = asyncio.run(judge(old, [host for host in old.hosts if host.id not in alike], rules, gate.settings))
    judged, _ = excused(found.findings, excuses(old.files, gate.selection.registry), gate.settings.clock().date())
    return _Before(name, standing(map(_record, judged)), alike, found.findings), []


def _moved(now: Source, top: Path, folder: Path, scratch: Path) -> Source:
    """The same files of the base. Raises UserError where one was not there."""
    files = [folder / file.relative_to(top.resolve()) for file in now.files]
    root = folder / now.tree.root.relative_to(top.resolve())
    return source(files, root, scratch, daemon=now.daemon, allow=now.allow, render=now.render)


def _recorded(file: Path) -> list[FindingRecord]:
    try:
        document = AuditDocument.model_validate(json.loads(file.read_text("utf-8")))
    except OSError as error:
        raise UserError(f"--baseline {file}: cannot be read: {error.strerror}") from None
    except (ValueError, ValidationError, RecursionError):
        raise UserError(f"--baseline {file}: not the JSON that `tlsaudit gate -o FILE.json` writes") from None
    if document.gate and document.gate.unaffected:
        host = document.gate.unaffected[0]
        raise UserError(f"--baseline {file}: it was compared with a base, and says nothing of {host}: write it without")
    return document.findings


def _verdicts(found: Sequence[Judged]) -> Verdicts:
    """What is known of virtual hosts: what only an application decides is what the live one says."""
    known = (each.finding for each in found if each.finding.outcome in (Outcome.PASS, Outcome.FAIL))
    return {(finding.check, finding.subject.id): finding for finding in known}


def _record(judged: Judged) -> FindingRecord:
    return finding_record(judged.finding, _location(judged.place))


def _location(place: Place | None) -> LocationRecord | None:
    return LocationRecord(file=place.file, line=place.line, column=1) if place else None
