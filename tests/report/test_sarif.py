import io
import json
import os
import random
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.report import golden, views
from tests.servers.programs import missing
from tlsaudit.report import format_by_name
from tlsaudit.report.document import AuditDocument, FindingRecord, LocationRecord, SubjectRecord
from tlsaudit.report.sarif import MOST_RESULTS
from tlsaudit.report.view import AuditView, DocumentView

CACHE = Path(__file__).parents[2] / ".cache" / "test-sarif" / "5.7.0"


def gated() -> AuditView:
    """A result in each state that one can have to that of the base."""
    states: list[dict[str, Any]] = [
        {"change": "worse"}, {"change": "same"}, {"change": "same", "was": "TLS 1.1 is served"},
        {"change": "better", "waiver": "replaced in March"},
    ]  # fmt: skip
    hosts = [f"{number}.example" for number in range(len(states))]
    findings = [
        views.finding("tls-versions", f"{host}:443", "fail", "TLS 1.0 is served", **state)
        for host, state in zip(hosts, states, strict=True)
    ]
    return views.view([views.endpoint(host) for host in hosts], findings)


EXAMPLES = {
    "scan": views.one_host, "audit": golden.located, "fleet": views.fleet, "hostile": views.hostile,
    "overdue": views.overdue, "gated": gated, "review": views.gated,
}  # fmt: skip


def fetched(name: str) -> Path:
    return CACHE / name if (CACHE / name).exists() else missing(f"{name} is not here: scripts/fetch-test-sarif")


def rendered(view: AuditView) -> str:
    out = io.StringIO()
    format_by_name("sarif").render(view, out)
    return out.getvalue()


def run_of(view: AuditView) -> dict[str, Any]:
    run: dict[str, Any]
    (run,) = json.loads(rendered(view))["runs"]
    return run


def one(**changes: Any) -> dict[str, Any]:
    """The result for one failure."""
    finding = views.finding("tls-versions", "a.example:443", "fail", "TLS 1.0 is served").model_copy(update=changes)
    result: dict[str, Any]
    (result,) = run_of(views.view([views.endpoint("a.example")], [finding]))["results"]
    return result


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_file_keeps_the_published_schema(example: str) -> None:
    schema = json.loads(fetched("sarif-2.1.0.json").read_text("utf-8-sig"))
    jsonschema.validate(json.loads(rendered(EXAMPLES[example]())), schema, format_checker=jsonschema.FormatChecker())


def test_microsofts_validator_finds_nothing_but_what_the_program_says_of_itself(tmp_path: Path) -> None:
    """By the rules of SARIF and of GitHub: that it has no home page, and an odd version in one example."""
    for name, example in EXAMPLES.items():
        (tmp_path / f"{name}.sarif").write_text(rendered(example()))
    broken = json.loads(rendered(views.one_host()))
    broken["runs"][0]["results"][0].update(ruleIndex=99, locations=[])
    (tmp_path / "broken.sarif").write_text(json.dumps(broken))
    done = subprocess.run(
        [fetched("Sarif.Multitool"), "validate", *sorted(tmp_path.glob("*.sarif")), "--rule-kind", "Sarif;Ghas"],
        env={**os.environ, "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    said = [line.removeprefix(f"{tmp_path}/") for line in done.stdout.splitlines() if line.startswith(str(tmp_path))]
    ours = [line for line in said if not line.startswith("broken.sarif")]
    assert "error SARIF1009" in "\n".join(set(said) - set(ours))
    # It stays silent about what it cannot read, so each file must be spoken of.
    assert {line.partition("(")[0] for line in ours} == {f"{name}.sarif" for name in EXAMPLES}
    assert [line for line in ours if "warning SARIF2005: runs[0].tool.driver" not in line] == []


def test_a_result_stands_at_the_line_of_its_subject() -> None:
    location = LocationRecord(file="ops/our targets.yaml", line=9, column=7)
    physical = one(location=location)["locations"][0]["physicalLocation"]
    assert physical == {
        "artifactLocation": {"uri": "ops/our%20targets.yaml", "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": 9, "startColumn": 7},
    }
    absolute = one(location=location.model_copy(update={"file": "/etc/targets.yaml"}))
    assert absolute["locations"][0]["physicalLocation"]["artifactLocation"] == {"uri": "file:///etc/targets.yaml"}


def test_what_stands_in_no_file_has_a_place_named_after_it() -> None:
    (location,) = one()["locations"]
    assert location == {
        "physicalLocation": {"artifactLocation": {"uri": "a.example%3A443"}, "region": {"startLine": 1}},
        "logicalLocations": [{"fullyQualifiedName": "a.example:443", "kind": "endpoint"}],
    }


@pytest.mark.parametrize(
    ("severity", "level"),
    [("critical", "error"), ("high", "error"), ("medium", "warning"), ("low", "note"), ("info", "note")],
)
def test_the_level_follows_the_severity(severity: str, level: str) -> None:
    assert one(severity=severity)["level"] == level


def test_rules_have_help_and_a_severity_that_github_sorts_by() -> None:
    run = run_of(golden.located())
    rules = {rule["id"]: rule for rule in run["tool"]["driver"]["rules"]}
    assert set(rules) == {check.id for check in views.CHECKS}
    rule = rules["tls-versions"]
    assert rule["properties"] == {"tags": ["security"], "security-severity": "8.0"}
    assert "Serve TLS 1.2 and 1.3 only." in rule["help"]["text"]
    assert "- nginx: `ssl_protocols TLSv1.2 TLSv1.3;`" in rule["help"]["markdown"]
    for result in run["results"]:
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]


def test_fingerprints_tell_subjects_apart_and_nothing_else_changes_them() -> None:
    now = one()["partialFingerprints"]
    later = one(
        message="TLS 1.1 is served", severity="low", address="192.0.2.1", facts={"a": 1}, waiver="later",
        location=LocationRecord(file="x", line=1, column=1),
    )  # fmt: skip
    assert later["partialFingerprints"] == now
    fleet = views.fleet()
    findings = list(fleet.findings())
    random.Random(1).shuffle(findings)
    shuffled = views.view(list(fleet.endpoints())[::-1], findings)

    def prints(view: AuditView) -> list[str]:
        return [item["partialFingerprints"]["primaryLocationLineHash"] for item in run_of(view)["results"]]

    assert sorted(prints(fleet)) == sorted(set(prints(shuffled)))


def test_each_result_says_what_it_is_to_that_of_the_base() -> None:
    states = [result.get("baselineState") for result in run_of(gated())["results"]]
    assert states == ["new", "unchanged", "updated", "updated"]
    assert "baselineState" not in one()


def test_a_waived_failure_is_suppressed_with_its_reason() -> None:
    assert one(waiver="replaced in March")["suppressions"] == [
        {"kind": "external", "status": "accepted", "justification": "replaced in March"}
    ]
    assert "suppressions" not in one()


def test_what_could_not_be_judged_is_told_of_the_run_and_is_no_result() -> None:
    run = run_of(golden.located())
    assert {result["ruleId"] for result in run["results"]} == {"pfs-clients", "canonical-https", "ipsec-coverage"}
    notifications = run["invocations"][0]["toolExecutionNotifications"]
    assert notifications[0] == {
        "level": "warning",
        "message": {"text": "not judged for m.example.org:443@west: 403 from the server"},
        "associatedRule": {"id": "canonical-https"},
    }
    texts = [item["message"]["text"] for item in run_of(views.fleet())["invocations"][0]["toolExecutionNotifications"]]
    assert texts == ["2 endpoints did not answer: connection refused", "1 endpoint did not answer: timed out"]


def test_no_message_has_a_link() -> None:
    assert one(message="see [here](https://evil.example)", also=["[x](1)"])["message"]["text"] == (
        "a.example: see [here] (https://evil.example); [x] (1)"
    )


class Many(views.Plain):
    """More failures than GitHub takes, the mild ones first."""

    def findings(self) -> Iterator[FindingRecord]:
        for check in ("redirect-https", "tls-versions"):
            one = views.finding(check, "host", "fail", "m")
            for number in range(MOST_RESULTS - 100):
                yield one.model_copy(update={"subject": SubjectRecord(kind="endpoint", id=f"host{number}")})


def test_the_worst_are_kept_where_there_are_more_than_github_takes() -> None:
    text = rendered(Many(views.one_host()))
    (run,) = json.loads(text)["runs"]
    rules = [result["ruleId"] for result in run["results"]]
    assert (rules.count("tls-versions"), rules.count("redirect-https")) == (MOST_RESULTS - 100, 100)
    assert "24,800 of 49,800 failures are left out, the mildest" in text


def test_an_audit_that_was_not_finished_is_no_success() -> None:
    document = AuditDocument.model_validate({**json.loads(_as_json(views.one_host())), "finished_at": None})
    (invocation,) = run_of(DocumentView(document))["invocations"]
    assert invocation["executionSuccessful"] is False


def _as_json(view: AuditView) -> str:
    out = io.StringIO()
    format_by_name("json").render(view, out)
    return out.getvalue()
