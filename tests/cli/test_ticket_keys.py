"""Session ticket keys over time and over the fleet, end to end on real servers."""

import json
import secrets
from collections.abc import Mapping
from pathlib import Path

from tests.cli.command import tlsaudit
from tests.servers import CertificateAuthority, Server, serve


def _audit(folder: Path, servers: Mapping[str, Server], ca_file: Path) -> dict[str, tuple[str, str]]:
    """Audit these servers by host; outcome and message of each check."""
    ports = {host: f"{{80: {server.http_port}, 443: {server.https_port}}}" for host, server in servers.items()}
    services = "".join(
        f"  s{number}: {{hosts: [{host}], at: {{east: {{address: {server.address}, ports: {ports[host]}}}}}}}\n"
        for number, (host, server) in enumerate(servers.items())
    )
    text = (
        f"version: 1\nsites: {{east: {{}}}}\nservices:\n{services}"
        "checks: {ticket-key-rotation: {maximum: 0m}}\n"  # a key that was there before is too old
    )
    (folder / "targets.yaml").write_text(text, "utf-8")
    selected = ("--select", "ticket-key-rotation", "--select", "keys-shared")
    done = tlsaudit("audit", *selected, "--ca-file", ca_file, "-q", cwd=folder)
    assert done.code == 0, done.err
    findings = json.loads((folder / "reports" / "audit.json").read_text("utf-8"))["findings"]
    return {finding["check"]: (finding["outcome"], finding["message"]) for finding in findings}


def test_a_key_that_is_still_there_fails_and_a_new_one_passes(
    tmp_path: Path, ca: CertificateAuthority, ca_file: Path
) -> None:
    def rotation(server: Server) -> tuple[str, str]:
        return _audit(tmp_path, {server.name: server}, ca_file)["ticket-key-rotation"]

    with serve("nginx", ca=ca) as server:
        assert rotation(server) == ("not_applicable", "there is no earlier look to compare with")
        outcome, message = rotation(server)
        assert (outcome, message.partition(" is in use for ")[0]) == ("fail", "a session ticket key")
    with serve("nginx", ca=ca) as server:  # it makes its keys when it starts
        assert rotation(server) == ("pass", "the session ticket key is new")
    with serve("nginx", ca=ca, https_config="ssl_session_tickets off;") as server:  # the fix of the check
        assert rotation(server)[0] == "not_applicable"


def test_two_hosts_with_the_same_key(tmp_path: Path, ca: CertificateAuthority, ca_file: Path) -> None:
    key = tmp_path / "ticket.key"
    key.write_bytes(secrets.token_bytes(80))

    def shared(config: str) -> tuple[str, str]:
        with (
            serve("nginx", ca=ca, names=["www.example.org"], https_config=config) as first,
            serve("nginx", ca=ca, names=["www.example.net"], https_config=config, address="127.0.0.2") as second,
        ):
            return _audit(tmp_path, {server.name: server for server in (first, second)}, ca_file)["keys-shared"]

    message = "the same session ticket key at www.example.net and www.example.org"
    assert shared(f"ssl_session_ticket_key {key};") == ("fail", message)
    assert shared("")[0] == "pass"
