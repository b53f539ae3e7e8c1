"""The load lab of the benchmarks: its endpoints are what they are called, and tlsaudit says so."""

import json
import os
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.lab import verdicts
from bench.lab.kinds import MIXES, Kind, Plan
from bench.lab.odd import DELAY_S
from bench.lab.servers import Lab, lab
from tests.cli.command import PROGRAM, environment
from tests.servers.programs import missing


def test_a_plan_has_the_shares_of_its_mix_and_no_address_twice() -> None:
    ends = list(Plan(10_000, MIXES["mixed"]).endpoints())
    counted = Counter(end.kind for end in ends)
    assert counted == {kind: 100 * share for kind, share in MIXES["mixed"].items()}
    assert {counted[kind] for kind in (Kind.TARPIT, Kind.GARBAGE, Kind.RESET)} == {200}
    assert len({end.address for end in ends}) == len({(end.host, end.site) for end in ends}) == 10_000
    assert all(Kind.at(end.address) is end.kind for end in ends)


def test_a_plan_is_the_same_each_time_and_a_larger_one_begins_with_the_same_kinds() -> None:
    small, large = (list(Plan(size, MIXES["mixed"]).endpoints()) for size in (1000, 3000))
    assert small == list(Plan(1000, MIXES["mixed"]).endpoints())
    assert [end.kind for end in small] == [end.kind for end in large[:1000]]


@pytest.fixture(scope="module")
def running() -> Iterator[Lab]:
    if os.geteuid() != 0:
        missing("network namespaces take root")
    with lab(Plan(32, Counter(Kind))) as started:
        yield started


def test_each_endpoint_is_what_it_is_called_and_judged_for_that(running: Lab, tmp_path: Path) -> None:
    report = tmp_path / "scan.jsonl"
    options = ("--ca-file", running.ca_file, "--fail-on", "never", "--min-coverage", "0", "--timeout", "120")
    command: list[str | Path] = [*running.enter, PROGRAM, "scan", "-q", "-f", running.hosts(), "-o", report, *options]
    subprocess.run(command, check=True, timeout=180, env=environment({}))
    lines = report.read_text("utf-8").splitlines()
    found = verdicts.read(lines)
    assert not found.wrong
    assert found.endpoints == dict.fromkeys(Kind, 4)
    reasons: dict[Kind, set[str]] = {kind: set() for kind in Kind}
    seen = [record for record in map(json.loads, lines) if record["type"] == "endpoint"]
    for endpoint in seen:
        kind = Kind.at(endpoint["addresses"][0])
        assert endpoint["reachable"] is kind.answers
        reasons[kind].add((endpoint["reason"] or "answers").partition(":")[0])
        if kind is Kind.SLOW:
            assert endpoint["latency_ms"]["first_byte"] >= DELAY_S * 1000
        if kind in (Kind.SILENT, Kind.TARPIT):  # of which one lets nobody in
            assert (endpoint["connections"] > 1) is (kind is Kind.TARPIT)
    assert reasons == {
        Kind.MODERN: {"answers"},
        Kind.LEGACY: {"answers"},
        Kind.SLOW: {"answers"},
        Kind.REFUSED: {"connection refused"},
        Kind.SILENT: {"timed out"},
        Kind.TARPIT: {"timed out"},
        Kind.GARBAGE: {"the answer is not TLS"},
        Kind.RESET: {"connection reset"},
    }
