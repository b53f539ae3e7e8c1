"""One name that leads to different servers, by the place from which it is looked at."""

import asyncio
import json
import subprocess
import time
from collections.abc import Iterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.cli.command import tlsaudit
from tests.engine.work import Square, begun
from tests.servers import CertificateAuthority, Server, Shape, require, serve
from tests.servers.cluster import DaskCluster, dask_cluster
from tests.servers.programs import missing
from tlsaudit.engine import Cluster, dask

TARGETS = """\
version: 1
vantages: {{fra: {{region: eu-central}}, sin: {{region: ap-southeast}}, gru: {{}}}}
services: {{web: ["www.example.org:{port}"]}}
objectives:
  alike: {{title: The same for everybody, checks: [vantage-parity], milestones: {{2030-06-30: 100%}}}}
  versions: {{title: Only current versions, checks: [tls-versions], milestones: {{2030-06-30: 100%}}}}
"""
CHECKS = ("--select", "tls-versions", "--select", "vantage-parity")
NUMBERS = range(23)


@pytest.fixture(scope="module")
def modern(ca: CertificateAuthority) -> Iterator[Server]:
    with serve("nginx", ca=ca, address="127.0.0.2") as server:
        yield server


@pytest.fixture(scope="module")
def old(ca: CertificateAuthority, modern: Server) -> Iterator[Server]:
    with serve("nginx", Shape.LEGACY, ca=ca, address="127.0.0.3", https_port=modern.https_port) as server:
        yield server


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DaskCluster]:
    with dask_cluster(tmp_path_factory.mktemp("cluster")) as running:
        yield running


@pytest.fixture(scope="module")
def places(cluster: DaskCluster, modern: Server, old: Server, tmp_path_factory: pytest.TempPathFactory) -> DaskCluster:
    """Workers at fra, to which the name means the modern server, and at sin, where it is the old one."""
    folder = tmp_path_factory.mktemp("hosts")
    for vantage, server in (("fra", modern), ("sin", old)):
        hosts = folder / vantage
        hosts.write_text(f"127.0.0.1 localhost\n{server.address} www.example.org\n", "utf-8")
        cluster.start_worker(vantage=vantage, enter=knowing(hosts))
    return cluster


def knowing(hosts: Path) -> list[str]:
    """What goes before a command that is to have a hosts file of its own."""
    enter = [require("unshare", "util-linux"), "--map-root-user", "--mount", "--propagation", "private", "sh", "-ec"]
    enter += [f'mount --bind "{hosts}" /etc/hosts; exec "$@"', "sh"]
    if subprocess.run([*enter, "true"], capture_output=True, check=False).returncode:
        missing("a mount namespace, for a hosts file of one's own, takes root or user namespaces")
    return enter


def audit(folder: Path, *options: object) -> dict[str, Any]:
    done = tlsaudit("audit", *options, *CHECKS, cwd=folder)
    assert done.code == 0, done.err
    document: dict[str, Any] = json.loads((folder / "reports" / "audit.json").read_text("utf-8"))
    return document


def found(document: dict[str, Any], check: str) -> list[dict[str, Any]]:
    return [finding for finding in document["findings"] if finding["check"] == check]


def test_audits_at_two_places_with_one_history_find_the_edge_that_lags_behind(
    tmp_path: Path, ca_file: Path, modern: Server, old: Server
) -> None:
    (tmp_path / "targets.yaml").write_text(TARGETS.format(port=modern.https_port), "utf-8")

    def from_there(vantage: str, server: Server) -> dict[str, Any]:
        there = f"www.example.org:{server.https_port}:{server.address}"
        return audit(tmp_path, "-q", "--vantage", vantage, "--ca-file", ca_file, "--resolve", there)

    assert found(from_there("fra", modern), "vantage-parity") == []
    document = from_there("sin", old)
    (parity,) = found(document, "vantage-parity")
    told = [parity["message"], *parity["also"]]
    assert (parity["subject"], parity["outcome"]) == ({"kind": "service", "id": "web"}, "fail")
    assert any("TLS 1.0 and 1 more from sin 127.0.0.3, not from fra 127.0.0.2" in message for message in told)
    assert {each["dimension"] for each in parity["facts"]["differences"]} >= {"versions", "suites"}
    assert document["objectives"][0]["share"] == 0
    assert "no outcome changes" in tlsaudit("history", "rejudge", "latest", *CHECKS, cwd=tmp_path).out
    (parity,) = found(from_there("sin", modern), "vantage-parity")
    assert parity["message"] == f"www.example.org:{modern.https_port} serves the same from fra and sin"


def test_one_audit_from_several_places(tmp_path: Path, ca_file: Path, modern: Server, places: DaskCluster) -> None:
    (tmp_path / "targets.yaml").write_text(TARGETS.format(port=modern.https_port), "utf-8")
    document = audit(tmp_path, "--vantages", "fra,sin", "--ca-file", ca_file, *places.options)
    jsonschema.validate(document, json.loads(tlsaudit("schema", "audit").out))
    assert document["vantage"] == "fra, sin"
    (versions,) = found(document, "tls-versions")
    assert versions["vantages"] == {"fra": "pass", "sin": "fail"}
    assert (versions["outcome"], versions["address"]) == ("fail", "127.0.0.3")
    assert versions["message"].startswith("from sin: TLS 1.0")
    (parity,) = found(document, "vantage-parity")
    assert "TLS 1.0 and 1 more from sin 127.0.0.3, not from fra 127.0.0.2" in parity["message"]
    (endpoint,) = document["endpoints"]
    assert endpoint["addresses"] == ["127.0.0.2", "127.0.0.3"]
    assert endpoint["vantages"] == [
        {"vantage": "fra", "addresses": ["127.0.0.2"], "reachable": True, "reason": None},
        {"vantage": "sin", "addresses": ["127.0.0.3"], "reachable": True, "reason": None},
    ]
    assert {f"from {place} 1 of 1 endpoint answered" for place in ("fra", "sin")} <= {*document["notes"]}
    counts = {item["id"]: item["counts"]["fail"] for item in document["objectives"]}
    assert counts == {"alike": 1, "versions": 1}
    assert "no outcome changes" in tlsaudit("history", "rejudge", "latest", *CHECKS, cwd=tmp_path).out


def test_a_place_without_workers_is_unknown_and_none_with_any_is_refused(
    tmp_path: Path, ca_file: Path, modern: Server, places: DaskCluster
) -> None:
    (tmp_path / "targets.yaml").write_text(TARGETS.format(port=modern.https_port), "utf-8")
    options = ("--ca-file", ca_file, *places.options, "--select", "tls-versions", "--vantages")
    done = tlsaudit("audit", *options, "fra,gru", cwd=tmp_path)
    assert (done.code, "no worker at gru: what is asked from there is unknown" in done.err) == (0, True), done.err
    document = json.loads((tmp_path / "reports" / "audit.json").read_text("utf-8"))
    assert "from gru none was asked" in document["notes"]
    (versions,) = found(document, "tls-versions")
    assert versions["vantages"] == {"fra": "pass", "gru": "unknown"}
    assert versions["message"] == "from gru: not probed: no worker at gru"
    done = tlsaudit("audit", *options, "gru", cwd=tmp_path)
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert done.err.endswith("it has no worker at gru: start some with dask worker --resources vantage:gru=1\n")


def test_a_place_whose_workers_end_is_given_up_and_the_others_go_on(cluster: DaskCluster, tmp_path: Path) -> None:
    cluster.start_worker(vantage="iad")
    lost = cluster.start_worker(vantage="syd")

    def kill() -> None:
        deadline = time.monotonic() + 60
        while not begun(tmp_path, lost.pid):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        cluster.end(lost)
        (tmp_path / "go").touch()

    async def squares() -> list[tuple[str, int, object]]:
        results = dask.map(
            Square(tmp_path),
            dict.fromkeys(("iad", "syd"), NUMBERS),
            Cluster.of(cluster.address, cluster.ca, cluster.certificate, cluster.key),
            size=4,
            deadline_s=60,
            lost=lambda _number, why: why,
            room=lambda _place: True,
            away_s=1,
        )
        async with aclosing(results):
            other = asyncio.create_task(asyncio.to_thread(kill))
            told = [each async for each in results]
            await other
            return told

    told = asyncio.run(squares())
    assert sorted((number, square) for place, number, square in told if place == "iad") == [
        (number, number * number) for number in NUMBERS
    ]
    assert sorted((number, why) for place, number, why in told if place == "syd") == [
        (number, "no worker at syd") for number in NUMBERS
    ]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--vantages", "fra"], "--vantages: the workers at the vantages are those of a cluster: add --engine dask"),
        (["--vantages", "fra,moon"], "--vantages moon: not under vantages: in targets.yaml: there is fra, sin, gru"),
        (["--vantages", "fra", "--vantage", "sin"], "--vantages and --vantage:"),
        (["--vantages", "a b"], "a b is no name"),
        (["--vantages", "fra,sin", "--rate", "7"], "--rate 7: 2 vantages share it: at least 10"),
    ],
)
def test_what_cannot_be_meant_is_one_line(tmp_path: Path, options: list[str], said: str) -> None:
    (tmp_path / "targets.yaml").write_text(TARGETS.format(port=443), "utf-8")
    there = [] if "add --engine" in said else ["--engine", "dask", "--scheduler", "tcp://127.0.0.1:1"]
    done = tlsaudit("audit", *options, *there, cwd=tmp_path)
    assert (done.code, done.out) == (2, "")
    assert said in done.err
