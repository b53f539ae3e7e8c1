"""GitLab's code quality report, by the fields that GitLab documents."""

import io
import json
from pathlib import Path
from typing import Any

from tests.report import views
from tests.report.golden import located
from tlsaudit.report import format_by_name, format_by_suffix
from tlsaudit.report.view import AuditView


def issues(view: AuditView) -> list[dict[str, Any]]:
    out = io.StringIO()
    format_by_name("gitlab").render(view, out)
    found: list[dict[str, Any]] = json.loads(out.getvalue())
    return found


def by_check(view: AuditView) -> dict[str, dict[str, Any]]:
    return {item["check_name"]: item for item in issues(view)}


def test_each_issue_has_what_gitlab_asks_for() -> None:
    found = issues(views.hostile()) + issues(located()) + issues(views.gated())
    assert found
    for item in found:
        assert item.keys() == {"description", "check_name", "fingerprint", "severity", "location"}
        assert item["severity"] in ("info", "minor", "major", "critical", "blocker")
        assert not item["location"]["path"].startswith(("./", "/"))
        assert item["location"]["lines"]["begin"] >= 1
        assert all(item[name].isprintable() for name in ("description", "check_name"))


def test_what_passes_is_no_issue_and_a_failure_has_its_fix() -> None:
    found = by_check(views.one_host())
    assert found.keys() == {"tls-versions", "redirect-https", "canonical-https"}
    assert found["tls-versions"]["description"] == (
        "example.org: TLS 1.0 is served; nginx: ssl_protocols TLSv1.2 TLSv1.3;"
    )
    assert found["tls-versions"]["severity"] == "critical"


def test_what_is_unknown_or_excused_is_not_called_resolved() -> None:
    """GitLab says so of each fingerprint that is gone."""
    unknown = by_check(views.one_host())["canonical-https"]
    assert unknown["description"] == "not judged: example.org: 403 from the server: nothing to judge"
    excused = by_check(views.timetable())["pfs-clients"]
    assert "; excused: Old load balancer, replaced in March" in excused["description"]
    assert (unknown["severity"], excused["severity"]) == ("info", "info")


def test_an_issue_stays_the_same_whatever_is_measured() -> None:
    host = views.endpoint("a.example")

    def fingerprints(outcome: str, message: str) -> set[str]:
        found = [views.finding(check, host.id, outcome, message) for check in ("tls-versions", "hsts-max-age")]
        return {item["fingerprint"] for item in issues(views.view([host], found))}

    assert fingerprints("fail", "TLS 1.0 is served") == fingerprints("unknown", "timed out")
    assert len(fingerprints("fail", "bad")) == 2


def test_an_issue_is_where_its_subject_is_written() -> None:
    places = {item["check_name"]: item["location"] for item in issues(located())}
    assert places["pfs-clients"] == {"path": "ops/targets.yaml", "lines": {"begin": 14}}
    assert by_check(views.one_host())["tls-versions"]["location"] == {"path": "example.org:443", "lines": {"begin": 1}}


def test_nothing_wrong_is_an_empty_list() -> None:
    assert issues(views.view([], [])) == []


def test_its_suffix_has_two_parts() -> None:
    assert format_by_suffix(Path("out/gl.codequality.json")).name == "gitlab"
    assert format_by_suffix(Path("out/codequality.json")).name == "json"
