"""What `tlsaudit init` writes can be used as it stands."""

import json
import os
import re
import shlex
import subprocess
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from cronsim import CronSim

from tests.cli.command import PROGRAM, Done, at, tlsaudit
from tests.cli.manifests import CRON_JOB, VOLUME_CLAIM, WORKFLOW
from tests.servers import Server, Shape
from tests.servers.programs import require

HOST = "www.example.org"
SCHEDULES = ("systemd", "cron", "k8s", "github", "gitlab", "prometheus")


def _files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def _ready(folder: Path, server: Server) -> None:
    """A targets file whose host is a server of the tests."""
    (folder / "targets.yaml").write_text(
        f"version: 1\nsites: {{here: {{}}}}\nservices:\n  www:\n    hosts: [{HOST}]\n    at:\n      here: {{address:"
        f" 127.0.0.1, ports: {{80: {server.http_port}, 443: {server.https_port}}}}}\n",
        "utf-8",
    )


@pytest.mark.parametrize(
    "hosts",
    [
        (HOST,),
        (HOST, "www.example.com", "www.example.net"),
        (HOST, f"{HOST}:8443", f"https://{HOST}:9443/some/page?and=query"),
        ("192.0.2.1", "[2001:db8::1]", "[2001:db8::1]:8443"),
        ("smtp://mx.example.org", "imap://mx.example.org:143", "ldap.example.org:636"),
        ("true", "null", "1e3", "Bücher.example", "xn--bcher-kva.example"),
    ],
)
def test_the_targets_file_is_one_that_can_be_audited(tmp_path: Path, hosts: tuple[str, ...]) -> None:
    done = tlsaudit("init", *hosts, cwd=tmp_path)
    assert (done.code, done.err) == (0, ""), done
    assert _files(tmp_path) == {"targets.yaml"}
    text = (tmp_path / "targets.yaml").read_text("utf-8")
    days = [date.fromisoformat(day) for day in re.findall(r"\{(\d{4}-\d\d-\d\d):", text)]
    today = datetime.now(UTC).date()
    assert len(days) >= 3
    assert all(today + timedelta(days=25) < day < today + timedelta(days=400) for day in days)
    assert all((day + timedelta(days=1)).day == 1 for day in days)
    said = tlsaudit("goals", cwd=tmp_path)
    assert said.err.endswith("history.db: there is no such file\n"), "the file is read before the history"


def test_it_audits_what_it_wrote(tmp_path: Path, shared_server: Callable[[str, Shape], Server], ca_file: Path) -> None:
    assert tlsaudit("init", HOST, cwd=tmp_path).code == 0
    server = shared_server("nginx", Shape.MODERN)
    done = tlsaudit("audit", "-q", *at(server), "--ca-file", ca_file, cwd=tmp_path)
    assert done.code == 0, done.err
    document = json.loads((tmp_path / "reports" / "audit.json").read_text("utf-8"))
    by_id = {item["id"]: item["status"] for item in document["objectives"]}
    assert by_id.keys() == {"certificates", "versions", "forward-secrecy", "https-only"}
    assert by_id["versions"] == "met"


def test_an_inventory_becomes_services_with_their_owners(tmp_path: Path) -> None:
    rows = "host,team,app\nb.example.org,web@example.org,The shop\na.example.org,,The shop\nc.example.org:8443,,\n"
    done = tlsaudit("init", "-", cwd=tmp_path, stdin=rows)
    assert done.code == 0, done.err
    assert yaml.safe_load((tmp_path / "targets.yaml").read_text("utf-8"))["services"] == {
        "The-shop": {"owner": "web@example.org", "hosts": ["b.example.org", "a.example.org"]},
        "c": ["c.example.org:8443"],
    }
    assert tlsaudit("goals", cwd=tmp_path).err.endswith("history.db: there is no such file\n"), "it is a targets file"


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_nothing_is_overwritten_unless_forced(tmp_path: Path, schedule: str) -> None:
    assert tlsaudit("init", HOST, "--for", schedule, cwd=tmp_path).code == 0
    before = {name: (tmp_path / name).stat() for name in _files(tmp_path)}
    assert len(before) >= 2
    again = tlsaudit("init", "other.example.org", "--for", schedule, cwd=tmp_path)
    assert again.code == 2
    assert again.err.endswith("exists already: --force overwrites, -c names another targets file\n")
    assert {name: (tmp_path / name).stat().st_mtime_ns for name in _files(tmp_path)} == {
        name: stat.st_mtime_ns for name, stat in before.items()
    }
    assert tlsaudit("init", "other.example.org", "--for", schedule, "--force", cwd=tmp_path).code == 0
    assert "other.example.org" in (tmp_path / "targets.yaml").read_text("utf-8")


def test_one_file_that_is_there_keeps_the_others_from_being_written(tmp_path: Path) -> None:
    (tmp_path / "tlsaudit.timer").touch()
    assert tlsaudit("init", HOST, "--for", "systemd", cwd=tmp_path).code == 2
    assert _files(tmp_path) == {"tlsaudit.timer"}


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ((), "nothing to write: name a host, or a schedule with --for"),
        (("--for", "cron"), "targets.yaml: there is no such file: name the hosts to audit, and it is written"),
        (("a b",), "a host name has no spaces"),
        (("http://example.org",), "name the host alone"),
        ((HOST, "-c", "missing/targets.yaml"), "does not exist"),
        ((HOST, "-c", "/targets.yaml", "--for", "github"), "run this in the root of the repository"),
        ((HOST, "-c", "it's.yaml", "--for", "gitlab"), "letters, digits, dots, dashes and underscores alone"),
        ((HOST, "-c", "below/../../targets.yaml", "--for", "github"), "is not below"),
        ((HOST, "--for", "launchd"), "'launchd' is not one of"),
    ],
)
def test_what_cannot_be_written_is_one_line(tmp_path: Path, arguments: tuple[str, ...], complaint: str) -> None:
    done = tlsaudit("init", *arguments, cwd=tmp_path)
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert complaint in done.err
    assert _files(tmp_path) == set()


def test_the_units_are_what_systemd_takes(tmp_path: Path) -> None:
    analyze = require("systemd-analyze", "systemd")
    program = tmp_path / "tlsaudit"  # the tests may run in a home, which the unit would not be pointed to
    program.symlink_to(PROGRAM)
    subprocess.run([program, "init", HOST, "--for", "systemd"], cwd=tmp_path, check=True, capture_output=True)
    units = [str(tmp_path / "tlsaudit.service"), str(tmp_path / "tlsaudit.timer")]
    verified = subprocess.run([analyze, "verify", *units], capture_output=True, text=True, check=False, timeout=60)
    about = [line for line in verified.stderr.splitlines() if "tlsaudit" in line]
    assert about == []
    assert verified.returncode == 0, verified.stderr
    exposure = [analyze, "security", "--offline=yes", "--threshold=20", units[0]]
    judged = subprocess.run(exposure, capture_output=True, text=True, check=False, timeout=60)
    assert judged.returncode == 0, judged.stdout + judged.stderr
    next_run = [analyze, "calendar", _unit_value(tmp_path / "tlsaudit.timer", "OnCalendar")]
    assert "Next elapse" in subprocess.run(next_run, capture_output=True, text=True, check=True, timeout=60).stdout


def test_the_unit_runs_what_tlsaudit_knows_and_no_finding_fails_it(tmp_path: Path) -> None:
    assert tlsaudit("init", HOST, "--for", "systemd", cwd=tmp_path).code == 0
    command = shlex.split(_unit_value(tmp_path / "tlsaudit.service", "ExecStart"))
    assert Path(command[0]).is_absolute()
    assert tlsaudit(*command[1:], "--help").code == 0
    assert _unit_value(tmp_path / "tlsaudit.service", "SuccessExitStatus") == "1 130", "130: it was stopped"
    for name in ("NoNewPrivileges", "DynamicUser"):
        assert _unit_value(tmp_path / "tlsaudit.service", name) == "yes"
    assert _unit_value(tmp_path / "tlsaudit.service", "ProtectSystem") == "strict"
    assert _unit_value(tmp_path / "tlsaudit.service", "StateDirectory") == "tlsaudit"
    assert _unit_value(tmp_path / "tlsaudit.timer", "Persistent") == "yes"


def _unit_value(unit: Path, name: str) -> str:
    (value,) = (line.partition("=")[2] for line in unit.read_text("utf-8").splitlines() if line.startswith(f"{name}="))
    return value


def test_the_crontab_line_audits(tmp_path: Path, shared_server: Callable[[str, Shape], Server], ca_file: Path) -> None:
    folder = tmp_path / "100 % of it's"
    folder.mkdir()
    _ready(folder, shared_server("nginx", Shape.MODERN))
    assert tlsaudit("init", "--for", "cron", cwd=folder).code == 0
    (line,) = [line for line in (folder / "tlsaudit.cron").read_text("utf-8").splitlines() if not line.startswith("#")]
    *fields, command = line.split(" ", 5)
    due = next(CronSim(" ".join(fields), datetime(2026, 11, 28, 12, tzinfo=UTC)))
    assert due == datetime(2026, 11, 29, 2, 15, tzinfo=UTC)
    assert not re.search(r"(?<!\\)%", command)
    done = _sh(command.replace(r"\%", "%"), tmp_path, ca_file)
    assert (done.code, done.out, done.err) == (0, "", "")
    assert json.loads((folder / "reports" / "audit.json").read_text("utf-8"))["summary"]["reachable"] == 1


def _sh(command: str, folder: Path, ca_file: Path) -> Done:
    path = f"{PROGRAM.parent}:{os.environ.get('PATH', os.defpath)}"
    environment = {**os.environ, "PATH": path, "TLSAUDIT_CA_FILE": str(ca_file)}
    run = subprocess.run(
        ["sh", "-ec", command], cwd=folder, env=environment, capture_output=True, text=True, timeout=180, check=False
    )
    return Done(run.returncode, run.stdout, run.stderr)


def _commands(file: Path) -> list[str]:
    """The shell commands of a pipeline, but for what it installs."""
    loaded = _loaded(file)
    script = loaded["tlsaudit"]["script"] if "tlsaudit" in loaded else _runs(loaded)
    return [line for line in script if not line.startswith("pip ")]


def _runs(workflow: dict[str, Any]) -> list[str]:
    return [step["run"] for step in workflow["jobs"]["audit"]["steps"] if "run" in step]


def _loaded(file: Path) -> Any:
    # YAML 1.1, which PyYAML reads, takes `on` for true; GitHub does not.
    return yaml.safe_load(file.read_text("utf-8").replace("\non:", '\n"on":'))


@pytest.mark.parametrize(
    ("schedule", "file"), [("github", ".github/workflows/tlsaudit.yml"), ("gitlab", "tlsaudit.gitlab-ci.yml")]
)
def test_the_pipelines_audit_and_keep_the_history(
    tmp_path: Path, shared_server: Callable[[str, Shape], Server], ca_file: Path, schedule: str, file: str
) -> None:
    _ready(tmp_path, shared_server("nginx", Shape.MODERN))
    assert tlsaudit("init", "--for", schedule, cwd=tmp_path).code == 0
    for _ in range(2):
        done = _sh("\n".join(_commands(tmp_path / file)), tmp_path, ca_file)
        assert done.code == 0, done.err
    listed = json.loads(
        tlsaudit("history", "list", "--db", ".tlsaudit/history.db", "--format", "json", cwd=tmp_path).out
    )
    assert [audit["vantage"] for audit in listed] == [schedule, schedule], "each runner has a name of its own"
    assert (tmp_path / ".tlsaudit" / "reports" / "report.html").exists()


def test_the_workflow_is_what_github_takes(tmp_path: Path) -> None:
    assert tlsaudit("init", HOST, "--for", "github", cwd=tmp_path).code == 0
    workflow = _loaded(tmp_path / ".github" / "workflows" / "tlsaudit.yml")
    jsonschema.validate(workflow, WORKFLOW)
    (due,) = workflow["on"]["schedule"]
    assert CronSim(due["cron"], datetime(2026, 1, 1, tzinfo=UTC))


def test_the_job_is_what_gitlab_takes(tmp_path: Path) -> None:
    assert tlsaudit("init", HOST, "--for", "gitlab", cwd=tmp_path).code == 0
    job = _loaded(tmp_path / "tlsaudit.gitlab-ci.yml")["tlsaudit"]
    assert job.keys() == {"image", "rules", "resource_group", "timeout", "cache", "script", "artifacts"}
    assert set(job["cache"]["paths"]) == {".tlsaudit/history.db"}
    assert job["artifacts"]["when"] == job["cache"]["when"] == "always"
    assert all(rule.keys() == {"if"} for rule in job["rules"])


def test_the_manifests_are_what_kubernetes_takes(tmp_path: Path) -> None:
    assert tlsaudit("init", HOST, "--for", "k8s", cwd=tmp_path).code == 0
    claim, job = yaml.safe_load_all((tmp_path / "tlsaudit-cronjob.yaml").read_text("utf-8"))
    jsonschema.validate(claim, VOLUME_CLAIM)
    jsonschema.validate(job, CRON_JOB)
    assert CronSim(job["spec"]["schedule"], datetime(2026, 1, 1, tzinfo=UTC))
    pod = job["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    (audit,) = pod["containers"]
    assert tlsaudit(*audit["args"], "--help").code == 0
    volumes = {volume["name"]: volume for volume in pod["volumes"]}
    mounted = {
        mount["name"]: mount for container in (*pod["initContainers"], audit) for mount in container["volumeMounts"]
    }
    assert mounted.keys() == volumes.keys()
    assert volumes["history"]["persistentVolumeClaim"]["claimName"] == claim["metadata"]["name"]
