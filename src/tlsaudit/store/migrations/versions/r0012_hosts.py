"""What is said of an endpoint leaves out its host, so that it is stored once for all; and the figures of objectives,
whose rows are long, stand in their index.
"""

import re
import struct
from collections import defaultdict
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

_AT_ONCE = 500
"""States, or other rows, that are in memory."""

_HOST = "{=host=}"
_UNEXCUSED = '"waiver":null}'


def upgrade() -> None:
    op.drop_index("ix_objectives_objective", "objectives")
    op.create_index("ix_objectives_objective", "objectives", ["objective", "audit_id", "share", "value"])
    connection = op.get_bind()
    reflected = sa.MetaData()
    reflected.reflect(connection)
    tables = reflected.tables
    states = tables["states"]
    contents = _Contents(connection, tables["verdicts"])
    change = sa.update(states).where(states.c.id == sa.bindparam("state"))
    change = change.values(verdicts=sa.bindparam("the_verdicts"), digest=sa.bindparam("the_digest"))
    for rows in _some(connection, tables):
        told = {row.id: contents.without_host(row.host, of_row) for row, of_row in contents.of(rows)}
        changed = [row for row in rows if told[row.id]]
        evidence = _evidence(connection, tables, [row.id for row in changed])
        updates = [
            {
                "state": row.id,
                "the_verdicts": _packed([number for number, _ in told[row.id]]),
                "the_digest": _state_digest(row, evidence[row.id], [digest for _, digest in told[row.id]]),
            }
            for row in changed
        ]
        if updates:
            connection.execute(change, updates)
    _delete_unused(connection, tables)


_Content = tuple[int, bytes, str, str, str]
"""The id, digest, check, outcome and body of a verdict."""


class _Contents:
    """Verdicts, and those that are stored in their place."""

    def __init__(self, connection: sa.Connection, verdicts: sa.Table) -> None:
        self._connection = connection
        self._verdicts = verdicts
        self._stored: dict[bytes, int] = {}

    def of(self, states: Sequence[Any]) -> Iterator[tuple[Any, list[_Content]]]:
        """States with their verdicts."""
        ids = {row.id: _unpacked(row.verdicts) for row in states}
        wanted = sorted({number for of_state in ids.values() for number in of_state})
        known: dict[int, _Content] = {}
        for start in range(0, len(wanted), _AT_ONCE):
            some = self._verdicts.c.id.in_(wanted[start : start + _AT_ONCE])
            columns = (self._verdicts.c[name] for name in ("id", "digest", "check", "outcome", "body"))
            known.update((row[0], tuple(row)) for row in self._connection.execute(sa.select(*columns).where(some)))
        for row in states:
            yield row, [known[number] for number in ids[row.id]]

    def without_host(self, host: str, verdicts: Sequence[_Content]) -> list[tuple[int, bytes]]:
        """The ids and digests of the same without the host; nothing where none of them speaks of it."""
        told = [(*content, _without_host(content[-1], host)) for content in verdicts]
        if all(body == rewritten for *_, body, rewritten in told):
            return []
        return [
            (number, digest) if body == rewritten else self._store(check, outcome, rewritten)
            for number, digest, check, outcome, body, rewritten in told
        ]

    def _store(self, check: str, outcome: str, body: str) -> tuple[int, bytes]:
        digest = _digest(f"{check} {outcome} {body}".encode())
        if digest not in self._stored:
            row = {"digest": digest, "check": check, "outcome": outcome, "body": body}
            stored = self._connection.execute(sa.insert(self._verdicts).values(row)).inserted_primary_key
            self._stored[digest] = stored[0] if stored else 0
        return self._stored[digest], digest


def _without_host(body: str, host: str) -> str:
    if "." not in host or host not in body or _HOST in body or not body.endswith(_UNEXCUSED):
        return body
    if "\\" in body and re.search(rf"\\(u[0-9a-f]{{0,3}})?{re.escape(host)}", body):
        return body
    return f'{body.removesuffix(_UNEXCUSED).replace(host, _HOST)}"waiver":null,"host":"{_HOST}"}}'


def _some(connection: sa.Connection, tables: Any) -> Iterator[Sequence[Any]]:
    """The states of endpoints, some at a time."""
    states, endpoints, subjects = (tables[name].c for name in ("states", "endpoints", "subjects"))
    of_states = states.id, states.verdicts, states.addresses
    told = (
        sa.select(*of_states, endpoints.host, subjects.digest.label("subject"), endpoints.digest.label("endpoint"))
        .select_from(tables["states"])
        .join(tables["endpoints"], endpoints.id == states.endpoint_id)
        .join(tables["subjects"], subjects.id == states.subject_id)
    )
    last = connection.scalar(sa.select(sa.func.max(states.id))) or 0
    for start in range(0, last + 1, _AT_ONCE):
        yield connection.execute(told.where(states.id >= start, states.id < start + _AT_ONCE)).all()


def _evidence(connection: sa.Connection, tables: Any, states: Sequence[int]) -> dict[int, list[bytes]]:
    """Of each state what stands for its evidence."""
    shown, evidence = tables["state_evidence"].c, tables["evidence"].c
    statement = (
        sa.select(shown.state_id, shown.position, evidence.digest)
        .select_from(tables["state_evidence"])
        .join(tables["evidence"], evidence.id == shown.evidence_id)
        .where(shown.state_id.in_(states))
        .order_by(shown.state_id, shown.slot)
    )
    found: dict[int, list[bytes]] = defaultdict(list)
    for state, position, digest in connection.execute(statement):
        found[state].append(b"%d %s" % (position, digest))
    return found


def _state_digest(row: Any, evidence: Sequence[bytes], verdicts: Sequence[bytes]) -> bytes:
    """As an audit makes it: what is seen again unchanged is found by it."""
    packed = row.addresses
    addresses = packed.split("\n") if packed and "\n" in packed else [packed or ""] * len(verdicts)
    said = (digest + str(address or None).encode() for digest, address in zip(verdicts, addresses, strict=True))
    return _digest(b"\n".join([row.subject, row.endpoint, *evidence, b"said", *said]))


def _delete_unused(connection: sa.Connection, tables: Any) -> None:
    verdicts, used = tables["verdicts"], set[int]()
    for packed in connection.scalars(sa.select(tables["states"].c.verdicts).execution_options(yield_per=_AT_ONCE)):
        used.update(_unpacked(packed))
    unused = sorted({*connection.scalars(sa.select(verdicts.c.id))} - used)
    for start in range(0, len(unused), _AT_ONCE):
        connection.execute(sa.delete(verdicts).where(verdicts.c.id.in_(unused[start : start + _AT_ONCE])))


def _digest(content: bytes) -> bytes:
    return blake2b(content, digest_size=16).digest()


def _packed(ids: Sequence[int]) -> bytes:
    return struct.pack(f"<{len(ids)}I", *ids)


def _unpacked(ids: bytes) -> tuple[int, ...]:
    return struct.unpack(f"<{len(ids) // 4}I", ids)
