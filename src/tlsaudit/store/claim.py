"""One watcher at a time: who records light looks in a history holds a claim to it, which ends with the process."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sqlalchemy import create_engine, make_url, text
from sqlalchemy.exc import DBAPIError

from tlsaudit.store.errors import StoreError

_LOCK = 0x746C7361756474  # "tlsaudt": a number that other users of a database hardly take
_TAKEN = "another tlsaudit watch records there already: stop that one first, or name another history with --db"


@contextmanager
def claim(address: str) -> Iterator[None]:
    """Hold the claim to a history at a SQLAlchemy URL that can be opened. Raises StoreError where another process has
    it.

    In SQLite it is a lock on a file beside the history's, in PostgreSQL an advisory lock, which is lost where the
    server is restarted.
    """
    url = make_url(address)
    if url.get_backend_name() != "sqlite":
        held = _advisory_lock(address)
    elif url.database:
        held = _lock_file(url.database)
    else:
        raise StoreError("history: one in memory is gone between two looks: name a file or a database")
    with held:
        yield


@contextmanager
def _lock_file(history: str) -> Iterator[None]:
    path = Path(f"{history}.watch")
    try:
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise StoreError(f"{path}: cannot be written: {error.strerror}") from error
    try:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StoreError(f"history {history}: {_TAKEN}") from None
        yield
    finally:
        os.close(file)  # the file stays: who removes it may remove another's


@contextmanager
def _advisory_lock(address: str) -> Iterator[None]:
    engine = create_engine(address, isolation_level="AUTOCOMMIT")
    name = engine.url.render_as_string(hide_password=True)
    try:
        connection = engine.connect()
    except DBAPIError as error:
        raise StoreError(f"history {name}: {str(error.orig).strip().partition(chr(10))[0]}") from error
    try:
        if not connection.scalar(text("SELECT pg_try_advisory_lock(:number)"), {"number": _LOCK}):
            raise StoreError(f"history {name}: {_TAKEN}")
        yield
    finally:
        with suppress(DBAPIError):  # the lock ends with the connection, which may be gone already
            connection.invalidate()
        engine.dispose()
