"""The configuration that a gate is to judge, and where it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tlsaudit.app.gate.render import render as render_template
from tlsaudit.errors import UserError
from tlsaudit.server.kind import Kind, kind_of, main_files
from tlsaudit.server.tree import Tree, bounded

_SITES = frozenset({"sites-available", "sites-enabled"})
"""Folders that Debian's servers have, whose files need no suffix."""


@dataclass(frozen=True, slots=True)
class Source:
    """`files` are a main file, or several that belong together; `daemon` is the program to run, None for the one that
    is installed; with `allow`, what runs code is run; `render` is the command that renders templates."""

    kind: Kind
    files: Sequence[Path]
    tree: Tree
    daemon: str | None
    allow: bool
    render: str | None


def source(
    configs: Sequence[Path], root: Path, scratch: Path, *, daemon: str | None, allow: bool, render: str | None
) -> Source:
    """Of files and folders; a folder stands for the main file in it, else for all its *.conf, and one of sites for all
    its files. What is rendered goes to `scratch`. Raises UserError.
    """
    files = [file.resolve() for config in configs for file in _files(config)]
    root = root.resolve()
    for file in files:
        if not file.is_relative_to(root):
            raise UserError(f"{file}: not below {root}: name the folder that stands for / with --root")
    rendered = (
        {file: render_template(render, file, root, scratch / f"rendered-{number}") for number, file in enumerate(files)}
        if render
        else {}
    )
    kinds = {id(kind): kind for file in files for kind in [_kind(rendered[file].file if rendered else file)]}
    if len(kinds) > 1:
        raise UserError("the files are those of several servers: judge one server at a time")
    (kind,) = kinds.values()
    return Source(kind, files, Tree(root, files[0].parent, kind.installed, rendered), daemon, allow, render)


def _kind(file: Path) -> Kind:
    return kind_of(bounded(file, str(file)).decode("utf-8", "replace"))


def _files(config: Path) -> list[Path]:
    if not config.is_dir():
        if not config.exists():
            raise UserError(f"{config}: there is no such file")
        return [config]
    sites = "[!.]*" if config.resolve().name in _SITES else "*.conf"
    found = list(main_files(config))[:1] or sorted(each for each in config.glob(sites) if each.is_file())
    if not found:
        raise UserError(f"{config}: holds no main file of a server, such as nginx.conf, nor any *.conf")
    return found
