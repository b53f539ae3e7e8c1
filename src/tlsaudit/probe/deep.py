"""sslyze in a process of its own. It is never imported: its licence is AGPL, and it may hang, crash or grow."""

import asyncio
import contextlib
import json
import os
import signal
import sys
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from tlsaudit.evidence import DeepScan, NotObserved, Reason, TlsVersion, suites
from tlsaudit.probe.extra import Extra
from tlsaudit.target import Endpoint, SocketAddress

EXTRA = Extra("deep", "sslyze")

STARTTLS: Mapping[str, str] = {
    "smtp": "smtp",
    "imap": "imap",
    "pop3": "pop3",
    "ftp": "ftp",
    "xmpp": "xmpp",
    "xmpp-server": "xmpp_server",
    "ldap": "ldap",
    "postgres": "postgres",
}
"""The protocols in which sslyze can ask for TLS, by the names of targets, as its command line calls them."""

_AT_A_TIME = 2
_MOST_OUTPUT = 8 << 20
_MOST_MEMORY = 1 << 30

# Sets its own limits, and on Linux ends with us (prctl(2), PR_SET_PDEATHSIG) whatever becomes of us. Then it is
# `python -m sslyze`. Arguments: bytes of address space, bytes of a file, those of sslyze.
_CHILD = """\
import runpy, sys
limits = [int(sys.argv.pop(1)) for _ in range(2)]
try:
    import resource
    for kind, most in zip((resource.RLIMIT_AS, resource.RLIMIT_FSIZE), limits):
        resource.setrlimit(kind, (most, most))
except (ImportError, ValueError, OSError):
    pass
if sys.platform == "linux":
    import ctypes
    ctypes.CDLL(None).prctl(1, 9)
runpy.run_module("sslyze", run_name="__main__", alter_sys=True)
"""

_COMMANDS = ("heartbleed", "openssl_ccs", "robot", "compression", "reneg")
_VERSIONS = {
    TlsVersion.TLS1_3: ("tlsv1_3", "tls_1_3_cipher_suites"),
    TlsVersion.TLS1_2: ("tlsv1_2", "tls_1_2_cipher_suites"),
    TlsVersion.TLS1_1: ("tlsv1_1", "tls_1_1_cipher_suites"),
    TlsVersion.TLS1_0: ("tlsv1", "tls_1_0_cipher_suites"),
    TlsVersion.SSL3: ("sslv3", "ssl_3_0_cipher_suites"),
}
_ROBOT = {
    "NOT_VULNERABLE_NO_ORACLE": "no",
    "NOT_VULNERABLE_RSA_NOT_SUPPORTED": "no",
    "VULNERABLE_WEAK_ORACLE": "weak",
    "VULNERABLE_STRONG_ORACLE": "strong",
}


class DeepProbe:
    """One object serves a whole audit: it runs two sslyze at a time. `deadline_s` is for each, from when it starts."""

    def __init__(self, deadline_s: float) -> None:
        self._deadline_s = deadline_s
        self._slots = asyncio.Semaphore(_AT_A_TIME)

    async def look(self, endpoint: Endpoint, address: SocketAddress) -> DeepScan | NotObserved:
        """What sslyze finds at one address. It may wait for its turn; what it started is gone when it returns."""
        if endpoint.starttls and endpoint.starttls not in STARTTLS:
            return NotObserved(Reason.NOT_PROBED, f"sslyze knows no STARTTLS for {endpoint.starttls}")
        async with self._slots:
            try:
                async with asyncio.timeout(self._deadline_s):
                    output = await _run(_arguments(endpoint, address))
            except TimeoutError:
                return NotObserved(Reason.TIMED_OUT, f"sslyze did not finish within {self._deadline_s:g} s")
            except OSError as error:
                return NotObserved(Reason.PROBE_FAILED, f"sslyze was not started: {error.strerror}")
        return output if isinstance(output, NotObserved) else parse(output)


async def _run(arguments: list[str]) -> bytes | NotObserved:
    """What sslyze prints. Nothing of it is left when this ends, however it ends."""
    # A pipe would have to be read while it runs, and somebody could hold it open.
    with tempfile.TemporaryFile() as output:
        child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-c", _CHILD, str(_MOST_MEMORY), str(_MOST_OUTPUT), *arguments),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,
            env=_environment(),
        )
        try:
            code = await child.wait()
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            await child.wait()
        if code:
            return NotObserved(Reason.PROBE_FAILED, f"sslyze ended with {code}")
        output.seek(0)
        return output.read(_MOST_OUTPUT)


def _environment() -> dict[str, str]:
    """Ours, without what is secret in it. Each of sslyze's many threads would take 64 MiB of address space."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("TLSAUDIT_")}
    return {**own, "MALLOC_ARENA_MAX": "2"}


def _arguments(endpoint: Endpoint, address: SocketAddress) -> list[str]:
    host = f"[{endpoint.host}]" if ":" in endpoint.host else endpoint.host
    options = [f"--{name}" for name in (*_COMMANDS, *(option for option, _ in _VERSIONS.values()))]
    if endpoint.starttls:
        options += ["--starttls", STARTTLS[endpoint.starttls]]
    ip, port = address
    return [*options, f"--sni={endpoint.host}", "--json_out", "-", "--", f"{host}:{port}{{{ip}}}"]


def parse(output: bytes) -> DeepScan | NotObserved:
    """What sslyze printed. A fact that it could not find is NotObserved, and so is all of it where there is no fact."""
    try:
        document = json.loads(output)
        (server,) = document["server_scan_results"]
        if server["connectivity_status"] != "COMPLETED":
            return NotObserved(Reason.PROBE_FAILED, "sslyze could not connect")
        return _facts(f"sslyze {document['sslyze_version']}", server["scan_result"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return NotObserved(Reason.PROBE_FAILED, "what sslyze printed cannot be read")


def _facts(scanner: str, found: Mapping[str, Any]) -> DeepScan:
    """Raises KeyError, ValueError and TypeError."""
    accepted, asked = _suites(found)
    return DeepScan(
        observed_at=datetime.now(UTC),
        scanner=scanner,
        heartbleed=_flag(found["heartbleed"], "is_vulnerable_to_heartbleed"),
        ccs_injection=_flag(found["openssl_ccs_injection"], "is_vulnerable_to_ccs_injection"),
        robot=_robot(found["robot"]),
        compression=_flag(found["tls_compression"], "supports_compression"),
        client_renegotiation=_flag(found["session_renegotiation"], "is_vulnerable_to_client_renegotiation_dos"),
        suites=accepted or NotObserved(Reason.PROBE_FAILED, "sslyze found no suites"),
        asked=asked,
    )


def _missing(attempt: Mapping[str, Any]) -> NotObserved | None:
    if attempt["status"] == "COMPLETED":
        return None
    return NotObserved(Reason.PROBE_FAILED, "sslyze: " + str(attempt["error_reason"]).lower().replace("_", " ")[:80])


def _flag(attempt: Mapping[str, Any], name: str) -> bool | NotObserved:
    missing = _missing(attempt)
    if missing:
        return missing
    value = attempt["result"][name]
    if not isinstance(value, bool):
        raise TypeError(name)
    return value


def _robot(attempt: Mapping[str, Any]) -> str | NotObserved:
    missing = _missing(attempt)
    if missing:
        return missing
    return _ROBOT.get(attempt["result"]["robot_result"]) or NotObserved(
        Reason.PROBE_FAILED, "sslyze: the answers are not consistent"
    )


def _suites(found: Mapping[str, Any]) -> tuple[tuple[tuple[TlsVersion, tuple[int, ...]], ...], tuple[int, ...]]:
    """What is accepted by version, for each version that was looked at; and all that was asked for."""
    codes = {known.name: code for code, known in suites().items()}
    accepted: list[tuple[TlsVersion, tuple[int, ...]]] = []
    asked: set[int] = set()
    for version, (_, name) in _VERSIONS.items():
        if _missing(found[name]) is None:
            result = found[name]["result"]
            yes, no = (
                {codes.get(item["cipher_suite"]["name"], 0) for item in result[f"{which}_cipher_suites"]} - {0}
                for which in ("accepted", "rejected")
            )
            accepted.append((version, tuple(sorted(yes))))
            asked |= yes | no
    return tuple(accepted), tuple(sorted(asked))
