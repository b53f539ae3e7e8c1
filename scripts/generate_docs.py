"""Write the pages that are generated: docs/cli.md from the commands' help, docs/checks/ from the checks' docstrings,
docs/clients.md from the data of the reference clients.
"""

from collections.abc import Iterator
from pathlib import Path

import click

from tlsaudit.app.explain import page
from tlsaudit.cli import cli
from tlsaudit.evidence import group_name
from tlsaudit.policy import ReferenceClient, reference_clients
from tlsaudit.registry import Registry

ROOT = Path(__file__).resolve().parent.parent

_CLIENTS = """\
# The reference clients

Generated from src/tlsaudit/policy/clients.json, which has each hello in full; scripts/capture_client_hello.py adds one.

What each of these {count} clients would get from a server is predicted by pfs-clients, and seen by pfs-clients-replayed
with `--clients`. The prediction does not look at the keys of certificates: a client that cannot verify the only one is
turned away, which the replay shows.

Where the origin is utls, curl_cffi or tls-client, the hello is that library's imitation of the client. Clients whose
hello could neither be captured nor be taken from a published source are left out, and so are those that do not send the
server's name. Groups that a client sends a key share for are bold.

| client | TLS | suites | groups | where its hello comes from |
|---|---|---|---|---|
"""


def pages() -> dict[Path, str]:
    """Every generated page by its path below docs/."""
    checks = Registry.load()
    index = ["# The checks", "", "Generated from the files in checks/; `tlsaudit explain ID` shows the same.", ""]
    index += [f"- [{check.id}]({check.id}.md): {check.title}" for check in checks.values()]
    return {
        Path("cli.md"): "\n".join(_cli()),
        Path("clients.md"): "\n".join(_clients()) + "\n",
        Path("checks/README.md"): "\n".join(index) + "\n",
        **{Path(f"checks/{check.id}.md"): page(check) for check in checks.values()},
    }


def _cli() -> Iterator[str]:
    yield "# The command line"
    yield ""
    yield "Generated from the commands' own help."
    yield from _command(cli, "tlsaudit", None)


def _clients() -> Iterator[str]:
    clients = reference_clients()
    yield from _CLIENTS.format(count=len(clients)).splitlines()
    for client in clients:
        versions = " ".join(version.label.removeprefix("TLS ") for version in client.versions)
        yield f"| {client.name} | {versions} | {len(client.suites)} | {_groups(client)} | {client.origin} |"


def _groups(client: ReferenceClient) -> str:
    named = {group: group_name(group) for group in client.groups or ()}
    listed = [f"**{name}**" if group in client.shares else name for group, name in named.items()]
    more = f", and {len(listed) - 6} more" if len(listed) > 6 else ""
    return ", ".join(listed[:6]) + more


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
