"""What a fleet costs as it grows: `tlsaudit audit` or `scan` of the load lab (bench/lab), and two peers beside.

`python -m bench.fleet [--sizes 1000,10000] [--mixes modern,mixed] [--what audit] [--neighbours 1000] [--peers 200]`.
Each run is a child process, from its start to the reports on disk: CPU time and peak memory by the kernel, the servers'
CPU time stated apart. An audit has all default checks, five goals and a new history; a scan writes JSON Lines. What is
said of each endpoint is held against what it is: a wrong verdict is printed, and the exit status is 1. Prints Markdown
tables. Needs root.
"""

import argparse
import math
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

from bench import tls
from bench.lab import verdicts
from bench.lab.kinds import MIXES, Kind, Plan
from bench.lab.servers import Lab, lab
from bench.tls import AS_INSTALLED, Cost, cpu_seconds, measure

PROGRAM = str(Path(sys.executable).with_name("tlsaudit"))
PATIENT = ("--timeout", "120")
"""A busy machine takes longer than usual, and must not decide what is said."""


@dataclass(frozen=True)
class Run:
    """`cost` is that of all endpoints together, `wrong` is how many verdicts were."""

    endpoints: int
    modern: int
    cost: Cost
    history_mb: float
    wrong: int


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--sizes", type=_sizes, default="1000,10000", help="how many endpoints, with commas between")
    arguments.add_argument("--mixes", type=_mixes, default="modern,mixed", help=f"of {', '.join(MIXES)}")
    arguments.add_argument("--what", choices=("audit", "scan"), default="audit")
    arguments.add_argument(
        "--neighbours", type=int, default=1000, help="modern endpoints to see among hostile ones; or 0"
    )
    arguments.add_argument("--peers", type=int, default=200, help="modern endpoints for nmap and sslyze; or 0")
    asked = arguments.parse_args()
    if os.geteuid() != 0:
        sys.exit("the lab is made of network namespaces, which takes root")
    print(f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    runs: list[Run] = []
    for mix in asked.mixes:
        _head(f"{asked.what}, {mix}")
        grown = [run(Plan(size, MIXES[mix]), asked.what) for size in asked.sizes]
        if len(grown) > 1:
            print(growth(grown))
        runs += grown
    if asked.neighbours:
        runs += neighbours(asked.neighbours, asked.what)
    if asked.peers:
        peers(asked.peers)
    sys.exit(1 if any(each.wrong for each in runs) else 0)


def _sizes(text: str) -> list[int]:
    return [int(word) for word in text.split(",")]


def _mixes(text: str) -> list[str]:
    words = text.split(",")
    if unknown := [word for word in words if word not in MIXES]:
        raise argparse.ArgumentTypeError(f"{unknown[0]} is none of {', '.join(MIXES)}")
    return words


def run(plan: Plan, what: str) -> Run:
    """Audit or scan a fleet, print its row, and hold against it what was said."""
    with lab(plan) as running, tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        others_s = _others_s(running)
        cost = measure(running.modern, [*running.enter, PROGRAM, *COMMANDS[what](running, folder)])
        cost = replace(cost, server_cpu_s=cost.server_cpu_s + _others_s(running) - others_s)
        history_mb = sum(path.stat().st_size for path in folder.glob("history.db*")) / 1e6
        each = cost.a_host(plan.size)
        print(
            f"| {plan.size:,} | {each.cpu_s * 1000:.1f} | {each.server_cpu_s * 1000:.1f} | {cost.wall_s:.1f} "
            f"| {plan.size / cost.wall_s:.1f} | {cost.peak_mib:.0f} | {history_mb:.1f} |",
            flush=True,
        )
        found = said(running, folder, what)
    counted = Counter(end.kind for end in plan.endpoints())
    if found.endpoints != counted:
        raise SystemExit(f"the report has {found.endpoints} where there are {counted}")
    for (kind, check, outcome), times in found.wrong.most_common(10):
        print(f"wrong: {check} is {outcome} {times} times where the endpoint is {kind}", flush=True)
    return Run(plan.size, counted[Kind.MODERN], cost, history_mb, found.wrong.total())


def _audit(running: Lab, folder: Path) -> list[str]:
    history = f"sqlite:///{folder}/history.db"
    options = ["--config", str(running.targets()), "--db", history, "--reports", str(folder)]
    return ["audit", "--quiet", *PATIENT, *options, "--ca-file", str(running.ca_file)]


def _scan(running: Lab, folder: Path) -> list[str]:
    options = ["--file", str(running.hosts()), "--output", str(folder / "scan.jsonl")]
    never = ["--fail-on", "never", "--min-coverage", "0"]
    return ["scan", "--quiet", *PATIENT, *options, *never, "--ca-file", str(running.ca_file)]


COMMANDS: Mapping[str, Callable[[Lab, Path], list[str]]] = {"audit": _audit, "scan": _scan}


def said(running: Lab, folder: Path, what: str) -> verdicts.Verdicts:
    """What was said of each endpoint; of an audit, as its history has it."""
    if what == "scan":
        with (folder / "scan.jsonl").open(encoding="utf-8") as lines:
            return verdicts.read(lines)
    history = ["--db", f"sqlite:///{folder}/history.db", "--config", str(running.folder / "targets.yaml")]
    command = [PROGRAM, "report", "--format", "jsonl", *history]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, encoding="utf-8", env=AS_INSTALLED) as report:
        assert report.stdout
        return verdicts.read(report.stdout)


def _others_s(running: Lab) -> float:
    return sum(map(cpu_seconds, running.others))


def growth(runs: Sequence[Run]) -> str:
    """How CPU time and memory grow, as the power of the number of endpoints that fits best, and from size to size."""
    sizes = [math.log(each.endpoints) for each in runs]
    powers = {
        what: statistics.linear_regression(sizes, [math.log(getattr(each.cost, name)) for each in runs]).slope
        for what, name in (("CPU time", "cpu_s"), ("peak memory", "peak_mib"))
    }
    told = " and ".join(f"{what} with the power {power:.2f}" for what, power in powers.items())
    steps = (
        f"{after.endpoints:,} take {after.cost.peak_mib / before.cost.peak_mib:.2f} times the memory of "
        f"{before.endpoints:,}"
        for before, after in pairwise(runs)
    )
    return f"\nGrowth: {told}; {', '.join(steps)}."


def neighbours(modern: int, what: str) -> list[Run]:
    """As many modern endpoints alone and among hostile ones, which must cost them nothing."""
    _head(f"{what}, modern endpoints alone and among hostile ones")
    hostile = MIXES["hostile"]
    runs = [
        run(Plan(modern, MIXES["modern"]), what),
        run(Plan(modern * hostile.total() // hostile[Kind.MODERN], hostile), what),
    ]
    alone, among = (each.cost.wall_s / each.modern * 1000 for each in runs)
    print(f"\nA modern endpoint takes {alone:.1f} ms of wall time alone, and {among:.1f} among hostile ones.")
    return runs


def peers(endpoints: int) -> None:
    """nmap and sslyze, asked for versions, suites and groups alone."""
    print(f"\n{endpoints:,} modern endpoints, versions, cipher suites and groups\n")
    print("| tool | connections | CPU ms each | wall s | a second | peak MiB |")
    print("|---|---:|---:|---:|---:|---:|")
    with lab(Plan(endpoints, MIXES["modern"])) as running:
        addresses = [end.address for end in running.plan.endpoints()]
        for tool in ("nmap", "sslyze"):
            cost = measure(running.modern, [*running.enter, *tls.COMMANDS[tool](running.modern, addresses)])
            each = cost.a_host(endpoints)
            print(
                f"| {tool} | {each.connections:.0f} | {each.cpu_s * 1000:.1f} "
                f"| {cost.wall_s:.1f} | {endpoints / cost.wall_s:.1f} | {cost.peak_mib:.0f} |",
                flush=True,
            )


def _head(title: str) -> None:
    print(f"\n{title}\n")
    print("| endpoints | CPU ms each | of the servers | wall s | a second | peak MiB | history MB |")
    print("|---:|---:|---:|---:|---:|---:|---:|", flush=True)


if __name__ == "__main__":
    main()
