"""Templates are compiled once and kept, and never taken for what they are not."""

import importlib.util
import sys
from pathlib import Path

import pytest
from jinja2 import DictLoader, Environment

from tlsaudit.report.html import compiled
from tlsaudit.report.html.compiled import Compiled


@pytest.fixture(autouse=True)
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which Python would keep the byte code of the module."""
    monkeypatch.setattr(sys, "pycache_prefix", str(tmp_path))
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    folder = Path(importlib.util.cache_from_source(compiled.__file__)).parent
    folder.mkdir(parents=True)
    return folder


def _made(source: str, made_for: bytes = b"1", *, trim: bool = False) -> str:
    environment = Environment(
        loader=DictLoader({"page": source}), autoescape=True, trim_blocks=trim, bytecode_cache=Compiled(made_for)
    )
    return environment.get_template("page").render(name="<wiki>")


def test_what_was_compiled_is_taken_again(kept: Path) -> None:
    assert _made("{{ name }}") == "&lt;wiki&gt;"
    (file,) = kept.iterdir()
    made = file.stat()
    assert _made("{{ name }}") == "&lt;wiki&gt;"
    assert file.stat() == made


def test_another_template_or_environment_is_compiled_anew() -> None:
    assert _made("{% if name %}\n{{ name }}{% endif %}") == "\n&lt;wiki&gt;"
    assert _made("{% if name %}\n{{ name }}{% endif %}", b"2", trim=True) == "&lt;wiki&gt;"
    assert _made("so: {{ name }}", b"2", trim=True) == "so: &lt;wiki&gt;"


@pytest.mark.parametrize("length", [0, 1, 20, 60, 200, -1])
def test_a_file_that_was_cut_off_is_not_taken(kept: Path, length: int) -> None:
    _made("{{ name }}")
    (file,) = kept.iterdir()
    whole = file.read_bytes()
    file.write_bytes(whole[:length])
    assert _made("{{ name }}") == "&lt;wiki&gt;"
    assert file.read_bytes() == whole


def test_without_a_place_to_keep_it_nothing_is_kept(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    assert _made("{{ name }}") == "&lt;wiki&gt;"
    assert list(kept.iterdir()) == []
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    kept.rmdir()
    assert _made("{{ name }}") == "&lt;wiki&gt;"
