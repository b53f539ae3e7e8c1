"""Whether the audits themselves still see something."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median

from tlsaudit.app.notify.notice import Key, Kind, News, Notice
from tlsaudit.report.text import duration
from tlsaudit.store import Audit

CONCERN = "outage"

_KEY: Key = (CONCERN,)
_USUAL = 10  # gaps between audits that say how often there is one
_LEAST = timedelta(hours=36)
_PATIENCE = timedelta(hours=1)


def outage(audits: Sequence[Audit], now: datetime, stale_after: timedelta | None) -> News:
    """`audits` are all, newest first."""
    finished = [audit for audit in audits if audit.finished_at]
    why = next(_reasons(audits, finished, now, stale_after), None)
    if why:
        advice = ("fix  run tlsaudit audit where it is scheduled, and read what it says",)
        return News([Notice(_KEY, Kind.OUTAGE, "outage", None, "the audits see nothing", why, advice)])
    last = f"the audit of {_moment(finished[0].started_at)} was finished" if finished else "no audit was begun"
    return News(over={_KEY: Notice(_KEY, Kind.BACK, "outage", None, "the audits see again", last)})


def _reasons(
    audits: Sequence[Audit], finished: Sequence[Audit], now: datetime, stale_after: timedelta | None
) -> Iterator[str]:
    last = finished[0] if finished else None
    if last and blind(last):
        yield f"nothing answered the audit of {_moment(last.started_at)}"
    limit = stale_after or _usual(finished)
    if last and last.finished_at and limit and now - last.finished_at > limit:
        ago = duration((now - last.finished_at).total_seconds())
        yield f"the last audit was finished {ago} ago, on {_moment(last.finished_at)}"
    patience = max(_PATIENCE, 3 * (last.finished_at - last.started_at)) if last and last.finished_at else _PATIENCE
    for audit in audits[: audits.index(last) if last else None]:
        if now - audit.started_at > patience:
            yield f"the audit that was begun on {_moment(audit.started_at)} has not finished"


def blind(audit: Audit) -> bool:
    """Whether nothing answered a finished audit."""
    summary = audit.summary or {}
    return bool(summary.get("endpoints")) and not summary.get("reachable")


def _usual(finished: Sequence[Audit]) -> timedelta | None:
    """Twice the usual time between two audits, at least 36 hours; None where there are not three."""
    starts = [audit.started_at for audit in finished[: _USUAL + 1]]
    gaps = [(later - earlier).total_seconds() for later, earlier in pairwise(starts)]
    return max(2 * timedelta(seconds=median(gaps)), _LEAST) if len(gaps) >= 2 else None


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"
