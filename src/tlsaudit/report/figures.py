"""An audit in numbers, as Prometheus has them: the same names in a text file and at `tlsaudit watch`."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import NamedTuple, Self, get_args

from tlsaudit.report.document import Counts, StatusName
from tlsaudit.report.view import AuditView

_OUTCOMES = ("pass", "fail", "unknown", "not_applicable", "waived")


@dataclass(frozen=True, slots=True)
class ObjectiveFigures:
    """`due` is the last day on which it may be met."""

    status: str
    share: float | None
    value: float | None
    coverage: float | None
    counts: Counts
    due: date | None


@dataclass(frozen=True, slots=True)
class AuditFigures:
    """An audit in numbers. `findings` counts by check, severity and outcome, `waived` being one; of a check that ran,
    every outcome is there. `finished_at` is None for one that was not finished.
    """

    finished_at: datetime | None
    duration_s: float
    endpoints: int
    reachable: int
    findings: Mapping[tuple[str, str, str], int]
    objectives: Mapping[str, ObjectiveFigures]

    @classmethod
    def of(cls, view: AuditView) -> Self:
        """Counts every finding once."""
        header = view.header
        counted = view.tallies()
        ran = {(check, severity) for check, severity, _ in counted}
        return cls(
            finished_at=header.finished_at,
            duration_s=header.summary.duration_s,
            endpoints=header.summary.endpoints,
            reachable=header.summary.reachable,
            findings={(*each, outcome): counted[*each, outcome] for each in sorted(ran) for outcome in _OUTCOMES},
            objectives={
                item.id: ObjectiveFigures(item.status, item.share, item.value, item.coverage, item.counts, item.due)
                for item in view.objectives
            },
        )


class Gauge(NamedTuple):
    """A metric: its name, its help in one line, the names of its labels, and their values with the number of each."""

    name: str
    help: str
    labels: tuple[str, ...]
    samples: Sequence[tuple[tuple[str, ...], float]]


def gauges(audit: AuditFigures) -> Iterator[Gauge]:
    """Those of an audit. Times are in seconds, shares from 0 to 1."""
    if audit.finished_at:
        yield _plain(
            "last_success_timestamp_seconds", "When the last audit was finished.", audit.finished_at.timestamp()
        )
    yield _plain("audit_duration_seconds", "How long the last audit took.", audit.duration_s)
    yield _plain("endpoints", "Endpoints of the last audit.", audit.endpoints)
    yield _plain("endpoints_reachable", "Endpoints of the last audit that answered.", audit.reachable)
    labels = ("check", "severity", "outcome")
    yield Gauge("tlsaudit_findings", "Findings of the last audit.", labels, list(audit.findings.items()))
    yield from _of_objectives(audit.objectives)


def _of_objectives(objectives: Mapping[str, ObjectiveFigures]) -> Iterator[Gauge]:
    def numbers(name: str, text: str, figures: Mapping[str, float | None]) -> Gauge:
        known = [((objective,), number) for objective, number in figures.items() if number is not None]
        return Gauge(f"tlsaudit_objective_{name}", text, ("objective",), known)

    items = objectives.items()
    yield Gauge(
        "tlsaudit_objective_status",
        "1 for the status that an objective has.",
        ("objective", "status"),
        [((name, each), each == item.status) for name, item in items for each in get_args(StatusName)],
    )
    yield Gauge(
        "tlsaudit_objective_subjects",
        "Subjects of an objective by outcome: what its share is a share of.",
        ("objective", "outcome"),
        [
            ((name, outcome), number)
            for name, item in items
            for outcome, number in item.counts.model_dump(by_alias=True).items()
        ],
    )
    yield numbers("share_ratio", "The share of subjects that pass.", {name: item.share for name, item in items})
    yield numbers(
        "coverage_ratio",
        "The share of subjects that could be judged.",
        {name: item.coverage for name, item in items},
    )
    yield numbers("value", "The figure of an objective that is a metric.", {name: item.value for name, item in items})
    yield numbers(
        "due_timestamp_seconds",
        "The end of the day of the milestone.",
        {name: _end_of(item.due) for name, item in items},
    )


_DAY_S = 86_400


def _end_of(day: date | None) -> float | None:
    return datetime.combine(day, time.min, UTC).timestamp() + _DAY_S if day else None  # there is no day after the last


def _plain(name: str, text: str, number: float) -> Gauge:
    return Gauge(f"tlsaudit_{name}", text, (), [((), number)])
