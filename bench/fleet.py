"""What a fleet costs as it grows: `tlsaudit audit` or `scan` of the load lab (bench/lab), and two peers beside.

`python -m bench.fleet [--sizes 1000,10000] [--mixes modern,mixed] [--what audit] [--select ID]... [--neighbours 1000]
[--peers 200]`. Each run is a child process, from its start to the reports on disk: CPU time and peak memory by the
kernel, the servers' CPU time stated apart. An audit has all default checks where none are selected, five goals and a
new history; a scan writes JSON Lines. What is said of each endpoint is held against what it is: a wrong verdict is
printed, and the exit status is 1. Prints Markdown tables. Needs root.
"""

import argparse
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from pathlib import Path

from bench import tls
from bench.lab import verdicts
from bench.lab.kinds import MIXES, Kind, Plan
from bench.lab.servers import Lab, lab
from bench.tls import AS_INSTALLED, Cost, cpu_seconds, measure
from tlsaudit.store import Store

PROGRAM = str(Path(sys.executable).with_name("tlsaudit"))
PATIENT = ("--timeout", "120")
"""A busy machine takes longer than usual, and must not decide what is said."""


@dataclass(frozen=True)
class Run:
    """`cost` is that of all endpoints together, `wrong` is how many verdicts were. `pace` is how many modern ones an
    audit took up a second, from the first to the last."""

    endpoints: int
    cost: Cost
    pace: float | None
    wrong: int


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--sizes", type=_sizes, default="1000,10000", help="how many endpoints, with commas between")
    arguments.add_argument("--mixes", type=_mixes, default="modern,mixed", help=f"of {', '.join(MIXES)}")
    arguments.add_argument("--what", choices=("audit", "scan"), default="audit")
    arguments.add_argument("--select", action="append", default=[], help="only these checks; may be repeated")
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
        grown = [run(Plan(size, MIXES[mix]), asked.what, asked.select) for size in asked.sizes]
        if len(grown) > 1:
            print(growth(grown))
        runs += grown
    if asked.neighbours:
        runs += neighbours(asked.neighbours)
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


def run(plan: Plan, what: str, select: Sequence[str] = ()) -> Run:
    """Audit or scan a fleet, print its row, and hold against it what was said."""
    with lab(plan) as running, tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        others_s = _others_s(running)
        chosen = [f"--select={check}" for check in select]
        cost = measure(running.modern, [*running.enter, PROGRAM, *COMMANDS[what](running, folder), *chosen])
        cost = replace(cost, server_cpu_s=cost.server_cpu_s + _others_s(running) - others_s)
        history_mb = sum(path.stat().st_size for path in folder.glob("history.db*")) / 1e6
        each = cost.a_host(plan.size)
        print(
            f"| {plan.size:,} | {each.cpu_s * 1000:.1f} | {each.server_cpu_s * 1000:.1f} | {cost.wall_s:.1f} "
            f"| {plan.size / cost.wall_s:.1f} | {cost.peak_mib:.0f} | {history_mb:.1f} |",
            flush=True,
        )
        found = said(running, folder, what)
        modern_a_second = None if what == "scan" else pace(folder)
    counted = Counter(end.kind for end in plan.endpoints())
    if found.endpoints != counted:
        raise SystemExit(f"the report has {found.endpoints} where there are {counted}")
    for (kind, check, outcome), times in found.wrong.most_common(10):
        print(f"wrong: {check} is {outcome} {times} times where the endpoint is {kind}", flush=True)
    return Run(plan.size, cost, modern_a_second, found.wrong.total())


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


def pace(folder: Path) -> float:
    with Store.open(f"sqlite:///{folder}/history.db") as store:
        seen = store.endpoints(store.audits()[-1].id)
        begun = sorted(each.observed_at for each in seen if Kind.at(each.addresses[0]) is Kind.MODERN)
    return (len(begun) - 1) / (begun[-1] - begun[0]).total_seconds()


def _others_s(running: Lab) -> float:
    return sum(map(cpu_seconds, running.others))


def growth(runs: Sequence[Run]) -> str:
    """The straight lines that fit CPU time and memory best, how far the runs are from them, and memory step by step."""
    sizes = [each.endpoints for each in runs]
    lines = []
    for what, unit, name in (("CPU time", "s", "cpu_s"), ("peak memory", "MiB", "peak_mib")):
        seen = [getattr(each.cost, name) for each in runs]
        slope, start = statistics.linear_regression(sizes, seen)
        off = max(abs(start + slope * size - one) / one for size, one in zip(sizes, seen, strict=True))
        lines.append(f"{what} is {start:.1f} {unit} and {slope * 1000:.2f} {unit} a thousand, at most {off:.0%} off")
    steps = (
        f"{after.endpoints:,} take {after.cost.peak_mib / before.cost.peak_mib:.2f} times the memory of "
        f"{before.endpoints:,}"
        for before, after in pairwise(runs)
    )
    return "\nGrowth: " + "; ".join((*lines, *steps)) + "."


def neighbours(modern: int) -> list[Run]:
    """Audit as many modern endpoints alone and among hostile ones, which must not cost them anything. Both at once, so
    that what else the machine does hits both alike."""
    _head("audit, modern endpoints alone and among hostile ones, side by side")
    hostile = MIXES["hostile"]
    plans = (Plan(modern, MIXES["modern"]), Plan(modern * hostile.total() // hostile[Kind.MODERN], hostile))
    with ThreadPoolExecutor(len(plans)) as pool:
        runs = list(pool.map(partial(run, what="audit"), plans))
    alone, among = (each.pace for each in runs)
    print(f"\nOf the modern ones {alone:.1f} a second were taken up alone, and {among:.1f} among hostile ones.")
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
