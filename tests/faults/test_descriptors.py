"""Few files may be open: what cannot be opened for that says nothing about a server."""

import json
import subprocess
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest

from tests.cli.command import PROGRAM, environment, tlsaudit
from tests.faults import never_answers, serve_fault
from tests.servers import CertificateAuthority, Server, nginx, require
from tests.servers.cluster import dask_cluster

ADDRESSES = [f"127.0.11.{number}" for number in range(1, 21)]
HOSTS = {f"h{number}.example.org": [*islice(ADDRESSES, 2 * number, 2 * number + 6)] for number in range(8)}
LIMIT = 256
CHECKS = ("tls-versions", "certificate-trust", "redirect-https")
SILENT = [f"s{number}.example.org" for number in range(128)]


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
    command = [require("prlimit", "util-linux"), f"--nofile={LIMIT}:{hard}", str(PROGRAM), "scan", "-q", *ways]
    command += [*(f"--select={check}" for check in CHECKS), "--ca-file", str(ca_file), "-o", "scan.json", *HOSTS]
    done = subprocess.run(command, cwd=tmp_path, env=environment({}), capture_output=True, text=True, check=False)
    document = json.loads((tmp_path / "scan.json").read_text("utf-8"))
    found = {(item["check"], item["outcome"]) for item in document["findings"]}
    assert found == {("tls-versions", "pass"), ("certificate-trust", "pass"), ("redirect-https", "fail")}
    assert {len(endpoint["addresses"]) for endpoint in document["endpoints"]} == {6}
    said = f"tlsaudit: 8 addresses are looked at side by side, since no more than {LIMIT} files may be open"
    assert done.stderr == (f"{said}: raise ulimit -n\n" if hard == LIMIT else "")


def test_a_worker_of_a_cluster(tmp_path: Path) -> None:
    with serve_fault(never_answers) as server, dask_cluster(tmp_path) as cluster:
        # All that is asked is open until an endpoint's time is over: four batches at a time, were it not for the limit.
        ways = (f"--connect-to={host}:{port}:127.0.0.1:{server.port}" for host in SILENT for port in (443, 80))
        few_files = [require("prlimit", "util-linux"), f"--nofile={LIMIT}:{LIMIT}"]
        cluster.start_worker(threads=4, enter=few_files)
        options = ("-q", "--format=json", *(f"--select={check}" for check in CHECKS), "--timeout", 1)
        done = tlsaudit("scan", *options, *ways, *cluster.options, *SILENT)
    assert {item["message"].partition(":")[0] for item in done.document["findings"]} == {"timed out"}
    assert {item["endpoint"].partition(":")[0] for item in done.document["findings"]} == {*SILENT}
