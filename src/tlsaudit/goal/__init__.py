"""Objectives, milestones and waivers -> Progress. Goals know dates; no clock, no network and no disk is read here."""

from tlsaudit.goal.causes import Cause, Changes, changes
from tlsaudit.goal.errors import ObjectiveError
from tlsaudit.goal.findings import CheckFindings, Places
from tlsaudit.goal.forecast import Fitted, Forecast, Paces, Unforeseen, available
from tlsaudit.goal.goalposts import Goalpost, Move, Yardstick, in_scope, moves
from tlsaudit.goal.measurement import MOST_BLOCKERS, Blocker, take
from tlsaudit.goal.occurrence import MilestoneState
from tlsaudit.goal.progress import (
    Progress,
    Status,
    checks_of,
    measure,
    subject_kind,
)
from tlsaudit.goal.readiness import READINESS, Answer, Readiness, readiness
from tlsaudit.goal.recorded import DRILLS, RECORDED, Recorded, RecordedMeasurement, recorded_name
from tlsaudit.goal.standing import Standing, standings
from tlsaudit.goal.subjects import FLEET, Endpoints, Subjects, among, members
from tlsaudit.goal.tally import Counts, Findings, by_check_and_subject
from tlsaudit.goal.waivers import Waivers
from tlsaudit.goal.weights import weights_of

__all__ = [
    "DRILLS",
    "FLEET",
    "MOST_BLOCKERS",
    "READINESS",
    "RECORDED",
    "Answer",
    "Blocker",
    "Cause",
    "Changes",
    "CheckFindings",
    "Counts",
    "Endpoints",
    "Findings",
    "Fitted",
    "Forecast",
    "Goalpost",
    "MilestoneState",
    "Move",
    "ObjectiveError",
    "Paces",
    "Places",
    "Progress",
    "Readiness",
    "Recorded",
    "RecordedMeasurement",
    "Standing",
    "Status",
    "Subjects",
    "Unforeseen",
    "Waivers",
    "Yardstick",
    "among",
    "available",
    "by_check_and_subject",
    "changes",
    "checks_of",
    "in_scope",
    "measure",
    "members",
    "moves",
    "readiness",
    "recorded_name",
    "standings",
    "subject_kind",
    "take",
    "weights_of",
]
