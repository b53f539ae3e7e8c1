"""A folder with the configuration of a server, and what is made of it to be run."""

from collections.abc import Callable, Mapping
from pathlib import Path

from tlsaudit.server.standin import StandIns
from tlsaudit.server.tree import Tree
from tlsaudit.server.written import Written

BREAKS = ("\x0b", "\x0c", "\r", "\x1c", "\x85", "\u2028", "\u2029")
"""Ends of lines for Python, and for no server."""


def put(folder: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")


def tree(folder: Path) -> Tree:
    """The folder stands for `/`, and for what the servers are installed in."""
    return Tree(folder.resolve(), folder.resolve(), ("/etc/nginx", "/etc/apache2", "/etc/haproxy"))


def written(folder: Path, name: str, text: str, write: Callable[[Path, Tree, Path, StandIns], Written]) -> str:
    """What is written for a main file, in a folder that MADE stands for."""
    repository, made = folder / "repository", folder / "made"
    put(repository, {name: text})
    made.mkdir()
    file = repository.resolve() / name
    done = write(file, tree(repository), made, StandIns(made, ["www.example.org"]))
    return done.file.read_text("utf-8").replace(str(made), "MADE")
