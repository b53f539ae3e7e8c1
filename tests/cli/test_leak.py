"""`tlsaudit measure leak` as its users run it."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.cli.command import PROGRAM, Done, environment, tlsaudit
from tests.servers.programs import missing, require

LINK = "{sites: [east, west], gateways: {east: 192.0.2.1, west: 198.51.100.1}}"
SITES = "sites: {east: {prefixes: [10.64.0.0/16]}, west: {prefixes: [10.192.0.0/16]}}"


def targets(folder: Path, link: str = LINK, sites: str = SITES) -> Path:
    file = folder / "targets.yaml"
    file.write_text(f"version: 1\n{sites}\nlinks:\n  east-west: {link}\n", "utf-8")
    return file


def leak(*arguments: object) -> Done:
    return tlsaudit("measure", "leak", *arguments)


def test_nothing_seen_is_unknown(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        missing("packet sockets take root")
    done = leak("east-west", "-c", targets(tmp_path), "--interface", "lo", "--seconds", "0.1", "--format", "json")
    assert (done.code, done.err) == (3, "")
    assert done.document["outcome"] == "unknown"
    assert [(way["from"], way["to"]) for way in done.document["ways"]] == [("east", "west"), ("west", "east")]


def test_without_permission_it_says_what_it_takes(tmp_path: Path) -> None:
    file = str(targets(tmp_path))
    command = [str(PROGRAM), "measure", "leak", "east-west", "-c", file, "--interface", "lo"]
    if os.geteuid() == 0:
        command = [require("setpriv", "util-linux"), "--bounding-set=-net_raw", *command]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, env=environment({}))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "tlsaudit: to watch packets takes root, or CAP_NET_RAW: run it with sudo\n"


@pytest.mark.parametrize(
    ("link", "sites", "name", "complaint"),
    [
        (LINK, SITES, "east-wst", "no link is called 'east-wst'; did you mean east-west?"),
        (LINK, SITES, "north", "no link is called 'north'; there is east-west"),
        (
            "{sites: [east, west]}",
            SITES,
            "east-west",
            "which gateway does east have? Write gateways: {east: 192.0.2.1}",
        ),
        (
            LINK,
            "sites: {east: {prefixes: [10.64.0.0/16]}, west: {}}",
            "east-west",
            "which prefixes are behind west? Write prefixes: {west: [10.64.0.0/16]}",
        ),
    ],
)
def test_what_the_targets_file_does_not_say(tmp_path: Path, link: str, sites: str, name: str, complaint: str) -> None:
    done = leak(name, "-c", targets(tmp_path, link, sites), "--interface", "lo")
    assert (done.code, done.out) == (2, "")
    assert done.err.endswith(f": {complaint}\n")
    assert done.err.count("\n") == 1


def test_an_interface_that_is_not_there(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        missing("packet sockets take root")
    done = leak("east-west", "-c", targets(tmp_path), "--interface", "wan7")
    assert done.code == 2
    assert done.err.startswith("tlsaudit: --interface wan7: there is none of this name; there is lo")
