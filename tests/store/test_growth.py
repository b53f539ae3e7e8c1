"""What is asked of the history for each endpoint costs the same in a large fleet as in a small one."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from sqlalchemy import Engine, event

from tests.store.fleet import CHECKS, START, begin, endpoints, finding, observation, record
from tlsaudit.evidence import TlsOffer
from tlsaudit.store import Store

DAY = timedelta(days=1)
SMALL, LARGE = 40, 400


@contextmanager
def _counted() -> Iterator[list[int]]:
    """How many hundred instructions SQLite's virtual machine takes, in the one item of the list."""
    taken = [0]

    def count() -> int:
        taken[0] += 1
        return 0

    def watch(connection: sqlite3.Connection, _record: object) -> None:
        connection.set_progress_handler(count, 100)

    event.listen(Engine, "connect", watch)
    try:
        yield taken
    finally:
        event.remove(Engine, "connect", watch)


def _taken(folder: Path, size: int) -> dict[str, float]:
    """Instructions an endpoint, of the second audit of a fleet in which a tenth changed."""
    fleet = endpoints(size)
    with _counted() as taken, Store.open(f"sqlite:///{folder}/{size}.db") as store:
        record(store, fleet)
        audit = begin(store, START + DAY)
        for number, endpoint in enumerate(fleet):
            said = [finding(endpoint, check) for check in CHECKS[number % 10 == 0 :]]
            store.add_observation(audit, endpoint, observation(endpoint, START + DAY), said)
        store.flush()
        earlier = store.earlier(audit)
        before = taken[0]
        assert all(earlier(endpoint.id, "192.0.2.1", TlsOffer) for endpoint in fleet)
        asked = taken[0]
        store.finish(audit, START + DAY)
        return {"of the past": (asked - before) / size, "finishing": (taken[0] - asked) / size}


def test_an_endpoint_of_a_large_fleet_costs_no_more(tmp_path: Path) -> None:
    small, large = _taken(tmp_path, SMALL), _taken(tmp_path, LARGE)
    assert {what: taken for what, taken in large.items() if taken > 1.5 * small[what]} == {}
