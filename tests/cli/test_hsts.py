"""HSTS from real servers to the verdict: what subdomains inherit, and the ladder as a goal."""

import json
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command import Done, at, tlsaudit
from tests.servers import CertificateAuthority, Server, VirtualHost, serve

HSTS = "Strict-Transport-Security"
YEAR = {HSTS: "max-age=31536000; includeSubDomains"}
HOSTS = {
    "example.org": YEAR,
    "www.example.org": {},
    "a.b.example.org": {HSTS: "max-age=0"},
    "example.net": {HSTS: "max-age=31536000"},
    "www.example.net": {},
    "month.example": {HSTS: "max-age=2592000"},
}


@pytest.fixture(scope="module")
def server(ca: CertificateAuthority) -> Iterator[Server]:
    first, *others = [VirtualHost((name,), headers=headers) for name, headers in HOSTS.items()]
    with serve("nginx", ca=ca, names=first.names, headers=first.headers, others=others) as running:
        yield running


def scan(server: Server, ca_file: Path, *hosts: str) -> dict[str, tuple[str, str]]:
    """Outcome and message by host."""
    pins = [option for host in hosts for option in at(server, host)]
    done = tlsaudit("scan", *hosts, *pins, "--ca-file", ca_file, "--select", "hsts-max-age", "--format", "json")
    found = {finding["subject"]["id"]: finding for finding in done.document["findings"]}
    return {host: (found[f"{host}:443"]["outcome"], found[f"{host}:443"]["message"]) for host in hosts}


def test_subdomains_inherit_in_any_order(server: Server, ca_file: Path) -> None:
    said = scan(server, ca_file, "www.example.net", "a.b.example.org", "www.example.org", "example.org", "example.net")
    inherited = ("pass", "HSTS lasts 365 days, inherited from example.org")
    assert said == {
        "example.org": ("pass", "HSTS lasts 365 days, subdomains included"),
        "www.example.org": inherited,
        "a.b.example.org": inherited,
        "example.net": ("pass", "HSTS lasts 365 days"),
        "www.example.net": ("fail", "no HSTS header"),
    }


def test_a_host_that_is_looked_at_alone_stands_for_itself(server: Server, ca_file: Path) -> None:
    assert scan(server, ca_file, "www.example.org") == {"www.example.org": ("fail", "no HSTS header")}


def test_a_parent_that_cannot_be_seen_leaves_the_child_unknown(server: Server, ca_file: Path) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # and does not listen
        pins = [f"example.org:{port}:127.0.0.1:{closed.getsockname()[1]}" for port in (443, 80)]
        done = tlsaudit(
            *("scan", "www.example.org", "example.org", "--ca-file", ca_file, *at(server, "www.example.org")),
            *(f"--connect-to={pin}" for pin in pins),
            *("--select", "hsts-max-age", "--format", "json"),
        )
    said = {finding["subject"]["id"]: finding for finding in done.document["findings"]}
    assert said["example.org:443"]["outcome"] == said["www.example.org:443"]["outcome"] == "unknown"
    expected = "no HSTS header, and example.org was not seen: connection refused"
    assert said["www.example.org:443"]["message"].startswith(expected)
    assert done.code == 3


TARGETS = """\
version: 1
services:
  web: {{hosts: [example.org, www.example.org, month.example], at: {{here: {{address: 127.0.0.1, ports: {ports}}}}}}}
sites: {{here: {{}}}}
objectives:
  month: {{title: A month, metric: hsts-max-age/step, milestones: {{2099-06-30: ">= 3"}}}}
  half: {{title: Half a year, metric: hsts-max-age/step, milestones: {{2099-06-30: ">= 4"}}}}
  org: {{title: A year, scope: [www.example.org], metric: hsts-max-age/step, milestones: {{2099-06-30: ">= 5"}}}}
"""


def audit(folder: Path, server: Server, ca_file: Path) -> tuple[Done, dict[str, Any]]:
    ports = f"{{80: {server.http_port}, 443: {server.https_port}}}"
    (folder / "targets.yaml").write_text(TARGETS.format(ports=ports), "utf-8")
    done = tlsaudit("audit", "--ca-file", ca_file, "--select", "hsts-max-age", cwd=folder)
    return done, json.loads((folder / "reports" / "audit.json").read_text("utf-8"))


def test_the_ladder_is_a_goal(server: Server, ca_file: Path, tmp_path: Path) -> None:
    done, document = audit(tmp_path, server, ca_file)
    assert done.code == 0, done.err
    found = {item["id"]: (item["status"], item["value"]) for item in document["objectives"]}
    assert found == {"month": ("met", 3.0), "half": ("on-track", 3.0), "org": ("met", 5.0)}
    (blocking,) = next(item["blocking"] for item in document["objectives"] if item["id"] == "half")
    assert blocking["message"] == "HSTS lasts 30 days, less than 365 days: step 3 of 6, next 180 days"


def test_the_address_that_forgets_soonest_is_the_figure(ca: CertificateAuthority, ca_file: Path) -> None:
    """Both addresses fall short; the facts are those of the second, which lasts a day."""
    with ExitStack() as stack:
        servers = [
            stack.enter_context(serve("nginx", ca=ca, address=address, headers={HSTS: f"max-age={seconds}"}))
            for address, seconds in (("127.0.0.1", 2592000), ("127.0.0.2", 86400))
        ]
        pins = [option for one in servers for option in at(one)]
        done = tlsaudit(
            *("scan", "www.example.org", *pins, "--ca-file", ca_file, "--select", "hsts-max-age", "--format", "json")
        )
    (finding,) = done.document["findings"]
    assert (finding["address"], finding["facts"]["step"]) == ("127.0.0.2", 1)
    assert finding["facts"]["max_age_s"] == 86400
