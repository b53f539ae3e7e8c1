"""An audit as renderers read it: whichever way its findings are read, the same is counted."""

from dataclasses import replace
from datetime import date
from io import StringIO
from pathlib import Path

import pytest

from tests.app.written import FAIL, PASS, UNKNOWN, Written
from tests.report import views
from tests.store.fleet import START, finding, observation
from tlsaudit.app.goalposts import pinned
from tlsaudit.app.targets import load
from tlsaudit.app.timetable import Timetable
from tlsaudit.app.view import view_of
from tlsaudit.check import Finding
from tlsaudit.registry import Registry, rule
from tlsaudit.report.formats import format_by_name
from tlsaudit.report.json import encoded, encoded_findings
from tlsaudit.report.view import tallied, visit_of
from tlsaudit.store import HOST, Store
from tlsaudit.target import Endpoint

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
    assert ",\n".join(written) == ",\n".join(map(encoded, findings))
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


NAMED = """\
version: 1
sites: {west: {}}
services:
  a: [a.example.org, localhost, "[2001:db8::1]"]
  b: {hosts: ["b.example.org:8443"], at: {west: 192.0.2.1}}
  mx: ["smtp://mx.example.org"]
  quiet: [quiet.example.org]
"""


def _said_of(endpoint: Endpoint, registry: Registry) -> list[Finding]:
    """Most of it with the host's name in it, some with what stands for that in the history; of one nothing is said."""
    if endpoint.service == "quiet":
        return []
    host, said = endpoint.host, finding(endpoint, "pfs-suites", FAIL)
    found = [
        replace(said, message=f"https://{host}/, quoted", also=(f"<{host}> & ##",), facts={host: [host, f"m.{host}"]}),
        replace(said, check="hsts-max-age", message=f"{host} says {HOST}", facts={"by": host}),
        replace(said, check="tls-versions", message=host, facts={"ms": 12.5, "of": host}, samples=frozenset({"ms"})),
        replace(said, check="redirect-https", message=f"={host}", waiver=f"{host} moves to {HOST}", address=None),
        replace(said, check="canonical-https", message=f"\\{host}", outcome=PASS),
        replace(said, check="certificate-name", message=f"names {host}", outcome=UNKNOWN, address=host),
    ]
    return [replace(each, severity=registry[each.check].severity) for each in found]


@pytest.mark.parametrize("name", ["terminal", "json", "jsonl", "html", "markdown", "csv", "sarif", "junit"])
def test_what_names_the_host_is_told_by_its_name(tmp_path: Path, name: str) -> None:
    file, registry = tmp_path / "targets.yaml", Registry.load()
    file.write_text(NAMED, "utf-8")
    targets, _ = load(file, [], registry)
    said = {endpoint.id: _said_of(endpoint, registry) for endpoint in targets.endpoints}
    rules = [rule(registry[each.check], {}) for each in next(iter(said.values()))]
    with Store.open("sqlite://") as store:
        audit = store.begin(START, vantage="lab", version="1", pinned=pinned(targets, rules))
        for endpoint in targets.endpoints:
            store.add_observation(audit, endpoint, observation(endpoint, START), said[endpoint.id])
        counted = views.view([], []).header.summary.model_dump(mode="json", by_alias=True)
        store.finish(audit, START, summary=counted | {"endpoints": len(said)})
        view = view_of(store, store.audit(audit))
        assert [(each.endpoint, each.message, each.facts, each.waiver) for each in view.findings()] == [
            (each.endpoint, each.message, each.facts, each.waiver)
            for _, found in sorted(said.items())
            for each in sorted(found, key=lambda each: each.check)
        ]
        written, plain = StringIO(), StringIO()
        format_by_name(name).render(view, written)
        format_by_name(name).render(views.Plain(view), plain)
    assert written.getvalue() == plain.getvalue()
