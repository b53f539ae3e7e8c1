"""The generated pages are those of today's commands and checks, and every command has a page."""

from pathlib import Path

import click
import pytest

from tests.script import load_script
from tlsaudit.cli import cli

ROOT = Path(__file__).resolve().parent.parent


def test_the_generated_pages_are_current(tmp_path: Path) -> None:
    load_script("generate_docs").write(tmp_path)
    made = {file.relative_to(tmp_path): file.read_text("utf-8") for file in tmp_path.rglob("*.md")}
    docs = ROOT / "docs"
    kept = {
        file.relative_to(docs): file.read_text("utf-8")
        for file in [docs / "cli.md", docs / "clients.md", docs / "profiles.md", *(docs / "checks").glob("*.md")]
    }
    assert kept == made, "stale: run `make docs`"


@pytest.mark.parametrize("name", sorted(cli.commands))
def test_every_command_says_what_it_does(name: str) -> None:
    command = cli.commands[name]
    assert command.help
    assert command.short_help
    for parameter in command.params:
        assert isinstance(parameter, click.Argument) or getattr(parameter, "help", None), parameter.name
