"""A backup while another connection writes."""

from pathlib import Path

from tests.store.fleet import START, begin, endpoints, finding, observation, record
from tlsaudit.store import Store
from tlsaudit.store.backup import backup


def test_a_backup_beside_an_audit_that_writes(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/history.db"
    (host,) = endpoints(1)
    with Store.open(url) as store:
        record(store, [host])
        audit = begin(store)
        store.add_observation(audit, host, observation(host, START), [finding(host, "a")])
        store.flush()
        backup(url, tmp_path / "copy.db")
        store.finish(audit, START)
    with Store.open(f"sqlite:///{tmp_path}/copy.db", create=False) as copy:
        assert [each.finished_at is not None for each in copy.audits()] == [False, True]
        assert [each.check for each in copy.findings(2)] == ["a"]
    assert not list(tmp_path.glob(".copy*"))
