"""A file of targets: an inventory, or the configuration of a server."""

import io
import re
import sys
from pathlib import Path

from tlsaudit.errors import UserError
from tlsaudit.report import formats
from tlsaudit.target import INVENTORY_FORMATS, Inventory, InventoryEntry, as_called, collect, read_inventory

_HTTPS = 443

SERVERS = ("nginx", "apache", "haproxy")

_MOST_BYTES = 64 << 20

FORMATS = (*INVENTORY_FORMATS, *SERVERS)
"""What a file may be said to be."""

_CONFIGURATION = re.compile(
    r"^\s*((http|stream|server)\s*\{|<\s*VirtualHost\b|(frontend|listen|global|defaults)\b[^:{]*$)", re.MULTILINE
)


def read_file(file: Path, format: str | None = None) -> Inventory:  # noqa: A002 the word
    """`format` is one of FORMATS, None for what the file looks like. A folder stands for the main file of a server.
    Raises UserError.
    """
    if file.is_dir():
        return _configuration(file, format)
    text = _text(file)
    if format in SERVERS or (format is None and file.suffix in ("", ".conf", ".cfg") and _CONFIGURATION.search(text)):
        return _configuration(file, format)
    return read_inventory(text, str(file), format)


def read_below(root: Path, file: Path, format: str | None = None) -> Inventory:  # noqa: A002 the word
    """The same of a file below a folder, through links too: what a change names shall not be any file of the machine,
    whose words an error would show. Raises UserError.
    """
    if not file.resolve().is_relative_to(root.resolve()):
        raise UserError(f"{file}: not below {root}: a change may name inventories of its repository only")
    return read_file(file, format)


def read_stdin(format: str | None = None) -> Inventory:  # noqa: A002 the word
    """The same of standard input, which cannot be a configuration, since that may include other files."""
    if format in SERVERS:
        raise UserError(f"a configuration of {format} may include others: name its file with -f")
    if sys.stdin is None:
        raise UserError("standard input is closed: name a file with -f")
    try:
        text = sys.stdin.read()
    except UnicodeDecodeError:
        raise UserError("standard input is not UTF-8") from None
    return read_inventory(text, "standard input", format, is_file=False)


def _text(file: Path) -> str:
    try:
        with file.open("rb") as opened:
            content = opened.read(_MOST_BYTES + 1)
        if len(content) > _MOST_BYTES:
            raise UserError(f"{file}: larger than {_MOST_BYTES >> 20} MiB: split it")
        return io.TextIOWrapper(io.BytesIO(content), "utf-8").read()
    except (OSError, UnicodeDecodeError) as error:
        if not file.exists() and str(file) in formats():
            raise UserError(f"-f {file}: -f takes a file of hosts; for the format write --format {file}") from None
        why = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise UserError(f"{file}: cannot be read: {why}") from None


def _configuration(config: Path, server: str | None) -> Inventory:
    """The names that a configuration answers for. One that is where its server looks for it may name any file of the
    machine, another one those beside it.
    """
    from tlsaudit.server.kind import KINDS, kind_of, main_files
    from tlsaudit.server.named import joined
    from tlsaudit.server.tree import Tree, bounded

    file = next(main_files(config), None) if config.is_dir() else config
    if file is None:
        raise UserError(f"{config}: a folder without a main file of a server, such as nginx.conf: name the files")
    kind = KINDS[server] if server else kind_of(bounded(file, str(file)).decode("utf-8", "replace"))
    real = file.resolve()
    installed = any(real.is_relative_to(folder) for folder in kind.installed)
    root = Path("/") if installed else real.parent
    entries = [
        InventoryEntry(f"{each.name}:{port}", each.place.line, file=as_called(root / each.place.file))
        for each in joined(kind.named([real], Tree(root, real.parent, kind.installed)))
        for port in each.ports or (_HTTPS,)
    ]
    return collect(entries, str(file), wildcards=True)
