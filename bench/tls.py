"""What TLS enumeration costs: tlsaudit, sslyze, sslscan and nmap side by side against the same nginx, in one run.

Each tool runs as a child process, start-up included, and is asked the same: versions, cipher suites, groups.
Connections are counted by nginx, CPU time and peak memory by the kernel, nginx's own CPU time stated apart. Prints a
Markdown table. Before that, all must agree on the suites, or the costs would not be of the same answer.

BENCH_FLEET is the number of endpoints (1000), BENCH_SLOW_FLEET that for sslyze and sslscan (200), which take half a
second for each.
"""

import asyncio
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
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
CONCURRENT_HOSTS = 20

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
    # Only here, so that the child process that stands for tlsaudit pays for nothing but itself.
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
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
        for tool in TOOLS:
            row("modern nginx", tool, modern, [modern.address])
        for tool in TOOLS:
            row("legacy nginx", tool, legacy, [legacy.address])
        samples = {tool: fleet[: SLOW_FLEET if tool in SLOW else FLEET] for tool in TOOLS}
        costs = {tool: row("modern endpoints", tool, modern, sample) for tool, sample in samples.items()}
        row("modern endpoints", "floor", modern, fleet)
    times = {tool: cost.cpu_s / costs["tlsaudit"].cpu_s for tool, cost in costs.items()}
    print("\nCPU a host, in tlsaudit's: " + ", ".join(f"{tool} {times[tool]:.0f}" for tool in TOOLS[1:]) + ".")


def row(title: str, tool: str, server: "Server", addresses: Sequence[str]) -> Cost:
    """Measure and print; what is given back is a host's."""
    hosts = len(addresses)
    repeats = REPEATS if hosts == 1 else 1
    cost = typical([measure(server, COMMANDS[tool](server, addresses)) for _ in range(repeats)]).a_host(hosts)
    print(
        f"| {title if hosts == 1 else f'{hosts:,} {title}'} | {tool} | {cost.connections:.0f} "
        f"| {cost.cpu_s * 1000:.1f} | {cost.server_cpu_s * 1000:.1f} | {cost.wall_s:.2f} | {cost.peak_mib:.0f} |",
        flush=True,
    )
    return cost


def tlsaudit(server: "Server", addresses: Sequence[str]) -> list[str]:
    return [sys.executable, __file__, server.name, str(server.https_port), *addresses]


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
        child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=errors)
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


def probe(server_name: str, port: int, addresses: Sequence[str]) -> None:
    """What the child process does that stands for tlsaudit."""
    from tlsaudit.probe.handshake import TlsLook, probe_tls
    from tlsaudit.probe.limits import Limits
    from tlsaudit.probe.road import Road

    async def run() -> None:
        gate = asyncio.Semaphore(CONCURRENT_HOSTS)

        async def one(address: str) -> None:
            async with gate:
                look = await probe_tls(Road((address, port), Limits()), server_name, Limits())
            if not isinstance(look, TlsLook):
                raise SystemExit(f"{address}: {look}")

        await asyncio.gather(*map(one, addresses))

    asyncio.run(run())


if __name__ == "__main__":
    if len(sys.argv) > 1:
        probe(sys.argv[1], int(sys.argv[2]), sys.argv[3:])
    else:
        main()
