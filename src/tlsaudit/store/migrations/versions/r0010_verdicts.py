"""The ids of a state's verdicts stand in one column of it, and beside them what they mean."""

import json
import struct
from array import array
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from itertools import groupby
from operator import itemgetter
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

_AT_ONCE = 1000
"""States whose verdicts are in memory."""

_UNEXCUSED = '"waiver":null}'
"""How the body of a verdict ends that no waiver excused."""


def upgrade() -> None:
    op.create_table(
        "meanings",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("digest", sa.LargeBinary(16), nullable=False),
        sa.Column("check", sa.String, nullable=False),
        sa.Column("outcome", sa.String, nullable=False),
        sa.Column("excused", sa.Boolean, nullable=False),
    )
    op.create_index("ix_meanings_digest", "meanings", ["digest"], unique=True)
    for name in ("verdicts", "meanings"):
        op.add_column("states", sa.Column(name, sa.LargeBinary, nullable=False, server_default=""))
    op.add_column("states", sa.Column("addresses", sa.Text))
    connection = op.get_bind()
    reflected = sa.MetaData()
    reflected.reflect(connection)
    tables = reflected.tables
    meanings = _meanings(connection, tables)
    states = tables["states"]
    change = sa.update(states).where(states.c.id == sa.bindparam("state"))
    change = change.values({name: sa.bindparam(f"the_{name}") for name in ("verdicts", "meanings", "addresses")})
    for rows in _some(connection, tables["state_verdicts"]):
        of_states = groupby(rows, itemgetter(0))
        connection.execute(change, [_packed(state, list(of_state), meanings) for state, of_state in of_states])
    op.drop_table("state_verdicts")


def _meanings(connection: sa.Connection, tables: Any) -> Sequence[int]:
    """Store them; the answer has the id of each verdict's at the place of its own."""
    verdicts = tables["verdicts"].c
    excused = sa.not_(verdicts.body.endswith(_UNEXCUSED))
    of_verdicts = array("I", bytes(4 * (1 + (connection.scalar(sa.select(sa.func.max(verdicts.id))) or 0))))
    ids: dict[tuple[str, str, bool], int] = {}
    for verdict, check, outcome, waived in connection.execute(
        sa.select(verdicts.id, verdicts.check, verdicts.outcome, excused)
    ):
        of_verdicts[verdict] = ids.setdefault((check, outcome, bool(waived)), 1 + len(ids))
    if ids:
        columns = ("check", "outcome", "excused")
        rows = [dict(zip(columns, each, strict=True)) | {"digest": _digest(each)} for each in ids]
        connection.execute(sa.insert(tables["meanings"]), rows)
    return of_verdicts


def _digest(meaning: tuple[str, str, bool]) -> bytes:
    return blake2b(json.dumps(meaning, separators=(",", ":")).encode("ascii"), digest_size=16).digest()


def _some(connection: sa.Connection, said: sa.Table) -> Iterator[Sequence[Any]]:
    """State, verdict and address of all by state and slot, those of some states at a time."""
    last = connection.scalar(sa.select(sa.func.max(said.c.state_id))) or 0
    told = sa.select(said.c.state_id, said.c.verdict_id, said.c.address)
    for start in range(0, last + 1, _AT_ONCE):
        within = said.c.state_id >= start, said.c.state_id < start + _AT_ONCE
        if rows := connection.execute(told.where(*within).order_by(said.c.state_id, said.c.slot)).all():
            yield rows


def _packed(state: int, rows: Sequence[Any], meanings: Sequence[int]) -> dict[str, object]:
    _, verdicts, addresses = zip(*rows, strict=True)
    one = addresses[0] if len({*addresses}) == 1 else "\n".join(address or "" for address in addresses)
    return {
        "state": state,
        "the_verdicts": _ids(verdicts),
        "the_meanings": _ids([meanings[verdict] for verdict in verdicts]),
        "the_addresses": one,
    }


def _ids(numbers: Sequence[int]) -> bytes:
    return struct.pack(f"<{len(numbers)}I", *numbers)
