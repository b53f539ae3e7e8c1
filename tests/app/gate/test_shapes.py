"""Configurations as they are found in the world, each with a seeded weakness and a strong twin.

`# bad: CHECKS` stands above the guilty line, and `# good: LINE` below it says what the strong twin has in its place.
Every weakness that is seeded is found at its line; of the strong twin nothing is said.
"""

import asyncio
import re
import tempfile
from pathlib import Path

import pytest

from tests.servers.programs import missing, require
from tlsaudit.app.gate.judge import judge, rules_of
from tlsaudit.app.gate.source import source
from tlsaudit.app.settings import ProbeSettings
from tlsaudit.check import Outcome, Severity
from tlsaudit.registry import Registry, Selection

FOLDER = Path(__file__).with_name("shapes")
SHAPES = sorted(file.name for file in FOLDER.iterdir())
PROGRAMS = {"nginx": ("nginx", "nginx-light"), "apache": ("apache2", "apache2"), "haproxy": ("haproxy", "haproxy")}
STREAM = Path("/usr/lib/nginx/modules/ngx_stream_module.so")

Found = set[tuple[str, int]]
"""Checks that fail, and the lines behind them."""

_SEEDED = re.compile(r"^( *)# bad: (.*)\n(.*)\n *# good: (.*)$", re.MULTILINE)


def gate(file: Path) -> tuple[Found, set[str]]:
    """What fails, but for mere information, and what is unknown."""
    settings = ProbeSettings()
    rules, _ = rules_of(Selection(Registry.load()).checks(), settings)
    with tempfile.TemporaryDirectory() as scratch:
        wanted = source([file], file.parent, Path(scratch), daemon=None, allow=False, render=None)
        with wanted.kind.serve(wanted.files, wanted.tree, Path(scratch), None, allow=False) as running:
            judged = asyncio.run(judge(running, running.hosts, rules, settings)).findings
    failing = [each for each in judged if each.finding.outcome is Outcome.FAIL]
    found = {
        (each.finding.check, each.place.line)
        for each in failing
        if each.place and each.finding.severity is not Severity.INFO
    }
    return found, {each.finding.check for each in judged if each.finding.outcome is Outcome.UNKNOWN}


def seeded(text: str) -> Found:
    lines = text.splitlines()
    marked = (line.strip().removeprefix("# bad: ") if "# bad: " in line else "" for line in lines)
    return {(check, number + 1) for number, said in enumerate(marked, 1) for check in said.split()}


def strong(text: str) -> str:
    return _SEEDED.sub(lambda found: f"{found[1]}# was bad\n{found[1]}{found[4]}\n", text).replace("\\n", "\n")


def test_there_are_ten_of_each() -> None:
    assert all(sum(f".{server}." in name for name in SHAPES) >= 10 for server in PROGRAMS)


@pytest.mark.parametrize("name", SHAPES)
def test_what_is_seeded_is_found_and_the_strong_twin_is_clean(name: str, tmp_path: Path) -> None:
    require(*PROGRAMS[name.split(".")[1]])
    if name.startswith("stream-") and not STREAM.exists():
        missing(f"{STREAM} is not installed: apt-get install libnginx-mod-stream, or scripts/install-test-servers")
    text = (FOLDER / name).read_text("utf-8")
    weak, good = tmp_path / "weak.conf", tmp_path / "strong.conf"
    weak.write_text(text, "utf-8")
    good.write_text(strong(text), "utf-8")
    assert gate(weak) == (seeded(text), set())
    assert gate(good) == (set(), set())
