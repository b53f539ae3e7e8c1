"""What TLS enumeration costs: tlsaudit, sslyze and sslscan side by side against the same nginx, in one run.

Each tool runs as a child process, start-up included, and is asked the same: versions, cipher suites, groups.
Connections are counted by nginx, CPU time and peak memory by the kernel. Prints a Markdown table.
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
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.servers import Server

FLEET = 200
REPEATS = 3
CONCURRENT_HOSTS = 20

Command = Callable[["Server", Sequence[str]], list[str]]


@dataclass(frozen=True)
class Cost:
    connections: int
    cpu_s: float
    wall_s: float
    peak_mib: float


def main() -> None:
    # Only here, so that the child process that stands for tlsaudit pays for nothing but itself.
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    from tests.servers import CertificateAuthority, Shape, nginx

    tools: dict[str, Command] = {"tlsaudit": tlsaudit, "sslyze": sslyze, "sslscan": sslscan}
    fleet = [f"127.0.{number // 250 + 1}.{number % 250 + 1}" for number in range(FLEET)]
    listen = " ".join(f"listen {address}:@HTTPS_PORT@ ssl;" for address in fleet)
    ca = CertificateAuthority()
    with ExitStack() as stack:
        modern = stack.enter_context(nginx(Shape.MODERN, ca=ca, https_config=listen))
        legacy = stack.enter_context(nginx(Shape.LEGACY, ca=ca))
        cases = [
            ("modern nginx", modern, [modern.address], REPEATS),
            ("legacy nginx", legacy, [legacy.address], REPEATS),
            (f"{FLEET} modern endpoints", modern, fleet, 1),
        ]
        print(f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()}\n")
        print("| server | tool | connections a host | CPU ms a host | wall s | peak MiB |")
        print("|---|---|---:|---:|---:|---:|")
        for title, server, addresses, repeats in cases:
            for name, command in tools.items():
                cost = typical([measure(server, command(server, addresses)) for _ in range(repeats)])
                hosts = len(addresses)
                print(
                    f"| {title} | {name} | {cost.connections / hosts:.0f} | {cost.cpu_s / hosts * 1000:.1f} "
                    f"| {cost.wall_s:.2f} | {cost.peak_mib:.0f} |",
                    flush=True,
                )


def tlsaudit(server: "Server", addresses: Sequence[str]) -> list[str]:
    return [sys.executable, __file__, server.name, str(server.https_port), *addresses]


def sslyze(server: "Server", addresses: Sequence[str]) -> list[str]:
    questions = ("--sslv3", "--tlsv1", "--tlsv1_1", "--tlsv1_2", "--tlsv1_3", "--elliptic_curves")
    options = ["--sni", server.name, "--mozilla_config=disable", "--json_out=-"]
    targets = (f"{address}:{server.https_port}" for address in addresses)
    return [sys.executable, "-m", "sslyze", *questions, *options, *targets]


def sslscan(server: "Server", addresses: Sequence[str]) -> list[str]:
    program = shutil.which("sslscan")
    if program is None:
        raise SystemExit("sslscan is not installed: apt-get install sslscan")
    unasked = ("heartbleed", "compression", "renegotiation", "fallback", "check-certificate")
    targets = server.folder / "targets"
    targets.write_text("".join(f"{address}:{server.https_port}\n" for address in addresses))
    return [program, *(f"--no-{item}" for item in unasked), f"--sni-name={server.name}", f"--targets={targets}"]


def measure(server: "Server", command: Sequence[str]) -> Cost:
    connections = server.connection_count()
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
    cpu_s = used.ru_utime + used.ru_stime
    return Cost(server.connection_count() - connections, cpu_s, wall_s, peak_kib / 1024)


def high_water_kib(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next((int(line.split()[1]) for line in lines if line.startswith("VmHWM:")), 0)


def typical(costs: Sequence[Cost]) -> Cost:
    """The median of each figure."""
    return Cost(
        statistics.median_low(cost.connections for cost in costs),
        statistics.median(cost.cpu_s for cost in costs),
        statistics.median(cost.wall_s for cost in costs),
        statistics.median(cost.peak_mib for cost in costs),
    )


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
