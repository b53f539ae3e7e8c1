"""With which earlier audit a report is compared: the one before, or the one that was in force on a day."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from tlsaudit.errors import UserError
from tlsaudit.store import Audit


@dataclass(frozen=True, slots=True)
class Since:
    """`day` is the one asked for, `audit` the last that was finished by its end, UTC; else the first of all, None where
    that is the one reported."""

    day: date
    audit: Audit | None

    @property
    def known_from(self) -> date:
        """The first day of which anything is known."""
        return max(self.day, self.audit.started_at.date()) if self.audit else self.day

    def knew(self, begun: datetime) -> bool:
        """Whether the audit that began then is not later."""
        return self.audit is not None and begun <= self.audit.started_at

    @property
    def note(self) -> str | None:
        """Where no audit was in force on the day."""
        if self.audit is None:
            return f"no audit was finished by {self.day}, and this one is the first: there is nothing to compare with"
        if self.known_from == self.day:
            return None
        return f"no audit was finished by {self.day}: all is compared with the first, of {self.audit.started_at.date()}"


def since(day: date, reported: Audit, comparable: Iterable[Audit]) -> Since:
    """Among the `comparable` audits, newest first. Raises UserError where nothing was audited since."""
    if reported.started_at.date() <= day:
        raise UserError(
            f"--since {day}: nothing was audited since then, the last audit is of {reported.started_at.date()}: "
            "name an earlier day"
        )
    before = [each for each in comparable if each.started_at < reported.started_at]
    in_force = (each for each in before if each.finished_at and each.finished_at.date() <= day)
    return Since(day, next(in_force, before[-1] if before else None))
