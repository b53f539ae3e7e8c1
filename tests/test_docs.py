"""The generated pages are those of today's commands and checks, and every command has a page."""

import importlib.util
from pathlib import Path
from types import ModuleType

import click
import pytest

from tlsaudit.cli import cli

ROOT = Path(__file__).resolve().parent.parent


def _script(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_generated_pages_are_current(tmp_path: Path) -> None:
    _script("generate_docs").write(tmp_path)
    made = {file.relative_to(tmp_path): file.read_text("utf-8") for file in tmp_path.rglob("*.md")}
    docs = ROOT / "docs"
    kept = {
        file.relative_to(docs): file.read_text("utf-8") for file in [docs / "cli.md", *(docs / "checks").glob("*.md")]
    }
    assert kept == made, "stale: run `make docs`"


@pytest.mark.parametrize("name", sorted(cli.commands))
def test_every_command_says_what_it_does(name: str) -> None:
    command = cli.commands[name]
    assert command.help
    assert command.short_help
    for parameter in command.params:
        assert isinstance(parameter, click.Argument) or getattr(parameter, "help", None), parameter.name
