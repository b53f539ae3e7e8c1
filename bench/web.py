"""What a look at the web side of a fleet costs: http, https and one page of each host, and the TLS facts beside.

The hosts are names at loopback addresses of one nginx, which redirects http and serves a page with a canonical link and
HSTS. The figures of tlsaudit are those of `tlsaudit scan`, from start-up to the verdicts as JSON. curl asks for the
same two URLs of each host, a process a host as in a shell's loop, and judges nothing; its peak is that of the shell.
Prints a Markdown table.

BENCH_FLEET is the number of hosts (1000).
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.tls import FLEET, measure
from tests.servers import CertificateAuthority, Server, Shape, nginx

WEB = ("redirect-https", "hsts-max-age", "canonical-https", "mixed-content", "cookies-secure")
TLS_FACTS = ("tls-versions", "pfs-suites", "certificate-trust", "certificate-name", "certificate-validity")

PAGE = (
    '<!doctype html><html><head><link rel="canonical" href="https://$host$uri"></head><body>'
    + '<p>Some text <a href="/elsewhere">and a link</a><img src="/picture.png"></p>' * 45
    + "</body></html>"
)

SITEMAP = "".join(f"<url><loc>https://$host/page/{number}</loc></url>" for number in range(50))


def main() -> None:
    addresses = [f"127.0.{number // 250 + 1}.{number % 250 + 1}" for number in range(FLEET)]
    https = " ".join(f"listen {address}:@HTTPS_PORT@ ssl;" for address in addresses)
    http = " ".join(f"listen {address}:@HTTP_PORT@;" for address in addresses)
    ca = CertificateAuthority()
    with nginx(
        Shape.MODERN,
        ca=ca,
        names=["*.example.org"],
        pages={"/unused": ""},
        headers={"Strict-Transport-Security": "max-age=63072000"},
        https_config=f"""{https}
            location = /sitemap.xml {{ return 200 '<urlset>{SITEMAP}</urlset>'; }}
            location / {{ return 200 '{PAGE}'; }}""",
        http_config=f"{http} return 301 https://$host$request_uri;",
    ) as server:
        fleet = Fleet(server, addresses, ca.write(server.folder))
        print("\n| hosts | what | connections a host | CPU ms a host | wall s | peak MiB |")
        print("|---:|---|---:|---:|---:|---:|")
        fleet.row("the web checks", fleet.scan(WEB))
        fleet.row("the web checks with `--sample 10`", [*fleet.scan(WEB), "--sample", "10"])
        fleet.row("the web checks and the TLS facts", fleet.scan((*WEB, *TLS_FACTS)))
        fleet.row("all default checks", fleet.scan(()))
        fleet.row("curl in a loop", fleet.curl())


@dataclass(frozen=True)
class Fleet:
    """A name for each address of the server."""

    server: Server
    addresses: Sequence[str]
    ca_file: Path

    def row(self, what: str, command: Sequence[str]) -> None:
        cost = measure(self.server, command)
        hosts = len(self.addresses)
        per_host = f"{cost.connections / hosts:.0f} | {cost.cpu_s / hosts * 1000:.1f}"
        print(f"| {hosts:,} | {what} | {per_host} | {cost.wall_s:.1f} | {cost.peak_mib:.0f} |", flush=True)

    def scan(self, checks: Sequence[str]) -> list[str]:
        """With these checks; the default ones where none is named."""
        program = str(Path(sys.executable).with_name("tlsaudit"))
        hosts = self.server.folder / "hosts"
        hosts.write_text("".join(f"{name}\n" for name in self._names), "utf-8")
        options = ["-f", str(hosts), "--ca-file", str(self.ca_file), "--format", "json", "--min-coverage", "0"]
        selected = [word for check in checks for word in ("--select", check)]
        return [program, "scan", "-q", "--fail-on", "never", *options, *selected, *self._roads]

    def curl(self) -> list[str]:
        """A process for each host, which asks for both of its URLs."""
        lines = (
            f"curl -s -o /dev/null -o /dev/null --cacert {self.ca_file} {' '.join(roads)} http://{name}/ https://{name}/\n"
            for name, roads in zip(self._names, zip(*[iter(self._roads)] * 4, strict=True), strict=True)
        )
        script = self.server.folder / "loop.sh"
        script.write_text("set -e\n" + "".join(lines), "utf-8")
        return ["sh", str(script)]

    @property
    def _names(self) -> list[str]:
        return [f"host{number}.example.org" for number in range(len(self.addresses))]

    @property
    def _roads(self) -> list[str]:
        ports = ((443, self.server.https_port), (80, self.server.http_port))
        return [
            word
            for name, address in zip(self._names, self.addresses, strict=True)
            for public, port in ports
            for word in ("--connect-to", f"{name}:{public}:{address}:{port}")
        ]


if __name__ == "__main__":
    main()
