"""Opening a history, and the one line that says what is wrong with it."""

import contextlib
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier, BrokenBarrierError

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, Engine, Update, create_engine, event, insert, select, update

from tests.servers import free_port
from tests.store.conftest import run
from tests.store.fleet import START, begin, endpoints, finding, observation, record
from tlsaudit.store import Store, StoreError, schema
from tlsaudit.store.backup import backup
from tlsaudit.store.database import open_database
from tlsaudit.store.schema import HEAD, VERSION_TABLE, metadata


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A history with one audit."""
    path = tmp_path / "history.db"
    with Store.open(f"sqlite:///{path}") as store:
        record(store, endpoints(3))
    return path


def test_the_migrations_lead_to_the_tables_the_program_knows(url: str) -> None:
    config = Config()
    config.set_main_option("script_location", "tlsaudit.store:migrations")
    engine = create_engine(url)
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
        assert context.get_current_revision() == HEAD
        assert compare_metadata(context, metadata) == []
    engine.dispose()
    assert ScriptDirectory.from_config(config).get_current_head() == HEAD


@pytest.mark.usefixtures("store")
def test_a_new_history_is_of_the_last_migration(url: str) -> None:
    engine = create_engine(url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
        assert context.get_current_revision() == HEAD
        assert compare_metadata(context, metadata) == []
    engine.dispose()


def test_only_a_migration_loads_alembic(file: Path) -> None:
    code = (
        f"import sys; from tlsaudit.store import Store; Store.open('sqlite:///{file}'); print('alembic' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_a_history_is_opened_again_and_again(file: Path) -> None:
    for audits in (1, 2):
        with Store.open(f"sqlite:///{file}") as store:
            assert len(store.audits()) == audits
            record(store, endpoints(3))


def test_foreign_keys_hold(file: Path) -> None:
    with Store.open(f"sqlite:///{file}") as store, pytest.raises(StoreError, match="FOREIGN KEY"):
        store.add_findings(99, [finding(endpoints(1)[0], "a")])


def test_what_was_added_is_kept_when_the_audit_fails(file: Path) -> None:
    (endpoint,) = endpoints(1)
    with contextlib.suppress(KeyboardInterrupt), Store.open(f"sqlite:///{file}") as store:
        audit = begin(store)
        store.add_observation(audit, endpoint, observation(endpoint, START))
        raise KeyboardInterrupt
    with Store.open(f"sqlite:///{file}") as store:
        assert [seen.id for seen in store.endpoints(audit)] == [endpoint.id]


def test_a_history_that_is_moved_away_as_it_is_opened_is_said_to_be_gone(file: Path) -> None:
    def move(*_: object) -> None:
        file.rename(file.with_name("away.db"))

    event.listen(Engine, "connect", move)
    try:
        with pytest.raises(StoreError) as error:
            Store.open(f"sqlite:///{file}", create=False)
    finally:
        event.remove(Engine, "connect", move)
    assert str(error.value) == f"history {file}: there is no such file"
    assert not file.exists()


def _newer(path: Path) -> None:
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(f"UPDATE {VERSION_TABLE} SET version_num = '9999'")


def _not_a_database(path: Path) -> None:
    path.write_bytes(b"version: 1\nservices: {}\n" * 100)


def _of_another_program(path: Path) -> None:
    path.unlink()
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE bookmarks (url TEXT)")


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (_newer, f"written by a newer tlsaudit (schema 9999, this one knows {HEAD})"),
        (_not_a_database, "this file is not a SQLite database"),
        (_of_another_program, "this database holds something else"),
        (_folder, "unable to open database file"),
    ],
)
def test_what_is_no_history_of_ours_is_refused_and_left_alone(file: Path, damage: object, message: str) -> None:
    assert callable(damage)
    damage(file)
    before = file.is_file() and file.read_bytes()
    with pytest.raises(StoreError) as error:
        Store.open(f"sqlite:///{file}")
    assert str(error.value) == f"history {file}: {message}"
    assert (file.is_file() and file.read_bytes()) == before


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("sqlite:///{tmp}/none/history.db", "history {tmp}/none/history.db: there is no folder {tmp}/none"),
        ("nosuch://host/history", "history: SQLAlchemy knows no such database as nosuch"),
        (
            "sqlite:///{tmp}/history.db?mode=ro",
            "history sqlite:///{tmp}/history.db?mode=ro: an option in it is not known, or takes uri=true",
        ),
        *(
            (url, "history: this is not a database URL, such as sqlite:///history.db")
            for url in ("", "history.db", "sqlite://history.db", "postgresql://host:port/history")
        ),
    ],
)
def test_a_wrong_address_is_one_clear_line(tmp_path: Path, url: str, message: str) -> None:
    with pytest.raises(StoreError) as error:
        Store.open(url.format(tmp=tmp_path))
    assert str(error.value) == message.format(tmp=tmp_path)


def test_who_only_reads_creates_nothing(tmp_path: Path) -> None:
    missing, empty = tmp_path / "missing.db", tmp_path / "empty.db"
    empty.touch()
    with pytest.raises(StoreError, match="there is no such file"):
        Store.open(f"sqlite:///{missing}", create=False)
    with pytest.raises(StoreError, match="nothing is recorded there yet"):
        Store.open(f"sqlite:///{empty}", create=False)
    assert not missing.exists()


def test_a_locked_history_can_be_read_and_says_that_it_is_locked(file: Path) -> None:
    with contextlib.closing(sqlite3.connect(file)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with Store.open(f"sqlite:///{file}?timeout=0.1") as store:
            assert len(store.audits()) == 1
            with pytest.raises(StoreError) as error:
                begin(store)
        other.rollback()
    assert str(error.value) == f"history {file}: another program keeps it locked"


def test_a_read_only_history_can_be_read_and_says_that_it_is_read_only(file: Path) -> None:
    with Store.open(f"sqlite:///file:{file}?mode=ro&uri=true") as store:
        assert len(store.audits()) == 1
        with pytest.raises(StoreError, match="it is read-only"):
            begin(store)


def test_two_writers_that_wait_for_each_other_both_come_through(url: str) -> None:
    """PostgreSQL ends one of them, which is begun anew; SQLite lets one begin at a time."""
    both_begin = url.startswith("postgresql")
    met = Barrier(2)
    begun = []

    def set_both(name: str, other: str) -> None:
        def work(connection: Connection) -> None:
            connection.execute(_set(name, by=name))
            begun.append(name)
            with contextlib.suppress(BrokenBarrierError):
                met.wait(timeout=30 if both_begin and len(begun) <= 2 else 0)
            connection.execute(_set(other, by=name))

        database = open_database(url, create=False)
        database.write(work)
        database.close()

    database = open_database(url, create=True)
    rows = [{"digest": name.encode(), "body": "nobody"} for name in "ab"]
    database.write(lambda connection: connection.execute(insert(schema.pinned), rows))
    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(set_both, *names) for names in ("ab", "ba")]:
            done.result()
    with database.read() as connection:
        assert len(set(connection.scalars(select(schema.pinned.c.body)))) == 1
    database.close()
    assert (len(begun) > 2) == both_begin


def _set(name: str, *, by: str) -> Update:
    return update(schema.pinned).where(schema.pinned.c.digest == name.encode()).values(body=by)


def test_an_address_needs_no_driver_and_any_encoding_will_do(postgresql: URL) -> None:
    run(postgresql, "CREATE DATABASE tlsaudit_ascii ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0")
    address = postgresql.set(drivername="postgresql", database="tlsaudit_ascii")
    with Store.open(address.render_as_string(hide_password=False)) as store:
        record(store, endpoints(1))
    run(postgresql, "DROP DATABASE tlsaudit_ascii WITH (FORCE)")


def test_a_server_that_is_not_there_is_one_line_without_its_password() -> None:
    address = f"postgresql://me:secret@127.0.0.1:{free_port('127.0.0.1')}/history"
    with pytest.raises(StoreError) as error:
        Store.open(address)
    message = str(error.value)
    assert message.startswith(f"history {address.replace('secret', '***')}: ")
    assert "refused" in message
    assert "\n" not in message


def test_a_password_among_the_options_is_shown_as_little(tmp_path: Path) -> None:
    address = f"postgresql://127.0.0.1:{free_port('127.0.0.1')}/history?user=me&password=secret"
    for attempt in (lambda: Store.open(address), lambda: backup(address, tmp_path / "copy.db")):
        with pytest.raises(StoreError) as error:
            attempt()
        assert "user=me" in str(error.value)
        assert "secret" not in str(error.value)
