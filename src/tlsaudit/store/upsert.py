"""INSERT ... ON CONFLICT, which SQLAlchemy has for each database apart."""

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import sqlite


def upsert(connection: Connection, into: Table) -> sqlite.Insert:
    """An insert with `on_conflict_do_update`: PostgreSQL's is called alike."""
    if connection.dialect.name == "postgresql":
        from sqlalchemy.dialects import postgresql

        return postgresql.insert(into)  # type: ignore[return-value]
    return sqlite.insert(into)
