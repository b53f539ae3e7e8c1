"""A process that judges and records is killed: the next goes on where it was, and counts nothing twice."""

from pathlib import Path

from tests.faults.fleet import Fleet, Project, said
from tests.servers import CertificateAuthority
from tests.servers.cluster import dask_cluster
from tests.servers.starttls import postgres
from tlsaudit.store import Store

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


def test_one_of_several_in_the_same_history(fleet: Fleet, ca: CertificateAuthority, tmp_path: Path) -> None:
    projects = []
    for name in ("killed", "undisturbed"):
        (tmp_path / name).mkdir()
        projects.append(Project(fleet, tmp_path / name))
    first, second = projects
    with postgres(ca, tls=False) as listener:
        url = f"postgresql://postgres@{listener.address}:{listener.port}/postgres"
        slowly = ("-q", "--concurrency", "1", "--db", url)
        with second.start(*slowly) as other, first.begin(*slowly, where=url) as killed:
            killed.kill()
            resumed = first.audit("-q", "--resume", "--db", url)
            _, complaint = other.communicate(timeout=120)
        assert (resumed.code, resumed.err, other.returncode, complaint) == (0, "", 0, "")
        with Store.open(url, create=False) as store:
            assert [audit.finished_at is not None for audit in store.audits()] == [True, True]
    assert [note for note in first.document()["notes"] if "resumed" in note]
    assert said(first.document()) == said(second.document())
