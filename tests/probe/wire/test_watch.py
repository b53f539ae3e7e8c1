"""A look at interfaces on which packets pass, in a network namespace of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.servers.programs import missing, require

ROOT = Path(__file__).parents[3]
Counts = dict[str, list[dict[str, int]]]


@pytest.fixture(scope="module")
def looks() -> Counts:
    """What was counted, by case and way."""
    if os.geteuid() != 0:
        missing("network namespaces take root")
    if not Path("/dev/net/tun").exists():
        missing("/dev/net/tun is not there")
    command = [require("unshare", "util-linux"), "--net", sys.executable, "-m", "tests.probe.wire.looks"]
    done = subprocess.run(
        [*command, require("ip", "iproute2")], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    found: Counts = json.loads(done.stdout)
    return found


def kinds(counts: dict[str, int]) -> set[str]:
    return {kind for kind, count in counts.items() if count}


@pytest.mark.parametrize(
    ("case", "there", "back"),
    [
        ("nothing", set(), set()),
        ("others", set(), set()),
        ("encrypted", {"esp"}, {"esp"}),
        ("mirrored", {"clear"}, {"clear"}),
        ("tagged on its way out", {"clear", "esp"}, set()),
        ("enough", {"clear"}, set()),
        ("decrypted", {"esp"}, {"esp", "own"}),
        ("without ethernet", {"clear", "esp"}, set()),
        ("received in clear", {"esp"}, {"clear"}),
    ],
)
def test_what_is_counted(looks: Counts, case: str, there: set[str], back: set[str]) -> None:
    assert [kinds(counts) for counts in looks[case]] == [there, back]


def test_a_look_ends_when_enough_was_seen(looks: Counts) -> None:
    assert looks["enough"][0]["clear"] == 3


def test_a_packet_counts_once(looks: Counts) -> None:
    """Two frames in clear to the first way, one back, sent by turns."""
    there, back = (counts["clear"] for counts in looks["mirrored"])
    assert abs(there - 2 * back) <= 2
