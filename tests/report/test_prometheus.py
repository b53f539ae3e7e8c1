import io
import math
import subprocess
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.report import golden, views
from tests.servers.programs import require
from tlsaudit.report import format_by_name
from tlsaudit.report.view import AuditView

EXAMPLES = [views.one_host, golden.located, views.overdue, views.fleet, views.hostile]


def rendered(view: AuditView) -> str:
    out = io.StringIO()
    format_by_name("prometheus").render(view, out)
    return out.getvalue()


def samples(view: AuditView) -> dict[tuple[str, ...], float]:
    """By name and the values of the labels."""
    families = text_string_to_metric_families(rendered(view))
    return {(item.name, *item.labels.values()): item.value for family in families for item in family.samples}


@pytest.mark.parametrize("example", EXAMPLES)
def test_promtool_has_nothing_to_say(example: Any) -> None:
    promtool = require("promtool", "prometheus")
    done = subprocess.run(
        [promtool, "check", "metrics"], input=rendered(example()), capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_figures_are_those_of_the_audit() -> None:
    found = samples(golden.located())
    assert found["tlsaudit_last_success_timestamp_seconds",] == views.FINISHED.timestamp()
    assert found["tlsaudit_endpoints",] == found["tlsaudit_endpoints_reachable",] == 6
    assert found["tlsaudit_findings", "pfs-clients", "high", "waived"] == 1
    assert found["tlsaudit_findings", "pfs-clients", "high", "fail"] == 0
    assert found["tlsaudit_findings", "canonical-https", "medium", "unknown"] == 1
    assert found["tlsaudit_objective_status", "ipsec", "overdue"] == 1
    assert found["tlsaudit_objective_status", "ipsec", "met"] == 0
    assert found["tlsaudit_objective_share_ratio", "canonical"] == 0.5
    assert found["tlsaudit_objective_coverage_ratio", "canonical"] == 0.75
    assert found["tlsaudit_objective_subjects", "canonical", "unknown"] == 1
    assert found["tlsaudit_objective_value", "traffic-analysis"] == 0.52
    assert ("tlsaudit_objective_share_ratio", "traffic-analysis") not in found
    # 2015-02-28 ends when March begins.
    assert found["tlsaudit_objective_due_timestamp_seconds", "ipsec"] == 1425168000
    assert all(math.isfinite(number) for number in found.values())


def test_an_audit_that_was_not_finished_is_no_success() -> None:
    view = views.view([views.endpoint("a.example")], [], finished_at=None)
    assert "tlsaudit_last_success_timestamp_seconds" not in rendered(view)
