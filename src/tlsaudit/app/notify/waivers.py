"""Waivers that expire, and those that have."""

from collections.abc import Iterable

from tlsaudit.app.notify.notice import Kind, News, Notice
from tlsaudit.goal import Standing
from tlsaudit.report.text import clean, long_date, plural

CONCERN = "waiver"

_STEPS = (1, 7, 30)  # days before its last one, each told once


def waivers(found: Iterable[Standing]) -> News:
    return News([notice for standing in found if (notice := _notice(standing))])


def _notice(standing: Standing) -> Notice | None:
    waiver, left = standing.waiver, standing.days_left
    if standing.expired:
        kind, step, when = Kind.WAIVER_EXPIRED, "expired", f"on {long_date(waiver.expires)}"
    else:
        near = next((step for step in _STEPS if left <= step), None)
        if near is None:
            return None
        last = "today" if left == 0 else f"in {plural(left, 'day')}, on {long_date(waiver.expires)}"
        kind, step, when = Kind.WAIVER_EXPIRES, str(near), f"its last day is {last}"
    names = ", ".join(waiver.on)
    return Notice(
        (CONCERN, waiver.check, names, waiver.expires.isoformat(), step),
        kind,
        "waiver",
        waiver.owner,
        f"{waiver.check} on {clean(names)}",
        f"{when}: {_excused(standing)}",
        (
            f"for  {clean(waiver.reason)}",
            *([f"see  {clean(waiver.ticket)}"] if waiver.ticket else ()),
            "fix  mend what fails, or renew the waiver" if standing.failing else "fix  take it out of the targets file",
        ),
    )


def _excused(standing: Standing) -> str:
    if not standing.failing:
        return "nothing it covers fails"
    if not standing.expired:
        return f"it excuses {plural(standing.failing, 'failure')}"
    again = standing.failing - standing.excused
    if not again:
        return f"another waiver excuses {plural(standing.failing, 'failure')}"
    return f"{plural(again, 'failure')} {'counts' if again == 1 else 'count'} again"
