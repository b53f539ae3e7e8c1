"""sslyze as a child: what it finds on real servers, and what becomes of one that hangs, crashes or grows."""

import asyncio
import json
import os
import signal
import ssl
import subprocess
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command import PROGRAM
from tests.descriptors import open_files
from tests.faults import closes, serve_fault, server_context
from tests.servers import CertificateAuthority, Server, Shape, free_port, require
from tests.servers.stacks import NAME, Listener, node
from tlsaudit.evidence import (
    AddressObservation,
    DeepScan,
    EvidenceType,
    HttpsExchange,
    NotObserved,
    Reason,
    TlsOffer,
    TlsVersion,
)
from tlsaudit.probe.certificate import TrustStores
from tlsaudit.probe.deep import DeepProbe, parse
from tlsaudit.probe.endpoint import EndpointProbe
from tlsaudit.probe.http import HttpProbe
from tlsaudit.probe.limits import Limits
from tlsaudit.target import Endpoint, Route

ADDRESS = "127.0.0.1"


def _look(port: int, *, address: str = ADDRESS, starttls: str | None = None, deadline_s: float = 60) -> Any:
    endpoint = Endpoint(NAME, starttls=starttls)
    return asyncio.run(DeepProbe(deadline_s).look(endpoint, (address, port)))


def _scan(port: int, **options: Any) -> DeepScan:
    found = _look(port, **options)
    assert isinstance(found, DeepScan), found
    return found


def _observe(port: int, *wanted: EvidenceType, limits: Limits) -> AddressObservation:
    pins = {(NAME, 443): ((ADDRESS, port),), (NAME, 80): ((ADDRESS, free_port(ADDRESS)),)}

    async def run() -> AddressObservation:
        probe = EndpointProbe(frozenset(wanted), limits, TrustStores.load(), HttpProbe(limits))
        (seen,) = (await probe(Endpoint(NAME, route=Route(pins)))).addresses
        return seen

    return asyncio.run(run())


# Real servers.


@pytest.mark.parametrize("shape", [Shape.MODERN, Shape.LEGACY])
def test_a_server_without_faults_and_the_same_suites(
    shape: Shape, shared_server: Callable[[str, Shape], Server]
) -> None:
    seen = _observe(shared_server("nginx", shape).https_port, DeepScan, TlsOffer, limits=Limits())
    deep, tls = seen.evidence[DeepScan], seen.evidence[TlsOffer]
    assert isinstance(deep, DeepScan), deep
    assert isinstance(tls, TlsOffer)
    assert (deep.heartbleed, deep.ccs_injection, deep.robot) == (False, False, "no")
    assert (deep.compression, deep.client_renegotiation) == (False, False)
    assert isinstance(deep.suites, tuple)
    ours = {offer.version: set(offer.suites) & set(deep.asked) for offer in tls.versions}
    assert {version: set(suites) for version, suites in deep.suites if suites} == ours


def test_the_name_goes_with_the_pinned_address(ca: CertificateAuthority) -> None:
    """The server turns away who does not name it."""
    names: set[str | None] = set()

    def named(_: object, name: str | None, __: object) -> int | None:
        names.add(name)
        return None if name == NAME else ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME

    context = server_context(ca.leaf((NAME,)))
    context.sni_callback = named
    with serve_fault(closes, context, address="::1") as server:
        assert _scan(server.port, address="::1").heartbleed is False
    assert NAME in names
    assert names <= {NAME, None}


def test_heartbleed_and_another_scanner_agrees(ca: CertificateAuthority) -> None:
    """node 0.10.0 brings OpenSSL 1.0.1e, 0.12.0 brings 1.0.1l."""
    with node(ca, "0.10.0") as old, node(ca, "0.12.0") as newer:
        assert [_scan(server.port).heartbleed for server in (old, newer)] == [True, False]
        assert ["VULNERABLE" in _nmap(server, "ssl-heartbleed") for server in (old, newer)] == [True, False]


def _nmap(server: Listener, script: str) -> str:
    command = [require("nmap", "nmap"), "-Pn", "-n", "-p", str(server.port), "--script", f"+{script}", server.address]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout


def test_renegotiation_without_end_and_another_client_agrees(ca: CertificateAuthority, tmp_path: Path) -> None:
    with node(ca, "0.8.28") as endless, node(ca, "0.10.0") as limited:
        assert [_scan(server.port).client_renegotiation for server in (endless, limited)] == [True, False]
        assert [_renegotiations(server, tmp_path) for server in (endless, limited)] == [True, False]


def _renegotiations(server: Listener, folder: Path, wanted: int = 10) -> bool:
    """Whether s_client can renegotiate that often over one connection."""
    output = folder / str(server.port)
    options = ("-tls1", "-cipher", "ALL:@SECLEVEL=0", "-legacy_renegotiation")
    command = [require("openssl", "openssl"), "s_client", "-connect", f"{server.address}:{server.port}", *options]
    with (
        output.open("wb") as said,
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=said, stderr=subprocess.STDOUT) as client,
    ):
        assert client.stdin
        try:
            for number in range(wanted):
                _until(lambda: b"Verify return code" in output.read_bytes())
                client.stdin.write(b"R\n")
                client.stdin.flush()
                # Each handshake says twice what is wrong with the chain.
                _until(partial(_handshakes, output, client, 2 * (number + 2)))
                if client.poll() is not None:
                    return False
            return True
        except BrokenPipeError:
            return False
        finally:
            client.kill()


def _handshakes(output: Path, client: "subprocess.Popen[bytes]", complaints: int) -> bool:
    return output.read_bytes().count(b"verify error") >= complaints or client.poll() is not None


def _until(said: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not said():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_over_starttls(ca: CertificateAuthority) -> None:
    context = server_context(ca.leaf((NAME,)))

    async def smtp(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mx ESMTP\r\n")
        while line := await reader.readline():
            if line.upper().startswith(b"STARTTLS"):
                writer.write(b"220 go ahead\r\n")
                await writer.drain()
                await writer.start_tls(context)
            else:
                writer.write(b"250-mx\r\n250 STARTTLS\r\n")

    with serve_fault(smtp) as server:
        seen = _scan(server.port, starttls="smtp")
    assert seen.heartbleed is False
    assert isinstance(seen.suites, tuple)
    assert dict(seen.suites)[TlsVersion.TLS1_3]


def test_a_protocol_that_it_does_not_know_is_not_tried() -> None:
    assert _look(free_port(ADDRESS), starttls="sieve") == NotObserved(
        Reason.NOT_PROBED, "sslyze knows no STARTTLS for sieve"
    )


def test_nobody_there() -> None:
    assert _look(free_port(ADDRESS)) == NotObserved(Reason.PROBE_FAILED, "sslyze could not connect")


# What it prints. The structure is that of sslyze 6.3.1; no server at hand has these answers.


def _completed(result: Mapping[str, object]) -> dict[str, object]:
    return {"status": "COMPLETED", "error_reason": None, "error_trace": None, "result": result}


def _suites(*names: str) -> dict[str, object]:
    accepted = [{"cipher_suite": {"name": name, "is_anonymous": False}, "ephemeral_key": None} for name in names]
    rejected = [{"cipher_suite": {"name": "TLS_RSA_WITH_RC4_128_SHA"}, "error_message": "TLS alert"}]
    return _completed({"accepted_cipher_suites": accepted, "rejected_cipher_suites": rejected})


_ERROR = {"status": "ERROR", "error_reason": "BUG_IN_SSLYZE", "error_trace": "Traceback", "result": None}
_MISSING = NotObserved(Reason.PROBE_FAILED, "sslyze: bug in sslyze")
_RESULT: Mapping[str, object] = {
    "tls_1_3_cipher_suites": _suites(),
    "tls_1_2_cipher_suites": _suites("TLS_RSA_WITH_AES_128_CBC_SHA", "TLS_OF_THE_FUTURE"),
    "tls_1_1_cipher_suites": _ERROR,
    "tls_1_0_cipher_suites": _suites(),
    "ssl_3_0_cipher_suites": _suites(),
    "tls_compression": _completed({"supports_compression": False}),
    "openssl_ccs_injection": _completed({"is_vulnerable_to_ccs_injection": False}),
    "heartbleed": _completed({"is_vulnerable_to_heartbleed": False}),
    "robot": _completed({"robot_result": "NOT_VULNERABLE_NO_ORACLE"}),
    "session_renegotiation": _completed({"is_vulnerable_to_client_renegotiation_dos": False}),
}


def _printed(connectivity: str = "COMPLETED", /, **result: object) -> bytes:
    server = {"connectivity_status": connectivity, "scan_result": {**_RESULT, **result}}
    return json.dumps({"sslyze_version": "6.3.1", "server_scan_results": [server]}).encode()


@pytest.mark.parametrize(
    ("result", "name", "expected"),
    [
        ({}, "scanner", "sslyze 6.3.1"),
        ({}, "robot", "no"),
        ({"robot": _completed({"robot_result": "NOT_VULNERABLE_RSA_NOT_SUPPORTED"})}, "robot", "no"),
        ({"robot": _completed({"robot_result": "VULNERABLE_WEAK_ORACLE"})}, "robot", "weak"),
        ({"robot": _completed({"robot_result": "VULNERABLE_STRONG_ORACLE"})}, "robot", "strong"),
        (
            {"robot": _completed({"robot_result": "UNKNOWN_INCONSISTENT_RESULTS"})},
            "robot",
            NotObserved(Reason.PROBE_FAILED, "sslyze: the answers are not consistent"),
        ),
        ({"robot": _ERROR}, "robot", _MISSING),
        ({"heartbleed": _completed({"is_vulnerable_to_heartbleed": True})}, "heartbleed", True),
        ({"heartbleed": _ERROR}, "heartbleed", _MISSING),
        ({"heartbleed": _ERROR}, "ccs_injection", False),
        ({"openssl_ccs_injection": _completed({"is_vulnerable_to_ccs_injection": True})}, "ccs_injection", True),
        ({"tls_compression": _completed({"supports_compression": True})}, "compression", True),
        (
            {"session_renegotiation": _completed({"is_vulnerable_to_client_renegotiation_dos": True})},
            "client_renegotiation",
            True,
        ),
        # A version that could not be looked at is left out, a suite that nobody knows, too.
        (
            {},
            "suites",
            (
                (TlsVersion.TLS1_3, ()),
                (TlsVersion.TLS1_2, (0x002F,)),
                (TlsVersion.TLS1_0, ()),
                (TlsVersion.SSL3, ()),
            ),
        ),
        ({}, "asked", (0x0005, 0x002F)),
        (
            dict.fromkeys((name for name in _RESULT if name.endswith("suites")), _ERROR),
            "suites",
            NotObserved(Reason.PROBE_FAILED, "sslyze found no suites"),
        ),
    ],
)
def test_what_it_prints_is_read(result: Mapping[str, object], name: str, expected: object) -> None:
    found = parse(_printed(**result))
    assert getattr(found, name) == expected


@pytest.mark.parametrize(
    "output",
    [
        b"",
        b"Command line error: no such option",
        b"\xff\xfe",
        b"[" * 100_000,
        b"[]",
        b"{}",
        b'{"server_scan_results": [], "sslyze_version": "6.3.1"}',
        _printed()[:-20],
        _printed(heartbleed=None),
        _printed(heartbleed=_completed({})),
        _printed(heartbleed=_completed({"is_vulnerable_to_heartbleed": "no"})),
        _printed(tls_1_2_cipher_suites=_completed({"accepted_cipher_suites": [None]})),
        _printed(robot=_completed({"robot_result": []})),
    ],
)
def test_what_cannot_be_read_is_unknown(output: bytes) -> None:
    assert parse(output) == NotObserved(Reason.PROBE_FAILED, "what sslyze printed cannot be read")


def test_a_server_that_it_could_not_reach_is_unknown() -> None:
    assert parse(_printed("ERROR")) == NotObserved(Reason.PROBE_FAILED, "sslyze could not connect")


# Another program in its place, that misbehaves.

_HANGS = """
import os, signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
with open(os.path.join(os.path.dirname(__file__), "pids.new"), "w") as file:
    file.write(f"{os.getpid()} {child.pid}")
os.rename(file.name, file.name.removesuffix(".new"))
time.sleep(600)
"""


class Fake:
    """A program that runs in sslyze's place."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        monkeypatch.setenv("PYTHONPATH", str(folder))

    def write(self, text: str) -> None:
        (self.folder / "sslyze.py").write_text(text, "utf-8")

    def pids(self) -> list[int]:
        """Of the one that hangs, and of what it has started."""
        file = self.folder / "pids"
        _until(file.exists)
        return [int(pid) for pid in file.read_text().split()]


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fake:
    return Fake(tmp_path, monkeypatch)


def _gone(pid: int) -> bool:
    """Whether a process is no more, or only waits to be reaped."""
    try:
        return ") Z " in Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return True


@pytest.mark.parametrize(
    ("program", "reason", "detail"),
    [
        ("import os; os.abort()", Reason.PROBE_FAILED, "sslyze ended with -6"),
        ("raise RuntimeError", Reason.PROBE_FAILED, "sslyze ended with 1"),
        ("import sys; sys.exit(3)", Reason.PROBE_FAILED, "sslyze ended with 3"),
        ("", Reason.PROBE_FAILED, "what sslyze printed cannot be read"),
        ("print('garbage')", Reason.PROBE_FAILED, "what sslyze printed cannot be read"),
        ("import sys\nwhile True: sys.stdout.write('x' * 65536)", Reason.PROBE_FAILED, "sslyze ended with 1"),
        ("hoard = []\nwhile True: hoard.append(bytes(1 << 24))", Reason.PROBE_FAILED, "sslyze ended with 1"),
        ("while True: pass", Reason.TIMED_OUT, "sslyze did not finish within 5 s"),
        (_HANGS, Reason.TIMED_OUT, "sslyze did not finish within 5 s"),
    ],
    ids=["aborts", "raises", "exits", "is mute", "garbage", "without end", "eats memory", "spins", "hangs"],
)
def test_a_faulty_sslyze_is_unknown_and_leaves_nothing_behind(
    program: str, reason: Reason, detail: str, fake: Fake, capfd: pytest.CaptureFixture[str]
) -> None:
    fake.write(program)
    before = open_files()
    started = time.monotonic()
    deadline_s = 5 if reason is Reason.TIMED_OUT else 60
    assert _look(free_port(ADDRESS), deadline_s=deadline_s) == NotObserved(reason, detail)
    assert time.monotonic() - started < 60
    assert open_files() == before
    assert capfd.readouterr() == ("", "")
    if program is _HANGS:
        _until(lambda: all(map(_gone, fake.pids())))


def test_a_sslyze_that_hangs_delays_and_loses_nothing_else(
    fake: Fake, shared_server: Callable[[str, Shape], Server]
) -> None:
    """The endpoint's deadline is over long before sslyze's, and holds for the rest."""
    fake.write(_HANGS)
    port = shared_server("nginx", Shape.MODERN).https_port
    seen = _observe(port, DeepScan, TlsOffer, HttpsExchange, limits=Limits(endpoint_s=5, deep_s=7)).evidence
    assert isinstance(seen[TlsOffer], TlsOffer)
    assert isinstance(seen[HttpsExchange], HttpsExchange)
    assert seen[DeepScan] == NotObserved(Reason.TIMED_OUT, "sslyze did not finish within 7 s")


def test_where_nobody_is_it_is_not_started(fake: Fake) -> None:
    fake.write(f"open({str(fake.folder / 'started')!r}, 'w')")
    seen = _observe(free_port(ADDRESS), DeepScan, TlsOffer, limits=Limits()).evidence
    assert seen[DeepScan] == seen[TlsOffer] == NotObserved(Reason.REFUSED)
    assert not (fake.folder / "started").exists()


def test_cancelled_in_the_middle_it_is_gone(fake: Fake) -> None:
    fake.write(_HANGS)

    async def run() -> list[int]:
        task = asyncio.create_task(DeepProbe(60).look(Endpoint(NAME), (ADDRESS, free_port(ADDRESS))))
        pids = await asyncio.to_thread(fake.pids)
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()
        return pids

    pids = asyncio.run(run())
    _until(lambda: all(map(_gone, pids)))


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_it_does_not_outlive_us(fake: Fake, end: signal.Signals) -> None:
    fake.write(_HANGS)
    command = [str(PROGRAM), "scan", f"{ADDRESS}:{free_port(ADDRESS)}", "--deep", "--select", "heartbleed", "-q"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        hanging, started = fake.pids()
        process.send_signal(end)
        process.wait(60)
        try:
            _until(lambda: _gone(hanging))
        finally:
            if not _gone(started):  # nobody is left to end what it has started
                os.kill(started, signal.SIGKILL)


def test_two_at_a_time(fake: Fake) -> None:
    fake.write("""
import os, time
with open(os.path.join(os.path.dirname(__file__), "log"), "a+", buffering=1) as log:
    def begun():
        log.seek(0)
        return log.read().count("+")
    log.write("+\\n")
    even = begun() + 1 & ~1
    while begun() < even:  # until the other one is there
        time.sleep(0.01)
    time.sleep(0.3)
    log.write("-\\n")
""")

    async def run() -> None:
        probe = DeepProbe(20)
        await asyncio.gather(*(probe.look(Endpoint(NAME), (ADDRESS, 9)) for _ in range(6)))

    asyncio.run(run())
    running = [0]
    for sign in (fake.folder / "log").read_text().split():
        running.append(running[-1] + (1 if sign == "+" else -1))
    assert (len(running), max(running), running[-1]) == (13, 2, 0)


def test_what_is_secret_stays_with_us(fake: Fake, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    fake.write(f"import os\nopen({str(tmp_path / 'seen')!r}, 'w').write(' '.join(os.environ))")
    monkeypatch.setenv("TLSAUDIT_DB", "postgresql://user:secret@db.example.org/history")
    _look(free_port(ADDRESS))
    seen = (tmp_path / "seen").read_text()
    assert "PATH" in seen
    assert "TLSAUDIT" not in seen
