"""Objectives, milestones and waivers -> Progress. Goals know dates; no clock, no network and no disk is read here."""

from tlsaudit.goal.errors import ObjectiveError
from tlsaudit.goal.forecast import Forecast, Unforeseen, available
from tlsaudit.goal.measurement import Blocker
from tlsaudit.goal.occurrence import MilestoneState
from tlsaudit.goal.progress import (
    Progress,
    Status,
    checks_of,
    measure,
    subject_kind,
)
from tlsaudit.goal.readiness import READINESS, Answer, Readiness, readiness
from tlsaudit.goal.recorded import RECORDED, Recorded, RecordedMeasurement, recorded_name
from tlsaudit.goal.standing import Standing, standings
from tlsaudit.goal.subjects import Subjects
from tlsaudit.goal.tally import Counts, Findings, by_check_and_subject
from tlsaudit.goal.waivers import Waivers
from tlsaudit.goal.weights import weights_of

__all__ = [
    "READINESS",
    "RECORDED",
    "Answer",
    "Blocker",
    "Counts",
    "Findings",
    "Forecast",
    "MilestoneState",
    "ObjectiveError",
    "Progress",
    "Readiness",
    "Recorded",
    "RecordedMeasurement",
    "Standing",
    "Status",
    "Subjects",
    "Unforeseen",
    "Waivers",
    "available",
    "by_check_and_subject",
    "checks_of",
    "measure",
    "readiness",
    "recorded_name",
    "standings",
    "subject_kind",
    "weights_of",
]
