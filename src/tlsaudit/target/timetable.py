"""The objectives and waivers of targets.yaml: what its structure alone cannot say."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from tlsaudit.target.defaults import DEFAULT_WINDOW
from tlsaudit.target.model import MilestoneSection, ObjectiveSection, WaiverSection
from tlsaudit.target.objective import Decision, Milestone, MilestoneTarget, ObjectiveKind, ObjectiveSpec, WaiverSpec
from tlsaudit.target.targets import Place

Misfit = tuple[Place, str]
"""Where, and what is wrong there."""


def objective_spec(name: str, section: ObjectiveSection, default_owner: str | None) -> ObjectiveSpec:
    """The objective of a section without misfits."""
    milestones = tuple(Milestone(due, item.target, item.every) for due, item in sorted(section.milestones.items()))
    return ObjectiveSpec(
        id=name,
        title=section.title or name,
        kind=_kind(section),
        owner=section.owner or default_owner,
        scope=tuple(section.scope or ()),
        checks=tuple(dict.fromkeys(section.checks or ())),
        metric=section.metric,
        weighted=section.weighted,
        decision=Decision(section.decision, section.decided, section.record) if section.decision else None,
        window=_window(milestones) if section.window is None else section.window,
        milestones=milestones,
    )


def _window(milestones: Sequence[Milestone]) -> timedelta:
    """What is to be shown again in every period need not be looked at more often."""
    repeating = [item.every.longest for item in milestones if item.every]
    return max(repeating) if len(repeating) == len(milestones) else DEFAULT_WINDOW


def waiver_spec(section: WaiverSection, default_owner: str | None) -> WaiverSpec:
    """The waiver of a section without misfits."""
    return WaiverSpec(
        check=section.check,
        on=tuple(section.on),
        reason=section.reason,
        owner=section.owner or default_owner or "",
        ticket=section.ticket,
        expires=section.expires,
    )


def _kind(section: ObjectiveSection) -> ObjectiveKind:
    if section.decision:
        return "decision"
    return "metric" if section.metric else "share"


def objective_misfits(name: str, section: ObjectiveSection) -> Iterator[Misfit]:
    """What does not go together in an objective."""
    here: Place = ("objectives", name)
    if section.metric and (section.checks or section.decision):
        other = "checks" if section.checks else "decision"
        yield (*here, "metric"), f"{name} has both metric and {other}: make two objectives of it"
    elif not (section.metric or section.checks or section.decision):
        yield here, f"{name} measures nothing: write checks: [...], metric: check/fact or decision: undecided"
    if section.weighted and not section.checks:
        yield (*here, "weighted"), "weighted is for a share: leave it out, or write checks: [...]"
    yield from _decision_misfits(here, section)
    yield from _milestone_misfits(here, section)


def _decision_misfits(here: Place, section: ObjectiveSection) -> Iterator[Misfit]:
    if section.decision in {"force", "do-not-force"} and not section.decided:
        yield (*here, "decision"), "a decision has a day: add decided: and its date"
    if section.decision in {"force", "do-not-force"} and not section.record:
        yield (*here, "decision"), "a decision has a record: add record: and the URL of its minutes"
    if section.decision in {None, "undecided"}:
        for key in ("decided", "record"):
            if getattr(section, key):
                yield (*here, key), f"{key} stands without a decision: write decision: force or decision: do-not-force"


def _milestone_misfits(here: Place, section: ObjectiveSection) -> Iterator[Misfit]:
    kind = _kind(section)
    directions = {item.target.at_most for item in section.milestones.values() if item.target.figure is not None}
    if kind == "metric" and len(directions) > 1:
        yield (*here, "milestones"), "these milestones point both ways: use <= or >= for all of them"
    for due, item in section.milestones.items():
        if problem := _misfit(kind, item):
            yield (*here, "milestones", due.isoformat()), problem
    if len(directions) < 2:
        yield from _milestones_out_of_order(here, sorted(section.milestones.items()))


def _milestones_out_of_order(here: Place, milestones: Sequence[tuple[date, MilestoneSection]]) -> Iterator[Misfit]:
    """Each that is reached where an earlier one is. To measure anew, again and again, is something else."""
    asked: tuple[date, MilestoneTarget] | None = None
    for due, item in milestones:
        target = item.target
        if asked and (asked[1].asks_more_than(target) or (target.word == "measured" and not item.every)):
            problem = f"{due} asks for less ({target.text}) than {asked[0]} does ({asked[1].text}): put them in order"
            yield (*here, "milestones", due.isoformat()), problem
        elif target.figure is not None:
            asked = due, target


def _misfit(kind: ObjectiveKind, item: MilestoneSection) -> str | None:
    target = item.target
    if target.word == "decided" and item.every:
        return "a decision is made once: leave every out"
    if kind == "decision":
        return None if target.word == "decided" else f"{target.text} is no milestone of a decision: write decided"
    if target.word == "decided":
        return "decided is a milestone of decisions only: write 95% or measured"
    if kind == "share" and target.figure is not None and (target.at_most or not target.percent):
        return f"{target.text} is no share: write a share of what passes, such as 95%"
    return None
