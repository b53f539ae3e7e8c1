"""`make new-check` writes a check and a test that pass as they are."""

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def _clone(tmp_path: Path) -> Path:
    """The parts of the project that a check and its test need."""
    for name in ("src", "checks", "tests/checks", "scripts"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / "src" / "tlsaudit" / "checks").symlink_to(tmp_path / "checks")
    return tmp_path


def _run(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=root,
        env={"PYTHONPATH": f"{root / 'src'}:{root}", "PYTHONSAFEPATH": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_the_scaffold_passes_its_own_test_and_the_linters(tmp_path: Path) -> None:
    root = _clone(tmp_path)
    made = _run(root, "scripts/new_check.py", "house-rule")
    assert made.stdout.split() == ["wrote", "checks/house_rule.py", "wrote", "tests/checks/test_house_rule.py"]
    files = ["checks/house_rule.py", "tests/checks/test_house_rule.py"]
    for command in (
        ["-m", "pytest", "-q", files[1]],
        ["-m", "ruff", "check", *files],
        ["-m", "ruff", "format", "--check", *files],
    ):
        done = _run(root, *command)
        assert done.returncode == 0, done.stdout + done.stderr
    again = _run(root, "scripts/new_check.py", "house-rule")
    assert (again.returncode, again.stderr) == (1, "checks/house_rule.py exists already: choose another name\n")


def test_a_name_that_is_no_id(tmp_path: Path) -> None:
    done = _run(ROOT, "scripts/new_check.py", "HSTS_Preload")
    assert (done.returncode, done.stderr) == (1, "'HSTS_Preload' is no check id: make new-check NAME=hsts-preload\n")
