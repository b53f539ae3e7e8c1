"""A scan of a server that attacks the report: it is quoted, and nothing that it says takes effect."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.command import Done, tlsaudit
from tests.cli.hostile import NAME, hostile_server
from tests.report.readers import READERS, unprintable, workflow_commands
from tlsaudit.report import formats


@pytest.fixture(scope="module")
def scan(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Done, Path]]:
    """What the scan said, and its document."""
    document = tmp_path_factory.mktemp("hostile") / "scan.json"
    with hostile_server() as there:
        yield tlsaudit("scan", NAME, *there, "-v", "-o", document, FORCE_COLOR="1"), document


def test_the_screen_is_steered_by_nobody_else(scan: tuple[Done, Path]) -> None:
    done, _ = scan
    assert done.code == 1, done.err
    assert unprintable(READERS["terminal"](done.out).texts) == set()
    assert workflow_commands(done.out) == []
    for quoted in (r"#\x23[owned]<script>alert(1)</script>.example", r"=cmd()\x1b[2J.example"):
        assert quoted in " ".join(done.out.split())


@pytest.mark.parametrize("name", [item.name for item in formats().values() if not item.binary])
def test_no_format_repeats_it_as_anything_but_text(name: str, scan: tuple[Done, Path]) -> None:
    done = tlsaudit("report", scan[1], "--format", name)
    assert done.code == 0, done.err
    READERS[name](done.out)
    assert unprintable(done.out) <= {"\n", "\r"}
    commands = workflow_commands(done.out)
    assert [line for line in commands if re.search("^ *::(add-mask|set-output|error::owned)|##", line)] == []
