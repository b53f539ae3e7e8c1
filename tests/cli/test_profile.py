"""Published guidelines on real servers: what a finding says is missing, written into the configuration, is enough."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command import at, tlsaudit
from tests.servers import PROGRAMS, CertificateAuthority, Server, Shape, serve
from tests.servers.ca import KeyKind

NAMES = ("www.example.org", "example.org")
TIERS = {
    "nginx": ("mozilla-intermediate", "ncsc-nl-good", "pci-dss-4"),
    "apache": ("mozilla-intermediate", "ncsc-nl-good"),
    "haproxy": ("mozilla-intermediate", "bsi-tr-02102-2"),
}

HOUSE = """\
profile: house
title: House rules
publisher: Us
version: "1"
url: https://www.example.org/rules
tiers:
  good: {id: house-good, title: what we ask of every service}
rules:
  - {id: versions, kind: versions, source: page 1, allowed: [TLS 1.3]}
"""


def scan(server: Server, ca_file: Path, *arguments: object) -> dict[str, Any]:
    """The findings of a scan by check."""
    done = tlsaudit("scan", server.name, *at(server), "--ca-file", ca_file, "--format", "json", *arguments)
    assert done.code in (0, 1), done.err
    return {finding["check"]: finding for finding in done.document["findings"]}


@pytest.mark.parametrize("program", PROGRAMS)
def test_the_ready_lines_of_the_gaps_bring_a_server_to_the_tier(
    program: str, ca: CertificateAuthority, ca_file: Path, shared_server: Callable[[str, Shape], Server]
) -> None:
    selected = [word for tier in TIERS[program] for word in ("--select", tier)]
    before = scan(shared_server(program, Shape.LEGACY), ca_file, *selected)
    assert {check: finding["outcome"] for check, finding in before.items()} == dict.fromkeys(TIERS[program], "fail")
    for tier, finding in before.items():
        lines = [line for gap in finding["facts"]["gaps"] for line in gap["lines"].get(program, ())]
        of_all = [line for line in lines if line.startswith("ssl-default-bind-")]
        with serve(
            program,
            Shape.LEGACY,
            ca=ca,
            chains=[ca.leaf(NAMES, kind=KeyKind.P256)],  # no line makes a good key of RSA 2048
            https_config="\n    ".join(line for line in lines if line not in of_all),
            global_config="\n    ".join(of_all),
        ) as server:
            after = scan(server, ca_file, "--select", tier)[tier]
        assert after["outcome"] == "pass", after["message"]


def test_a_scan_tells_the_gaps_with_their_fixes(ca_file: Path, shared_server: Callable[[str, Shape], Server]) -> None:
    server = shared_server("nginx", Shape.TLS13_ONLY)
    named = ("--select", "tls-versions", "--profile", "mozilla-modern", "--profile", "mozilla-5.7-modern")
    done = tlsaudit("scan", server.name, *at(server), "--ca-file", ca_file, *named)
    assert done.code == 1
    assert "gap       hsts: no HSTS header" in done.out
    assert 'fix       nginx: add_header Strict-Transport-Security "max-age=63072000" always;' in done.out
    assert "1 pass, 2 fail · profile mozilla-5.7-modern: not reached (2 gaps)" in done.out
    assert "profile mozilla-modern 6.0: not reached (2 gaps)" in done.out


def test_a_guideline_of_ones_own(tmp_path: Path, ca_file: Path, shared_server: Callable[[str, Shape], Server]) -> None:
    file = tmp_path / "house.yaml"
    file.write_text(HOUSE, "utf-8")
    found = scan(shared_server("nginx", Shape.TLS13_ONLY), ca_file, "--select", "tls-versions", "--profile", file)
    assert {check: finding["outcome"] for check, finding in found.items()} == {
        "house-good": "pass",
        "tls-versions": "pass",
    }


def test_a_guideline_is_explained_rule_by_rule_with_sources_and_lines() -> None:
    tier = tlsaudit("explain", "mozilla-modern").out
    assert "- hsts: send Strict-Transport-Security: max-age=63072000 [hsts_min_age]" in tier
    assert "```nginx\nssl_protocols TLSv1.3;\n" in tier
    assert "- ncsc-nl-good: NCSC-NL TLS guidelines 2025-05, good" in tlsaudit("explain", "ncsc-nl").out


def test_a_guideline_that_is_not_there_or_has_a_fault_is_named(tmp_path: Path) -> None:
    missing = tlsaudit("scan", "--profile", "mozila-modern", "www.example.org")
    assert (missing.code, missing.out) == (2, "")
    assert missing.err.strip().endswith("no profile is called mozila-modern: did you mean mozilla-modern?")
    file = tmp_path / "house.yaml"
    file.write_text(HOUSE.replace("TLS 1.3", "TLS 1.4"), "utf-8")
    faulty = tlsaudit("scan", "--profile", file, "www.example.org")
    assert (faulty.code, faulty.out) == (2, "")
    assert f"{file}:9:" in faulty.err
    assert "no protocol version is called TLS 1.4" in faulty.err
