"""What is ready to use in CI works as it is shown: the example repository, the action, the template, the image."""

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cli.command import PROGRAM, Done, at, environment, tlsaudit
from tests.servers import Server, Shape
from tests.servers.programs import require
from tlsaudit.cli import cli

ROOT = Path(__file__).parents[1]
EXAMPLE = ROOT / "examples" / "gate"


def loaded(file: Path) -> Any:
    # YAML 1.1 reads the key `on` as true
    return yaml.safe_load(re.sub(r"^on:", '"on":', file.read_text("utf-8"), flags=re.MULTILINE))


def git(folder: Path, *arguments: str) -> None:
    who = ("-c", "user.name=Test", "-c", "user.email=test@example.org")
    subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """The example with a good commit, and a bad one upon it."""
    require("nginx", "nginx-light")
    require("git", "git")
    made = tmp_path / "repository"
    shutil.copytree(EXAMPLE, made)
    git(made, "init", "-q")
    git(made, "add", "-A")
    git(made, "commit", "-q", "-m", "Good")
    git(made, "apply", "bad.patch")
    git(made, "commit", "-q", "-a", "-m", "Bad")
    return made


def test_the_example_stops_the_bad_commit_and_lets_the_good_one_pass(repository: Path) -> None:
    bad = tlsaudit("gate", "nginx.conf", "--base", "HEAD~1", cwd=repository)
    assert bad.code == 1
    assert " WORSE    high      hsts-max-age  conf.d/www.conf:20  no HSTS header" in bad.out
    git(repository, "checkout", "-q", "HEAD~1")
    good = tlsaudit("gate", "nginx.conf", "--fail-on", "low", cwd=repository)
    assert (good.code, good.err) == (0, "")


def run_step(repository: Path, folder: Path, **inputs: str) -> Done:
    """The last step of the action, as GitHub runs it."""
    (step,) = [each for each in loaded(ROOT / "action.yml")["runs"]["steps"] if each.get("id") == "gate"]
    given = {name: inputs.get(name.lower(), "") for name in step["env"]}
    variables = {"RUNNER_TEMP": str(folder), "GITHUB_OUTPUT": str(folder / "output"), **given}
    path = f"{PROGRAM.parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
        cwd=repository,
        env=environment({**variables, "PATH": path}),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return Done(done.returncode, done.stdout, done.stderr)


def test_the_action_annotates_the_line(repository: Path, tmp_path: Path) -> None:
    done = run_step(repository, tmp_path, configs="nginx.conf\n", base="HEAD~1", fail_on="worse")
    assert done.code == 1
    assert "::error " in done.out
    assert "file=conf.d/www.conf,line=20" in done.out
    assert (tmp_path / "output").read_text("utf-8") == f"sarif={tmp_path}/tlsaudit.sarif\n"
    assert "conf.d/www.conf" in (tmp_path / "tlsaudit.sarif").read_text("utf-8")
    done = run_step(repository, tmp_path, configs="nginx.conf", fail_on="never", options="--select\ntls-versions\n")
    assert done.code == 0


def test_the_action_tells_what_a_change_does_to_the_goals(
    repository: Path, tmp_path: Path, shared_server: Callable[[str, Shape], Server]
) -> None:
    git(repository, "apply", "goalposts.patch")
    there = "\n".join(at(shared_server("nginx", Shape.MODERN)))
    options = f"--select\npfs-suites\n{there}\n"
    done = run_step(repository, tmp_path, targets="targets.yaml", base="HEAD", fail_on="worse", options=options)
    assert (done.code, done.err) == (3, "")
    told = [line.split(",", 2)[:2] for line in done.out.splitlines() if "targets.yaml" in line]
    assert ["::notice file=targets.yaml", "line=7"] in told, "the host that is new"
    assert ["::notice file=targets.yaml", "line=9"] in told, "the milestone that moved"
    assert ["::notice file=targets.yaml", "line=14"] in told, "whom the waiver excuses"
    assert "100%25 by 2030-12-31 -> 100%25 by 2031-12-31 (easier)" in done.out
    assert '"goalpost-moved"' in (tmp_path / "tlsaudit.sarif").read_text("utf-8")


def test_the_action_is_what_github_takes() -> None:
    action = loaded(ROOT / "action.yml")
    assert {"name", "description", "inputs", "runs"} <= action.keys()
    assert action["runs"]["using"] == "composite"
    for step in action["runs"]["steps"]:
        assert {"run", "shell"} <= step.keys() or "uses" in step
        assert not re.search(r"\$\{\{", step.get("run", "")), (
            "what is given goes through the environment, never into code"
        )
    used = set(re.findall(r"inputs\.([\w-]+)", (ROOT / "action.yml").read_text("utf-8")))
    assert used == set(action["inputs"])
    assert all({"description", "required"} <= given.keys() for given in action["inputs"].values())


def test_the_workflow_gives_the_action_what_it_takes() -> None:
    workflow = loaded(EXAMPLE / ".github" / "workflows" / "tls.yml")
    steps = workflow["jobs"]["gate"]["steps"]
    assert steps[0]["with"]["fetch-depth"] == 0
    assert set(steps[1]["with"]) <= set(loaded(ROOT / "action.yml")["inputs"])


@pytest.mark.parametrize(
    "line",
    [
        loaded(EXAMPLE / ".gitlab-ci.yml")["tls-gate"]["script"][0],
        loaded(EXAMPLE / ".pre-commit-config.yaml")["repos"][0]["hooks"][0]["entry"],
        loaded(ROOT / ".pre-commit-hooks.yaml")[0]["entry"],
    ],
)
def test_every_option_that_is_shown_exists(line: str) -> None:
    words = line.split(">", maxsplit=1)[0].split()
    assert words[:2] == ["tlsaudit", "gate"]
    known = {name for parameter in cli.commands["gate"].params for name in parameter.opts}
    assert {word for word in words if word.startswith("-")} <= known


def test_the_gitlab_job_stops_the_bad_commit(repository: Path, tmp_path: Path) -> None:
    job = loaded(EXAMPLE / ".gitlab-ci.yml")["tls-gate"]
    done = subprocess.run(
        ["sh", "-ec", "\n".join(job["script"])],
        cwd=repository,
        env=environment(
            {
                "PATH": f"{PROGRAM.parent}{os.pathsep}{os.environ['PATH']}",
                "CI_MERGE_REQUEST_DIFF_BASE_SHA": "HEAD~1",
            }
        ),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 1
    reports = job["artifacts"]["reports"]
    assert '"conf.d/www.conf"' in (repository / reports["codequality"]).read_text("utf-8")
    assert "hsts-max-age" in (repository / reports["junit"]).read_text("utf-8")


def test_the_image_runs_as_nobody_and_carries_no_leftovers() -> None:
    instructions = re.sub(r"\\\n", " ", (ROOT / "Dockerfile").read_text("utf-8"))
    words = [line.split(maxsplit=1) for line in instructions.splitlines() if line and not line.startswith("#")]
    by_name: dict[str, list[str]] = {}
    for name, rest in words:
        by_name.setdefault(name, []).append(rest)
    assert all(re.match(r"\S+:[\w.-]+( AS \w+)?$", image) and ":latest" not in image for image in by_name["FROM"])
    assert by_name["USER"][-1] == "10001"
    installs = [line for line in by_name["RUN"] if "apt-get install" in line]
    assert all("--no-install-recommends" in line and "rm -rf /var/lib/apt/lists/*" in line for line in installs)
    assert all("--no-cache-dir" in line for line in by_name["RUN"] if "pip install" in line)
    assert all(
        (ROOT / source).exists() for line in by_name["COPY"] if "--from" not in line for source in line.split()[:-1]
    )
    assert by_name["ENTRYPOINT"] == ['["tlsaudit"]']
