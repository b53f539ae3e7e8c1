"""What a whole `tlsaudit audit` costs as the fleet grows, from the probes to the reports: is memory flat?"""

import sys
import tempfile
from pathlib import Path

from bench.tls import measure
from tests.servers import CertificateAuthority, Server, Shape, nginx

SIZES = (50, 200, 1000)


def main() -> None:
    program = Path(sys.executable).with_name("tlsaudit")
    ca = CertificateAuthority()
    addresses = [f"127.0.{number // 250 + 1}.{number % 250 + 1}" for number in range(max(SIZES))]
    https = " ".join(f"listen {address}:@HTTPS_PORT@ ssl;" for address in addresses)
    http = " ".join(f"listen {address}:@HTTP_PORT@;" for address in addresses)
    print("\n| audited endpoints | connections a host | CPU ms a host | wall s | peak MiB |")
    print("|---:|---:|---:|---:|---:|")
    with nginx(Shape.MODERN, ca=ca, https_config=https, http_config=http) as server:
        ca_file = ca.write(server.folder)
        for size in SIZES:
            with tempfile.TemporaryDirectory() as folder:
                config = Path(folder) / "targets.yaml"
                config.write_text(targets(server, addresses[:size]), "utf-8")
                command = [str(program), "audit", "-q", "-c", str(config), "--ca-file", str(ca_file)]
                cost = measure(server, command)
            per_host = f"{cost.connections / size:.0f} | {cost.cpu_s / size * 1000:.1f}"
            print(f"| {size} | {per_host} | {cost.wall_s:.1f} | {cost.peak_mib:.0f} |", flush=True)


def targets(server: Server, addresses: list[str]) -> str:
    """A service for each address, at a site whose ports are those of the server."""
    ports = f"{{80: {server.http_port}, 443: {server.https_port}}}"
    services = "".join(
        f"  s{number}: {{hosts: [host{number}.example.org], at: {{lab: {{address: {address}, ports: {ports}}}}}}}\n"
        for number, address in enumerate(addresses)
    )
    goal = "objectives: {tls: {checks: [tls-versions], milestones: {2030-01-01: 100%}}}\n"
    return f"version: 1\nsites: {{lab: {{}}}}\n{goal}services:\n{services}"


if __name__ == "__main__":
    main()
