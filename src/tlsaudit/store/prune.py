"""Forget old audits, and all content that nothing points to any more."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from sqlalchemy import Column, Connection, Table, and_, delete, exists, func, select, update

from tlsaudit.store import schema
from tlsaudit.store.bulk import in_parts
from tlsaudit.store.codec import unpack_ids
from tlsaudit.store.records import Pruned
from tlsaudit.store.rounds import forget_looks

_WEEK = timedelta(days=7)

_AT_ONCE = 500
"""States whose verdicts are in memory."""

FILES = 16
"""Targets files of one history that are looked at, those audited last."""

FORGOTTEN = and_(schema.audits.c.finished_at.is_not(None), schema.audits.c.ordinal.is_(None))
"""What is left of an audit that was forgotten: the figures of its objectives, and when it was."""


def forget_audits(connection: Connection, before: datetime) -> Pruned:
    """Forget the audits that began before then, but for the last that was finished of each targets file and vantage,
    and what ended before: weeks, the days of light looks, and outages.

    The figures of objectives stay: they are few, and without them nobody could tell the way to a goal.
    """
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("LOCK TABLE states IN SHARE ROW EXCLUSIVE MODE")  # as in `Batch.write`
    audits, spans = schema.audits.c, schema.spans.c
    old = and_(audits.started_at < before, ~FORGOTTEN, audits.id.not_in(_last(connection)))
    numbers = select(audits.id).where(old)
    count = connection.scalar(select(func.count()).select_from(numbers.subquery())) or 0
    figures = schema.objectives
    connection.execute(update(figures).where(figures.c.audit_id.in_(numbers)).values(body="{}"))
    forget_looks(connection, numbers)
    connection.execute(delete(schema.audits).where(old, audits.finished_at.is_(None)))
    connection.execute(update(schema.audits).where(old).values(ordinal=None, summary=None, notes=None, paces=None))
    within = exists().where(
        audits.track_id == spans.track_id, audits.ordinal >= spans.first, audits.ordinal <= spans.last
    )
    with _indexed(connection, (audits.ordinal,)):
        connection.execute(delete(schema.spans).where(~within))
    hour = int(before.timestamp()) // 3600
    for table in (schema.failures, schema.answers):
        connection.execute(delete(table).where(table.c.hour + table.c.hours <= hour))
    connection.execute(delete(schema.outages).where(schema.outages.c.ended < before))
    connection.execute(delete(schema.weeks).where(schema.weeks.c.monday <= (before - _WEEK).date()))
    return Pruned(count, _sweep(connection))


def _last(connection: Connection) -> list[int]:
    """The last finished audit of each series. Where each run has a targets file of its own, they are no series: no more
    files count than a report looks at."""
    audits = schema.audits.c
    finished = (
        select(audits.id, audits.targets, audits.vantage)
        .where(audits.finished_at.is_not(None), ~FORGOTTEN)
        .order_by(audits.started_at.desc(), audits.id.desc())
    )
    kept: dict[str | None, dict[str, int]] = {}
    for number, targets, vantage in connection.execute(finished):
        if targets in kept or len(kept) < FILES:
            kept.setdefault(targets, {}).setdefault(vantage, number)
    return [number for of_file in kept.values() for number in of_file.values()]


def _sweep(connection: Connection) -> int:
    """Delete content that nothing points to; the answer is how many rows."""
    states, shown = schema.states.c, schema.state_evidence.c
    spans, looks, weeks = schema.spans.c, schema.looks.c, schema.weeks.c
    used: tuple[tuple[Table, Column[int], tuple[Column[int], ...]], ...] = (
        (schema.state_evidence, shown.state_id, (spans.state_id, looks.state_id)),
        (schema.states, states.id, (spans.state_id, looks.state_id)),
        (schema.evidence, schema.evidence.c.id, (shown.evidence_id,)),
        (schema.endpoints, schema.endpoints.c.id, (states.endpoint_id,)),
        (schema.subjects, schema.subjects.c.id, (states.subject_id, weeks.subject_id)),
    )
    pointers = (
        shown.evidence_id,
        states.endpoint_id,
        looks.state_id,
        weeks.subject_id,
    )
    with _indexed(connection, pointers):
        swept = sum(
            connection.execute(delete(table).where(*(~exists().where(each == key) for each in users))).rowcount
            for table, key, users in used
        )
    return swept + _sweep_verdicts(connection)


def _sweep_verdicts(connection: Connection) -> int:
    """The same of verdicts, whose ids are in one column of states."""
    verdicts = schema.verdicts.c
    used = bytearray(1 + (connection.scalar(select(func.max(verdicts.id))) or 0))
    for ids in connection.scalars(select(schema.states.c.verdicts), execution_options={"yield_per": _AT_ONCE}):
        for number in unpack_ids(ids):
            used[number] = True
    unused = [number for number in connection.scalars(select(verdicts.id)) if not used[number]]
    for some in in_parts(unused):
        connection.execute(delete(schema.verdicts).where(verdicts.id.in_(some)))
    return len(unused)


@contextmanager
def _indexed(connection: Connection, columns: tuple[Column[int], ...]) -> Iterator[None]:
    """For each row that is deleted, the database looks for those that point to it. Nothing else needs these indexes,
    and they would be as large as what they lead to.
    """
    for column in columns:
        connection.exec_driver_sql(f"CREATE INDEX ix_prune_{column.table.name} ON {column.table.name} ({column.name})")
    yield
    for column in columns:
        connection.exec_driver_sql(f"DROP INDEX ix_prune_{column.table.name}")
