"""A scan with few files that may be open: what it cannot open says nothing about a server."""

import json
import subprocess
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest

from tests.cli.command import PROGRAM, environment
from tests.servers import CertificateAuthority, Server, nginx, require

ADDRESSES = [f"127.0.11.{number}" for number in range(1, 21)]
HOSTS = {f"h{number}.example.org": [*islice(ADDRESSES, 2 * number, 2 * number + 6)] for number in range(8)}
LIMIT = 256


@pytest.fixture(scope="module")
def server(ca: CertificateAuthority) -> Iterator[Server]:
    https = " ".join(f"listen {address}:@HTTPS_PORT@ ssl;" for address in ADDRESSES)
    http = " ".join(f"listen {address}:@HTTP_PORT@;" for address in ADDRESSES)
    with nginx(ca=ca, names=["*.example.org"], https_config=https, http_config=http) as running:
        yield running


@pytest.mark.parametrize("hard", [LIMIT, 4096])
def test_each_host_is_judged_rightly(server: Server, ca_file: Path, tmp_path: Path, hard: int) -> None:
    ways = [
        f"--connect-to={host}:{public}:{address}:{real}"
        for host, addresses in HOSTS.items()
        for address in addresses
        for public, real in ((443, server.https_port), (80, server.http_port))
    ]
    checks = ("tls-versions", "certificate-trust", "redirect-https")
    command = [require("prlimit", "util-linux"), f"--nofile={LIMIT}:{hard}", str(PROGRAM), "scan", "-q", *ways]
    command += [*(f"--select={check}" for check in checks), "--ca-file", str(ca_file), "-o", "scan.json", *HOSTS]
    done = subprocess.run(command, cwd=tmp_path, env=environment({}), capture_output=True, text=True, check=False)
    document = json.loads((tmp_path / "scan.json").read_text("utf-8"))
    found = {(item["check"], item["outcome"]) for item in document["findings"]}
    assert found == {("tls-versions", "pass"), ("certificate-trust", "pass"), ("redirect-https", "fail")}
    assert {len(endpoint["addresses"]) for endpoint in document["endpoints"]} == {6}
    said = f"tlsaudit: 8 addresses are looked at side by side, since no more than {LIMIT} files may be open"
    assert done.stderr == (f"{said}: raise ulimit -n\n" if hard == LIMIT else "")
