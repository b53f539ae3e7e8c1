"""The objectives and waivers of targets.yaml: what its structure alone cannot say."""

from collections.abc import Iterator

from tlsaudit.target.model import ObjectiveSection, WaiverSection
from tlsaudit.target.objective import Decision, Milestone, MilestoneTarget, ObjectiveKind, ObjectiveSpec, WaiverSpec
from tlsaudit.target.targets import Place

Misfit = tuple[Place, str]
"""Where, and what is wrong there."""


def objective_spec(name: str, section: ObjectiveSection, default_owner: str | None) -> ObjectiveSpec:
    """The objective of a section without misfits."""
    milestones = sorted(section.milestones.items())
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
        window=section.window,
        milestones=tuple(Milestone(due, target) for due, target in milestones),
    )


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
    if section.decision in {None, "undecided"}:
        for key in ("decided", "record"):
            if getattr(section, key):
                yield (*here, key), f"{key} stands without a decision: write decision: force or decision: do-not-force"


def _milestone_misfits(here: Place, section: ObjectiveSection) -> Iterator[Misfit]:
    kind = _kind(section)
    directions = {target.at_most for target in section.milestones.values() if target.figure is not None}
    if kind == "metric" and len(directions) > 1:
        yield (*here, "milestones"), "these milestones point both ways: use <= or >= for all of them"
    for due, target in section.milestones.items():
        if problem := _misfit(kind, target):
            yield (*here, "milestones", due.isoformat()), problem


def _misfit(kind: ObjectiveKind, target: MilestoneTarget) -> str | None:
    if kind == "decision":
        return None if target.word == "decided" else f"{target.text} is no milestone of a decision: write decided"
    if target.word == "decided":
        return "decided is a milestone of decisions only: write 95% or measured"
    if kind == "share" and target.figure is not None and (target.at_most or not target.percent):
        return f"{target.text} is no share: write a share of what passes, such as 95%"
    return None
