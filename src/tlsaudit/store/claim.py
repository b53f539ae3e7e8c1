"""One watcher at a time, and nobody else goes on with an audit that runs: who records in a history holds a claim, which
ends with the process.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from zlib import crc32

from sqlalchemy import URL, Engine, make_url, text
from sqlalchemy.exc import DBAPIError

from tlsaudit.store.engine import engine_of, shown
from tlsaudit.store.errors import StoreError

_LOCK = 0x746C7361756474  # "tlsaudt": a number that other users of a database hardly take
_AUDITS = 0x746C7361 << 32  # "tlsa", before the number of an audit
_TAKEN = "another tlsaudit watch records there already: stop that one first, or name another history with --db"


@contextmanager
def claim(address: str, vantage: str | None = None) -> Iterator[None]:
    """Hold the claim to a history at a SQLAlchemy URL that can be opened, each named vantage one of its own. Raises
    StoreError where another process has it.

    In SQLite it is a lock on a file beside the history's, in PostgreSQL an advisory lock, which is lost where the
    server is restarted.
    """
    url = make_url(address)
    if url.get_backend_name() != "sqlite":
        held = _watcher_lock(url, _LOCK + (crc32(vantage.encode()) if vantage else 0))
    else:
        held = _lock_file(str(url.database), f"{vantage}.watch" if vantage else "watch")
    with held:
        yield


@contextmanager
def _lock_file(history: str, name: str) -> Iterator[None]:
    with _opened(Path(f"{history}.{name}")) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StoreError(f"history {history}: {_TAKEN}") from None
        yield


@contextmanager
def claim_audit(engine: Engine, audit: int) -> Iterator[None]:
    """Hold an audit while it runs. Raises StoreError where another process does.

    Of a history in memory nobody else can know. In a file each audit is a byte of one lock file.
    """
    taken = f"audit {audit} still runs: wait for it, or stop it first"
    if engine.dialect.name != "sqlite":
        with _advisory_lock(engine, _AUDITS + audit, taken):
            yield
    elif (history := engine.url.database) and not history.startswith(("file:", ":memory:")):
        with _opened(Path(f"{history}.audits")) as file:
            try:
                fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, audit)
            except (BlockingIOError, PermissionError):
                raise StoreError(f"history {history}: {taken}") from None
            yield
    else:
        yield


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    """A lock file. It stays: who removes it may remove another's."""
    try:
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise StoreError(f"{path}: cannot be written: {error.strerror}") from error
    try:
        yield file
    finally:
        os.close(file)


@contextmanager
def _watcher_lock(url: URL, number: int) -> Iterator[None]:
    engine = engine_of(url)
    try:
        with _advisory_lock(engine, number, _TAKEN):
            yield
    finally:
        engine.dispose()


@contextmanager
def _advisory_lock(engine: Engine, number: int, taken: str) -> Iterator[None]:
    name = shown(engine.url)
    try:
        connection = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
    except DBAPIError as error:
        raise StoreError(f"history {name}: {str(error.orig).strip().partition(chr(10))[0]}") from error
    try:
        if not connection.scalar(text("SELECT pg_try_advisory_lock(:number)"), {"number": number}):
            raise StoreError(f"history {name}: {taken}")
        yield
    finally:
        with suppress(DBAPIError):  # the lock ends with the connection, which may be gone already
            connection.invalidate()
        connection.close()
