"""What targets.yaml says of notices: who is told, by which addresses, and for what somebody is paged."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from tlsaudit.target.problem import TargetError

Topic = Literal["critical", "high", "medium", "low", "info", "overdue", "outage", "certificate", "waiver", "milestone"]
"""What a notice is about: a failure of a severity, a goal that is overdue, a scanner that sees nothing; a certificate
or a waiver that expires, a milestone that is due."""

PAGE_FOR: tuple[Topic, ...] = ("critical", "high", "overdue", "outage")
"""For what somebody is paged where the targets file does not say."""

VARIABLE_PATTERN = r"\$[A-Za-z_][A-Za-z0-9_]*"


@dataclass(frozen=True, slots=True)
class Channels:
    """The names of the environment variables that hold the addresses, by what is sent there; none: none."""

    page: tuple[str, ...] = ()
    mail: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NotifySpec:
    """`owners` are told by their own channels, and by those of `everybody` where they have none. `report` is where a
    reader finds the report. An audit is missed after `stale_after`; None: after twice the usual time between two.
    """

    everybody: Channels
    owners: Mapping[str, Channels]
    page_for: frozenset[Topic]
    report: str | None
    stale_after: timedelta | None

    @property
    def variables(self) -> tuple[str, ...]:
        """All that are named, each once, in the order of the file."""
        channels = (self.everybody, *self.owners.values())
        return tuple(dict.fromkeys(name for each in channels for name in (*each.page, *each.mail)))


def parse_variable(text: str) -> str:
    """`$NAME` -> `NAME`. Raises TargetError, which does not repeat what may be a secret."""
    if not re.fullmatch(VARIABLE_PATTERN, text):
        raise TargetError(
            "an address may hold a secret: put it into an environment variable, and write its name here, such as "
            "$MAIL_URL"
        )
    return text.removeprefix("$")
