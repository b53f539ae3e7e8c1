"""How long the TLS enumeration of one host takes over a link with a round trip of 50 ms.

The link is two network namespaces and a pump in between (bench/distance.py). The time is that of the probe, without
the start of Python. Prints a Markdown table.
"""

import asyncio
import json
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ROUND_TRIP_S = 0.050
REPEATS = 3

CASES = (
    # Server, what is asked for, and what it may take: seconds and connections.
    ("MODERN", "the order", 1.5, 24),
    ("LEGACY", "the order", 9.0, 150),
    ("LEGACY", "the set", 4.0, 180),
)


def main() -> None:
    """At the distance: the servers in a process at the far end, which start their clients at the near end."""
    from bench.distance import apart, missing

    if lacking := missing():
        raise SystemExit(f"bench/latency.py makes network namespaces and TUN devices, which needs {lacking}")
    with apart(ROUND_TRIP_S / 2) as way:
        print(f"\nAt a round trip of {ROUND_TRIP_S * 1000:.0f} ms:\n", flush=True)
        again = [sys.executable, "-m", "bench.latency"]
        subprocess.run([*way.there, *again, "serve", *way.here], check=True, cwd=ROOT)
        late_ms = sorted(late * 1000 for late in way.pump.late_s)
    median, worst = late_ms[len(late_ms) // 2], late_ms[len(late_ms) * 99 // 100]
    held = f"{len(late_ms):,} packets, each held {ROUND_TRIP_S * 500:.0f} ms"
    print(f"\nThe pump carried {held} and {median:.2f} ms more in the median, {worst:.2f} ms in the worst hundredth.")


def serve(here: Sequence[str]) -> None:
    """At the far end: `here` runs a command at the near end."""
    from bench.distance import SERVER_ADDRESS
    from tests.servers import CertificateAuthority, Shape, nginx

    ca = CertificateAuthority()
    print("| server | asked for | s | at most | connections | at most | TCP handshake, ms |")
    print("|---|---|---:|---:|---:|---:|---:|")
    for shape, asked, most_s, most_connections in CASES:
        with nginx(Shape[shape], ca=ca, address=SERVER_ADDRESS) as server:
            target = [server.name, SERVER_ADDRESS, str(server.https_port)]
            command = [*here, sys.executable, "-m", "bench.latency", "probe", asked, *target]
            figures = [json.loads(subprocess.check_output(command)) for _ in range(REPEATS)]
        seconds, connections, handshake_ms = (statistics.median(each) for each in zip(*figures, strict=True))
        print(
            f"| {shape.lower()} nginx | {asked} | {seconds:.2f} | {most_s} | {connections} | {most_connections} "
            f"| {handshake_ms:.1f} |",
            flush=True,
        )


def probe(asked: str, server_name: str, address: str, port: int) -> None:
    """At the near end: one enumeration."""
    from tlsaudit.probe.handshake import TlsLook, probe_tls
    from tlsaudit.probe.limits import Limits
    from tlsaudit.probe.road import Road

    handshake_ms = statistics.median(handshake_s(address, port) for _ in range(5)) * 1000
    limits = Limits(order=asked == CASES[0][1])
    road = Road((address, port), limits)
    started = time.monotonic()
    look = asyncio.run(probe_tls(road, server_name, limits))
    seconds = time.monotonic() - started
    if not isinstance(look, TlsLook):
        raise SystemExit(f"{address}: {look}")
    print(json.dumps([seconds, road.opened, handshake_ms]))


def handshake_s(address: str, port: int) -> float:
    """The time of a TCP handshake, which is one round trip."""
    started = time.monotonic()
    with socket.create_connection((address, port)):
        return time.monotonic() - started


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["serve", *here]:
            serve(here)
        case ["probe", asked, server_name, address, port]:
            probe(asked, server_name, address, int(port))
        case _:
            main()
