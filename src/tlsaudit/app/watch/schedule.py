"""When audits are due: a cron expression, in UTC, so that no hour of the year comes twice or not at all."""

from datetime import UTC, datetime

from tlsaudit.errors import UserError

_MOST_JITTER_S = 60.0
_JITTER_SHARE = 0.01


class Schedule:
    """Five fields as cron has them: minute, hour, day, month, day of the week; six begin with the second.

    Raises UserError for what is no such expression, and for one that is never due.
    """

    def __init__(self, expression: str) -> None:
        self._expression = expression
        self.after(datetime.now(UTC))

    def after(self, moment: datetime) -> datetime:
        """The first time after this one."""
        from cronsim import CronSim, CronSimError

        try:
            return next(CronSim(self._expression, moment))
        except CronSimError as error:
            why = str(error).lower()
        except StopIteration:
            why = "never due"
        raise UserError(f"--schedule {self._expression!r}: {why}: write it as in crontab, such as '15 2 * * *'")

    def jitter_s(self, due: datetime) -> float:
        """How many seconds an audit may begin late, so that not everybody begins at once: a hundredth of the time to
        the next, and a minute at most.
        """
        return min(_MOST_JITTER_S, _JITTER_SHARE * (self.after(due) - due).total_seconds())
