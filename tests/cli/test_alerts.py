"""The alerts for Prometheus: promtool takes them, and each fires when it should and not before."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cli.command import tlsaudit
from tests.servers.programs import require

STARTED = 'tlsaudit_watch_started_timestamp_seconds{job="tlsaudit"}'
SUCCESS = 'tlsaudit_last_success_timestamp_seconds{job="tlsaudit"}'

Series = dict[str, str]
Case = tuple[str, Series, list[tuple[str, list[dict[str, str]]]]]


def _audits(result: str) -> str:
    return f'tlsaudit_audits_total{{job="tlsaudit",result="{result}"}}'


def _failing(severity: str) -> str:
    return f'tlsaudit_findings{{check="tls-versions",outcome="fail",severity="{severity}"}}'


def _up(endpoint: str) -> str:
    return f'tlsaudit_endpoint_up{{endpoint="{endpoint}"}}'


def _status(objective: str, status: str) -> str:
    return f'tlsaudit_objective_status{{objective="{objective}",status="{status}"}}'


def _due(objective: str) -> str:
    return f'tlsaudit_objective_due_timestamp_seconds{{objective="{objective}"}}'


# The alert, the series by the minute from 1970-01-01 on (1x60: a one, and sixty more), and at some moments the labels
# of what fires.
CASES: dict[str, Case] = {
    "nobody is scraped": ("TlsauditGone", {"up": "1x60"}, [("14m", []), ("16m", [{"severity": "page"}])]),
    "somebody is": ("TlsauditGone", {STARTED: "0x60"}, [("59m", [])]),
    "the last success is 36 h ago": (
        "TlsauditNoSuccess",
        {STARTED: "0x3000", SUCCESS: "0x60 3600x2940"},
        [("36h", []), ("36h59m", []), ("37h1m", [{"job": "tlsaudit", "severity": "page"}])],
    ),
    "no success since the start": (
        "TlsauditNoSuccess",
        {STARTED: "0x3000"},
        [("36h", []), ("36h1m", [{"job": "tlsaudit", "severity": "page"}])],
    ),
    "an audit that was skipped": (
        "TlsauditAuditsSkipped",
        {_audits("skipped"): "0x60 1x2000"},
        [("59m", []), ("2h", [{"job": "tlsaudit", "result": "skipped", "severity": "mail"}]), ("30h", [])],
    ),
    "an audit that failed": (
        "TlsauditAuditsFail",
        {_audits("failed"): "0x60 1x2000", 'tlsaudit_audit_running{job="tlsaudit"}': "0x2060"},
        [("1h30m", []), ("3h", [{"job": "tlsaudit", "result": "failed", "severity": "mail"}])],
    ),
    "a history that is lost": (
        "TlsauditHistoryLost",
        {"tlsaudit_history_up": "1x10 0x60"},
        [("20m", []), ("27m", [{"severity": "page"}])],
    ),
    "a history that is back in time": ("TlsauditHistoryLost", {"tlsaudit_history_up": "1x10 0x10 1x60"}, [("27m", [])]),
    "a watcher that reaches nothing": (
        "TlsauditReachesNothing",
        {"tlsaudit_watch_reaches": "1x10 0x60"},
        [("15m", []), ("17m", [{"severity": "page"}])],
    ),
    "a watcher that is back in time": (
        "TlsauditReachesNothing",
        {"tlsaudit_watch_reaches": "1x10 0x3 1x60"},
        [("17m", [])],
    ),
    "an endpoint that is down for 5 min": (
        "TlsauditEndpointDown",
        {_up("a:443"): "1x10 0x60", _up("b:443"): "1x70"},
        [("15m", []), ("17m", [{"endpoint": "a:443", "severity": "page"}])],
    ),
    "an endpoint that misses a look now and then": (
        "TlsauditEndpointDown",
        {_up("a:443"): "1 0 0 0 1 0 0 0 1 0 0 0 0 1"},
        [("13m", [])],
    ),
    "a fleet that is down": (
        "TlsauditFleetDown",
        {"tlsaudit_endpoints_down": "0x5 30x60", "tlsaudit_endpoints_watched": "100x65"},
        [("5m", []), ("9m", [{"severity": "page"}])],
    ),
    "a small part of a fleet": (
        "TlsauditFleetDown",
        {"tlsaudit_endpoints_down": "2x60", "tlsaudit_endpoints_watched": "4x60"},
        [("9m", [])],
    ),
    "a goal that is overdue": (
        "TlsauditGoalOverdue",
        {_status("hsts", "overdue"): "0x5 1x60", _status("hsts", "met"): "0x65"},
        [("4m", []), ("7m", [{"objective": "hsts", "status": "overdue", "severity": "mail"}])],
    ),
    "a goal at risk that is due soon": (
        "TlsauditGoalAtRisk",
        {
            _status("soon", "at-risk"): "1x60",
            _due("soon"): "864000x60",
            _status("later", "at-risk"): "1x60",
            _due("later"): "8640000x60",
            _status("fine", "at-risk"): "0x60",
            _due("fine"): "864000x60",
        },
        [("10m", [{"objective": "soon", "status": "at-risk", "severity": "mail"}])],
    ),
    "more failures than the day before": (
        "TlsauditMoreFailures",
        {_failing("high"): "1x1600 2x600", _failing("low"): "1x1600 2x600"},
        [
            ("26h", []),
            ("28h", [{"check": "tls-versions", "outcome": "fail", "severity": "mail"}]),
        ],
    ),
    "as many": ("TlsauditMoreFailures", {_failing("high"): "2x2200"}, [("30h", [])]),
}


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("rules")
    (folder / "targets.yaml").touch()
    done = tlsaudit("init", "--for", "prometheus", cwd=folder)
    assert done.code == 0, done.err
    return folder / "tlsaudit.rules.yml"


def _loaded(rules: Path) -> list[dict[str, Any]]:
    (group,) = yaml.safe_load(rules.read_text("utf-8"))["groups"]
    loaded: list[dict[str, Any]] = group["rules"]
    return loaded


def test_prometheus_takes_the_rules(rules: Path) -> None:
    promtool = require("promtool", "prometheus")
    done = subprocess.run([promtool, "check", "rules", rules], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_each_alert_has_a_case_and_says_what_to_do(rules: Path) -> None:
    alerts = _loaded(rules)
    assert {alert for alert, *_ in CASES.values()} == {rule["alert"] for rule in alerts}
    for rule in alerts:
        assert rule["labels"]["severity"] in {"page", "mail"}
        assert set(rule["annotations"]) == {"summary", "description"}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_an_alert_fires_when_it_should(tmp_path: Path, rules: Path, case: Case) -> None:
    promtool = require("promtool", "prometheus")
    alert, series, moments = case
    firing = {"alertname": alert, "alertstate": "firing"}
    test = {
        "interval": "1m",
        "input_series": [
            {"series": name, "values": re.sub(r"(\d+)x(\d+)", r"\1+0x\2", values)} for name, values in series.items()
        ],
        "promql_expr_test": [
            {
                "expr": _series("ALERTS", firing),
                "eval_time": when,
                "exp_samples": [{"labels": _series("ALERTS", firing | labels), "value": 1} for labels in expected],
            }
            for when, expected in moments
        ],
    }
    # The others would be evaluated each minute, too.
    alone = {"groups": [{"name": "alone", "rules": [rule for rule in _loaded(rules) if rule["alert"] == alert]}]}
    (tmp_path / "rules.yml").write_text(json.dumps(alone), "utf-8")
    file = tmp_path / "test.yml"
    file.write_text(json.dumps({"rule_files": ["rules.yml"], "evaluation_interval": "1m", "tests": [test]}), "utf-8")
    done = subprocess.run([promtool, "test", "rules", file], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def _series(name: str, labels: dict[str, str]) -> str:
    return f"{name}{{{','.join(f'{key}={json.dumps(value)}' for key, value in labels.items())}}}"
