"""What passed, and fails since two audits; and what was told of and passes again."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice

from tlsaudit.app.notify.courses import Course, Judged, Turn, turned
from tlsaudit.app.notify.notice import Key, Kind, News, Notice
from tlsaudit.app.notify.words import neutral
from tlsaudit.check import Finding, Outcome, Subject
from tlsaudit.report.document import CheckRecord
from tlsaudit.report.fixes import fixes_for
from tlsaudit.report.text import place, spoken_date

CONCERN = "regression"

_FIXES = 3


def regressions(
    found: Mapping[Judged, tuple[Course, Sequence[datetime]]],
    told: Collection[Key],
    *,
    check_of: Callable[[str], CheckRecord],
    owner_of: Callable[[Subject], str | None],
    at: datetime,
) -> News:
    """`found` are courses, waivers applied, each with the starts of its audits."""
    stands: list[Notice] = []
    over: dict[Key, Notice] = {}
    ended: set[Key] = set()
    for judged, (course, starts) in found.items():
        key = _key(judged)
        state = turned(course)
        now = state.now
        if state.turn is Turn.REGRESSED and now and not now.waived:
            since = f"since {spoken_date(starts[state.since].date(), at.date())}"
            about = f"{now.check} ({now.severity.label}), {since}"
            advice = tuple(_advice(check_of(now.check), now))
            stands.append(_notice(key, Kind.REGRESSED, now, owner_of(now.subject), about=about, advice=advice))
        elif key in told and state.turn in {Turn.OVER, Turn.GONE}:
            ended.add(key)
            if now and now.outcome is Outcome.PASS:
                over[key] = _notice(key, Kind.RECOVERED, now, owner_of(now.subject), about=now.check)
    return News(stands, unsure=set(told) - ended, over=over)


def _key(judged: Judged) -> Key:
    check, subject = judged
    return (CONCERN, check, subject.kind.value, subject.id)


def _advice(check: CheckRecord, finding: Finding) -> Iterator[str]:
    for server, line in islice(fixes_for(check, finding.subject.id).items(), _FIXES):
        yield f"fix  {server}: {line}"
    yield f"why  tlsaudit explain {check.id}"


def _notice(
    key: Key, kind: Kind, now: Finding, owner: str | None, *, about: str, advice: tuple[str, ...] = ()
) -> Notice:
    line = f"{place(now.subject.id)}: {neutral(now.message)}"
    return Notice(key, kind, now.severity.label, owner, about, line, advice)
