"""To judge a recorded audit again takes memory that grows with what changes, and not with the fleet."""

import json
import tracemalloc
from pathlib import Path

from tests.store.fleet import START, begin, endpoints, finding, observation, pinned
from tlsaudit.app.rejudge import rejudge
from tlsaudit.app.targets import load
from tlsaudit.registry import Registry, Selection
from tlsaudit.store import Store

CHECKS = ("certificate-validity", "hsts-max-age", "pfs-suites", "redirect-https", "tls-versions")


def _peak(folder: Path, count: int) -> int:
    """In bytes, to judge a fleet again in which nothing changes."""
    folder.mkdir()
    (folder / "targets.yaml").write_text("version: 1\nservices: {www: [www.example.org]}\n", "utf-8")
    database = f"sqlite:///{folder}/history.db"
    with Store.open(database) as store:
        audit = begin(store, START, pinned(checks=CHECKS))
        for endpoint in endpoints(count):
            found = [finding(endpoint, check, message=f"of {endpoint.id}") for check in CHECKS]
            store.add_observation(audit, endpoint, observation(endpoint, START), found)
        store.finish(audit, START)
    registry = Registry.load()
    targets, _ = load(folder / "targets.yaml", [], registry)
    selection = Selection(registry, CHECKS)
    tracemalloc.start()
    try:
        said = rejudge(database, "latest", targets, selection, preload_list=None, files=(), as_json=True)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert json.loads(said)["regressed"] == []
    return peak


def test_memory_does_not_grow_with_the_fleet(tmp_path: Path) -> None:
    _peak(tmp_path / "first", 20)  # loads what is loaded but once
    small, large = _peak(tmp_path / "small", 500), _peak(tmp_path / "large", 1000)
    assert (large - small) / 500 < 4_000  # bytes an endpoint
