"""The example of docs/formats.md, installed and used as its reader would."""

import re
import subprocess
import sys
import textwrap
from pathlib import Path

from tests.cli.command import tlsaudit
from tests.report import views
from tlsaudit.report import write

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "formats.md"


def test_a_package_of_another_adds_a_format(tmp_path: Path) -> None:
    source, installed = tmp_path / "house-formats", tmp_path / "installed"
    source.mkdir()
    section = GUIDE.read_text("utf-8").partition("## A format of your own\n")[2]
    module, project = re.findall(r"(?:^    .*\n|^\n(?=\n?    ))+", section, re.MULTILINE)
    (source / "house_formats.py").write_text(textwrap.dedent(module), "utf-8")
    (source / "pyproject.toml").write_text(textwrap.dedent(project), "utf-8")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run([*pip, "--target", installed, source], check=True, capture_output=True, timeout=120)

    write(views.one_host(), tmp_path / "audit.json")
    done = tlsaudit("report", "audit.json", "-o", "audit.tickets", "-q", cwd=tmp_path, PYTHONPATH=str(installed))
    assert (done.code, done.err) == (0, "")
    assert (tmp_path / "audit.tickets").read_text("utf-8").splitlines() == [
        "medium;example.org:443;http -> 302 https://www.example.org/: other host, not permanent",
        "high;example.org:443;TLS 1.0 is served",
    ]
    assert "tickets" in tlsaudit("report", "audit.json", "--format", "x", cwd=tmp_path, PYTHONPATH=str(installed)).err
