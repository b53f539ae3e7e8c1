"""Certificates that expire, by the facts of certificate-validity."""

from collections.abc import Callable, Collection, Iterable
from datetime import datetime, timedelta

from tlsaudit.app.notify.notice import Key, Kind, News, Notice
from tlsaudit.check import Finding, Outcome, Subject
from tlsaudit.report.text import place, plural

CONCERN = "certificate"
CHECK = "certificate-validity"

_DAY = timedelta(days=1)
_STEPS = (1, 7, 14, 30)  # days before the end, each told once
_LAST_PART = 4
"""Only in the last quarter of its life: one of 90 days is renewed with 30 left, and that is no news."""


def certificates(
    findings: Iterable[Finding], told: Collection[Key], owner_of: Callable[[Subject], str | None], at: datetime
) -> News:
    """`findings` are those of the check, waivers applied."""
    stands = []
    judged = set()
    for finding in findings:
        if finding.outcome in {Outcome.PASS, Outcome.FAIL}:
            judged.add(finding.subject.id)
            if not finding.waived and (notice := _notice(finding, owner_of, at)):
                stands.append(notice)
    return News(stands, unsure={key for key in told if key[1] not in judged})


def _notice(finding: Finding, owner_of: Callable[[Subject], str | None], at: datetime) -> Notice | None:
    begins, ends = (_moment(finding, name) for name in ("not_before", "not_after"))
    if begins is None or ends is None:
        return None
    left = ends - at
    if left < timedelta(0):
        step, kind, about = "expired", Kind.EXPIRED, f"on {ends:%Y-%m-%d %H:%M} UTC"
    else:
        near = next((step for step in _STEPS if left <= step * _DAY), None)
        if near is None or left > (ends - begins) / _LAST_PART:
            return None
        step, kind, about = str(near), Kind.EXPIRES, f"in {_days(left)}, on {ends:%Y-%m-%d %H:%M} UTC"
    return Notice(
        (CONCERN, finding.subject.id, ends.isoformat(), step),
        kind,
        finding.severity.label if left <= _DAY else "certificate",
        owner_of(finding.subject),
        about,
        place(finding.subject.id),
        ("fix  renew it, and reload the server: a file that no process has read changes nothing",),
    )


def _days(left: timedelta) -> str:
    return plural(left // _DAY, "day") if left >= 2 * _DAY else plural(left // timedelta(hours=1), "hour")


def _moment(finding: Finding, name: str) -> datetime | None:
    text = finding.facts.get(name)
    return datetime.fromisoformat(text) if isinstance(text, str) else None
