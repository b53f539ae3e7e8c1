"""No bytes of a server get more out of a parser than its own error: looked for by a fuzzer that sees which branches
were taken. It runs for TLSAUDIT_FUZZ_SECONDS in all: 60 where CI=true, else 6.
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
SECONDS = math.ceil(int(os.environ.get("TLSAUDIT_FUZZ_SECONDS", "60" if IN_CI else "6")) / len(TARGETS))

LEAST_RUNS = 2_000
LEAST_COVERAGE = 30


@pytest.mark.parametrize("name", TARGETS)
def test_what_a_target_starts_from_is_read(name: str) -> None:
    for seed in TARGETS[name].seeds:
        TARGETS[name].read(seed)


@pytest.mark.skipif(
    not IN_CI and importlib.util.find_spec("atheris") is None, reason="atheris has no wheel for this platform"
)
@pytest.mark.parametrize("name", TARGETS)
def test_the_fuzzer_finds_nothing(name: str, tmp_path: Path) -> None:
    corpus, found = tmp_path / "corpus", tmp_path / "found"
    corpus.mkdir()
    found.mkdir()
    for number, seed in enumerate(TARGETS[name].seeds):
        (corpus / str(number)).write_bytes(seed)
    said = _fuzz(name, f"-max_total_time={SECONDS}", corpus, found)
    if _runs(said) < LEAST_RUNS:  # the machine is busy
        said = _fuzz(name, f"-runs={LEAST_RUNS}", corpus, found)
    assert _runs(said) >= LEAST_RUNS
    assert _last(r" cov: (\d+)", said) > LEAST_COVERAGE


def _fuzz(name: str, end: str, corpus: Path, found: Path) -> str:
    """What the fuzzer says, once it has ended and found nothing."""
    bounds = (end, "-timeout=5", "-rss_limit_mb=512", "-max_len=8192")
    options = (*bounds, "-print_final_stats=1", f"-artifact_prefix={found}/", str(corpus))
    # A shell between them: the fuzzer would take the most memory that its parent ever had for its own (getrusage(2)).
    command = ["sh", "-c", '"$@"; exit $?', "sh", sys.executable, "-m", "tests.probe.fuzz", name, *options]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=SECONDS + 120, check=False)
    inputs = [file.read_bytes() for file in found.iterdir()]
    assert (ended.returncode, inputs) == (0, []), (ended.stdout + ended.stderr)[-3000:]
    return ended.stderr


def _runs(said: str) -> int:
    return _last(r"stat::number_of_executed_units: (\d+)", said)


def _last(pattern: str, text: str) -> int:
    return max((int(number) for number in re.findall(pattern, text)), default=0)
