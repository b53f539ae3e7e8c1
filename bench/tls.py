"""What TLS enumeration costs: tlsaudit, sslyze, sslscan and nmap side by side against the same nginx, in one run.

Each tool runs as a child process, start-up included, and is asked the same: versions, cipher suites, groups.
Connections are counted by nginx, CPU time and peak memory by the kernel, nginx's own CPU time stated apart. Prints a
Markdown table. Before that, all must agree on the suites, or the costs would not be of the same answer.

BENCH_FLEET is the number of endpoints (1000), BENCH_SLOW_FLEET that for sslyze and sslscan (200), which take half a
second for each and have one turn; the others have three, by turns, so that what else the machine does hits all alike.
"""

import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.servers import Server

FLEET = int(os.environ.get("BENCH_FLEET", "1000"))
SLOW_FLEET = min(FLEET, int(os.environ.get("BENCH_SLOW_FLEET", "200")))
SLOW = ("sslyze", "sslscan")
REPEATS = 3
# Byte code is kept from one start to the next, as it is of whatever pip installs.
AS_INSTALLED = {**os.environ, "PYTHONDONTWRITEBYTECODE": ""}

Command = Callable[["Server", Sequence[str]], list[str]]


@dataclass(frozen=True)
class Cost:
    connections: float
    cpu_s: float
    server_cpu_s: float
    wall_s: float
    peak_mib: float

    def a_host(self, hosts: int) -> "Cost":
        shared = (self.connections / hosts, self.cpu_s / hosts, self.server_cpu_s / hosts)
        return Cost(*shared, self.wall_s, self.peak_mib)


def main() -> None:
    from bench.agreement import agree
    from tests.servers import CertificateAuthority, Shape, nginx

    fleet = [f"127.0.{number // 250 + 1}.{number % 250 + 1}" for number in range(FLEET)]
    listen = " ".join(f"listen {address}:@HTTPS_PORT@ ssl;" for address in fleet)
    ca = CertificateAuthority()
    with ExitStack() as stack:
        modern = stack.enter_context(nginx(Shape.MODERN, ca=ca, https_config=listen))
        legacy = stack.enter_context(nginx(Shape.LEGACY, ca=ca))
        print(f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()}")
        print(f"{agree(modern)} suites of the modern nginx and {agree(legacy)} of the legacy one: all tools agree.\n")
        print("| server | tool | connections a host | CPU ms a host | of the server | wall s | peak MiB |")
        print("|---|---|---:|---:|---:|---:|---:|")
        for title, server in (("modern nginx", modern), ("legacy nginx", legacy)):
            for tool, costs in by_turns(server, {tool: [server.address] for tool in TOOLS}).items():
                row(title, tool, typical(costs))
        samples = {tool: fleet[: SLOW_FLEET if tool in SLOW else FLEET] for tool in COMMANDS}
        found = by_turns(modern, samples)
        for tool, costs in found.items():
            row(f"{len(samples[tool]):,} modern endpoints", tool, typical(costs))
    times = (f"{tool} {typical(found[tool]).cpu_s / typical(found['tlsaudit']).cpu_s:.0f}" for tool in TOOLS[1:])
    print("\nCPU a host, in tlsaudit's: " + ", ".join(times) + ".")
    turns = zip(found["nmap"], found["tlsaudit"], strict=True)
    print("nmap's turn by turn: " + ", ".join(f"{nmap.cpu_s / ours.cpu_s:.1f}" for nmap, ours in turns) + ".")


def by_turns(server: "Server", samples: Mapping[str, Sequence[str]]) -> dict[str, list[Cost]]:
    """What a host costs each tool; a fleet costs the slow ones enough for one turn."""
    costs: dict[str, list[Cost]] = {tool: [] for tool in samples}
    for turn in range(REPEATS):
        for tool, addresses in samples.items():
            if turn == 0 or len(addresses) == 1 or tool not in SLOW:
                costs[tool].append(measure(server, COMMANDS[tool](server, addresses)).a_host(len(addresses)))
    return costs


def row(title: str, tool: str, cost: Cost) -> None:
    print(
        f"| {title} | {tool} | {cost.connections:.0f} | {cost.cpu_s * 1000:.1f} "
        f"| {cost.server_cpu_s * 1000:.1f} | {cost.wall_s:.2f} | {cost.peak_mib:.0f} |",
        flush=True,
    )


def tlsaudit(server: "Server", addresses: Sequence[str]) -> list[str]:
    return [sys.executable, "-m", "bench.enumeration", server.name, str(server.https_port), *addresses]


def floor(server: "Server", addresses: Sequence[str]) -> list[str]:
    return [sys.executable, "-m", "bench.floor", server.name, str(server.https_port), *addresses]


def sslyze(server: "Server", addresses: Sequence[str]) -> list[str]:
    questions = ("--sslv3", "--tlsv1", "--tlsv1_1", "--tlsv1_2", "--tlsv1_3", "--elliptic_curves")
    options = ["--sni", server.name, "--mozilla_config=disable", "--json_out=-"]
    targets = (f"{address}:{server.https_port}" for address in addresses)
    return [sys.executable, "-m", "sslyze", *questions, *options, *targets]


def sslscan(server: "Server", addresses: Sequence[str]) -> list[str]:
    unasked = ("heartbleed", "compression", "renegotiation", "fallback", "check-certificate")
    targets = server.folder / "targets"
    targets.write_text("".join(f"{address}:{server.https_port}\n" for address in addresses))
    options = (*(f"--no-{item}" for item in unasked), f"--sni-name={server.name}", f"--targets={targets}")
    return [program("sslscan"), *options]


def nmap(server: "Server", addresses: Sequence[str]) -> list[str]:
    targets = server.folder / "targets"
    targets.write_text("".join(f"{address}\n" for address in addresses))
    script = ("--script=ssl-enum-ciphers", f"--script-args=tls.servername={server.name}")
    return [program("nmap"), "-Pn", "-n", "-sT", f"-p{server.https_port}", *script, f"-iL={targets}"]


TOOLS = ("tlsaudit", "sslyze", "sslscan", "nmap")
COMMANDS: dict[str, Command] = dict(zip((*TOOLS, "floor"), (tlsaudit, sslyze, sslscan, nmap, floor), strict=True))


def program(name: str) -> str:
    """The path of a peer. Every one has a Debian package of its own name."""
    return shutil.which(name) or sys.exit(f"{name} is not installed: apt-get install {name}")


def measure(server: "Server", command: Sequence[str]) -> Cost:
    connections, server_s = server.connection_count(), cpu_seconds(server.pid)
    peak_kib = 0
    with tempfile.TemporaryFile() as errors:
        started = time.monotonic()
        child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=errors, env=AS_INSTALLED)
        while True:
            # Not ru_maxrss: a child inherits that figure from the process that started it.
            peak_kib = max(peak_kib, high_water_kib(child.pid))
            time.sleep(0.005)
            ended, status, used = os.wait4(child.pid, os.WNOHANG)
            if ended:
                break
        wall_s = time.monotonic() - started
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            errors.seek(0)
            raise SystemExit(f"{' '.join(command[:3])} ended with {child.returncode}: {errors.read()[-500:].decode()}")
    return Cost(
        connections=server.connection_count() - connections,
        cpu_s=used.ru_utime + used.ru_stime,
        server_cpu_s=cpu_seconds(server.pid) - server_s,
        wall_s=wall_s,
        peak_mib=peak_kib / 1024,
    )


def cpu_seconds(pid: int) -> float:
    """What a process and its children have used so far."""
    # Behind the name in parentheses, the 12th and 13th are user and system time in ticks (proc_pid_stat(5)).
    ticks = sum(map(int, Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]))
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return ticks / os.sysconf("SC_CLK_TCK") + sum(cpu_seconds(int(child)) for child in children)


def high_water_kib(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next((int(line.split()[1]) for line in lines if line.startswith("VmHWM:")), 0)


def typical(costs: Sequence[Cost]) -> Cost:
    """The median of each figure."""
    return Cost(*(statistics.median(getattr(cost, field.name) for cost in costs) for field in fields(Cost)))


if __name__ == "__main__":
    main()
