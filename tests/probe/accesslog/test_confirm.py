"""Whose an address is, by a resolver that reads a hosts file of the test's own, in a network without a way out."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.cli.command import PROGRAM
from tests.probe.accesslog.lines import BINGBOT, FIREFOX, combined
from tests.servers.programs import missing, require
from tlsaudit.probe.accesslog.confirm import confirmed_names, in_domains

HOSTS = """\
127.0.0.1 localhost
192.0.2.1 crawl-192-0-2-1.googlebot.com
2001:db8::1 geo.googlebot.com
192.0.2.2 googlebot.com.example.org
192.0.2.3 notgooglebot.com
192.0.2.4 msnbot.search.msn.com
"""


def resolving(tmp_path: Path, *command: str | Path) -> str:
    """What a command prints where names are those of HOSTS and there is no network."""
    if os.geteuid() != 0:
        missing("a hosts file of one's own takes root")
    hosts = tmp_path / "hosts"
    hosts.write_text(HOSTS, "utf-8")
    inside = ["sh", "-c", 'mount --bind "$0" /etc/hosts && exec "$@"', hosts, *command]
    unshare = [require("unshare", "util-linux"), "--mount", "--net", *inside]
    done = subprocess.run(unshare, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


NAMED = ("--log-format", "combined-scheme")
NAMES = """\
import asyncio, json, sys
from tlsaudit.probe.accesslog.confirm import confirmed_names
print(json.dumps(asyncio.run(confirmed_names(sys.argv[1:], {"googlebot.com"}, seconds=60))))
"""


def test_names_that_lead_back(tmp_path: Path) -> None:
    addresses = ["192.0.2.1", "2001:db8::1", "192.0.2.2", "192.0.2.3", "192.0.2.4", "a.example"]
    found: Mapping[str, str | None] = json.loads(resolving(tmp_path, sys.executable, "-c", NAMES, *addresses))
    assert found == {
        "192.0.2.1": "crawl-192-0-2-1.googlebot.com",
        "2001:db8::1": "geo.googlebot.com",
        "192.0.2.2": "",
        "192.0.2.3": "",
        "192.0.2.4": "",
        "a.example": None,
    }


def test_a_log_of_verified_crawlers_and_others(tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    lines = [
        *[combined(address="192.0.2.1", tail=" https")] * 3,
        combined(address="192.0.2.2", tail=" http"),
        combined(address="192.0.2.4", tail=" http"),  # Bing's address, but Google's name
        combined(BINGBOT, address="192.0.2.4", tail=" https"),
        combined("DuckDuckBot/1.1", address="192.0.2.9", tail=" https"),  # names no domains
        combined(FIREFOX, address="192.0.2.9", tail=" https", referer="https://www.bing.com/"),
    ]
    log.write_text("".join(f"{line}\n" for line in lines), "utf-8")
    command = (PROGRAM, "measure", "crawlers", log, *NAMED, "--verify-dns", "--format", "json")
    document = json.loads(resolving(tmp_path, *command))
    assert {(item["id"], item["standing"]): item["total"]["denominator"] for item in document["series"]} == {
        ("google", "verified"): 3,
        ("google", "refuted"): 2,
        ("bing", "verified"): 1,
        ("duckduckgo", "claimed"): 1,
        ("bing-readers", None): 1,
    }
    assert document["notes"] == []


def test_what_cannot_be_looked_up_stays_a_claim(tmp_path: Path) -> None:
    """There is no resolver to ask: that is no answer."""
    log = tmp_path / "access.log"
    log.write_text(combined(address="198.51.100.1", tail=" https") + "\n", "utf-8")
    command = (PROGRAM, "measure", "crawlers", log, *NAMED, "--verify-dns", "--format", "json")
    document = json.loads(resolving(tmp_path, *command))
    assert [(item["id"], item["standing"]) for item in document["series"]] == [("google", "claimed")]
    assert document["notes"] == ["1 of 1 address could not be looked up"]


def test_no_time_left() -> None:
    assert asyncio.run(confirmed_names(["127.0.0.1"], {"localhost"}, seconds=0)) == {}
    assert asyncio.run(confirmed_names([], set(), seconds=1)) == {}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("crawl.googlebot.com", True),
        ("CRAWL.GOOGLEBOT.COM.", True),
        ("googlebot.com", True),
        ("notgooglebot.com", False),
        ("googlebot.com.example.org", False),
        ("", False),
    ],
)
def test_domains(name: str, expected: bool) -> None:
    assert in_domains(name, {"googlebot.com"}) is expected
