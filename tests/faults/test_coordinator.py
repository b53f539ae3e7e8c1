"""The process that hands out work to a cluster is killed: the next goes on where it was, and counts nothing twice."""

from pathlib import Path

from tests.faults.fleet import Fleet, Project
from tests.servers.cluster import dask_cluster

_HOSTS = [f"w{number}.example.org" for number in range(70)]


def test_a_coordinator_that_is_killed(fleet: Fleet, tmp_path: Path) -> None:
    project = Project(fleet, tmp_path, _HOSTS, ["certificate-name"])
    with dask_cluster(tmp_path) as cluster:
        cluster.start_worker()
        with project.begin("-q", *cluster.options) as process:
            process.kill()
            process.communicate()
        done = project.audit("-q", "--resume", *cluster.options)
    assert (done.code, done.err) == (0, "")
    document = project.document()
    (note,) = (note for note in document["notes"] if "resumed" in note)
    assert 0 < int(note.split(" ")[5]) <= len(_HOSTS), note
    endpoints = [finding["endpoint"] for finding in document["findings"] if finding["outcome"] == "pass"]
    assert sorted(endpoints) == sorted(f"{host}:443@lab" for host in _HOSTS)
    assert document["summary"]["endpoints"] == len(endpoints) + 1, "the last is at two sites"
    project.check_nothing_is_left()
