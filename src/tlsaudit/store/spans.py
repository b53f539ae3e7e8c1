"""Which states an audit found: the looks of one that runs or was killed, the spans of one that is finished.

An audit that is not finished leaves the spans alone, so that one killed in between, or two at once, break none. The
ordinal is given in the transaction that finishes the audit, which lets no other in.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Subquery, and_, exists, insert, literal, select, union_all, update

from tlsaudit.store import schema
from tlsaudit.store.codec import canonical, digest
from tlsaudit.store.errors import StoreError
from tlsaudit.store.recording import intern
from tlsaudit.store.records import Pinned


def track_of(connection: Connection, vantage: str, targets: str | None, pinned: Pinned) -> int:
    """The id of the track of such an audit."""
    key = digest(vantage, targets, sorted(pinned.rules))
    return intern(connection, schema.tracks, [{"digest": key, "vantage": vantage, "newest": 0}])[key]


def close(connection: Connection, audit: int) -> dict[str, Any]:
    """Make spans of the looks of an audit. The answer is what is to be said of it in `audits`."""
    tracks, spans, looks = schema.tracks.c, schema.spans.c, schema.looks.c
    track = connection.scalar(select(schema.audits.c.track_id).where(schema.audits.c.id == audit))
    if track is None:
        raise StoreError(f"there is no audit {audit}")
    advance = update(schema.tracks).where(tracks.id == track).values(newest=tracks.newest + 1)
    ordinal: int = connection.execute(advance.returning(tracks.newest)).scalar_one()
    found = exists().where(looks.audit_id == audit, looks.state_id == spans.state_id)
    goes_on = update(schema.spans).where(spans.track_id == track, spans.last == ordinal - 1, found)
    connection.execute(goes_on.values(last=ordinal))
    # A set less a set: to ask of each look whether there is a span takes SQLite as long as there are spans.
    seen = select(looks.state_id).where(looks.audit_id == audit)
    new = seen.except_(select(spans.state_id).where(spans.track_id == track, spans.last == ordinal)).subquery()
    begun = select(literal(track), new.c.state_id, literal(ordinal), literal(ordinal))
    connection.execute(insert(schema.spans).from_select(["track_id", "state_id", "first", "last"], begun))
    return {"ordinal": ordinal, "kinds": canonical(_kinds(connection, audit))}


def _kinds(connection: Connection, audit: int) -> list[str]:
    """Of which evidence anything was observed."""
    looks, evidence = schema.looks.c, schema.evidence.c
    statement = (
        select(evidence.kind)
        .select_from(schema.looks)
        .join(schema.state_evidence, schema.state_evidence.c.state_id == looks.state_id)
        .join(schema.evidence)
        .where(looks.audit_id == audit, evidence.observed)
        .distinct()
    )
    return sorted(connection.scalars(statement))


def found_in(connection: Connection, audit: int) -> Subquery:
    """The `state_id` of all that an audit found, with its look as far as it is kept."""
    audits, looks, spans = schema.audits.c, schema.looks.c, schema.spans.c
    figures = [column for column in looks if not column.primary_key]
    row = connection.execute(select(audits.track_id, audits.ordinal).where(audits.id == audit)).one_or_none()
    if row is None or row.ordinal is None:
        return select(looks.state_id, *figures).where(looks.audit_id == audit).subquery("found")
    same = and_(looks.audit_id == audit, looks.state_id == spans.state_id)
    return (
        select(spans.state_id, *figures)
        .select_from(schema.spans.outerjoin(schema.looks, same))
        .where(spans.track_id == row.track_id, spans.first <= row.ordinal, spans.last >= row.ordinal)
        .subquery("found")
    )


def found_in_each(connection: Connection, audits: Sequence[int]) -> Subquery:
    """The same of several audits, with the `audit_id` of each."""
    parts = [select(literal(audit).label("audit_id"), found_in(connection, audit)) for audit in audits]
    return union_all(*parts).subquery("found_in_each")
