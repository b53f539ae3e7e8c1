"""HSTS from real servers to the verdict: what subdomains inherit, and the ladder as a goal."""

import json
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
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


READY = "max-age=63072000; includeSubDomains; preload"
PRELOAD_LIST = """\
// The list.
{"entries": [{"name": "example.org", "mode": "force-https", "include_subdomains": true}]}
"""


@pytest.fixture(scope="module")
def ready(ca: CertificateAuthority) -> Iterator[Server]:
    """Hosts that meet the requirements of the preload list, but for one that redirects to www first."""
    www_first = VirtualHost(("example.net",), headers={HSTS: READY}, redirect="https://www.example.net")
    with serve(
        "nginx",
        ca=ca,
        names=("example.org",),
        headers={HSTS: READY},
        redirect="https://example.org",
        others=[www_first, VirtualHost(("www.example.org",))],
    ) as running:
        yield running


def preload_list(folder: Path) -> Path:
    file = folder / f"hsts-{datetime.now(UTC).date()}.json"
    file.write_text(PRELOAD_LIST, "utf-8")
    return file


def test_eligible_is_judged_where_it_is_asked_for(ready: Server, ca_file: Path) -> None:
    hosts = ("example.org", "www.example.org", "example.net")
    pins = [option for host in hosts for option in at(ready, host)]
    where = ("scan", *hosts, *pins, "--ca-file", ca_file, "--format", "json")
    done = tlsaudit(*where, "--select", "hsts-preload-eligible", "--fail-on", "low")
    said = {finding["subject"]["id"]: finding for finding in done.document["findings"]}
    assert {host: finding["outcome"] for host, finding in said.items()} == {
        "example.org:443": "pass",
        "www.example.org:443": "not_applicable",
        "example.net:443": "fail",
    }
    assert said["example.net:443"]["facts"] == {"issues": ["redirects.http.www_first"]}
    assert (done.code, list(done.document["policy"])) == (1, ["public_suffix_list"])
    by_default = {item["id"] for item in tlsaudit(*where, "--ignore", "tls").document["checks"]}
    assert "hsts-max-age" in by_default
    assert not {"hsts-preload-eligible", "hsts-preloaded"} & by_default


@pytest.mark.parametrize(
    ("names", "run"),
    [
        ("", False),
        ("checks: {hsts-preload-eligible: {}}", True),
        ("objectives: {soon: {checks: [hsts-preload-eligible], milestones: {2099-06-30: 100%}}}", True),
    ],
)
def test_a_targets_file_asks_by_naming(ready: Server, ca_file: Path, tmp_path: Path, names: str, run: bool) -> None:
    services = "services: {web: {hosts: [example.org]}}"
    (tmp_path / "targets.yaml").write_text(f"version: 1\n{services}\n{names}\n", "utf-8")
    done = tlsaudit("audit", "--ca-file", ca_file, *at(ready), "--ignore", "tls", "--format", "json", cwd=tmp_path)
    checks = {item["id"] for item in done.document["checks"]}
    assert "hsts-max-age" in checks
    assert ("hsts-preload-eligible" in checks) is run
    assert [item["status"] for item in done.document["objectives"]] == (["met"] if "objectives" in names else [])


def test_hosts_are_looked_up_in_a_list_whose_age_is_told(ready: Server, ca_file: Path, tmp_path: Path) -> None:
    hosts = ("www.example.org", "example.net")
    pins = [option for host in hosts for option in at(ready, host)]
    file = preload_list(tmp_path)
    where = ("scan", *hosts, *pins, "--ca-file", ca_file, "--ignore", "tls", "--format", "json")
    done = tlsaudit(*where, "--preload-list", file)
    said = {item["subject"]["id"]: item for item in done.document["findings"] if item["check"] == "hsts-preloaded"}
    assert [said[f"{host}:443"]["outcome"] for host in hosts] == ["pass", "fail"]
    dated = said["www.example.org:443"]["facts"]["list_date"]
    assert said["www.example.org:443"]["message"] == f"preloaded with all of example.org, by the list of {dated}"
    assert done.document["policy"]["preload_list"] == {"dated": dated, "entries": 1}
    assert any(note.startswith(f"the HSTS preload list is of {dated}, ") for note in done.document["notes"])


def test_without_a_list_nothing_is_looked_up(tmp_path: Path) -> None:
    done = tlsaudit("scan", "example.org", "--select", "hsts-preloaded")
    expected = "tlsaudit: hsts-preloaded: cannot be judged: add --preload-list FILE\n"
    assert (done.code, done.out, done.err) == (2, "", expected)
    (tmp_path / "list.json").write_text("{}", "utf-8")
    done = tlsaudit("scan", "example.org", TLSAUDIT_PRELOAD_LIST=str(tmp_path / "list.json"))
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert "not Chromium's transport_security_state_static.json" in done.err


def test_what_is_run_only_where_asked_for_is_told() -> None:
    listed = {line.split()[0]: line for line in tlsaudit("explain").out.splitlines() if line}
    assert listed["hsts-preload-eligible"].endswith(" (only where asked for)")
    assert listed["hsts-preloaded"].endswith(" (only with --preload-list FILE)")
    assert listed["heartbleed"].endswith(" (only with --deep)")
    assert "only" not in listed["hsts-max-age"]
    assert "## Only where asked for" in tlsaudit("explain", "hsts-preload-eligible").out


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
