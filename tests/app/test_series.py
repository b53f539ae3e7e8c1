"""Several fleets in one history: each is told of itself alone, also where its targets file is moved."""

import csv
from io import StringIO
from pathlib import Path

import pytest

from tests.app.written import FAIL, PASS, Written
from tlsaudit.app.notify.book import books
from tlsaudit.app.notify.look import Look
from tlsaudit.app.notify.notice import Kind
from tlsaudit.app.series import earlier, files_of, name_of
from tlsaudit.app.targets import load
from tlsaudit.evidence import TlsOffer
from tlsaudit.registry import Registry
from tlsaudit.store import Store


def fleet(folder: Path, hosts: str, history: Path, target: str = "100%") -> Written:
    folder.mkdir()
    made = Written(folder)
    made.database = f"sqlite:///{history / 'history.db'}"
    goal = f"{{checks: [pfs-suites], milestones: {{2015-12-31: {target}}}}}"
    made.targets(f"version: 1\nhistory: {made.database}\nservices: {{www: [{hosts}]}}\nobjectives: {{pfs: {goal}}}\n")
    return made


@pytest.fixture
def two(tmp_path: Path) -> tuple[Written, Written]:
    """One keeps secrets, the other does not; they are audited by turns."""
    fleets = fleet(tmp_path / "a", "a.example.org", tmp_path), fleet(tmp_path / "b", "b.example.org", tmp_path)
    for day in ("2015-03-01", "2015-03-02", "2015-03-03"):
        for hour, (made, outcome) in enumerate(zip(fleets, (PASS, FAIL), strict=True)):
            made.audit(f"{day}T0{hour}:10", {"": outcome})
    return fleets


@pytest.mark.parametrize(("number", "share"), [(0, 1), (1, 0)])
def test_each_fleet_is_told_of_itself_alone(two: tuple[Written, Written], number: int, share: int) -> None:
    document = two[number].document("goals", "--at", "2015-03-03")
    (goal,) = document["objectives"]
    begun, before, first = (f"2015-03-0{day}T0{number}:10:00Z" for day in (3, 2, 1))
    assert (document["started_at"], document["previous_at"]) == (begun, before)
    assert (goal["share"], goal["previous"], goal["changes"]["causes"]) == (share, share, [])
    assert {point["figure"] for point in goal["figures"]} == {share}
    assert not any(document["finding_changes"].values())
    since = two[number].document("report", "--at", "2015-03-03", "--since", "2015-03-01")
    assert since["previous_at"] == first


def test_news_are_those_of_the_fleet(two: tuple[Written, Written]) -> None:
    """By turns its endpoints would come and go."""
    registry = Registry.load()
    for made in two:
        targets, _ = load(made.path / "targets.yaml", [], registry)
        with Store.open(made.database) as store:
            (book,) = books(store, targets)
            look = Look(store, targets, registry, book.audits, now=store.audits()[0].started_at, seen=None)
            assert look.audit is not None
            assert look.audit.targets == name_of(targets)
            assert {notice.kind for news in look.news({}) for notice in news.stands} <= {Kind.MET}


def test_the_list_of_audits_says_of_which_fleet_each_is(two: tuple[Written, Written]) -> None:
    ends = [f", {made.path / 'targets.yaml'}" for made in reversed(two)] * 3
    lines = two[0].shown("history", "list").splitlines()
    assert all(line.endswith(end) for line, end in zip(lines, ends, strict=True))


@pytest.mark.parametrize(("number", "audit"), [(0, 5), (1, 6)])
def test_the_latest_audit_is_that_of_the_fleet(two: tuple[Written, Written], number: int, audit: int) -> None:
    made = two[number]
    again = made.document("history", "rejudge")
    assert again["audit"]["id"] == audit
    rows = csv.DictReader(StringIO(made.shown("history", "export")))
    assert {row["audit"] for row in rows} == {str(audit)}


@pytest.mark.parametrize(("number", "before", "after"), [(0, 1, 5), (1, 2, 6)])
def test_the_audits_of_a_day_are_those_of_the_fleet(
    two: tuple[Written, Written], number: int, before: int, after: int
) -> None:
    """To compare two fleets would tell all endpoints as gone."""
    made = two[number]
    compared = made.document("history", "diff", "2015-03-01")
    assert [compared[side]["id"] for side in ("before", "after")] == [before, after]
    assert not compared["gone"]
    (made.path / "targets.yaml").rename(made.path / "moved.yaml")
    assert f"From audit {before} " in made.shown("history", "diff", str(before), "latest", "--db", made.database)


@pytest.mark.parametrize("number", [0, 1])
def test_the_past_of_a_host_is_what_its_own_fleet_saw(two: tuple[Written, Written], number: int) -> None:
    """Audits that are far enough apart are few, and the other's saw nothing of it."""
    made = two[number]
    made.audit(f"2015-03-04T0{number}:10", {"": PASS})
    targets, _ = load(made.path / "targets.yaml", [], Registry.load())
    with Store.open(made.database) as store:
        told = earlier(store, store.audit("latest"), targets)(targets.endpoints[0].id, "192.0.2.1", TlsOffer)
    assert [item.observed_at.day for item in told] == [3, 2, 1]


def test_a_fleet_that_was_never_audited_is_not_told_of_another(two: tuple[Written, Written], tmp_path: Path) -> None:
    new = fleet(tmp_path / "c", "c.example.org, d.example.org", tmp_path)
    assert "no audit was finished up to 2015-03-03: run tlsaudit audit" in new.refused("goals", "--at", "2015-03-03")


def test_a_prune_leaves_each_fleet_its_last_audit(two: tuple[Written, Written]) -> None:
    assert "forgot 4 audits" in two[0].shown("history", "prune", "--keep", "1")
    assert [made.document("goals")["started_at"][:13] for made in two] == ["2015-03-03T00", "2015-03-03T01"]


def test_a_file_behind_a_link_is_the_same_wherever_that_leads(two: tuple[Written, Written]) -> None:
    """Kubernetes mounts a folder by another name each time."""
    made = two[0]
    (made.path / "mounted").mkdir()
    (made.path / "targets.yaml").rename(made.path / "mounted" / "targets.yaml")
    (made.path / "targets.yaml").symlink_to(made.path / "mounted" / "targets.yaml")
    made.audit("2015-03-04T00:10", {"": PASS})
    with Store.open(made.database) as store:
        newest, *earlier = [audit for audit in store.audits() if str(made.path) in str(audit.targets)]
        assert {audit.targets for audit in earlier} == {newest.targets}


def test_what_was_audited_before_the_file_was_moved_still_counts(two: tuple[Written, Written], tmp_path: Path) -> None:
    """One host more in it does not make another fleet of it, and to move it hides no moved goalpost."""
    moved = fleet(tmp_path / "elsewhere", "a.example.org, more.example.org", tmp_path, target="50%")
    moved.audit("2015-03-04T00:10", {"a": PASS, "more": FAIL})
    document = moved.document("goals", "--at", "2015-03-04")
    (goal,) = document["objectives"]
    assert document["previous_at"] == "2015-03-03T00:10:00Z"
    assert goal["changes"]["causes"] == [{"cause": "appeared", "count": 1}]
    assert {move["goalpost"] for move in document["goalposts"]["moves"]} == {"milestone"}


@pytest.mark.parametrize(
    ("hosts", "same"),
    [
        ("a.example.org", True),
        ("a.example.org, b.example.org", True),
        ("a.example.org, b.example.org, c.example.org", False),
        ("c.example.org", False),
    ],
)
def test_a_file_elsewhere_is_the_same_with_half_of_the_endpoints(
    two: tuple[Written, Written], tmp_path: Path, hosts: str, same: bool
) -> None:
    made = fleet(tmp_path / "elsewhere", hosts, tmp_path)
    targets, _ = load(made.path / "targets.yaml", [], Registry.load())
    with Store.open(made.database) as store:
        assert (str(two[0].path / "targets.yaml") in files_of(store, targets)) is same
