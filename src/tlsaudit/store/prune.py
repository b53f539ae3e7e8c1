"""Forget old audits, and all content that nothing points to any more."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from sqlalchemy import Column, Connection, and_, delete, exists, func, or_, select, union, update

from tlsaudit.store import schema
from tlsaudit.store.records import Pruned

_WEEK = timedelta(days=7)

FORGOTTEN = and_(schema.audits.c.finished_at.is_not(None), schema.audits.c.ordinal.is_(None))
"""What is left of an audit that was forgotten: the figures of its objectives, and when it was."""


def forget_audits(connection: Connection, before: datetime) -> Pruned:
    """Forget the audits that began before then, but for the last that was finished, and what ended before: weeks, the
    days of light looks, and outages.

    The figures of objectives stay: they are few, and without them nobody could tell the way to a goal.
    """
    audits, looks, spans = schema.audits.c, schema.looks.c, schema.spans.c
    newest = (
        select(audits.id)
        .where(audits.finished_at.is_not(None), ~FORGOTTEN)
        .order_by(audits.started_at.desc(), audits.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    old = and_(audits.started_at < before, ~FORGOTTEN, or_(audits.id != newest, newest.is_(None)))
    numbers = select(audits.id).where(old)
    count = connection.scalar(select(func.count()).select_from(numbers.subquery())) or 0
    figures = schema.objectives
    connection.execute(update(figures).where(figures.c.audit_id.in_(numbers)).values(body="{}"))
    connection.execute(delete(schema.looks).where(looks.audit_id.in_(numbers)))
    connection.execute(delete(schema.audits).where(old, audits.finished_at.is_(None)))
    connection.execute(update(schema.audits).where(old).values(ordinal=None, summary=None, notes=None))
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


def _sweep(connection: Connection) -> int:
    """Delete content that nothing points to; the answer is how many rows."""
    states, shown, said = schema.states, schema.state_evidence, schema.state_verdicts
    found = union(select(schema.spans.c.state_id), select(schema.looks.c.state_id))
    about = union(select(states.c.subject_id), select(schema.weeks.c.subject_id))
    unused = (
        (shown, shown.c.state_id, found),
        (said, said.c.state_id, found),
        (states, states.c.id, found),
        (schema.evidence, schema.evidence.c.id, select(shown.c.evidence_id)),
        (schema.verdicts, schema.verdicts.c.id, select(said.c.verdict_id)),
        (
            schema.endpoints,
            schema.endpoints.c.id,
            select(states.c.endpoint_id).where(states.c.endpoint_id.is_not(None)),
        ),
        (schema.subjects, schema.subjects.c.id, about),
    )
    pointers = (
        shown.c.evidence_id,
        said.c.verdict_id,
        states.c.endpoint_id,
        schema.spans.c.state_id,
        schema.looks.c.state_id,
        schema.weeks.c.subject_id,
    )
    with _indexed(connection, pointers):
        return sum(connection.execute(delete(table).where(key.not_in(used))).rowcount for table, key, used in unused)


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
