"""How the endpoints answered an audit, in columns; spans are found by their state, and audits have paces."""

import struct
from array import array
from bisect import bisect_left

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

_BOUNDS_US = [bound * 1000 for bound in (5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000)]
_TIMES = {"first_bytes": "first_byte_us", "connects": "connect_us", "handshakes": "handshake_us"}
_NONE = 0xFF


def upgrade() -> None:
    columns = ("subjects", "answered", *_TIMES)
    op.create_table(
        "rounds",
        sa.Column("audit_id", sa.Integer, sa.ForeignKey("audits.id"), primary_key=True),
        *(sa.Column(name, sa.LargeBinary, nullable=False) for name in columns),
    )
    op.add_column("audits", sa.Column("paces", sa.Text))
    op.create_index("ix_spans_state_id", "spans", ["state_id"])
    connection = op.get_bind()
    reflected = sa.MetaData()
    reflected.reflect(connection)
    tables = reflected.tables
    audits, looks = tables["audits"].c, tables["looks"].c
    kept = sa.exists().where(looks.audit_id == audits.id)
    finished = sa.select(audits.id).where(audits.finished_at.is_not(None), kept)
    for audit in list(connection.scalars(finished)):
        connection.execute(sa.insert(tables["rounds"]).values(audit_id=audit, **_round(connection, tables, audit)))


def _round(connection: sa.Connection, tables: dict[str, sa.Table], audit: int) -> dict[str, bytes]:
    """By subject: whether the endpoint answered, and of each time which bound it does not exceed."""
    looks, states, endpoints = tables["looks"], tables["states"], tables["endpoints"]
    silent = endpoints.c.seen.contains('"reachable":false')
    seen = (
        sa.select(states.c.subject_id, silent, *(looks.c[name] for name in _TIMES.values()))
        .select_from(looks)
        .join(states, states.c.id == looks.c.state_id)
        .join(endpoints, endpoints.c.id == states.c.endpoint_id)
        .where(looks.c.audit_id == audit)
        .order_by(states.c.subject_id)
    )
    subjects, answered = array("I"), bytearray()
    counted = {name: bytearray() for name in _TIMES}
    for subject, was_silent, *times in connection.execute(seen):
        subjects.append(subject)
        answered.append(not was_silent)
        for bounds, time_us in zip(counted.values(), times, strict=True):
            bounds.append(bisect_left(_BOUNDS_US, time_us) if time_us else _NONE)
    columns = {name: bytes(bounds) for name, bounds in counted.items()}
    return {"subjects": struct.pack(f"<{len(subjects)}I", *subjects), "answered": bytes(answered), **columns}
