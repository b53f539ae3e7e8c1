"""An audit as renderers read it: whichever way its findings are read, the same is counted."""

from datetime import date
from pathlib import Path

import pytest

from tests.app.written import FAIL, PASS, Written
from tests.report import views
from tlsaudit.app.targets import load
from tlsaudit.app.timetable import Timetable
from tlsaudit.app.view import view_of
from tlsaudit.registry import Registry
from tlsaudit.report.json import encoded, encoded_findings
from tlsaudit.report.view import tallied, visit_of
from tlsaudit.store import Store

TARGETS = """\
version: 1
defaults: {owner: ops@example.org}
services: {www: [a.example.org, b.example.org, c.example.org, d.example.org]}
waivers:
  - {check: pfs-suites, on: [a.example.org], reason: until the spring, expires: 2015-03-20}
  - {check: pfs-suites, on: [c.example.org], reason: for good, expires: 2015-12-31}
"""


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Written:
    made = Written(tmp_path_factory.mktemp("view"))
    made.targets(TARGETS)
    said = {"a": FAIL, "b": FAIL, "c": PASS, "d": None}
    made.audit("2015-03-01T02:10", said, ["hsts-max-age", "pfs-suites"])
    return made


@pytest.mark.parametrize(("day", "excused"), [(None, 1), ("2015-03-20", 1), ("2015-03-21", 0)])
def test_findings_are_counted_by_the_waivers_of_the_day(history: Written, day: str | None, excused: int) -> None:
    registry = Registry.load()
    targets, _ = load(Path(history.path, "targets.yaml"), [], registry)
    timetable = Timetable(targets, registry, date.fromisoformat(day)) if day else None
    with Store.open(history.database) as store:
        view = view_of(store, store.audit(1), timetable)
        tallies, outlines, findings = view.tallies(), list(view.outlines()), list(view.findings())
        endpoints, seen = list(view.endpoints()), list(view.seen())
        silent, told = list(view.silent()), list(view.faults())
        written, plain = list(encoded_findings(view)), views.Plain(view).tallies()
    assert tallies == tallied(outlines) == plain
    assert (tallies["pfs-suites", "high", "fail"], tallies["pfs-suites", "high", "waived"]) == (2 - excused, excused)
    assert tallies["hsts-max-age", "high", "fail"] == 2
    assert written == [encoded(item) for item in findings]
    assert silent == [(item.id, item.reason) for item in endpoints if not item.reachable]
    assert [item.record() for each in told for item in each.open] == [
        item
        for item in findings
        if item.outcome == "fail" or (item.outcome == "unknown" and item.endpoint not in dict(silent))
    ]
    visits = [endpoint for endpoint, _ in seen if endpoint]
    assert len(visits) == len(seen)
    assert [each.record() for each in visits] == endpoints
    assert [each[:-1] for each in visits] == [visit_of(item)[:-1] for item in endpoints]
    assert tallied(outline for _, outline in seen if outline) == tallies
    assert [item.record() for outline in outlines for item in outline.open] == [
        item for item in findings if item.outcome in {"fail", "unknown"}
    ]
