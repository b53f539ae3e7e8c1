"""Packages with a report format of their own, installed for a test."""

from pathlib import Path

import pytest

PLUGIN = """
from tlsaudit.report import Format

def render(view, out, options):
    out.write(f"{view.header.summary.endpoints} endpoints\\n")

COUNT = Format("count", (".count",), lambda: render)
"""


def install(folder: Path, monkeypatch: pytest.MonkeyPatch, name: str, source: str) -> None:
    """Install a package of this name and source into a folder; its report format is what the source calls COUNT."""
    info = folder / f"{name}-1.0.dist-info"
    info.mkdir(parents=True)
    (folder / f"{name}.py").write_text(source)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[tlsaudit.formats]\ncount = {name}:COUNT\n")
    monkeypatch.syspath_prepend(str(folder))
