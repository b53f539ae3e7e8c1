"""What was told at which address already, so that nothing is told twice."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, delete, insert, select, update

from tlsaudit.store import schema
from tlsaudit.store.records import Told

LEASE = timedelta(minutes=10)
"""How long who begins to tell something keeps others from it; who was killed meanwhile is waited for as long."""

_KEYS = 400  # in one statement

_notices = schema.notices.c


def read_told(connection: Connection) -> list[Told]:
    statement = select(schema.notices).where(_notices.told_at.is_not(None)).order_by(_notices.address, _notices.key)
    return [Told(row.address, row.key, row.told_at) for row in connection.execute(statement)]


def claim(connection: Connection, address: str, keys: Collection[str], now: datetime) -> set[str]:
    """Those of the keys that nobody has told at this address, or is about to tell."""
    wanted = sorted(keys)
    taken = set()
    for part in _parts(address, wanted):
        dead = _notices.told_at.is_(None), _notices.claimed_at <= now - LEASE  # who was killed had claimed these
        connection.execute(delete(schema.notices).where(*part, *dead))
        taken |= set(connection.scalars(select(_notices.key).where(*part)))
    free = [key for key in wanted if key not in taken]
    if free:  # fails where another claimed one of them since, and the whole is done again
        rows = [{"address": address, "key": key, "claimed_at": now} for key in free]
        connection.execute(insert(schema.notices), rows)
    return set(free)


def confirm(connection: Connection, address: str, keys: Sequence[str], now: datetime) -> None:
    for part in _parts(address, keys):
        connection.execute(update(schema.notices).where(*part).values(told_at=now))


def forget(connection: Connection, address: str, keys: Sequence[str]) -> None:
    for part in _parts(address, keys):
        connection.execute(delete(schema.notices).where(*part))


def _parts(address: str, keys: Sequence[str]) -> Iterator[tuple[ColumnElement[bool], ...]]:
    for start in range(0, len(keys), _KEYS):
        yield _notices.address == address, _notices.key.in_(keys[start : start + _KEYS])
