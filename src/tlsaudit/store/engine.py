"""How a history is connected to, by its URL, and how the URL is shown."""

import warnings

from sqlalchemy import URL, Engine, create_engine
from sqlalchemy.exc import SAWarning

from tlsaudit.store.errors import StoreError

_BUSY_S = 30
_CONNECT_S = 10
_UNHEARD_MS = 30_000
_STATEMENTS = 16
"""That SQLite keeps prepared on each connection: one that names 500 rows takes 30 kB."""

_SECRETS = ("password", "sslpassword", "passwd")
"""What PostgreSQL takes among the options, too (libpq, section 34.1.2)."""


def engine_of(url: URL) -> Engine:
    """Raises StoreError for options that would be passed over, and what SQLAlchemy does for an odd URL."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", SAWarning)
        try:
            return create_engine(
                _with_driver(url), connect_args=_driver_arguments(url), pool_pre_ping=url.get_backend_name() != "sqlite"
            )
        except SAWarning:
            raise StoreError(f"history {shown(url)}: an option in it is not known, or takes uri=true") from None


def shown(url: URL) -> str:
    """Without what is secret."""
    return url.difference_update_query(_SECRETS).render_as_string(hide_password=True)


def _with_driver(url: URL) -> URL:
    return url.set(drivername="postgresql+psycopg") if url.drivername == "postgresql" else url


def _driver_arguments(url: URL) -> dict[str, object]:
    """For SQLite: without an isolation level, the driver leaves it to us when a transaction begins. For PostgreSQL:
    without an encoding, psycopg gives bytes where a database is in SQL_ASCII; and a network that is cut is noticed.
    """
    if url.get_backend_name() == "postgresql":
        patience = {"connect_timeout": _CONNECT_S, "tcp_user_timeout": _UNHEARD_MS}
        return {"client_encoding": "utf8", **{name: much for name, much in patience.items() if name not in url.query}}
    if url.get_backend_name() != "sqlite":
        return {}
    waiting = {} if "timeout" in url.query else {"timeout": _BUSY_S}
    return {"isolation_level": None, "cached_statements": _STATEMENTS, **waiting}
