"""The load lab: as many endpoints as are asked for, on one machine, none of which any other network can reach.

with lab(Plan(1000, MIXES["mixed"])) as running:
    subprocess.run([*running.enter, "tlsaudit", "scan", "-f", running.hosts(), "--ca-file", running.ca_file])
"""

import contextlib
import socket
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bench.lab.kinds import SITES, Kind, Plan, certificate_name
from bench.lab.networks import join, namespace
from tests.servers import CertificateAuthority, Server, Shape, daemon, require
from tests.servers.plan import DH_2048

ROOT = Path(__file__).resolve().parents[2]

GOALS = ("tls-versions", "pfs-suites", "hsts-max-age", "redirect-https", "certificate-validity")

_ODD = (Kind.SLOW, Kind.TARPIT, Kind.GARBAGE, Kind.RESET)

_PAGE = (
    '<!doctype html><html><head><link rel="canonical" href="https://$host$uri"></head><body>'
    + '<p>Some text <a href="/elsewhere">and a link</a><img src="/picture.png"></p>' * 45
    + "</body></html>"
)


@dataclass(frozen=True)
class Lab:
    """`enter` goes before a command that shall see the endpoints. `modern` is the server of that name, at its first
    endpoint; `others` are the process ids of the other servers."""

    plan: Plan
    folder: Path
    ca_file: Path
    enter: Sequence[str]
    modern: Server
    others: Sequence[int]

    def hosts(self) -> Path:
        """Write a file for `tlsaudit scan -f`."""
        rows = (f"{one.host},{one.service},{one.site},{one.address}\n" for one in self.plan.endpoints())
        return self._written("hosts.csv", ("host,service,site,address\n", *rows))

    def targets(self) -> Path:
        """Write a targets file with five goals, whose services stand in the file of hosts."""
        head = f"version: 1\nsites: {{{', '.join(f'{site}: {{}}' for site in SITES)}}}\nobjectives:\n"
        goals = (f"  {check}: {{checks: [{check}], milestones: {{2030-12-31: 100%}}}}\n" for check in GOALS)
        fleet = f"services: {{fleet: {{inventory: {self.hosts().name}}}}}\n"
        return self._written("targets.yaml", (head, *goals, fleet))

    def _written(self, name: str, lines: Sequence[str]) -> Path:
        path = self.folder / name
        path.write_text("".join(lines), "utf-8")
        return path


@contextlib.contextmanager
def lab(plan: Plan) -> Iterator[Lab]:
    """Run the servers of a plan until the block ends. Needs root, for the network namespaces."""
    authority = CertificateAuthority()
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tlsaudit-lab-")))
        client, modern, legacy, odd = (stack.enter_context(namespace()) for _ in range(4))
        join(client, modern, 0, [Kind.MODERN.network])
        join(client, legacy, 1, [Kind.LEGACY.network])
        way = join(client, odd, 2, [kind.network for kind in _ODD])
        client.configure(f"route add local {Kind.REFUSED.network} dev lo", f"route add {Kind.SILENT.network} via {way}")
        odd.configure(f"route add blackhole {Kind.SILENT.network}")
        for name in ("modern", "legacy", "odd"):
            (folder / name).mkdir()
        commands = {
            "modern": [*modern.enter, *_nginx(folder / "modern", authority, plan.certificates)],
            "legacy": [*legacy.enter, *_nginx(folder / "legacy", authority, plan.legacy_certificates)],
            "odd": [*odd.enter, "env", f"PYTHONPATH={ROOT}", sys.executable, "-m", "bench.lab.odd", str(folder)],
        }
        first, *others = [
            stack.enter_context(
                daemon(command, partial(_listens, folder / name / "status.sock"), folder / f"{name}.log")
            )
            for name, command in commands.items()
        ]
        one = next(end for end in plan.endpoints() if end.kind is Kind.MODERN)
        server = Server("nginx", one.host, one.address, 443, 80, first, folder / "modern")
        yield Lab(plan, folder, authority.write(folder), client.enter, server, others)


def _listens(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as knock, contextlib.suppress(OSError):
        knock.connect(str(path))
        return True
    return False


def _nginx(folder: Path, authority: CertificateAuthority, certificates: int) -> Sequence[str]:
    """Write the configuration of the modern or the legacy server, by the folder's name; return what to run.

    http leads to https at the modern one and has the page itself at the other. Both ports have a socket beside them,
    for the server that is late.
    """
    shape, letter = Shape[folder.name.upper()], folder.name[0]
    page = "location / { return 200 '" + _PAGE + "'; }"
    modern = shape is Shape.MODERN
    hosts = "".join(
        f"""
    server {{
        listen 443 ssl{" backlog=4096" if number == 0 else ""};
        listen unix:{folder}/https.sock ssl;
        server_name *.{certificate_name(letter, number)};
        {_certificates(folder, authority, shape, certificate_name(letter, number))}
        {'add_header Strict-Transport-Security "max-age=63072000";' if modern else ""}
        {page}
    }}"""
        for number in range(certificates)
    )
    config = folder / "nginx.conf"
    config.write_text(
        f"""
daemon off;
user root;
worker_processes 1;
pid {folder}/nginx.pid;
error_log stderr crit;
events {{ worker_connections 8192; }}
http {{
    access_log off;
    default_type text/html;
    server_names_hash_bucket_size 128;
    server_names_hash_max_size 8192;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    ssl_protocols {" ".join(shape.value.versions)};
    ssl_ciphers {shape.value.ciphers};
    ssl_dhparam {DH_2048};
    server {{
        listen unix:{folder}/status.sock;
        location / {{ stub_status; }}
    }}
    server {{
        listen 80 backlog=4096;
        listen unix:{folder}/http.sock;
        {"return 301 https://$host$request_uri;" if modern else page}
    }}{hosts}
}}
""",
        "utf-8",
    )
    return [require("nginx", "nginx-light"), "-p", str(folder), "-e", "stderr", "-c", str(config)]


def _certificates(folder: Path, authority: CertificateAuthority, shape: Shape, domain: str) -> str:
    lines = []
    for kind in shape.value.keys:
        leaf = authority.leaf([f"*.{domain}"], kind=kind, owner=domain)
        certificate, key = leaf.write(folder, f"{domain}-{kind}")
        lines += [f"ssl_certificate {certificate};", f"ssl_certificate_key {key};"]
    return " ".join(lines)
