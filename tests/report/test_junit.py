import io
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

import pytest
from junitparser import JUnitXml

from tests.report import golden, views
from tlsaudit.report import format_by_name, write
from tlsaudit.report.document import FindingRecord
from tlsaudit.report.view import AuditView


def rendered(view: AuditView) -> str:
    out = io.StringIO()
    format_by_name("junit").render(view, out)
    return out.getvalue()


def results(view: AuditView) -> dict[tuple[str, str], tuple[str, str]]:
    """By subject and check: the kind of result, and its message."""
    found = {}
    for suite in JUnitXml.fromstring(rendered(view).encode()):
        for test in suite:
            said = [(type(result).__name__, str(result.message)) for result in test.result]
            (found[suite.name, test.classname],) = said or [("pass", "")]
    return found


def test_each_outcome_has_a_result_of_its_own_and_unknown_is_no_pass() -> None:
    held = results(golden.located())
    assert held["www.example.org:443@east", "tls-versions"] == ("pass", "")
    assert held["m.example.org:443@east", "canonical-https"] == ("Failure", "the http copy names http")
    assert held["m.example.org:443@west", "canonical-https"] == ("Error", "403 from the server")
    kind, message = held["login.example.org:443@west", "pfs-clients"]
    assert kind == "Skipped"
    assert message.endswith("(excused: Old load balancer, replaced in March)")
    view = views.view([], [views.finding("a", "b", "not_applicable", "speaks no HTTP")])
    assert results(view) == {("b", "a"): ("Skipped", "speaks no HTTP")}


@pytest.mark.parametrize("example", [views.one_host, golden.located, views.gated, views.fleet, views.hostile])
def test_the_counts_are_those_of_the_cases(example: type[AuditView]) -> None:
    root = ET.fromstring(rendered(example()))
    for name, tag in (("tests", "testcase"), ("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        assert int(root.attrib[name]) == sum(1 for _ in root.iter(tag))
        assert int(root.attrib[name]) == sum(int(suite.attrib[name]) for suite in root)


def test_a_failure_says_what_to_do_and_where() -> None:
    root = ET.fromstring(rendered(views.one_host()))
    failure = root.find(".//testcase[@classname='tls-versions']/failure")
    assert failure is not None
    assert failure.attrib == {"message": "TLS 1.0 is served", "type": "high"}
    assert "fix, nginx: ssl_protocols TLSv1.2 TLSv1.3;" in (failure.text or "")
    located = ET.fromstring(rendered(golden.located())).find(".//testcase[@classname='ipsec-coverage']")
    assert located is not None
    assert (located.attrib["file"], located.attrib["line"]) == ("ops/targets.yaml", "20")


def test_it_is_the_same_by_the_parser_of_python_alone(tmp_path: Path) -> None:
    """lxml, which junitparser prefers, comes with the tests but not with tlsaudit."""
    write(golden.located(), tmp_path / "audit.json")
    program = "import sys; sys.modules['lxml'] = None; from tlsaudit.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", program, "report", tmp_path / "audit.json", "--format", "junit"],
        capture_output=True,
        check=True,
        timeout=60,
    )
    assert ET.canonicalize(done.stdout.decode()) == ET.canonicalize(rendered(golden.located()))


def test_a_suite_is_written_before_the_next_is_asked_for() -> None:
    out = io.StringIO()
    sizes = []

    class Lazy(views.Plain):
        def findings(self) -> Iterator[FindingRecord]:
            for number in range(100):
                sizes.append(out.tell())
                yield views.finding("a", f"host{number}", "pass", "m")

    format_by_name("junit").render(Lazy(views.one_host()), out)
    assert len(set(sizes)) >= 99
