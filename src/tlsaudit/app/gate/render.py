"""Templates of configurations, rendered by a command of the user's."""

import subprocess
from difflib import SequenceMatcher
from pathlib import Path

from tlsaudit.errors import UserError
from tlsaudit.server.tree import Rendered, bounded, lines_of

_LONGEST_S = 60


def render(command: str, template: Path, folder: Path, into: Path) -> Rendered:
    """What a shell command makes of a template, which it gets on standard input, and as `$1` by name. It runs in
    `folder`. Raises UserError where it fails.
    """
    text = bounded(template, str(template))
    try:
        done = subprocess.run(  # noqa: S603 the command is the user's
            ["/bin/sh", "-c", command, "sh", str(template)],
            cwd=folder,
            input=text,
            capture_output=True,
            timeout=_LONGEST_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise UserError(f"--render: {command}: not done after {_LONGEST_S} s with {template.name}") from None
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise UserError(f"--render: {command}: exit {done.returncode} with {template.name}: {''.join(said[-1:])[:300]}")
    into.write_bytes(done.stdout)
    return Rendered(into, _origin(_lines(text), _lines(done.stdout)))


def _lines(text: bytes) -> list[str]:
    return [line.strip() for line in lines_of(text.decode("utf-8", "replace"))]


def _origin(template: list[str], made: list[str]) -> list[int]:
    """For each line that was made, the one that it comes from: the same, or else the one in its place."""
    origin = [1] * len(made)
    for _, start, end, first, last in SequenceMatcher(None, template, made, autojunk=False).get_opcodes():
        for number in range(first, last):
            origin[number] = min(start + (number - first), max(end - 1, start), len(template) - 1) + 1
    return origin
