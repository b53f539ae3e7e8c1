"""An empty history in each kind of database."""

import os
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import URL, create_engine, make_url, text

from tests.servers import CertificateAuthority
from tests.servers.starttls import postgres
from tlsaudit.store import Store

_GIVEN = "TLSAUDIT_TEST_POSTGRESQL"
_numbers = count(1)


@pytest.fixture(scope="session")
def postgresql(ca: CertificateAuthority) -> Iterator[URL]:
    """A server on which databases may be made: that of the environment's URL, else one of our own."""
    if given := os.environ.get(_GIVEN):
        yield make_url(given).set(drivername="postgresql+psycopg")
        return
    with postgres(ca, tls=False) as listener:
        yield URL.create("postgresql+psycopg", "postgres", None, listener.address, listener.port, "postgres")


@pytest.fixture
def postgresql_url(postgresql: URL) -> Iterator[str]:
    """Where a history may be made in PostgreSQL."""
    name = f"tlsaudit_{os.getpid()}_{next(_numbers)}"
    run(postgresql, f"CREATE DATABASE {name}")
    yield postgresql.set(database=name).render_as_string(hide_password=False)
    run(postgresql, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def url_of_a_language(postgresql: URL) -> Iterator[str]:
    """The same in a database that sorts texts as English does, where PostgreSQL can (from version 15 on)."""
    name = f"tlsaudit_{os.getpid()}_{next(_numbers)}"
    engine = create_engine(postgresql)
    with engine.connect() as connection:
        version = connection.scalar(text("SELECT current_setting('server_version_num')::int"))
    engine.dispose()
    sorts = " TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en' ENCODING 'UTF8'" if version >= 150_000 else ""
    run(postgresql, f"CREATE DATABASE {name}{sorts}")
    yield postgresql.set(database=name).render_as_string(hide_password=False)
    run(postgresql, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a history may be made."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/history.db"
    made: str = request.getfixturevalue("postgresql_url")
    return made


def run(server: URL, statement: str) -> None:
    """In a database of its own, or beside all."""
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    """An empty history."""
    with Store.open(url) as opened:
        yield opened
