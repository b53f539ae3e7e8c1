"""No bytes of a server get more out of a parser than its own error: looked for by a fuzzer that sees which branches
were taken. It tries some thousand inputs, or looks for TLSAUDIT_FUZZ_SECONDS in all.
"""

import importlib.util
import math
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.probe.fuzz_targets import TARGETS

ROOT = Path(__file__).parents[2]
IN_CI = os.environ.get("CI") == "true"
SECONDS = math.ceil(int(os.environ.get("TLSAUDIT_FUZZ_SECONDS", "0")) / len(TARGETS))

LEAST_RUNS = 3_000
LEAST_COVERAGE = 30


@pytest.mark.parametrize("name", TARGETS)
def test_what_a_target_starts_from_is_read(name: str) -> None:
    for seed in TARGETS[name].seeds:
        TARGETS[name].read(seed)


@pytest.mark.skipif(
    not IN_CI and importlib.util.find_spec("atheris") is None, reason="atheris has no wheel for this platform"
)
def test_the_fuzzer_finds_nothing(tmp_path: Path) -> None:
    end = f"-max_total_time={SECONDS}" if SECONDS else f"-runs={LEAST_RUNS}"
    options = (end, "-timeout=20", "-rss_limit_mb=512", "-max_len=8192", "-print_final_stats=1")
    command = [sys.executable, "-m", "tests.probe.fuzz", str(tmp_path), *options]
    ended = subprocess.run(command, cwd=ROOT, stderr=subprocess.PIPE, text=True, check=False)
    said = {file.stem: file.read_text("utf-8", "replace") for file in tmp_path.glob("*.txt")}
    broken = {file.name: (file.read_bytes(), said[file.stem][-3000:]) for file in tmp_path.glob("*.*-*")}
    assert (ended.returncode, broken) == (0, {}), ended.stderr[-3000:]
    assert said.keys() == TARGETS.keys()
    assert [name for name in said if _last(r"stat::number_of_executed_units: (\d+)", said[name]) < LEAST_RUNS] == []
    assert [name for name in said if _last(r" cov: (\d+)", said[name]) <= LEAST_COVERAGE] == []


def _last(pattern: str, text: str) -> int:
    return max((int(number) for number in re.findall(pattern, text)), default=0)
