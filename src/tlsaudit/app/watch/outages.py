"""When endpoints did not answer, look by look: only what begins, goes on or ends is written."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from tlsaudit.app.watch.scanner import Seen
from tlsaudit.store import Outage


class Outages:
    """Of one vantage. `begun` are those that an earlier process has not seen the end of."""

    def __init__(self, vantage: str, begun: Iterable[Outage] = ()) -> None:
        self.vantage = vantage
        self._open = {each.endpoint: each for each in begun}
        self._answered: dict[str, datetime] = {}
        self._changed: dict[tuple[str, datetime], Outage] = {}

    def saw(self, seen: Seen) -> None:
        """A look that tells, in the order in which they were over."""
        known = self._open.get(seen.endpoint)
        if seen.look.up:
            self._answered[seen.endpoint] = seen.at
            if known:
                self._note(replace(known, ended=seen.at))
                del self._open[seen.endpoint]
            return
        why = str(seen.look.why.reason) if seen.look.why else "no answer"
        self._open[seen.endpoint] = (
            replace(known, seen=seen.at, looks=known.looks + 1)
            if known
            else Outage(self.vantage, seen.endpoint, self._answered.get(seen.endpoint), seen.at, seen.at, None, why, 1)
        )
        self._note(self._open[seen.endpoint])

    def down(self, endpoint: str) -> Outage | None:
        """The one that lasts."""
        return self._open.get(endpoint)

    def take(self) -> list[Outage]:
        """What changed since."""
        changed, self._changed = self._changed, {}
        return list(changed.values())

    def give_back(self, items: Sequence[Outage]) -> None:
        """What was taken and could not be written."""
        self._changed = {(each.endpoint, each.began): each for each in items} | self._changed

    def _note(self, outage: Outage) -> None:
        self._changed[outage.endpoint, outage.began] = outage
