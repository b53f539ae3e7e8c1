"""Thirteen ways to force https or to fail to, on five servers: the verdicts, and curl's word for what was seen."""

import re
import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.checks.run import Expected, judge
from tests.probe.shapes import ADDRESS, PROGRAMS, WAYS, Ports
from tests.probe.web import endpoint, look, seen_http, seen_https, seen_links
from tests.servers import CertificateAuthority, require
from tlsaudit.check import Parent
from tlsaudit.probe.http import DEEP_PATH


class Verdicts(NamedTuple):
    redirect: list[Expected]
    hsts: list[Expected]


YEAR = ("pass", "HSTS lasts 365 days")


def passes(host: str, status: int = 301) -> list[Expected]:
    return [("pass", f"http -> {status} https://{host}/")]


def fails(host: str, fault: str, status: int = 301) -> list[Expected]:
    return [("fail", f"http -> {status} https://{host}/: {fault}")]


EXPECTED = {
    "moved.example.org": Verdicts(passes("moved.example.org"), [YEAR]),
    "found.example.org": Verdicts(fails("found.example.org", "not permanent", 302), [YEAR]),
    "temporary.example.org": Verdicts(fails("temporary.example.org", "not permanent", 307), [YEAR]),
    "permanent.example.org": Verdicts(passes("permanent.example.org", 308), [YEAR]),
    "refresh.example.org": Verdicts([("fail", "http -> 200: not a redirect")], [YEAR]),
    "bare.example.org": Verdicts([("fail", "http -> 301 http://www.bare.example.org/: not https, other host")], [YEAR]),
    "www.bare.example.org": Verdicts(passes("www.bare.example.org"), [YEAR]),
    "detour.example.org": Verdicts(fails("elsewhere.example.org", "other host"), [YEAR]),
    "port.example.org": Verdicts(fails("port.example.org:80", "other port"), [YEAR]),
    "loop.example.org": Verdicts(fails("loop.example.org", "redirect loop"), [YEAR]),
    "downgrade.example.org": Verdicts(
        [
            *fails("downgrade.example.org", "later back to http://downgrade.example.org/end"),
            ("pass", f"http {DEEP_PATH} -> 301 https://downgrade.example.org{DEEP_PATH}"),
        ],
        [YEAR],
    ),
    "errors.example.org": Verdicts(
        passes("errors.example.org"),
        [("pass", "HSTS lasts 365 days on /"), ("fail", f"no HSTS header on {DEEP_PATH}")],
    ),
    "twice.example.org": Verdicts(
        passes("twice.example.org"),
        [("fail", "HSTS is withdrawn (max-age=0), the first of 2 headers: no other counts")],
    ),
    "quoted.example.org": Verdicts(passes("quoted.example.org"), [YEAR]),
}


@pytest.mark.parametrize("program", PROGRAMS)
def test_every_way_has_its_verdicts_and_curl_sees_the_same(
    program: str, ca: CertificateAuthority, ca_file: Path
) -> None:
    said = {}
    others = dict.fromkeys(WAYS, ADDRESS)
    with PROGRAMS[program](ca) as ports:
        for host in EXPECTED:
            seen = look(endpoint(ports.https, ports.http, host=host, others=others), ca_file)
            http, https, links = seen_http(seen), seen_https(seen), seen_links(seen)
            assert https.chain_error is None
            redirect = [
                (outcome, message.partition(" (a refresh")[0])
                for outcome, message in judge("redirect-https", http, links)
            ]
            said[host] = Verdicts(redirect, judge("hsts-max-age", https, Parent({})))
            for hop in {hop.url: hop for visit in (*http.visits, *https.visits) for hop in visit.hops}.values():
                assert curl(hop.url, ports, ca_file) == (hop.status, hop.location, hop.hsts)
    assert said == EXPECTED


def curl(url: str, ports: Ports, ca_file: Path) -> tuple[int, str | None, tuple[str, ...]]:
    """Status, Location and HSTS fields. It is asked for one URL at a time: from one to the next it remembers HSTS."""
    options = ["--silent", "--show-error", "--http1.1", "--max-time", "60", "--cacert", str(ca_file)]
    for public, real in ((443, ports.https), (80, ports.http)):
        options += ["--connect-to", f":{public}:{ADDRESS}:{real}"]
    command = [require("curl", "curl"), *options, "--output", "/dev/null", "--dump-header", "-", url]
    text = subprocess.run(command, capture_output=True, text=True, check=True, timeout=90).stdout
    location, hsts = (
        re.findall(rf"^{name}: *(.*)$", text, re.IGNORECASE | re.MULTILINE)
        for name in ("location", "strict-transport-security")
    )
    return int(text.split()[1]), location[0] if location else None, tuple(hsts)
