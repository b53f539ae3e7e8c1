"""OSCAL assessment results, as compliance-trestle reads them."""

import io
import json
import re
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import cmarkgfm
import pytest
from trestle.oscal.assessment_results import Model, Result
from trestle.oscal.common import Risk

from tests.report import views
from tlsaudit.report import format_by_name
from tlsaudit.report.document import PinnedObjectiveRecord, TimetableRecord
from tlsaudit.report.view import AuditView

EXAMPLES = [views.one_host, views.timetable, views.edited, views.overdue, views.hostile]


def rendered(view: AuditView) -> str:
    out = io.StringIO()
    format_by_name("oscal").render(view, out)
    return out.getvalue()


def result(view: AuditView) -> Result:
    return Model.model_validate_json(rendered(view)).assessment_results.results[0]


def states(found: Result) -> dict[str, tuple[str, str]]:
    """The state and its reason, by the check."""
    return {
        item.target.target_id: (item.target.status.state.value, str(item.target.status.reason))
        for item in found.findings or []
        if item.target.status
    }


def _values(value: Any) -> Iterator[Any]:
    """Every list and mapping in it, itself too."""
    if isinstance(value, dict | list):
        yield value
        for each in value.values() if isinstance(value, dict) else value:
            yield from _values(each)


def _status(risk: Risk) -> str:
    return str(risk.model_dump(mode="json")["status"])


@pytest.mark.parametrize("example", EXAMPLES)
def test_it_is_valid(example: Any) -> None:
    """By the models of compliance-trestle, which forbid what OSCAL does not have; OSCAL has no empty lists."""
    document = Model.model_validate_json(rendered(example())).assessment_results
    assert document.metadata.oscal_version.root.root == "1.1.3"
    assert all(_values(json.loads(rendered(example()))))


@pytest.mark.parametrize("example", [views.one_host, views.timetable, views.fleet])
def test_what_is_referred_to_is_there_once(example: Any) -> None:
    text = rendered(example())
    defined = re.findall(r'"uuid": "([0-9a-f-]{36})"', text)
    assert len(defined) == len(set(defined))
    referred = set(re.findall(r'"[a-z]+-uuid": "([0-9a-f-]{36})"', text)) | set(re.findall(r'"href": "#([^"]+)"', text))
    assert referred <= set(defined)
    assert {UUID(each).version for each in defined} == {5}
    document = json.loads(text)["assessment-results"]
    objectives = {
        part["id"] for item in document["local-definitions"]["objectives-and-methods"] for part in item["parts"]
    }
    assert states(result(example())).keys() & {check.id for check in views.CHECKS} <= objectives


def test_the_same_audit_gives_the_same_file_and_hosts_stay_the_same_items() -> None:
    assert rendered(views.timetable()) == rendered(views.timetable())
    items = [
        {item.uuid for item in (found.local_definitions and found.local_definitions.inventory_items) or []}
        for found in (result(views.timetable()), result(views.edited()))
    ]
    assert items[0] == items[1]
    assert len(items[0]) == 6


def test_unknown_is_neither_pass_nor_fail() -> None:
    found = states(result(views.one_host()))
    assert found["tls-versions"] == ("not-satisfied", "fail")
    assert found["hsts-max-age"] == ("satisfied", "pass")
    assert found["canonical-https"] == ("not-satisfied", "other")
    risks = {item.title: _status(item) for item in result(views.one_host()).risks or []}
    assert risks.keys() == {"Only current versions of TLS are served", "Plain http leads to https"}


def test_each_finding_counts_its_subjects() -> None:
    document = json.loads(rendered(views.timetable()))["assessment-results"]["results"][0]
    counted = {item["target"]["target-id"]: item for item in document["findings"]}["canonical-https"]
    values = {each["name"]: each["value"] for each in counted["props"]}
    assert values == {
        "outcome": "fail", "pass": "2", "fail": "1", "unknown": "1", "not-applicable": "0", "waived": "0",
    }  # fmt: skip
    assert counted["description"] == "2 pass, 1 fail, 1 unknown."
    assert len(counted["related-observations"]) == 4


def test_what_does_not_apply_is_no_observation() -> None:
    host = views.endpoint("a.example")
    found = result(views.view([host], [views.finding("tls-versions", host.id, "not_applicable", "no TLS here")]))
    assert (found.observations, found.findings) == (None, None)


def test_a_waiver_is_an_approved_deviation_until_its_day() -> None:
    excused, *others = sorted(result(views.timetable()).risks or [], key=_status)
    assert _status(excused) == "deviation-approved"
    assert excused.description == "Seen 1 times. Excused: Old load balancer, replaced in March"
    assert str(excused.deadline) == "2015-03-31 23:59:59+00:00"
    assert {_status(item) for item in others} == {"open"}
    assert states(result(views.timetable()))["pfs-clients"] == ("not-satisfied", "fail")


def test_a_risk_is_due_when_the_goal_is() -> None:
    goal = PinnedObjectiveRecord(
        id="canonical", title="Search engines index us under HTTPS", kind="share", checks=["canonical-https"],
        metric=None, scope=[], weighted=None, window_s=1.0, milestones=[], decision=None, decided=None,
    )  # fmt: skip
    whole = views.timetable()
    pinned = {"timetable": TimetableRecord(objectives=[goal], options={})}
    view = views.view(list(whole.endpoints()), list(whole.findings()), whole.objectives, **pinned)
    due = {item.title: item.deadline for item in result(view).risks or []}
    assert str(due["Pages name their https address as canonical"]) == "2015-06-16 23:59:59+00:00"
    assert due["All prefixes between the sites are encrypted"] is None


def test_it_says_that_there_is_no_plan() -> None:
    document = Model.model_validate_json(rendered(views.one_host())).assessment_results
    assert document.import_ap.href.startswith("#")
    assert "no OSCAL assessment plan" in (document.import_ap.remarks or "")


def test_hosts_have_their_names_and_addresses_and_belong_to_services() -> None:
    local = json.loads(rendered(views.timetable()))["assessment-results"]["results"][0]["local-definitions"]
    first = local["inventory-items"][0]
    names = {each["name"]: each["value"] for each in first["props"]}
    assert (names["fqdn"], names["ipv4-address"], names["site"]) == ("www.example.org", "192.0.2.10", "east")
    kinds = {item["uuid"]: (item["type"], item["title"]) for item in local["components"]}
    assert kinds[first["implemented-components"][0]["component-uuid"]] == ("service", "wiki")
    assert ("interconnection", "east-west") in kinds.values()


def test_what_a_server_sent_is_no_markup() -> None:
    """Descriptions are Markdown: a renderer that lets all HTML through shows them as they are."""
    text = rendered(views.hostile())
    assert text.isascii()
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", text)
    for markup in re.findall(r'"(?:title|description|statement|prose)": ("(?:[^"\\]|\\.)*")', text):
        shown = cmarkgfm.markdown_to_html(json.loads(markup), cmarkgfm.Options.CMARK_OPT_UNSAFE)
        assert set(re.findall(r"<(\w+)", shown)) <= {"p", "code", "pre", "ul", "li"}
    assert "<p>" in shown
