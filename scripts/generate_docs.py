"""Write the pages that are generated: docs/cli.md from the commands' help, docs/checks/ from the checks' docstrings."""

from collections.abc import Iterator
from pathlib import Path

import click

from tlsaudit.app.explain import page
from tlsaudit.cli import cli
from tlsaudit.registry import Registry

ROOT = Path(__file__).resolve().parent.parent


def pages() -> dict[Path, str]:
    """Every generated page by its path below docs/."""
    checks = Registry.load()
    index = ["# The checks", "", "Generated from the files in checks/; `tlsaudit explain ID` shows the same.", ""]
    index += [f"- [{check.id}]({check.id}.md): {check.title}" for check in checks.values()]
    return {
        Path("cli.md"): "\n".join(_cli()),
        Path("checks/README.md"): "\n".join(index) + "\n",
        **{Path(f"checks/{check.id}.md"): page(check) for check in checks.values()},
    }


def _cli() -> Iterator[str]:
    yield "# The command line"
    yield ""
    yield "Generated from the commands' own help."
    yield from _command(cli, "tlsaudit", None)


def _command(command: click.Command, path: str, parent: click.Context | None) -> Iterator[str]:
    name = path.rpartition(" ")[2]
    context = click.Context(
        command, info_name=name, parent=parent, terminal_width=100, help_option_names=["-h", "--help"]
    )
    yield f"\n## {path}\n"
    yield "```text"
    yield command.get_help(context)
    yield "```"
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            yield from _command(command.commands[name], f"{path} {name}", context)


def write(folder: Path) -> None:
    """Write the pages below a folder, and remove the pages of checks that are no more."""
    wanted = pages()
    for name, text in wanted.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
    for file in (folder / "checks").glob("*.md"):
        if file.relative_to(folder) not in wanted:
            file.unlink()


if __name__ == "__main__":
    write(ROOT / "docs")
