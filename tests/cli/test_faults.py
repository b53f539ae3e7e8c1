"""A fleet in which many servers misbehave: each ends within its deadline with a reason, and costs no other anything."""

import contextlib
import fcntl
import json
import os
import pickle
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command import PROGRAM
from tests.faults import FAULTS, Handler, serve_fault, server_context
from tests.servers import CertificateAuthority, Chain, Server, Shape, nginx
from tests.tlsfaults import INTOLERANT, WITHOUT_END, intolerant, refusing_after

MOST_MIB = 150

HEALTHY = [f"host{number}.example.org" for number in range(30)]

# Said instead of a ServerHello, and behind TLS instead of an answer to a request. Few of them do both: these servers
# share one interpreter, and what it cannot do within the deadline is not for the scan to answer for.
SAID_BY_ANY = ("never answers", "one byte a second", "garbage", "resets", "closes")
RAW = {**{name: FAULTS[name] for name in SAID_BY_ANY}, **WITHOUT_END}
BEHIND_TLS = {
    name: FAULTS[name]
    for name in (
        *("never answers", "endless headers", "10 GB body", "gzip bomb", "redirect loop"),
        *("redirect to a private address", "invalid UTF-8"),
    )
}

REFUSING, MANY_NAMES, MANY_TICKETS = "refusing.example.org", "many-names.example.org", "many-tickets.example.org"

MUTE_BEHIND_TLS = {"never answers", "endless headers"}


@dataclass(frozen=True)
class Ended:
    """How a scan of the fleet ended, and in how much time it was to."""

    code: int
    timeout_s: float
    seconds: float
    peak_mib: float
    document: dict[str, Any]

    def findings(self, host: str) -> dict[str, dict[str, Any]]:
        return {item["check"]: item for item in self.document["findings"] if item["endpoint"] == f"{host}:443"}


def _host(kind: str, fault: str) -> str:
    return f"{fault.replace(' ', '-').replace(',', '').lower()}.{kind}.example.org"


@dataclass(frozen=True)
class Fleet:
    """Thirty healthy hosts and more than twenty others. `ways` are what --connect-to takes."""

    hosts: list[str]
    ways: list[str]
    ca_file: Path


@pytest.fixture(scope="module")
def fleet(shared_server: Callable[[str, Shape], Server], ca: CertificateAuthority, ca_file: Path) -> Iterator[Fleet]:
    addresses = {host: f"127.0.7.{number}" for number, host in enumerate(HEALTHY, 1)}
    https = " ".join(f"listen {address}:@HTTPS_PORT@ ssl;" for address in addresses.values())
    http = " ".join(f"listen {address}:@HTTP_PORT@;" for address in addresses.values())
    ways = []
    with ExitStack() as running:
        healthy = running.enter_context(nginx(ca=ca, names=["*.example.org"], https_config=https, http_config=http))
        for host, address in addresses.items():
            ways += [f"{host}:443:{address}:{healthy.https_port}", f"{host}:80:{address}:{healthy.http_port}"]
        for host, (handler, chain) in _faulty(shared_server("nginx", Shape.LEGACY), ca).items():
            tls = server_context(chain) if chain else None
            if tls and host == MANY_TICKETS:
                tls.num_tickets = 5000
            server = running.enter_context(serve_fault(handler, tls))
            ways += [f"{host}:{port}:127.0.0.1:{server.port}" for port in (443, 80)]
        yield Fleet([*HEALTHY, *(way.partition(":")[0] for way in ways[2 * len(HEALTHY) :: 2])], ways, ca_file)


def _faulty(legacy: Server, ca: CertificateAuthority) -> Mapping[str, tuple[Handler, Chain | None]]:
    """By host, how it answers, and the certificate of the TLS before that."""
    upstream = (legacy.address, legacy.https_port)
    many_names = [f"host{number}.example.org" for number in range(10_000)]
    return {
        **{_host("raw", fault): (handler, None) for fault, handler in RAW.items()},
        **{_host("tls", fault): (handler, ca.leaf([_host("tls", fault)])) for fault, handler in BEHIND_TLS.items()},
        **{_host("no", what): (intolerant(has, upstream), None) for what, has in INTOLERANT.items()},
        REFUSING: (refusing_after(12, upstream), None),
        MANY_TICKETS: (FAULTS["two HSTS fields"], ca.leaf([MANY_TICKETS])),
        MANY_NAMES: (FAULTS["two HSTS fields"], ca.leaf(many_names)),
    }


def _scan(fleet: Fleet, hosts: Sequence[str], folder: Path, timeout_s: float) -> Ended:
    output = folder / "faults.json"
    options = [option for way in fleet.ways for option in ("--connect-to", way)]
    options += ["--ca-file", str(fleet.ca_file), "--timeout", str(timeout_s)]
    begun, peak_kib = time.monotonic(), 0
    with subprocess.Popen([PROGRAM, "scan", "-q", *options, "-o", output, *hosts], stdout=subprocess.DEVNULL) as scan:
        while scan.poll() is None:
            peak_kib = max(peak_kib, _high_water_kib(scan.pid))
            time.sleep(0.02)
    document = json.loads(output.read_text("utf-8"))
    return Ended(scan.returncode, timeout_s, time.monotonic() - begun, peak_kib / 1024, document)


@contextlib.contextmanager
def _alone(factory: pytest.TempPathFactory) -> Iterator[Path]:
    """No other worker is in such a block: two fleets would flood each other. Yields a folder of this test run."""
    folder = factory.getbasetemp().parent if "PYTEST_XDIST_WORKER" in os.environ else factory.getbasetemp()
    with (folder / "faults.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield folder


@pytest.fixture(scope="module")
def scans(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Ended, Ended]:
    """A scan of the healthy hosts alone, which says how busy this machine is (on an idle one it takes a second or two),
    and one of them all. The first worker that asks does it for the others.
    """
    with _alone(tmp_path_factory) as folder:
        done = folder / "faults.pickle"
        if not done.exists():
            fleet: Fleet = request.getfixturevalue("fleet")
            alone = _scan(fleet, HEALTHY, folder, 300)
            done.write_bytes(pickle.dumps((alone, _scan(fleet, fleet.hosts, folder, max(20, 12 * alone.seconds)))))
        found: tuple[Ended, Ended] = pickle.loads(done.read_bytes())
        return found


@pytest.fixture
def ended(scans: tuple[Ended, Ended]) -> Ended:
    """The scan of them all."""
    return scans[1]


def _high_water_kib(pid: int) -> int:
    # Not ru_maxrss: a child inherits that figure from the process that started it.
    lines = Path(f"/proc/{pid}/status").read_text("utf-8").splitlines()
    return next((int(line.split()[1]) for line in lines if line.startswith("VmHWM:")), 0)


def test_the_whole_fleet_ends_by_the_deadline_of_one(scans: tuple[Ended, Ended]) -> None:
    healthy, ended = scans
    # Beside the deadline: starting Python, judging, and two cores shared with the hostile servers themselves.
    assert ended.seconds < ended.timeout_s + max(10, 7 * healthy.seconds)
    assert ended.document["summary"]["endpoints"] == len(HEALTHY) + len(RAW) + len(BEHIND_TLS) + len(INTOLERANT) + 3


def test_memory_stays_bounded(ended: Ended) -> None:
    assert ended.peak_mib < MOST_MIB


@pytest.mark.parametrize("host", HEALTHY)
def test_a_healthy_host_is_fully_reported(ended: Ended, host: str) -> None:
    outcomes = {check: finding["outcome"] for check, finding in ended.findings(host).items()}
    assert outcomes.pop("https-latency") in ("pass", "fail")  # it is the flood that is timed
    assert outcomes == {
        "broken-suites": "pass",
        "canonical-agreement": "not_applicable",
        "canonical-https": "fail",
        "certificate-chain": "pass",
        "certificate-key": "pass",
        "certificate-lifetime": "not_applicable",
        "certificate-lint": "pass",
        "certificate-name": "pass",
        "certificate-revocation": "not_applicable",
        "certificate-signature": "pass",
        "certificate-transparency": "not_applicable",
        "certificate-trust": "pass",
        "certificate-validity": "pass",
        "client-certificate": "not_applicable",
        "clients-served": "pass",
        "cookies-secure": "not_applicable",
        "dh-parameters": "not_applicable",
        "downgrade-protection": "pass",
        "early-data": "pass",
        "encrypt-then-mac": "not_applicable",
        "ephemeral-key-reuse": "pass",
        "extended-master-secret": "pass",
        "hsts-max-age": "fail",
        "http3": "not_applicable",
        "http3-certificate": "not_applicable",
        "mixed-content": "pass",
        "obsolete-key-exchange": "pass",
        "pfs-clients": "pass",
        "pfs-suites": "pass",
        "post-quantum-groups": "fail",
        "redirect-https": "fail",
        "resumption-key-exchange": "pass",
        "secure-renegotiation": "pass",
        "session-tickets": "pass",
        "ticket-key-rotation": "not_applicable",
        "tls-compression": "pass",
        "tls-tolerance": "pass",
        "tls-versions": "pass",
    }


@pytest.mark.parametrize("fault", RAW)
def test_a_fault_in_place_of_tls_is_unknown_with_a_reason(ended: Ended, fault: str) -> None:
    found = ended.findings(_host("raw", fault))
    for check in ("tls-versions", "pfs-suites", "pfs-clients", "certificate-trust", "hsts-max-age"):
        assert (found[check]["outcome"], bool(found[check]["message"])) == ("unknown", True), (check, found[check])


@pytest.mark.parametrize("fault", BEHIND_TLS)
def test_a_fault_behind_tls_leaves_the_tls_facts_whole(ended: Ended, fault: str) -> None:
    found = ended.findings(_host("tls", fault))
    assert found["tls-versions"]["outcome"] == "pass", found["tls-versions"]
    assert found["certificate-trust"]["outcome"] == "pass", found["certificate-trust"]
    if fault in MUTE_BEHIND_TLS:
        assert found["hsts-max-age"]["outcome"] == "unknown", found["hsts-max-age"]
        assert found["hsts-max-age"]["message"]


def test_what_could_not_be_judged_is_counted(ended: Ended) -> None:
    assert ended.code == 1  # the healthy hosts have no HSTS
    assert ended.document["summary"]["findings"]["unknown"] >= 5 * len(RAW)


@pytest.mark.parametrize("what", INTOLERANT)
def test_what_is_too_much_for_a_server_is_said_and_the_rest_is_seen(ended: Ended, what: str) -> None:
    found = ended.findings(_host("no", what))
    tolerance = found["tls-tolerance"]
    named = "more than" if what.startswith("more") else what
    assert (tolerance["outcome"], named in tolerance["message"]) == ("fail", True), tolerance
    assert found["tls-versions"]["message"] == "TLS 1.0 and TLS 1.1 are served"


def test_what_a_server_withheld_is_unknown_and_what_it_showed_counts(ended: Ended) -> None:
    found = ended.findings(REFUSING)
    for check in ("pfs-suites", "pfs-clients", "tls-tolerance"):
        assert (found[check]["outcome"], "connections" in found[check]["message"]) == ("unknown", True), found[check]
    assert found["tls-versions"]["outcome"] == "fail", found["tls-versions"]


def test_five_thousand_session_tickets_are_waited_out(ended: Ended) -> None:
    found = ended.findings(MANY_TICKETS)
    assert {found[check]["outcome"] for check in ("tls-versions", "certificate-name")} == {"pass"}, found


def test_a_certificate_of_ten_thousand_names_is_read_and_told_to_be_too_large(ended: Ended) -> None:
    found = ended.findings(MANY_NAMES)
    assert found["certificate-name"]["message"].startswith(
        "does not name many-names.example.org, only host0.example.org"
    )
    assert found["certificate-chain"]["outcome"] == "fail"
    assert found["certificate-chain"]["message"].endswith(
        "KiB of certificates: OpenSSL and Chrome take no more than 100"
    )


def test_nothing_is_left_over(fleet: Fleet, tmp_path_factory: pytest.TempPathFactory) -> None:
    options = {"hosts": fleet.hosts, "connect_to": fleet.ways, "ca_file": str(fleet.ca_file), "timeout": 3}
    command = [sys.executable, "-m", "tests.cli.leftovers", json.dumps(options)]
    with _alone(tmp_path_factory):
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == {"endpoints": len(fleet.hosts), "tasks": 0, "descriptors": 0}
