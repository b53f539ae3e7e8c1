"""What the process knows of itself: written by its parts, read by /metrics and /healthz in threads of their own."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from tlsaudit.probe.availability import Look
from tlsaudit.report.figures import AuditFigures


@dataclass(slots=True)
class State:
    """`looks` has the last look at each endpoint that is watched, None where there was none, or where the light looks
    reached nothing since. `history_lost` says since when the history cannot be used, and why; `waiting_rows` is how
    many rows wait for it. `nowhere_since` says since when the light looks reach nothing, by the watcher's own fault.
    `said` takes what a person should read.
    """

    said: Callable[[str], None]
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    next_audit_at: datetime | None = None
    audit_running: bool = False
    audits: Counter[str] = field(default_factory=lambda: Counter(finished=0, failed=0, skipped=0))
    last: AuditFigures | None = None
    last_failure: str | None = None
    looks: dict[str, Look | None] = field(default_factory=dict)
    look_results: Counter[str] = field(default_factory=lambda: Counter(up=0, down=0, blind=0, skipped=0))
    history_lost: tuple[datetime, str] | None = None
    waiting_rows: int = 0
    nowhere_since: datetime | None = None
    _history_found: datetime | None = None

    def reach(self, nowhere_at: datetime | None) -> None:
        """When the light looks reached nothing; None where they do. Says so once. What was seen before says nothing of
        now, then.
        """
        if nowhere_at is not None:
            self.looks = dict.fromkeys(self.looks)
        if (nowhere_at is None) != (self.nowhere_since is None):
            self.nowhere_since = nowhere_at
            self.said(
                "the light looks reach something again"
                if nowhere_at is None
                else "the light looks reach nothing at all: until they do, they count against no service"
            )

    def lost_history(self, why: str, begun: datetime) -> None:
        """Says so once. What was begun before the history was back says nothing of it."""
        if self.history_lost is None and begun >= (self._history_found or begun):
            self.history_lost = datetime.now(UTC), why
            self.said(f"{why}: what is measured is kept until it is back")

    def found_history(self, begun: datetime) -> None:
        """What was begun before the history was lost says nothing of it: a file that is open outlives its name."""
        if self.history_lost is not None and begun >= self.history_lost[0]:
            self.history_lost = None
            self._history_found = datetime.now(UTC)
            self.said("the history is back")

    @property
    def healthy(self) -> bool:
        """Whether the history can be written, and the last audit that was tried was not a failure."""
        return self.history_lost is None and self.last_failure is None
