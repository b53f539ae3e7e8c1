"""The audit document: the contract between the parts and with users. Keys are only ever added under version 1."""

import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

SCHEMA = "tlsaudit/audit/1"

OPEN = ("fail", "unknown")
"""The outcomes that keep a check from passing everywhere."""

OutcomeName = Literal["pass", "fail", "unknown", "not_applicable"]
SeverityName = Literal["info", "low", "medium", "high", "critical"]
StatusName = Literal["met", "overdue", "not-measured", "at-risk", "on-track", "undecided"]
CauseName = Literal[
    "fixed", "regressed", "improved", "worsened", "lost", "regained", "applicability", "appeared", "left",
    "waived", "waiver-expired", "rule-changed", "checks-changed",
]  # fmt: skip
GoalpostName = Literal[
    "objective",
    "milestone",
    "checks",
    "metric",
    "scope",
    "weighted",
    "subjects",
    "window",
    "decision",
    "options",
    "waiver",
]
ChangeName = Literal["worse", "better", "same"]
ForecastReason = Literal["too-little-data", "unsteady", "no-change", "moving-away", "beyond-horizon"]

Count = Annotated[int, Field(ge=0)]
Ratio = Annotated[float, Field(ge=0, le=1)]
Span = Annotated[float, Field(ge=0, le=1e10)]
"""Of time. Some three hundred years of seconds are more than any calendar takes."""


def _in_utc(moment: datetime.datetime) -> datetime.datetime:
    try:
        return moment.astimezone(datetime.UTC)
    except OverflowError:
        raise ValueError("out of range") from None


UtcDatetime = Annotated[AwareDatetime, AfterValidator(_in_utc)]
"""Written as RFC 3339 with Z. A datetime without a time zone is refused."""


class Record(BaseModel):
    """A part of the document."""

    model_config = ConfigDict(frozen=True, defer_build=True, allow_inf_nan=False)


class Tool(Record):
    name: Literal["tlsaudit"] = "tlsaudit"
    version: str


class ProfileRecord(Record):
    """The tier of a published guideline that a check stands for; null where the guideline has but one."""

    tier: str | None
    title: str
    version: str
    url: str


class CheckRecord(Record):
    """A check as it was applied. `digest` changes when the rule changes; `fixes` maps a server's name to a line of
    its configuration. `profile` is null unless the check is a published guideline: then its findings' facts have the
    `gaps`, each with the `rule`, what was `found`, the `fix`, its `lines` by server and the `source`, in the same form
    what is `unknown`, `recommended` and `announced`, and what is `served` by the best tier that allows it."""

    id: str
    title: str
    severity: SeverityName
    summary: str
    rationale: str
    remediation: str
    fixes: dict[str, str]
    references: list[str]
    options: dict[str, Any]
    digest: str
    profile: ProfileRecord | None = None


class Latency(Record):
    """Of the first address that answered, in milliseconds; null where not measured."""

    connect: float | None = None
    first_byte: float | None = None


class VantageRecord(Record):
    """An endpoint as it was seen from one of several vantages; `reason` says why nothing was observed from there."""

    vantage: str
    addresses: list[str]
    reachable: bool
    reason: str | None


class EndpointRecord(Record):
    """`starttls` is the protocol in which TLS is asked for, null where the first byte is TLS; `id` then begins with it.
    `reason` says why nothing was observed; `headline` are the few facts that introduce the endpoint;
    `not_tried` are the addresses left out, as `address: why`; `latency_ms` and `connections` are null where the history
    no longer keeps them. `vantages` is there where the audit looked from several."""

    id: str
    host: str
    port: Count
    service: str | None
    site: str | None
    owner: str | None
    starttls: str | None = None
    addresses: list[str]
    not_tried: list[str]
    reachable: bool
    reason: str | None
    latency_ms: Latency
    headline: list[str]
    connections: Count | None
    vantages: list[VantageRecord] = Field(default=[], exclude_if=lambda vantages: not vantages)


class SubjectRecord(Record):
    kind: Literal["endpoint", "service", "link", "fleet"]
    id: str


class LocationRecord(Record):
    """A place in a file, named as its user calls it, relative to the working directory where it is below it; line and
    column count from 1."""

    file: str
    line: Count
    column: Count


class FindingRecord(Record):
    """What one check says of one subject. `waiver` is the reason of the waiver that excuses the failure. `location` is
    where the subject stands in the targets file when the document is written, or in a file of hosts; null on the
    command line, for the whole fleet, and where it stands there no more. In a gate it is the directive that decides;
    `change` says what became of the finding since the base; null where nothing was compared. `was` is what was said of
    the base, where it fails too and something else is said now. `vantages` is the worst outcome from each vantage, and
    is there where the audit looked from several."""

    check: str
    subject: SubjectRecord
    endpoint: str | None
    address: str | None
    outcome: OutcomeName
    severity: SeverityName
    message: str
    also: list[str]
    facts: dict[str, Any]
    waiver: str | None
    location: LocationRecord | None = None
    change: ChangeName | None = None
    was: str | None = None
    vantages: dict[str, OutcomeName] = Field(default={}, exclude_if=lambda vantages: not vantages)


class Counts(Record):
    """How many subjects have which outcome. `pass` is a reserved word, hence the alias."""

    model_config = ConfigDict(populate_by_name=True)

    passed: Count = Field(default=0, alias="pass")
    fail: Count = 0
    unknown: Count = 0
    not_applicable: Count = 0
    waived: Count = 0


class DecisionRecord(Record):
    """`days_late` is how long it is overdue: undecided, and its date past; 0 where it is not."""

    outcome: Literal["undecided", "force", "do-not-force"]
    decided: datetime.date | None
    record: str | None
    days_late: Count = 0


class ReferencesRecord(Record):
    """References by plain http on the sampled `pages`, added up; `endpoints` have something active or a form, `where`
    are the first of them."""

    active: Count
    passive: Count
    forms: Count
    pages: Count
    endpoints: Count
    where: list[str]


class LockedOutRecord(Record):
    """Who of so many reference clients cannot connect to at least one endpoint."""

    clients: Count
    names: list[str]


class SpreadRecord(Record):
    """A figure over several endpoints, and the endpoints of the least and the most."""

    median: float
    least: float
    least_at: str
    most: float
    most_at: str


class AnswerRecord(Record):
    """A question of a decision's readiness sheet, and what the findings of `check` say of the endpoints in scope.

    `counts` are their outcomes; `open` are the first of those that do not pass, failures first. `measured` is how many
    endpoints the figures are of, null for a question without. These are for `hsts` the number of endpoints on each of
    the `steps` (0 none, 1 a day, 2 a week, 3 a month, 4 six months, 5 a year, 6 two years), for `mixed-content` the
    `references`, for `clients` who is `locked_out`, for `latency` the `times_ms`: `added_ms` by https on a first visit,
    and what it is made of.
    """

    question: Literal["enforced", "hsts", "mixed-content", "cookies", "clients", "latency"]
    check: str
    counts: Counts
    open: list[str]
    measured: Count | None
    steps: dict[int, int] = {}
    references: ReferencesRecord | None = None
    locked_out: LockedOutRecord | None = None
    times_ms: dict[str, SpreadRecord] = {}


class ForecastRecord(Record):
    """When the target will be reached at the present pace, with the interval of that pace; `reason` is why there is no
    such day."""

    date: datetime.date | None
    low: datetime.date | None
    high: datetime.date | None
    reason: ForecastReason | None = None


class FigureRecord(Record):
    """The share or value of an objective by the audit of a day."""

    date: datetime.date
    figure: float


class WaiverRecord(Record):
    check: str
    on: list[str]
    reason: str
    owner: str
    ticket: str | None
    expires: datetime.date


class ReadinessRecord(Record):
    """What stands beside a decision; `exceptions` are the waivers in force that excuse what its checks find."""

    answers: list[AnswerRecord]
    exceptions: list[WaiverRecord]


class MilestoneRecord(Record):
    """`held` is by the last observation, null where there is none. Of one that repeats `every` so often, it is the
    occurrence that counts now."""

    due: datetime.date
    target: str
    held: bool | None
    every: str | None = None


class BlockerRecord(Record):
    """A finding that keeps an objective from its milestone; `excused_until` is the last day of its waiver; `part` is
    that of its subject in the whole, from 0 to 1, where the objective is weighted."""

    check: str
    subject: SubjectRecord
    message: str
    excused_until: datetime.date | None = None
    part: Ratio | None = None


class MeasurementRecord(Record):
    """A recorded measurement, from access logs for one: of how many `value` is a share, how many of them could not be
    told, of which days (UTC, both included), and which day `previous` is of."""

    name: str
    fact: str
    denominator: Count
    unknown: Count
    unit: str
    first_day: datetime.date
    last_day: datetime.date
    measured_at: UtcDatetime
    source: str
    previous_day: datetime.date | None


class CauseRecord(Record):
    """How many subjects of an objective count as something else than before, and why."""

    cause: CauseName
    count: Count


class ChangesRecord(Record):
    """Why an objective stands elsewhere than in the audit that began at `since`. `rules` are the checks behind what
    `rule-changed` counts. `direction` is that of what was judged alike in both: what came, left or is judged by another
    rule makes nothing better or worse."""

    since: UtcDatetime
    causes: list[CauseRecord]
    rules: list[str]
    direction: Literal["better", "same", "worse"]


class ObjectiveRecord(Record):
    """An objective now. `share` and `coverage` are from 0 to 1, by the weights that `weighted` names, null where every
    subject counts the same; `counts` are numbers of subjects all the same; `target` and `due` are those of the
    milestone that counts now: the first that is overdue, else the next; `every` is how often that one repeats, such as
    `3 months`; `blocking` are the first of the `blocking_count` findings that hold it back, the unexcused first;
    `previous` is the value at the previous audit; `measured_at` is the start of the audit that ran all its checks last,
    null where none did lately; `measurement` is what the value of a metric was recorded as that no audit measures, and
    `measured_at` then its last day; `readiness` is the sheet of a decision; `figures` are how its share or value went:
    where it changed, and the newest, oldest first; `changes` say why it differs from the audit before that measured it.
    """

    id: str
    title: str
    kind: Literal["share", "decision", "metric"]
    owner: str | None
    status: StatusName
    share: Ratio | None
    value: float | None
    coverage: Ratio | None
    counts: Counts
    target: str | None
    due: datetime.date | None
    forecast: ForecastRecord | None
    decision: DecisionRecord | None
    milestones: list[MilestoneRecord]
    previous: float | None
    excused_until: datetime.date | None
    blocking: list[BlockerRecord]
    blocking_count: Count
    weighted: str | None = None
    every: str | None = None
    measured_at: datetime.datetime | None = None
    measurement: MeasurementRecord | None = None
    readiness: ReadinessRecord | None = None
    figures: list[FigureRecord] = []
    changes: ChangesRecord | None = None


class PinnedMilestoneRecord(Record):
    """A milestone as targets.yaml has it; of one that repeats `every` so often, the first occurrence."""

    due: datetime.date
    target: str
    every: str | None


class PinnedObjectiveRecord(Record):
    """What an objective asked for when the audit was held against it. `scope` is empty where everything is meant;
    `decided` is the day of the decision."""

    id: str
    title: str
    kind: Literal["share", "decision", "metric"]
    checks: list[str]
    metric: str | None
    scope: list[str]
    weighted: str | None
    window_s: Span
    milestones: list[PinnedMilestoneRecord]
    decision: Literal["undecided", "force", "do-not-force"] | None
    decided: datetime.date | None


class TimetableRecord(Record):
    """What the objectives asked for, and the options of checks as targets.yaml had them."""

    objectives: list[PinnedObjectiveRecord]
    options: dict[str, dict[str, Any]]


class MoveRecord(Record):
    """A goalpost that moved. `seen` is the day of the first audit that saw it, null where it is in the targets file and
    no audit was held against it yet. `objective` is null for the options of a check and for a waiver; `name` is then
    the check's id, else the objective's title. `before` and `after` are null where there was or is nothing. `easier` is
    whether less is asked or more excused, null where that cannot be told. `subjects` are the first of the `count` that
    a waiver names, or that left the scope; `not_passing` of those that left did not pass."""

    seen: datetime.date | None = None
    goalpost: GoalpostName
    objective: str | None
    name: str
    before: str | None
    after: str | None
    easier: bool | None
    subjects: list[str]
    count: Count
    not_passing: Count


class GoalpostsRecord(Record):
    """Which goalposts moved since the day from which on that is known, newest first; `known_since` is null where it is
    not known. `later` ones moved after the day that the document speaks of, which is held against them all the same.
    """

    known_since: datetime.date | None
    moves: list[MoveRecord]
    later: Count = 0


class LooksRecord(Record):
    """How often some endpoints answered: `answered` of so many `looks`. `low` and `high` are the share of the time in
    which they did, from 0 to 1, as far as the looks can tell: the 95 % interval of Wilson. `gap_s` is the mean time
    between two looks at the same endpoint, null where that is not kept; `watched_h` the hours in which each was looked
    at, null for audits. Of the times to the first byte of the answer, half are at most `median_ms`, and 95 % at most
    `p95_ms`: these are bounds between which times were counted, null where none were, or too few, or above 10 s. So are
    those of the TCP handshake (`connect`) and of the TLS handshake alone. `blind` counts further looks, in which the
    vantage itself reached nothing; they are in no other figure."""

    looks: Count
    answered: Count
    low: Ratio
    high: Ratio
    gap_s: Span | None
    watched_h: Span | None
    median_ms: Count | None
    p95_ms: Count | None
    connect_median_ms: Count | None = None
    connect_p95_ms: Count | None = None
    handshake_median_ms: Count | None = None
    handshake_p95_ms: Count | None = None
    blind: Count = 0


class WeekRecord(LooksRecord):
    """The same of a week, which begins on the Monday `week`, UTC; the last one may not be over."""

    week: datetime.date


class OutageRecord(Record):
    """A stretch in which endpoints of a service at a site did not answer `vantage`, or, where it is its `own`, in which
    the vantage itself reached nothing. It began between `after`, null where that is not known, and `began`, and ended
    between `seen` and `ended`, null where it lasts: these are moments of looks. `reasons` are why looks failed."""

    vantage: str
    own: bool
    service: str | None
    site: str | None
    region: str | None
    endpoints: list[str]
    after: UtcDatetime | None
    began: UtcDatetime
    seen: UtcDatetime
    ended: UtcDatetime | None
    reasons: list[str]


class AvailabilityRecord(LooksRecord):
    """How a service answered at a site in these weeks together, and in each. `source` are the light looks that
    `tlsaudit watch` takes, or, where there are none, the audits from the same vantage, each of which is one look.
    `region` is that of the site today; null where the targets file says none. `outages` are its own and those of the
    vantage, by when they began. Where `of` is `region`, it is all services at all sites of a region, and `outages` are
    left out."""

    of: Literal["place", "region"] = "place"
    service: str | None
    site: str | None
    region: str | None = None
    source: Literal["light looks", "audits"]
    endpoints: Count
    weeks: list[WeekRecord]
    outages: list[OutageRecord] = []


class FindingChangesRecord(Record):
    """How many findings the audit that began at `previous_at` does not have so. `regressed` passed and fail now, `new`
    fail now and were not judged or did not apply, `fixed` failed and pass now, `lost` are unknown now, `regained` were
    unknown and do not fail, `rule_changed` are judged otherwise by another rule, `not_run_before` fail by a check that
    was not run then."""

    regressed: Count
    new: Count
    fixed: Count
    lost: Count
    regained: Count
    rule_changed: Count
    not_run_before: Count


class Summary(Record):
    """`coverage` is the judged share of all findings that apply; null where there is none."""

    endpoints: Count
    reachable: Count
    findings: Counts
    coverage: Ratio | None
    connections: Count
    duration_s: Span


class ReviewRecord(Record):
    """What a change of the targets file does, for whoever reviews it: a goal that was met and is `broken`, what becomes
    of another `goal`, a `goalpost` that moved, `new` endpoints, and those that are `dropped`. `about` names the goal,
    check or endpoint."""

    kind: Literal["broken", "goal", "goalpost", "new", "dropped"]
    about: str
    message: str
    location: LocationRecord


class GateRecord(Record):
    """What a gate judged: `configs`, as the user named them, run by `judged_with`, the targets file `targets`, or both.
    `base` is what it was compared with, null where there was nothing; `unaffected` are the hosts that the change cannot
    affect, which were not asked; `review` is what the change does to the timetable and to what is asked."""

    configs: list[str]
    targets: str | None = None
    judged_with: str
    base: str | None
    unaffected: list[str]
    review: list[ReviewRecord] = []


class Header(Record):
    """Everything of the document but its lists. `previous_at` is the start of the audit that all is compared with, that
    before or the one in force on the day `since`, if such a day was asked for; null where there is none;
    `finding_changes` are what its findings say otherwise. `owners` are those of whom all is, empty where it is
    everybody's. `as_of` is the day whose timetable the objectives are held
    against; null where it is the day of the audit itself. `renamed` are endpoint ids of earlier audits, each with the
    one that took its place. `timetable` is what was asked for, null where that was not recorded; `goalposts` is null in
    a document without a timetable, `gate` in any but that of a gate."""

    schema_id: Literal["tlsaudit/audit/1"] = Field(default="tlsaudit/audit/1", alias="schema")
    tool: Tool
    started_at: UtcDatetime
    finished_at: UtcDatetime | None
    previous_at: UtcDatetime | None = None
    since: datetime.date | None = None
    finding_changes: FindingChangesRecord | None = None
    owners: list[str] = []
    as_of: datetime.date | None = None
    vantage: str
    policy: dict[str, Any]
    checks: list[CheckRecord]
    sites: list[str]
    links: list[str]
    waivers: list[WaiverRecord]
    renamed: dict[str, str] = {}
    notes: list[str]
    summary: Summary
    timetable: TimetableRecord | None = None
    goalposts: GoalpostsRecord | None = None
    gate: GateRecord | None = None

    model_config = ConfigDict(populate_by_name=True)

    @property
    def day(self) -> datetime.date:
        """The day, UTC, that the document speaks of."""
        return self.as_of or (self.finished_at or self.started_at).date()


class AuditDocument(Header):
    """The whole document, as its JSON Schema describes it."""

    endpoints: list[EndpointRecord]
    findings: list[FindingRecord]
    objectives: list[ObjectiveRecord]
    availability: list[AvailabilityRecord] = []
