"""An audit end to end on real servers: two sites, a timetable, the history, the reports."""

import json
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.cli.command import PROGRAM, Done, tlsaudit
from tests.servers import CertificateAuthority, Server, Shape, free_port, serve
from tlsaudit.store import Store

HSTS = {"Strict-Transport-Security": "max-age=63072000"}

TARGETS = """\
version: 1
defaults: {{owner: ops@example.org}}
sites: {{east: {{}}, west: {{}}}}
services:
  web:
    hosts: [www.example.org]
    at:
      east: {{address: 127.0.0.1, ports: {{80: {east.http_port}, 443: {east.https_port}}}}}
      west: {{address: 127.0.0.1, ports: {{80: {west.http_port}, 443: {west.https_port}}}}}
objectives:
  versions: {{title: Only current versions, checks: [tls-versions], milestones: {{2030-06-30: 100%}}}}
  parity: {{title: Either site can take over, checks: [site-parity], milestones: {{2030-06-30: 100%}}}}
  decide: {{title: Force HTTPS?, decision: undecided, milestones: {{2030-06-30: decided}}}}
"""


class Project:
    """A folder with a targets file, and the servers it speaks of."""

    def __init__(self, folder: Path, ca_file: Path) -> None:
        self.folder = folder
        self._ca_file = ca_file

    def write(self, east: Server, west: Server, more: str = "") -> None:
        text = TARGETS.format(east=east, west=west) + more
        (self.folder / "targets.yaml").write_text(text, "utf-8")

    def run(self, *arguments: object) -> Done:
        return tlsaudit(*arguments, cwd=self.folder)

    def audit(self, *arguments: object) -> Done:
        return self.run("audit", "--ca-file", self._ca_file, *arguments)

    def wait_for_second_audit(self) -> None:
        """Until it has begun."""
        deadline = time.monotonic() + 60
        with Store.open(f"sqlite:///{self.folder}/history.db", create=False) as store:
            while len(store.audits()) < 2:
                assert time.monotonic() < deadline
                time.sleep(0.02)

    @property
    def document(self) -> dict[str, Any]:
        loaded: dict[str, Any] = json.loads((self.folder / "reports" / "audit.json").read_text("utf-8"))
        return loaded

    def objective(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = next(item for item in self.document["objectives"] if item["id"] == name)
        return found


@pytest.fixture
def project(tmp_path: Path, ca_file: Path) -> Project:
    return Project(tmp_path, ca_file)


@pytest.fixture(scope="module")
def modern(ca: CertificateAuthority) -> Iterator[Server]:
    with serve("nginx", ca=ca, headers=HSTS) as server:
        yield server


@pytest.fixture(scope="module")
def old(ca: CertificateAuthority) -> Iterator[Server]:
    with serve("nginx", Shape.LEGACY, ca=ca) as server:
        yield server


def test_two_sites_that_differ(project: Project, modern: Server, old: Server) -> None:
    project.write(modern, old)
    done = project.audit()
    assert done.code == 0, done.err
    document = project.document
    jsonschema.validate(document, json.loads(tlsaudit("schema", "audit").out))
    found = {(item["check"], item["subject"]["id"]): item for item in document["findings"]}
    assert found["tls-versions", "www.example.org:443@east"]["outcome"] == "pass"
    assert found["tls-versions", "www.example.org:443@west"]["outcome"] == "fail"
    parity = found["site-parity", "web"]
    assert parity["outcome"] == "fail"
    told = [parity["message"], *parity["also"]]
    assert any("TLS 1.0 and 1 more at west, not at east" in message for message in told)
    assert "www.example.org: HSTS: max-age=63072000 at east, none at west" in told
    ready = found["failover-ready", "web"]
    assert ready["outcome"] == "fail"
    assert "www.example.org, west for east" in ready["facts"]["losing"]
    assert "HSTS lasts 0 days instead of 730 days" in " ".join([ready["message"], *ready["also"]])
    versions = project.objective("versions")
    assert (versions["status"], versions["share"], versions["coverage"]) == ("on-track", 0.5, 1.0)
    assert versions["counts"] == {"pass": 1, "fail": 1, "unknown": 0, "not_applicable": 0, "waived": 0}
    assert project.objective("parity")["share"] == 0.0
    assert project.objective("decide")["status"] == "undecided"
    page = (project.folder / "reports" / "report.html").read_text("utf-8")
    assert "Either site can take over" in page


def test_history_tells_what_changed(project: Project, modern: Server, old: Server) -> None:
    options = ("-q", "--ignore", "https-latency")  # that says how busy the machine is
    project.write(modern, old)
    assert project.audit(*options).code == 0
    project.write(modern, modern)
    assert project.audit(*options).code == 0
    listed = json.loads(project.run("history", "list", "--format", "json").out)
    assert [audit["id"] for audit in listed] == [2, 1]
    assert project.run("history", "list").out.count(" of 2 endpoints reached") == 2
    diff = json.loads(project.run("history", "diff", "1", "2", "--format", "json").out)
    fixed = {(change["check"], change["subject"]["id"]) for change in diff["fixed"]}
    assert ("tls-versions", "www.example.org:443@west") in fixed
    assert ("site-parity", "web") in fixed
    assert diff["regressed"] == diff["new"] == diff["lost"] == diff["appeared"] == diff["gone"] == []
    assert "FIXED" in project.run("history", "diff", "1").out
    assert project.objective("versions")["previous"] == 0.5
    assert project.objective("versions")["status"] == "met"
    assert "nothing changed" in project.run("history", "diff", "2", "2").out


def test_an_audit_of_some_checks_leaves_the_others_as_they_were(project: Project, modern: Server, old: Server) -> None:
    project.write(modern, old)
    assert project.audit("-q").code == 0
    whole = project.document
    assert project.audit("-q", "--select", "site-parity").code == 0
    kept, parity = project.objective("versions"), project.objective("parity")
    assert kept["measured_at"] == whole["started_at"] != parity["measured_at"] == project.document["started_at"]
    for name in ("status", "share", "coverage", "counts"):
        assert kept[name] == next(item[name] for item in whole["objectives"] if item["id"] == "versions")
    diff = json.loads(project.run("history", "diff", "1", "2", "--format", "json").out)
    assert "tls-versions" in diff["not_run"]
    assert diff["rules"] == diff["rule_changed"] == diff["regressed"] == diff["new"] == diff["not_run_before"] == []
    assert "NOT RUN NOW     tls-versions" in project.run("history", "diff", "1", "2").out
    back = json.loads(project.run("history", "diff", "2", "1", "--format", "json").out)
    assert {change["check"] for change in back["not_run_before"]} >= {"tls-versions"}
    assert back["regressed"] == back["new"] == back["rule_changed"] == []


def test_an_audit_of_some_checks_is_no_point_of_the_others_trend(project: Project, modern: Server, old: Server) -> None:
    project.write(modern, old)
    assert project.audit("-q", "--select", "site-parity").code == 0
    never = project.objective("versions")
    assert (never["status"], never["measured_at"]) == ("not-measured", None)
    assert project.audit("-q").code == 0
    assert project.objective("versions")["previous"] is None
    assert project.objective("parity")["previous"] == 0.0


def test_goals_and_report_look_back(project: Project, modern: Server) -> None:
    project.write(modern, modern)
    assert project.audit("-q").code == 0
    goals = project.run("goals")
    assert goals.code == 0
    assert "MET" in goals.out
    late = json.loads(project.run("goals", "--at", "2031-01-01", "--format", "json").out)
    by_id = {item["id"]: item["status"] for item in late["objectives"]}
    assert by_id == {"versions": "not-measured", "parity": "not-measured", "decide": "overdue"}
    assert late["as_of"] == "2031-01-01"
    early = project.run("goals", "--at", "2014-01-01")
    assert (early.code, early.err) == (2, "tlsaudit: no audit was finished up to 2014-01-01: run tlsaudit audit\n")
    written = project.run("report", "-o", "leadership.html", "-o", "all.json")
    assert written.code == 0, written.err
    assert (project.folder / "leadership.html").exists()
    converted = project.run("report", "all.json")
    assert converted.code == 0, converted.err
    assert "<!doctype html>" in (project.folder / "all.html").read_text("utf-8")


def test_a_waiver_silences_the_exit_code_and_raises_no_share(project: Project, modern: Server, old: Server) -> None:
    project.write(modern, old)
    strict = ("--fail-on", "high", "--select", "tls-versions", "-q")
    assert project.audit(*strict).code == 1
    waiver = "waivers: [{check: tls-versions, on: [web@west], reason: old, owner: me@example.org, expires: 2030-01-01}]"
    project.write(modern, old, waiver)
    assert project.audit(*strict).code == 0
    assert project.objective("versions")["counts"]["waived"] == 1
    assert project.objective("versions")["share"] == 0.5
    (finding,) = [item for item in project.document["findings"] if item["waiver"]]
    assert (finding["outcome"], finding["waiver"]) == ("fail", "old")
    project.write(modern, old, waiver.replace("2030", "2020"))
    assert project.audit(*strict).code == 1
    assert any("expired" in note for note in project.document["notes"])


def test_an_unreachable_fleet_exits_3_and_no_objective_looks_better(
    project: Project, modern: Server, old: Server
) -> None:
    project.write(modern, old)
    assert project.audit("-q").code == 0
    before = {item["id"]: item for item in project.document["objectives"]}
    dead = Server("nginx", "www.example.org", "127.0.0.1", free_port("127.0.0.1"), free_port("127.0.0.1"), 0, Path())
    project.write(dead, dead)
    done = project.audit("-q")
    assert done.code == 3
    assert project.document["summary"]["reachable"] == 0
    for item in project.document["objectives"]:
        if item["kind"] == "share":
            assert item["share"] <= before[item["id"]]["share"]
            assert item["status"] == "not-measured"
            assert item["coverage"] == 0
    diff = json.loads(project.run("history", "diff", "1", "2", "--format", "json").out)
    assert diff["fixed"] == []
    assert diff["lost"]


def test_a_redirect_to_a_sibling_goes_to_the_same_site(project: Project, ca: CertificateAuthority) -> None:
    """The alias's https answer redirects to www, which only targets.yaml knows how to reach."""
    with ExitStack() as stack:
        www = stack.enter_context(serve("nginx", ca=ca, headers=HSTS))
        alias = stack.enter_context(
            serve(
                "nginx",
                ca=ca,
                names=("example.org",),
                redirect="https://example.org",
                https_config="return 301 https://www.example.org$request_uri;",
            )
        )
        ports = {"www": f"443: {www.https_port}", "alias": f"80: {alias.http_port}, 443: {alias.https_port}"}
        (project.folder / "targets.yaml").write_text(
            "version: 1\nsites: {east: {}}\nservices:\n"
            f"  www: {{hosts: [www.example.org], at: {{east: {{address: 127.0.0.1, ports: {{{ports['www']}}}}}}}}}\n"
            f"  alias: {{hosts: [example.org], at: {{east: {{address: 127.0.0.1, ports: {{{ports['alias']}}}}}}}}}\n",
            "utf-8",
        )
        assert project.audit("-q", "--select", "redirect-https").code == 0
        found = {item["endpoint"]: item for item in project.document["findings"]}
        assert found["example.org:443@east"]["outcome"] == "pass", found
        assert any(line.startswith("https www.example.org") for line in www.access_log())


def test_kill_in_mid_audit_leaves_the_history_readable(
    project: Project, modern: Server, ca_file: Path, stalled_fleet: Callable[[Path], None]
) -> None:
    project.write(modern, modern)
    assert project.audit("-q", "--select", "tls-versions").code == 0
    stalled_fleet(project.folder)
    with subprocess.Popen([PROGRAM, "audit", "-q", "--ca-file", ca_file], cwd=project.folder) as process:
        project.wait_for_second_audit()
        process.kill()
    listed = json.loads(project.run("history", "list", "--format", "json").out)
    assert [audit["finished_at"] is None for audit in listed] == [True, False]
    assert "not finished" in project.run("history", "list").out
    project.write(modern, modern)
    assert project.run("goals").code == 0
    assert project.audit("-q").code == 0


def test_ctrl_c_exits_130_with_one_line(
    project: Project, modern: Server, ca_file: Path, stalled_fleet: Callable[[Path], None]
) -> None:
    project.write(modern, modern)
    assert project.audit("-q", "--select", "tls-versions").code == 0
    stalled_fleet(project.folder)
    command: list[str | Path] = [PROGRAM, "audit", "-q", "--ca-file", ca_file]
    with subprocess.Popen(command, cwd=project.folder, stderr=subprocess.PIPE, text=True) as process:
        project.wait_for_second_audit()
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=120)
    assert (process.returncode, err.split("\n")) == (130, ["tlsaudit: interrupted", ""])


@pytest.fixture
def stalled_fleet(modern: Server) -> Iterator[Callable[[Path], None]]:
    """Writes a targets file whose endpoints never answer, so that the audit is caught in the middle."""
    import socket

    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(100)
        port = silent.getsockname()[1]

        def write(folder: Path) -> None:
            (folder / "targets.yaml").write_text(
                f"version: 1\nsites: {{east: {{}}}}\nservices:\n  web: {{hosts: [www.example.org], "
                f"at: {{east: {{address: 127.0.0.1, ports: {{80: {port}, 443: {port}}}}}}}}}\n",
                "utf-8",
            )

        yield write


@pytest.mark.parametrize(
    ("section", "complaints"),
    [
        (
            "objectives:\n  x: {checks: [pfs-suits], milestones: {2027-01-01: 100%}}",
            ["4:3", "did you mean pfs-suites?"],
        ),
        (
            "objectives:\n  x: {checks: [pfs-suites, site-parity], milestones: {2027-01-01: 100%}}",
            ["4:3", "one kind of subject"],
        ),
        ("waivers:\n  - {check: no-such, on: [www], reason: r, owner: o, expires: 2027-01-01}", ["4:13", "no-such"]),
        ("checks: {hsts-max-age: {minimum: soon}}", ["3:", "hsts-max-age, option minimum"]),
        ("sevices: {}", ["3:1", "services"]),
    ],
)
def test_a_faulty_targets_file_is_refused_before_anything_is_written(
    tmp_path: Path, section: str, complaints: list[str]
) -> None:
    text = f"version: 1\nservices: {{www: [a.example.org]}}\n{section}\n"
    (tmp_path / "targets.yaml").write_text(text, "utf-8")
    done = tlsaudit("audit", cwd=tmp_path)
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    for complaint in complaints:
        assert complaint in done.err
    assert [file.name for file in tmp_path.iterdir()] == ["targets.yaml"]


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (["--ca-file", __file__], "no certificate in it"),
        (["--client-cert", __file__], "no PEM certificate in it"),
        (["--proxy", "socks5://user@127.0.0.1:1080"], "--proxy: SOCKS5 wants a user and a password"),
        (["--contact", "\u00e9"], "--contact: only printable ASCII"),
        (["--resolve", "a.example.org:443:x"], "x is no IP address"),
        (["--timeout", "inf"], "--timeout"),
        (["--select", "no-such"], "no check is called no-such"),
        (["-o", "no-such-folder/report.html"], "no-such-folder does not exist"),
    ],
)
def test_a_mistake_on_the_command_line_is_one_line_before_anything_is_written(
    tmp_path: Path, options: list[str], complaint: str
) -> None:
    (tmp_path / "targets.yaml").write_text("version: 1\nservices: {www: [a.example.org]}\n", "utf-8")
    done = tlsaudit("audit", *options, cwd=tmp_path)
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert complaint in done.err
    assert done.err.startswith("tlsaudit: ")
    assert [file.name for file in tmp_path.iterdir()] == ["targets.yaml"]


def test_an_objective_whose_check_is_not_installed_is_said_and_not_measured(project: Project, modern: Server) -> None:
    project.write(modern, modern)
    text = (project.folder / "targets.yaml").read_text("utf-8")
    link = "  ipsec: {title: Encrypted between sites, checks: [house-rule], milestones: {2030-01-01: 100%}}\n"
    (project.folder / "targets.yaml").write_text(text + link, "utf-8")
    assert project.audit("-q").code == 0
    assert project.objective("ipsec")["status"] == "not-measured"
    note = "Encrypted between sites: no check called house-rule is installed, so this is not measured"
    assert note in project.document["notes"]
