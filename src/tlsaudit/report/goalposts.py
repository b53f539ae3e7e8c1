"""Goalposts that moved, in words: nobody meets a goal by editing it."""

import datetime
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tlsaudit.report.document import GoalpostsRecord, MoveRecord
from tlsaudit.report.text import joined, place, plural, spoken_date

_NAMED = 3
"""Goals, or what left a scope, that one line names."""


@dataclass(frozen=True, slots=True)
class Moved:
    """What moved, in one line. `seen` is None where no audit saw it yet; `whose` are the goals, or the check."""

    seen: datetime.date | None
    whose: str
    what: str
    easier: bool | None


def moved(moves: Iterable[MoveRecord]) -> list[Moved]:
    """In their order. What is the same for several goals, as when a host is taken out, is one line."""
    whose: dict[tuple[datetime.date | None, str, bool | None], list[str]] = {}
    for move in moves:
        whose.setdefault((move.seen, _what(move), move.easier), []).append(move.name)
    return [Moved(seen, _first(names), what, easier) for (seen, what, easier), names in whose.items()]


def sentence(goalposts: GoalpostsRecord, at: datetime.date) -> str:
    """`No goalpost was moved since 1 February.`, `2 goalposts were moved since 1 February, 1 of them ...`"""
    return " ".join(_sentences(goalposts, at))


def _sentences(goalposts: GoalpostsRecord, at: datetime.date) -> Iterator[str]:
    since = goalposts.known_since
    moves = moved(goalposts.moves)
    count = len(moves)
    if since is None:
        yield "Whether goalposts were moved is not known: the next audit records them."
    elif not count:
        unmoved = f"No goalpost was moved since {spoken_date(since, at)}."
        yield unmoved if since < at else "Goalposts that are moved will show: they are recorded from this day on."
    else:
        easier = sum(move.easier is True for move in moves)
        some = f"{easier} " if easier < count else ""
        which = f", {some}to ask less or excuse more" if easier else ""
        yield f"{plural(count, 'goalpost')} {_were(count)} moved since {spoken_date(since, at)}{which}."
    if goalposts.later:
        yield (
            f"{plural(goalposts.later, 'goalpost')} {_were(goalposts.later)} moved after that day, and the goals are "
            "shown as they are now."
        )


def _were(count: int) -> str:
    return "was" if count == 1 else "were"


def _what(move: MoveRecord) -> str:
    if move.goalpost == "subjects":
        return _left(move)
    if move.goalpost == "waiver":
        return f"waiver on {_first(move.subjects)}: {_to(move.before or 'none', move.after or 'none')}"
    if move.goalpost in ("objective", "milestone"):
        label = "the goal" if move.goalpost == "objective" else "milestone"
        if move.before is None or move.after is None:
            return f"{label} {'added' if move.before is None else 'taken out'}: {move.after or move.before}"
        return _to(move.before, move.after)
    change = f"{move.goalpost} {_to(move.before or 'not set', move.after or 'not set')}"
    return f"{change}: {_left(move)}" if move.count else change


def _to(before: str, after: str) -> str:
    return f"{before} -> {after}"


def _left(move: MoveRecord) -> str:
    left = f"{_first(map(place, move.subjects), move.count)} left the scope"
    if not move.not_passing:
        return left
    return f"{left}, {'it' if move.count == 1 else move.not_passing} did not pass"


def _first(names: Iterable[str], count: int | None = None) -> str:
    """`a`, `a and b`, `a, b, c and 5 others`."""
    listed = list(names)
    more = (count or len(listed)) - _NAMED
    return joined([*listed[:_NAMED], *([plural(more, "other")] if more > 0 else [])])
