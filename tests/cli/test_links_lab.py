"""`tlsaudit audit` of links between two real gateways, good and bad."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.command import tlsaudit
from tests.servers.ipsec import GOOD, OLD, ONE_WAY, OPEN, TRAPPED, TUNNELS, WEAK, Lab, Tunnel, ipsec_lab

PASS, FAIL, UNKNOWN = "pass", "fail", "unknown"


def children_of(lab: Lab, tunnel: Tunnel) -> str:
    return lab.east.swanctl("--list-sas", "--raw", "--ike", tunnel.name).partition("child-sas")[2]


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    """The good tunnel has been rekeyed once, so that the group of a rekey shows, and carries traffic both ways."""
    with ipsec_lab(TUNNELS) as running:
        running.east.swanctl("--rekey", "--child", GOOD.name)
        deadline = time.monotonic() + 30
        while "CURVE_25519" not in children_of(running, GOOD):
            assert time.monotonic() < deadline, "the tunnel was not rekeyed"
            time.sleep(0.05)
        running.exchange(GOOD)
        running.send(ONE_WAY)
        yield running


def targets(lab: Lab) -> str:
    """Each tunnel as a link, seen from both of its gateways; the weak one is to carry more than it does."""
    lines = ["version: 1", "sites: {east: {}, west: {}}", "links:"]
    for tunnel in TUNNELS:
        (east, west), (here, there) = tunnel.gateways, tunnel.networks
        if tunnel is WEAK:
            here = here.replace("/24", "/23")
        lines += [
            f"  {tunnel.name}:",
            "    sites: [east, west]",
            f"    gateways: {{east: {east}, west: {west}}}",
            f"    prefixes: {{east: [{here}], west: [{there}]}}",
            f"    evidence: [{{vici: {lab.east.vici}}}, {{vici: {lab.west.vici}, site: west}}]",
        ]
    return "\n".join(lines) + "\n"


VERDICTS: tuple[tuple[Tunnel, str, str, str], ...] = (
    (GOOD, "ipsec-established", PASS, "IKEv2 is established (vici of east)"),
    (GOOD, "ipsec-coverage", PASS, "every pair of prefixes is covered (vici of east)"),
    (GOOD, "ipsec-encryption", PASS, "ESP encrypts with ENCR_AES_GCM_16, 256 bits (vici of east)"),
    (GOOD, "ipsec-forward-secrecy", PASS, "IKE agrees on keys with CURVE25519 (vici of east)"),
    (GOOD, "ipsec-rekey", PASS, "keys of IKE are replaced in time (vici of east)"),
    (GOOD, "ipsec-traffic", PASS, "traffic passes both ways (vici of east)"),
    (GOOD, "ipsec-fail-closed", PASS, "traffic waits or is dropped while the tunnel is down (east)"),
    (GOOD, "ipsec-no-bypass", PASS, "no policy lets traffic pass in clear (east)"),
    (GOOD, "ipsec-sources-agree", PASS, "vici of east and vici of west tell the same"),
    (WEAK, "ipsec-established", PASS, "IKEv2 is established (vici of east)"),
    (WEAK, "ipsec-coverage", FAIL, "no SA for 10.2.1.0/24 -> 10.2.128.0/24 (vici of east)"),
    (WEAK, "ipsec-encryption", FAIL, "ESP is authenticated by AUTH_HMAC_SHA1_96 (vici of east)"),
    (WEAK, "ipsec-forward-secrecy", FAIL, "IKE agrees on keys with MODP-1024, which is too short (vici of east)"),
    (
        WEAK,
        "ipsec-fail-closed",
        FAIL,
        "10.2.0.0/23 -> 10.2.128.0/24: no policy holds it back while the tunnel is down (east)",
    ),
    (TRAPPED, "ipsec-established", FAIL, "trapped is configured and has no IKE SA (vici of east)"),
    (TRAPPED, "ipsec-coverage", FAIL, "no SA for 10.3.0.0/24 -> 10.3.128.0/24 (vici of east)"),
    (TRAPPED, "ipsec-encryption", UNKNOWN, "no security association of this link was seen"),
    (TRAPPED, "ipsec-fail-closed", PASS, "traffic waits or is dropped while the tunnel is down (east)"),
    (OPEN, "ipsec-coverage", FAIL, "no SA for 10.4.0.0/24 -> 10.4.128.0/24 (vici of east)"),
    (
        OPEN,
        "ipsec-fail-closed",
        FAIL,
        "10.4.0.0/24 -> 10.4.128.0/24: no policy holds it back while the tunnel is down (east)",
    ),
    (ONE_WAY, "ipsec-traffic", FAIL, "traffic passes out and never in (vici of east)"),
    (OLD, "ipsec-established", FAIL, "IKEv1 is established (vici of east)"),
    (OLD, "ipsec-traffic", UNKNOWN, "nothing has passed the tunnel yet (vici of east)"),
)


def test_the_verdicts(lab: Lab, tmp_path: Path) -> None:
    """All in one audit, since each takes the lab and two looks."""
    (tmp_path / "targets.yaml").write_text(targets(lab), "utf-8")
    done = tlsaudit("audit", "--format", "json", "--db", "history.db", cwd=tmp_path)
    assert done.code == 0, done.err
    found = {
        (finding["subject"]["id"], finding["check"]): (finding["outcome"], finding["message"])
        for finding in done.document["findings"]
        if finding["subject"]["kind"] == "link"
    }
    expected = {(tunnel.name, check): (outcome, message) for tunnel, check, outcome, message in VERDICTS}
    assert {key: found.get(key) for key in expected} == expected
