"""A copy of a history that is consistent while audits write to it."""

import os
import shlex
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from tlsaudit.store.engine import shown
from tlsaudit.store.errors import StoreError
from tlsaudit.store.schema import VERSION_TABLE

_BUSY_S = 30


def backup(address: str, file: Path) -> None:
    """Copy the history at a SQLAlchemy URL to a new file, which appears whole or not at all, with SQLite's online
    backup. Raises StoreError: no SQLite, no history there, the file exists, or it cannot be written.
    """
    source = _source(address)
    if file.exists():
        raise StoreError(f"{file}: exists already, and a backup overwrites nothing: name another file")
    if not file.absolute().parent.is_dir():
        raise StoreError(f"{file}: the folder {file.absolute().parent} does not exist")
    try:
        with tempfile.TemporaryDirectory(dir=file.absolute().parent, prefix=f".{file.name}.") as folder:
            copy = Path(folder) / "copy"
            _copy(source, copy)
            _to_disk(copy)
            copy.rename(file)
    except sqlite3.Error as error:
        raise StoreError(f"history {source}: cannot be copied to {file}: {error}") from error
    except OSError as error:
        raise StoreError(f"{file}: cannot be written: {error.strerror or error}") from error


def _source(address: str) -> Path:
    try:
        url = make_url(address)
    except ArgumentError as error:
        raise StoreError("history: this is not a database URL, such as sqlite:///history.db") from error
    if url.get_backend_name() != "sqlite":
        raise StoreError(f"history {shown(url)}: only SQLite is copied; {_instead(url)}")
    path = Path(url.database or "")
    if not path.is_file():
        raise StoreError(f"history {path}: there is no such file")
    return path


def _instead(url: URL) -> str:
    if url.get_backend_name() != "postgresql":
        return f"use what comes with {url.get_backend_name()}"
    plain = URL.create("postgresql", url.username, None, url.host, url.port, url.database, url.query)
    return f"use pg_dump --format=custom --file=FILE {shlex.quote(shown(plain))}"


def _copy(source: Path, copy: Path) -> None:
    # Opened for reading and writing, because a reader of a write-ahead log takes part in its shared memory.
    with (
        closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=rw", uri=True, timeout=_BUSY_S)) as reader,
        closing(sqlite3.connect(copy)) as writer,
    ):
        if not reader.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (VERSION_TABLE,)).fetchone():
            raise StoreError(f"history {source}: this database holds something else")
        reader.backup(writer)


def _to_disk(file: Path) -> None:
    with file.open("rb") as written:
        os.fsync(written.fileno())
