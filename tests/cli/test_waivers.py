"""`tlsaudit goals --waivers`, over a history that is written here."""

import asyncio
import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup

from tests.cli.command import tlsaudit
from tests.servers import Server, Shape
from tests.store.fleet import START, begin, finding, observation
from tlsaudit.app.audit import Audit, run
from tlsaudit.app.output import Output
from tlsaudit.app.settings import ProbeSettings
from tlsaudit.app.targets import load
from tlsaudit.check import Outcome, Severity
from tlsaudit.registry import Registry
from tlsaudit.store import Store
from tlsaudit.target import Endpoint

TARGETS = """\
version: 1
services:
  www: [www.example.org, shop.example.org]
waivers:
  - {check: tls-versions, on: [www], reason: an old gateway, owner: shop, ticket: "https://t.example.org/1",
     expires: 2026-12-31}
  - {check: hsts-max-age, on: [www.example.org], reason: waits for the move, owner: web, expires: 2026-10-10}
  - {check: hsts-max-age, on: [shop.example.org, gone.example.org], reason: forgotten, owner: web, expires: 2027-01-31}
  - {check: pfs-suites, on: [nobody], reason: nobody knows, owner: web, expires: 2028-01-31}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("waivers")
    (path / "targets.yaml").write_text(TARGETS, "utf-8")
    with Store.open(f"sqlite:///{path / 'history.db'}") as store:
        audit = begin(store)
        for host in ("www.example.org", "shop.example.org"):
            endpoint = Endpoint(host, service="www")
            outcome = Outcome.FAIL if host.startswith("www") else Outcome.PASS
            said = [finding(endpoint, "tls-versions", Outcome.FAIL), finding(endpoint, "hsts-max-age", outcome)]
            store.add_observation(audit, endpoint, observation(endpoint, START), said)
        store.finish(audit, START)
    return path


def _waivers(folder: Path, at: str) -> list[dict[str, Any]]:
    done = tlsaudit("goals", "--waivers", "--at", at, "--format", "json", cwd=folder)
    assert done.code == 0, done.err
    found: list[dict[str, Any]] = json.loads(done.out)["waivers"]
    return found


def test_those_that_expire_first_are_at_the_head_with_what_they_excuse(folder: Path) -> None:
    assert [(each["check"], each["days_left"], each["excuses"]) for each in _waivers(folder, "2026-10-05")] == [
        ("hsts-max-age", 5, 1),
        ("tls-versions", 87, 2),
        ("hsts-max-age", 118, 0),
        ("pfs-suites", 483, 0),
    ]


@pytest.mark.parametrize(
    ("at", "days_left", "expired", "excuses"), [("2026-10-10", 0, False, 1), ("2026-10-11", -1, True, 0)]
)
def test_a_waiver_holds_on_its_last_day_and_not_on_the_next(
    folder: Path, at: str, days_left: int, expired: bool, excuses: int
) -> None:
    first = _waivers(folder, at)[0]
    assert (first["days_left"], first["expired"], first["excuses"], first["failing"]) == (
        days_left,
        expired,
        excuses,
        1,
    )


def test_what_matches_nothing_is_said(folder: Path) -> None:
    assert [each["matches_nothing"] for each in _waivers(folder, "2026-10-05")] == [
        [],
        [],
        ["gone.example.org"],
        ["nobody"],
    ]


@pytest.mark.parametrize("columns", ["200", "100", "60", "20"])
def test_the_list_fits_any_width(folder: Path, columns: str) -> None:
    done = tlsaudit("goals", "--waivers", "--at", "2026-10-12", cwd=folder, COLUMNS=columns)
    assert done.code == 0, done.err
    assert max(map(len, done.out.splitlines())) <= int(columns)
    said = "".join(done.out.split())
    for text in ("2026-10-10", "https://t.example.org/1" if columns == "20" else "nobody"):
        assert text in said
    if columns == "200":
        assert "expired 2 days ago" in done.out
        assert "no longer 1 finding" in done.out
        assert "nothing it covers fails; matches nothing: gone.example.org" in done.out


@pytest.mark.parametrize("options", [("--format", "html"), ("-o", "waivers.json")])
def test_there_is_no_such_output(folder: Path, options: tuple[str, ...]) -> None:
    done = tlsaudit("goals", "--waivers", *options, cwd=folder)
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert "standard output alone" in done.err


def test_no_waivers_and_no_audit_up_to_then(folder: Path) -> None:
    (folder / "none.yaml").write_text("version: 1\nservices: {www: [www.example.org]}\n", "utf-8")
    done = tlsaudit("goals", "--waivers", "-c", "none.yaml", cwd=folder)
    assert (done.code, done.out.splitlines()[-1]) == (0, "There are no waivers in the targets file.")
    done = tlsaudit("goals", "--waivers", "--at", "2026-09-30", cwd=folder)
    assert (done.code, done.err.count("\n")) == (2, 1)


EXCUSED = """\
version: 1
defaults: {{owner: ops@example.org}}
sites: {{east: {{}}}}
services: {{www: {{hosts: [www.example.org], at: {{east: {{address: 127.0.0.1, ports: {{443: {port}}}}}}}}}}}
objectives: {{pfs: {{checks: [pfs-suites], milestones: {{2015-02-28: 100%}}}}}}
waivers: [{{check: pfs-suites, on: [www], reason: an old balancer, expires: 2015-03-31}}]
"""


@pytest.mark.parametrize(("at", "excused"), [("2015-03-31T23:59:59+00:00", True), ("2015-04-01T00:00:00+00:00", False)])
def test_an_expired_waiver_bites_the_same_day_everywhere(
    tmp_path: Path, shared_server: Callable[[str, Shape], Server], at: str, excused: bool
) -> None:
    server = shared_server("nginx", Shape.STATIC_RSA)
    (tmp_path / "targets.yaml").write_text(EXCUSED.format(port=server.https_port), "utf-8")
    registry = Registry.load()
    targets, warnings = load(tmp_path / "targets.yaml", [], registry)
    begun = datetime.fromisoformat(at)
    ended = run(
        Audit(targets, warnings, registry, [registry["pfs-suites"]], ProbeSettings(clock=lambda: begun)),
        database=f"sqlite:///{tmp_path / 'history.db'}",
        folder=tmp_path / "reports",
        output=Output("json", quiet=True),
        fail_on=Severity.LOW,
        min_coverage=0,
    )
    assert asyncio.run(ended) == (0 if excused else 1)
    document = json.loads((tmp_path / "reports" / "audit.json").read_text("utf-8"))
    goals = tlsaudit("goals", "--at", at[:10], "--format", "json", cwd=tmp_path).document
    for found in (document, goals):
        counts = found["objectives"][0]["counts"]
        assert (counts["fail"], counts["waived"]) == ((0, 1) if excused else (1, 0))
        assert found["findings"][0]["waiver"] == ("an old balancer" if excused else None)
    page = BeautifulSoup((tmp_path / "reports" / "report.html").read_text("utf-8"), "html.parser")
    words = [cell.get_text(strip=True) for cell in page.select("table.goals td.status")]
    assert words == ["excused" if excused else "late"]
    # Without a new audit it bites as well.
    after = tlsaudit("goals", "--at", "2015-04-01", "--format", "json", cwd=tmp_path).document["objectives"][0]
    assert (after["counts"]["waived"], after["excused_until"]) == (0, None)
