"""Opens the database behind a history, brings its tables up to date, and says in one line what is wrong with it."""

import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, func, inspect, make_url, select
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, NoSuchModuleError, OperationalError
from sqlalchemy.pool import StaticPool

from tlsaudit.store.claim import claim_audit
from tlsaudit.store.engine import engine_of, shown
from tlsaudit.store.errors import StoreAwayError, StoreError
from tlsaudit.store.schema import HEAD, VERSION_TABLE, metadata, versions

log = logging.getLogger(__name__)

T = TypeVar("T")

_AWAY_S = 60.0
"""How long an audit waits for a database that has gone away."""

_PAUSE_S = 0.5
_ATTEMPTS = 5

_UPGRADE_LOCK = int.from_bytes(b"tlsaudit")
_ROOM = "what was recorded before is safe; make room and run this again"
_HINTS = {
    "file is not a database": "this file is not a SQLite database",
    "database is locked": "another program keeps it locked",
    "readonly database": "it is read-only",
    "disk is full": f"the disk is full: {_ROOM}",
    "disk I/O error": f"the disk is full, or it fails: {_ROOM}",
}


class Database:
    """Reads see what is committed; each write is one short transaction."""

    def __init__(self, engine: Engine, name: str) -> None:
        self._reader = engine
        self._writer = engine.execution_options()
        self._name = name
        self._patience_s = 0.0
        self._away_since: float | None = None
        self._returning = threading.Lock()
        self._renew: Callable[[], object] = lambda: None
        if engine.dialect.name == "sqlite":
            event.listen(engine, "connect", _prepare_sqlite)
            event.listen(self._writer, "begin", _begin_immediate)

    @contextmanager
    def read(self, *, at_once: bool = False) -> Iterator[Connection]:
        """Long results are streamed. Raises StoreError, `at_once` where the database is away."""
        connect = self._reader.connect
        with self._plain_errors(), connect() if at_once else self._patiently(connect) as connection:
            yield connection.execution_options(yield_per=500)

    def write(self, work: Callable[[Connection], T]) -> T:
        """Run `work` in a transaction, and again where another writer was in its way, or where the database went away
        meanwhile: it may have been done by then. Raises StoreError.
        """
        with self._plain_errors():
            return self._patiently(lambda: self._written(work))

    def _written(self, work: Callable[[Connection], T]) -> T:
        for _ in range(_ATTEMPTS - 1):
            try:
                with self._writer.begin() as connection:
                    return work(connection)
            except DBAPIError as error:
                if not _passes(error):
                    raise
        with self._writer.begin() as connection:
            return work(connection)

    def _patiently(self, attempt: Callable[[], T]) -> T:
        """What it returns once the database is there, for as long as somebody is patient."""
        while True:
            try:
                with self._returning:  # one of those who wait sees to it for all
                    if self._away_since is not None:
                        with self._reader.connect():
                            pass
                        self._renew()
                        log.warning("history %s: it is back", self._name)
                        self._away_since = None
                return attempt()
            except DBAPIError as error:
                if not _is_away(error):
                    raise
                now = time.monotonic()
                if self._away_since is None and self._patience_s:
                    self._away_since = now
                    log.warning("history %s: %s: waiting for it, for a minute", self._name, _first_line(error))
                if now >= (self._away_since or now) + self._patience_s:
                    raise
                time.sleep(_PAUSE_S)

    def rehearse(self, work: Callable[[Connection], T]) -> T:
        """Run `work` in a transaction that is then taken back. Raises StoreError."""
        with self._plain_errors(), self._writer.connect() as connection, connection.begin() as transaction:
            done = work(connection)
            transaction.rollback()
            return done

    def compact(self) -> int:
        """Give free space back to the file system, where that is not the database's own business; the answer is how
        many bytes. Takes as much space again meanwhile, and nobody else may be at work. Raises StoreError.
        """
        if self._reader.dialect.name != "sqlite":
            return 0
        with self._plain_errors(), self._reader.connect() as connection:
            free: int = connection.exec_driver_sql("PRAGMA freelist_count").scalar_one()
            page: int = connection.exec_driver_sql("PRAGMA page_size").scalar_one()
            connection.exec_driver_sql("VACUUM")
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            return free * page

    @contextmanager
    def claim_audit(self, audit: int) -> Iterator[None]:
        """Hold an audit while it runs, also where the database goes away for up to a minute. Raises StoreError where
        another process does.
        """
        with ExitStack() as claim:

            def renew() -> None:
                claim.close()
                claim.enter_context(claim_audit(self._reader, audit))

            renew()
            self._renew, self._patience_s = renew, _AWAY_S
            try:
                yield
            finally:
                self._patience_s = 0.0

    def lose_patience(self) -> None:
        """Wait no longer for a database that is away."""
        self._patience_s = 0.0

    def close(self) -> None:
        self._reader.dispose()

    def migrate(self, *, create: bool) -> None:
        """Bring the tables up to date. Raises StoreError where they are newer than this program, or somebody else's,
        or where there are none and none may be created.
        """
        with self.read() as connection:
            found = self._version(connection)
        if found is None and not create:
            raise StoreError(f"history {self._name}: nothing is recorded there yet")
        if found != HEAD:
            if self._reader.dialect.name == "sqlite":
                self._let_readers_beside_a_writer()
            self.write(self._upgrade)

    def _version(self, connection: Connection) -> str | None:
        tables = inspect(connection).get_table_names()
        if VERSION_TABLE not in tables:
            if tables:
                raise StoreError(f"history {self._name}: this database holds something else")
            return None
        found: str | None = connection.scalar(select(versions.c.version_num))
        if found is not None and found > HEAD:
            raise StoreError(
                f"history {self._name}: written by a newer tlsaudit (schema {found}, this one knows {HEAD})"
            )
        return found

    def _let_readers_beside_a_writer(self) -> None:
        # The mode stays in the file. Where it cannot be changed, because another program is at work, one does without.
        with self.read() as connection, suppress(OperationalError):
            connection.exec_driver_sql("PRAGMA journal_mode = WAL")

    def _upgrade(self, connection: Connection) -> None:
        if self._reader.dialect.name == "postgresql":  # SQLite lets one writer begin
            connection.execute(select(func.pg_advisory_xact_lock(_UPGRADE_LOCK)))
        found = self._version(connection)
        if found == HEAD:
            return  # another process was faster
        if found is None:  # where all the steps lead, without them
            metadata.create_all(connection)
            versions.create(connection)
            connection.execute(versions.insert().values(version_num=HEAD))
            return
        from alembic import command  # a third of a second, seldom needed
        from alembic.config import Config

        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", "tlsaudit.store:migrations")
        command.upgrade(config, "head")

    @contextmanager
    def _plain_errors(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            said = _first_line(error)
            if "disk I/O error" in said:  # as SQLite says of a file, too, that is moved away just as it is opened
                _look_for_file(self._name, create=False)
            plain = next((hint for part, hint in _HINTS.items() if part in said), said)
            kind = StoreAwayError if _is_away(error) else StoreError
            raise kind(f"history {self._name}: {plain}") from error


def open_database(address: str, *, create: bool) -> Database:
    """The database at a SQLAlchemy URL, its tables up to date. Raises StoreError."""
    try:
        url = make_url(address)
        if url.get_backend_name() == "sqlite" and url.database in (None, "", ":memory:") and not url.host:
            return _memory_database()
        engine = engine_of(url)
    except NoSuchModuleError as error:
        raise StoreError(f"history: SQLAlchemy knows no such database as {url.drivername}") from error
    except ModuleNotFoundError as error:
        needs = "pip install 'tlsaudit[postgresql]'" if error.name == "psycopg" else f"the Python module {error.name}"
        raise StoreError(f"history: {url.drivername} needs {needs}") from error
    except (ArgumentError, ValueError) as error:
        raise StoreError("history: this is not a database URL, such as sqlite:///history.db") from error
    logging.getLogger("sqlalchemy.pool").setLevel(logging.CRITICAL)  # it tells of connections that end, as we do
    name = shown(url)
    if engine.dialect.name == "sqlite":
        name = str(url.database)
        _look_for_file(name, create=create)
    database = Database(engine, name)
    try:
        database.migrate(create=create)
    except BaseException:
        database.close()
        raise
    return database


def _memory_database() -> Database:
    """A database that is gone when it is closed."""
    arguments = {"isolation_level": None, "check_same_thread": False}
    database = Database(create_engine("sqlite://", poolclass=StaticPool, connect_args=arguments), "in memory")
    database.write(metadata.create_all)
    return database


def _passes(error: DBAPIError) -> bool:
    """Whether it may go well the next time: another writer stored the same content just before, so that the next look
    finds it, or one of two that waited for each other had to give way (PostgreSQL, appendix A, class 40).
    """
    state: str = getattr(error.orig, "sqlstate", None) or ""
    return isinstance(error, IntegrityError) or state.startswith("40")


def _is_away(error: DBAPIError) -> bool:
    """Whether there is no connection to be had, or the one there was has ended: a server says so by class 57 or 08 of
    PostgreSQL's errors (appendix A), or no more.
    """
    state: str | None = getattr(error.orig, "sqlstate", None)
    known = state is None or state.startswith(("08", "57P0"))
    return isinstance(error, OperationalError) and known and not isinstance(error.orig, sqlite3.Error)


def _first_line(error: DBAPIError) -> str:
    return str(error.orig).strip().partition("\n")[0]


def _look_for_file(name: str, *, create: bool) -> None:
    if name.startswith("file:"):
        return
    if not Path(name).parent.is_dir():
        raise StoreError(f"history {name}: there is no folder {Path(name).parent}")
    if not create and not Path(name).exists():
        raise StoreError(f"history {name}: there is no such file")


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA synchronous = NORMAL")


def _begin_immediate(connection: Connection) -> None:
    # A transaction that reads first and locks later would fail at once where another writer came between.
    connection.exec_driver_sql("BEGIN IMMEDIATE")
