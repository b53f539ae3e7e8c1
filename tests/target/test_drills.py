"""Fail-over drills as targets.yaml writes them."""

from datetime import date
from pathlib import Path

import pytest

from tlsaudit.target import Drill, TargetsError, load_targets

TARGETS = """\
version: 1
sites: {east: {}, west: {}, north: {}}
services:
  wiki:
    hosts: [www.example.org]
    at: {east: 192.0.2.10, west: 198.51.100.10}
    drills:
      - WRITTEN
"""


def drills(folder: Path, written: str) -> tuple[Drill, ...]:
    path = folder / "targets.yaml"
    path.write_text(TARGETS.replace("WRITTEN", written), "utf-8")
    return load_targets(path).services["wiki"].drills


def test_a_drill(tmp_path: Path) -> None:
    written = "{day: 2015-03-12, from: east, to: west, result: failed, record: https://wiki.example.org/drills/1}"
    assert drills(tmp_path, written) == (
        Drill(date(2015, 3, 12), "east", "west", succeeded=False, record="https://wiki.example.org/drills/1"),
    )


@pytest.mark.parametrize(
    ("written", "complaint"),
    [
        ("{from: east, to: west, result: ok}", "8:9: the drill has no day: write day: 2027-03-12"),
        ("{day: 2015-03-12, to: west, result: ok}", "8:9: the drill does not say which site answered before"),
        ("{day: 2015-03-12, from: east, result: ok}", "8:9: the drill does not say which site took over"),
        ("{day: 2015-03-12, from: east, to: west}", "8:9: the drill has no result: write result: ok or"),
        ("{day: 2015-03-12, from: east, to: west, result: good}", "8:57: result: good is not one of ok or failed"),
        ("{day: 2015-13-12, from: east, to: west, result: ok}", "8:15: 2015-13-12 is no date: write YYYY-MM-DD"),
        ("{day: 2015-03-12, form: east, to: west, result: ok}", "unknown key form: did you mean from?"),
        ("{day: 2015-03-12, from: east, to: wst, result: ok}", "8:43: wiki does not answer at site wst: did you mean"),
        ("{day: 2015-03-12, from: north, to: west, result: ok}", "8:33: wiki does not answer at site north: add it"),
        ("{day: 2015-03-12, from: east, to: east, result: ok}", "8:43: a drill is from one site to another"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant(tmp_path: Path, written: str, complaint: str) -> None:
    with pytest.raises(TargetsError) as caught:
        drills(tmp_path, written)
    assert complaint in str(caught.value)
