"""What the process knows of itself: written by its parts, read by /metrics and /healthz in threads of their own."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Self

from tlsaudit.probe.availability import Look
from tlsaudit.report.document import AuditView


@dataclass(frozen=True, slots=True)
class ObjectiveFigures:
    """`due` is the last day on which it may be met."""

    status: str
    share: float | None
    value: float | None
    coverage: float | None
    due: date | None


@dataclass(frozen=True, slots=True)
class AuditFigures:
    """An audit in numbers. `findings` counts by check, severity and outcome, `waived` being one; of a check that ran,
    every outcome is there.
    """

    finished_at: datetime
    duration_s: float
    endpoints: int
    reachable: int
    findings: Mapping[tuple[str, str, str], int]
    objectives: Mapping[str, ObjectiveFigures]

    @classmethod
    def of(cls, view: AuditView) -> Self:
        """Reads every finding of a finished audit once."""
        header = view.header
        assert header.finished_at
        counted: Counter[tuple[str, str, str]] = Counter(
            (item.check, item.severity, "waived" if item.waiver else item.outcome) for item in view.findings()
        )
        ran = {(check, severity) for check, severity, _ in counted}
        outcomes = ("pass", "fail", "unknown", "not_applicable", "waived")
        return cls(
            finished_at=header.finished_at,
            duration_s=header.summary.duration_s,
            endpoints=header.summary.endpoints,
            reachable=header.summary.reachable,
            findings={(*each, outcome): counted[*each, outcome] for each in sorted(ran) for outcome in outcomes},
            objectives={
                item.id: ObjectiveFigures(item.status, item.share, item.value, item.coverage, item.due)
                for item in view.objectives
            },
        )


@dataclass(slots=True)
class State:
    """`looks` has the last look at each endpoint that is watched, None where there was none yet. `history_lost` says
    since when the history cannot be used, and why; `waiting_rows` is how many rows wait for it. `said` takes what a
    person should read.
    """

    said: Callable[[str], None]
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    next_audit_at: datetime | None = None
    audit_running: bool = False
    audits: Counter[str] = field(default_factory=lambda: Counter(finished=0, failed=0, skipped=0))
    last: AuditFigures | None = None
    last_failure: str | None = None
    looks: dict[str, Look | None] = field(default_factory=dict)
    look_results: Counter[str] = field(default_factory=lambda: Counter(up=0, down=0, skipped=0))
    history_lost: tuple[datetime, str] | None = None
    waiting_rows: int = 0

    def lost_history(self, why: str) -> None:
        """Says so once."""
        if self.history_lost is None:
            self.history_lost = datetime.now(UTC), why
            self.said(f"{why}: what is measured is kept until it is back")

    def found_history(self) -> None:
        if self.history_lost is not None:
            self.history_lost = None
            self.said("the history is back")

    @property
    def healthy(self) -> bool:
        """Whether the history can be written, and the last audit that was tried was not a failure."""
        return self.history_lost is None and self.last_failure is None
