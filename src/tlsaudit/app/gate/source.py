"""The configuration that a gate is to judge, and where it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tlsaudit.errors import UserError
from tlsaudit.server.tree import Tree

_INSTALLED = "/etc/nginx"


@dataclass(frozen=True, slots=True)
class Source:
    """`files` are a main file, or several that belong together; `daemon` is the program to run, None for the one that
    is installed; with `allow`, what runs code is run."""

    files: Sequence[Path]
    tree: Tree
    daemon: str | None
    allow: bool


def source(configs: Sequence[Path], root: Path, daemon: str | None, *, allow: bool) -> Source:
    """Of files and folders; a folder stands for its nginx.conf, else for all its *.conf. Raises UserError."""
    files = [file.resolve() for config in configs for file in _files(config)]
    root = root.resolve()
    for file in files:
        if not file.is_relative_to(root):
            raise UserError(f"{file}: not below {root}: name the folder that stands for / with --root")
    return Source(files, Tree(root, files[0].parent, _INSTALLED), daemon, allow)


def _files(config: Path) -> list[Path]:
    if not config.is_dir():
        if not config.exists():
            raise UserError(f"{config}: there is no such file")
        return [config]
    main = config / "nginx.conf"
    found = [main] if main.is_file() else sorted(config.glob("*.conf"))
    if not found:
        raise UserError(f"{config}: neither nginx.conf nor any *.conf is in it")
    return found
