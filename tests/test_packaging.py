"""What is installed is what is here, and the locks can be used anywhere."""

import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = {"src/tlsaudit": "tlsaudit", "checks": "tlsaudit/checks"}


def test_the_wheel_holds_every_file(tmp_path: Path) -> None:
    source = tmp_path / "source"
    ignore = shutil.ignore_patterns("__pycache__", "*.egg-info")
    for name in ("src", "checks"):
        shutil.copytree(ROOT / name, source / name, ignore=ignore)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run([*pip, "--wheel-dir", tmp_path, source], check=True, capture_output=True, timeout=120)
    (wheel,) = tmp_path.glob("*.whl")
    shipped = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    here = {
        f"{package}/{file.relative_to(ROOT / folder).as_posix()}"
        for folder, package in PACKAGES.items()
        for file in (ROOT / folder).rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }
    assert shipped == here


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_every_locked_requirement_has_hashes_and_no_address(name: str) -> None:
    text = (ROOT / name).read_text("utf-8")
    assert "://" not in text
    assert "--index-url" not in text
    requirements = re.findall(r"^[a-z0-9].*?(?=^[a-z0-9]|\Z)", text, re.MULTILINE | re.DOTALL)
    assert len(requirements) > 10
    assert [entry.split()[0] for entry in requirements if "--hash=sha256:" not in entry] == []


def test_users_get_what_the_tests_saw() -> None:
    def versions(name: str) -> set[tuple[str, str]]:
        text = (ROOT / name).read_text("utf-8")
        return set(re.findall(r"^([a-z0-9-]+)(?:\[.*\])?==(\S+)", text, re.MULTILINE))

    assert versions("requirements.lock") < versions("requirements-dev.lock")


@pytest.mark.parametrize(
    ("stub", "complaint"),
    [
        ("exit 1", "Python 3.11 or newer is needed"),
        ('case "$2" in *ensurepip*) exit 1;; esac', "has no venv module: apt-get install python3-venv"),
    ],
)
def test_a_machine_without_python_venv_gets_one_line(tmp_path: Path, stub: str, complaint: str) -> None:
    python = tmp_path / "python3"
    python.write_text(f"#!/bin/sh\n{stub}\n", "utf-8")
    python.chmod(0o755)
    done = subprocess.run(
        [ROOT / "scripts" / "make-venv", python, tmp_path / "venv"],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 1
    assert complaint in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "venv").exists()


def test_a_machine_without_python_gets_one_line(tmp_path: Path) -> None:
    done = subprocess.run(
        [ROOT / "scripts" / "make-venv", "no-such-python", tmp_path / "venv"],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "no-such-python is not installed" in done.stderr
