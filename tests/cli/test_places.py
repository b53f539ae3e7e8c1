"""One name that leads to different servers, by the place from which it is looked at."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command import Done, tlsaudit
from tests.servers import CertificateAuthority, Server, Shape, serve

TARGETS = """\
version: 1
vantages: {fra: {region: eu-central}, sin: {region: ap-southeast}}
services: {web: [www.example.org]}
objectives:
  alike: {title: The same for everybody, checks: [vantage-parity], milestones: {2030-06-30: 100%}}
"""


@pytest.fixture(scope="module")
def modern(ca: CertificateAuthority) -> Iterator[Server]:
    with serve("nginx", ca=ca) as server:
        yield server


@pytest.fixture(scope="module")
def old(ca: CertificateAuthority) -> Iterator[Server]:
    with serve("nginx", Shape.LEGACY, ca=ca) as server:
        yield server


def audit(folder: Path, ca_file: Path, vantage: str, server: Server) -> dict[str, Any]:
    """From a place where the name leads to that server."""
    ports = {80: server.http_port, 443: server.https_port}
    there = [f"--connect-to=www.example.org:{port}:{server.address}:{real}" for port, real in ports.items()]
    done = tlsaudit("audit", "-q", "--vantage", vantage, "--ca-file", ca_file, *there, cwd=folder)
    assert done.code == 0, done.err
    document: dict[str, Any] = json.loads((folder / "reports" / "audit.json").read_text("utf-8"))
    return document


def parity(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [finding for finding in document["findings"] if finding["check"] == "vantage-parity"]


def rejudged(folder: Path) -> Done:
    return tlsaudit("history", "rejudge", "latest", cwd=folder)


def test_audits_at_two_places_with_one_history_find_the_edge_that_lags_behind(
    tmp_path: Path, ca_file: Path, modern: Server, old: Server
) -> None:
    (tmp_path / "targets.yaml").write_text(TARGETS, "utf-8")
    assert parity(audit(tmp_path, ca_file, "fra", modern)) == []
    document = audit(tmp_path, ca_file, "sin", old)
    (found,) = parity(document)
    told = [found["message"], *found["also"]]
    assert (found["subject"], found["outcome"]) == ({"kind": "service", "id": "web"}, "fail")
    assert any("TLS 1.0 and 1 more from sin, not from fra" in message for message in told)
    assert {each["dimension"] for each in found["facts"]["differences"]} >= {"versions", "suites"}
    assert document["objectives"][0]["share"] == 0
    assert "no outcome changes" in rejudged(tmp_path).out
    (found,) = parity(audit(tmp_path, ca_file, "sin", modern))
    assert (found["outcome"], found["message"]) == ("pass", "www.example.org serves the same from fra and sin")
