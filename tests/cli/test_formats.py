"""Every format of one real audit, and each again from its document."""

import csv
import io
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from junitparser import JUnitXml

from tests.cli.command import Done, at, tlsaudit
from tests.report import views
from tests.servers import Server, Shape
from tlsaudit.report import write

TARGETS = """\
version: 1
services:
  web:
    hosts:
      - www.example.org
objectives:
  versions: {title: Only current versions, checks: [tls-versions], milestones: {2030-06-30: 100%}}
"""
TEXT = ("audit.jsonl", "audit.csv", "audit.md", "audit.sarif", "audit.xml", "audit.prom")


@pytest.fixture(scope="module")
def audited(
    tmp_path_factory: pytest.TempPathFactory, ca_file: Path, shared_server: Callable[[str, Shape], Server]
) -> tuple[Path, Done]:
    """A folder in which an old server was audited, its targets file in ops/, and how that ended."""
    folder = tmp_path_factory.mktemp("audited")
    (folder / "ops").mkdir()
    (folder / "ops" / "targets.yaml").write_text(TARGETS)
    server = shared_server("nginx", Shape.LEGACY)
    files = (word for name in TEXT for word in ("-o", name))
    options = ("-q", "-c", "ops/targets.yaml", "--ca-file", ca_file, *at(server, "www.example.org"))
    done = tlsaudit(
        "audit", *options, *files, "--format", "github", cwd=folder, GITHUB_STEP_SUMMARY=str(folder / "summary.md")
    )
    assert done.code == 0, done.err
    return folder, done


def test_one_run_writes_them_all_and_each_says_where(audited: tuple[Path, Done]) -> None:
    folder, done = audited
    document = json.loads((folder / "ops" / "reports" / "audit.json").read_text())
    failing = {item["check"] for item in document["findings"] if item["outcome"] == "fail"}
    assert "tls-versions" in failing
    where = {"file": "ops/targets.yaml", "line": 5, "column": 9}
    assert all(item["location"] == where for item in document["findings"] if item["subject"]["kind"] == "endpoint")

    assert re.search(
        r"^::error file=ops/targets\.yaml,line=5,col=9,title=tls-versions \(high\)::", done.out, re.MULTILINE
    )
    assert (folder / "summary.md").read_text() == (folder / "audit.md").read_text()
    (run,) = json.loads((folder / "audit.sarif").read_text())["runs"]
    assert {result["ruleId"] for result in run["results"]} == failing
    lines = [json.loads(line) for line in (folder / "audit.jsonl").read_text().splitlines()]
    assert [line["location"] for line in lines if line["type"] == "finding"] == [
        item["location"] for item in document["findings"]
    ]
    rows = list(csv.DictReader(io.StringIO((folder / "audit.csv").read_text())))
    assert {row["check"] for row in rows if row["outcome"] == "fail"} == failing
    tests = [test for suite in JUnitXml.fromfile(str(folder / "audit.xml")) for test in suite]
    assert {test.classname for test in tests if test.is_failure} == failing
    assert (
        'tlsaudit_findings{check="tls-versions",severity="high",outcome="fail"} 1.0'
        in (folder / "audit.prom").read_text()
    )


def test_a_document_is_converted_to_what_the_audit_wrote(audited: tuple[Path, Done]) -> None:
    folder, _ = audited
    (folder / "again").mkdir()
    files = (word for name in TEXT for word in ("-o", f"again/{name}"))
    done = tlsaudit("report", "ops/reports/audit.json", *files, cwd=folder)
    assert done.code == 0, done.err
    for name in TEXT:
        assert (folder / "again" / name).read_text() == (folder / name).read_text(), name


def test_a_host_of_a_file_is_located_there(tmp_path: Path) -> None:
    (tmp_path / "hosts.txt").write_text("# ours\n  127.0.0.1:1\n")
    done = tlsaudit("scan", "-f", "hosts.txt", "[::1]:1", "--format", "json", cwd=tmp_path)
    found = {item["subject"]["id"]: item["location"] for item in done.document["findings"]}
    assert found == {"127.0.0.1:1": {"file": "hosts.txt", "line": 2, "column": 3}, "[::1]:1": None}


def test_a_suffix_that_no_format_has_is_told_before_anything_is_written(tmp_path: Path) -> None:
    write(views.one_host(), tmp_path / "audit.json")
    done = tlsaudit("report", "audit.json", "-o", "audit.sarif", "-o", "audit.srif", cwd=tmp_path)
    assert (done.code, done.out) == (2, "")
    assert re.fullmatch(r"no report format .*did you mean \.sarif\?\n", done.err.partition(": ")[2])
    assert [file.name for file in tmp_path.iterdir()] == ["audit.json"]


def test_a_summary_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    write(views.one_host(), tmp_path / "audit.json")
    done = tlsaudit("report", "audit.json", "--format", "github", cwd=tmp_path, GITHUB_STEP_SUMMARY=str(tmp_path))
    assert (done.code, done.out) == (2, "")
    assert len(done.err.splitlines()) == 1
    assert "GITHUB_STEP_SUMMARY" in done.err
