"""An audit of links: saved output of gateways, recorded, judged again."""

from pathlib import Path

import pytest

from tests.cli.command import tlsaudit
from tests.probe.ipsec import saved

TARGETS = """\
version: 1
history: sqlite:///history.db
sites: {east: {prefixes: [10.1.0.0/24]}, west: {prefixes: [10.1.128.0/24]}}
links:
  net: {sites: [east, west], evidence: {libreswan_status: status.txt, libreswan_traffic: traffic.txt}}
  dark: {sites: [east, west], evidence: {xfrm_state: missing.txt}}
"""
CHECKS = ("--select", "ipsec-established", "--select", "ipsec-coverage", "--select", "ipsec-encryption")


def test_what_gateways_told_is_judged_and_can_be_judged_again(tmp_path: Path) -> None:
    targets = tmp_path / "targets.yaml"
    targets.write_text(TARGETS, "utf-8")
    (tmp_path / "status.txt").write_text(saved.LIBRESWAN_STATUS, "utf-8")
    (tmp_path / "traffic.txt").write_text(saved.LIBRESWAN_TRAFFIC, "utf-8")
    done = tlsaudit("audit", "-c", targets, *CHECKS, "--format", "json")
    outcomes = {(item["subject"]["id"], item["check"]): item["outcome"] for item in done.document["findings"]}
    checks = CHECKS[1::2]
    assert outcomes == {("net", check): "pass" for check in checks} | {("dark", check): "unknown" for check in checks}
    unknown = next(item for item in done.document["findings"] if item["subject"]["id"] == "dark")
    assert unknown["message"] == f"not probed: xfrm of east: there is no file {tmp_path / 'missing.txt'}"
    (tmp_path / "status.txt").unlink()
    again = tlsaudit("history", "rejudge", "latest", "-c", targets, *CHECKS)
    assert again.code == 0
    assert "no outcome changes" in again.out


def test_a_socket_takes_the_extra(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    targets = tmp_path / "targets.yaml"
    targets.write_text(TARGETS.replace("xfrm_state: missing.txt", "vici: /run/charon.vici"), "utf-8")
    path = tmp_path_factory.mktemp("path")
    (path / "sitecustomize.py").write_text("import sys\nsys.modules['vici'] = None\n", "utf-8")
    done = tlsaudit("audit", "-c", targets, *CHECKS, PYTHONPATH=str(path))
    assert (done.code, done.out) == (2, "")
    assert done.err == "tlsaudit: the vici socket of dark cannot be asked: pip install 'tlsaudit[ipsec]'\n"
    assert not (tmp_path / "history.db").exists()
