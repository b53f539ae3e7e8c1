"""The words of one message: what, since when, who, the fix, and where to read on. Plain text, whatever carries it."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import get_args

from tlsaudit.app.notify.notice import GOOD, Kind, Notice
from tlsaudit.report.text import clean, plural
from tlsaudit.target import Topic

_GROUPS = 12
_LINES = 5
_KINDS = list(Kind)
_TOPICS = get_args(Topic)

_Group = tuple[int, int, str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Message:
    """`good` where it holds nothing but good news."""

    title: str
    body: str
    good: bool


def compose(notices: Sequence[Notice], owner: str | None, *, opening: str | None, source: str, report: str) -> Message:
    """One message to an owner, None for what nobody answers for. `source` is the audit it comes from; `report` is where
    the report is.
    """
    groups = [list(group) for _, group in groupby(sorted(notices, key=_order), key=_group)]
    shown = "\n\n".join("\n".join(_told(group)) for group in groups[:_GROUPS])
    parts = [
        *([opening] if opening else ()),
        shown,
        *([f"and {plural(sum(map(len, groups[_GROUPS:])), 'more notice')}"] if len(groups) > _GROUPS else ()),
        f"Owner: {clean(owner) if owner else 'nobody is named'}\nFrom: {source}\nReport: {clean(report)}",
    ]
    return Message(
        title=f"tlsaudit{f' ({clean(owner)})' if owner else ''}: {_counted(notices)}",
        body="\n\n".join(parts) + "\n",
        good=all(notice.kind in GOOD for notice in notices),
    )


def _counted(notices: Iterable[Notice]) -> str:
    counts = Counter(notice.kind for notice in notices)
    return ", ".join(kind.counted(counts[kind]) for kind in _KINDS if counts[kind])


def _order(notice: Notice) -> tuple[_Group, str]:
    return _group(notice), notice.line


def _group(notice: Notice) -> _Group:
    """The most pressing first."""
    return _KINDS.index(notice.kind), _TOPICS.index(notice.topic), notice.about, notice.advice


def _told(group: Sequence[Notice]) -> Iterator[str]:
    first = group[0]
    yield f"{first.kind.word}  {first.about}"
    for notice in group[:_LINES]:
        yield f"  {notice.line}"
    if len(group) > _LINES:
        yield f"  and {len(group) - _LINES:,} more"
    for line in first.advice:
        yield f"  {line}"
