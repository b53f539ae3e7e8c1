"""DNS that fails for a third of the names: these are unknown for that, and nobody else is any later."""

import contextlib
import json
import os
import random
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command import PROGRAM, environment
from tests.servers import CertificateAuthority, Server, daemon, nginx, require
from tests.servers.programs import missing

GOOD = [f"good{number}.example.org" for number in range(40)]
FAILING = {
    "away.example.org": "the name does not resolve: Name or service not known",
    "broken.example.org": "the name does not resolve: Temporary failure in name resolution",
    **{f"silent{number}.example.org": "the name does not resolve: Temporary failure" for number in range(28)},
}
_SILENT_S = 4
_PORT = 53  # no other can be named in resolv.conf(5)


@pytest.fixture(scope="module")
def server(ca: CertificateAuthority) -> Iterator[Server]:
    with nginx(ca=ca, names=["*.example.org"]) as running:
        yield running


@pytest.fixture(scope="module")
def resolver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with the files that lead the system's resolver to one of our own."""
    if os.geteuid() != 0:
        missing("a resolver of one's own takes root: port 53, and mount(8) of resolv.conf")
    folder = tmp_path_factory.mktemp("resolver")
    address = f"127.{random.randrange(20, 250)}.{random.randrange(250)}.{random.randrange(1, 250)}"
    zones = [
        *(f'local-data: "{name}. A 127.0.0.1"' for name in GOOD),
        'local-zone: "broken.example.org." transparent',
        *(f'local-zone: "{name}." deny' for name in FAILING if name.startswith("silent")),
    ]
    lines = [f"interface: {address}@{_PORT}", 'chroot: ""', 'username: ""', 'pidfile: ""', "use-syslog: no"]
    lines += [
        "do-daemonize: no",
        "num-threads: 1",
        'local-zone: "." refuse',
        'local-zone: "example.org." static',
        *zones,
    ]
    stub = 'stub-zone:\n  name: "broken.example.org"\n  stub-addr: 127.0.0.1@1'
    config = folder / "unbound.conf"
    config.write_text("\n".join(["server:", *(f"  {line}" for line in lines), stub, ""]), "utf-8")
    (folder / "resolv.conf").write_text(f"nameserver {address}\noptions timeout:{_SILENT_S} attempts:1\n", "utf-8")
    (folder / "nsswitch.conf").write_text("hosts: files dns\n", "utf-8")
    unbound = [require("unbound", "unbound"), "-d", "-c", str(config)]
    with daemon(unbound, lambda: _answers(address), folder / "unbound.log"):
        yield folder


def _answers(address: str) -> bool:
    name = b"".join(bytes([len(label)]) + label.encode() for label in GOOD[0].split("."))
    question = bytes.fromhex("000101000001000000000000") + name + bytes.fromhex("0000010001")  # RFC 1035 section 4
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(1)
        client.sendto(question, (address, _PORT))
        return bool(client.recv(512))
    return False


def _scan(
    names: list[str], server: Server, ca_file: Path, resolver: Path, folder: Path
) -> tuple[dict[str, Any], float]:
    script = 'mount --bind "$1/resolv.conf" /etc/resolv.conf; mount --bind "$1/nsswitch.conf" /etc/nsswitch.conf; shift'
    inside = [require("unshare", "util-linux"), "--mount", "sh", "-ec", f'{script}; exec "$@"', "sh", str(resolver)]
    targets = [f"{name}:{server.https_port}" for name in names]
    options = ["--select=tls-versions", "--ca-file", str(ca_file), "-o", "scan.json"]
    begun = time.monotonic()
    command = [*inside, str(PROGRAM), "scan", "-q", *options, *targets]
    done = subprocess.run(command, cwd=folder, env=environment({}), capture_output=True, text=True, check=False)
    assert done.stderr == ""
    return json.loads((folder / "scan.json").read_text("utf-8")), time.monotonic() - begun


def test_a_third_of_the_names(server: Server, ca_file: Path, resolver: Path, tmp_path: Path) -> None:
    _, healthy_s = _scan(GOOD, server, ca_file, resolver, tmp_path)
    document, seconds = _scan([*GOOD, *FAILING], server, ca_file, resolver, tmp_path)
    said = {item["endpoint"].partition(":")[0]: (item["outcome"], item["message"]) for item in document["findings"]}
    assert {name: said[name][0] for name in GOOD} == dict.fromkeys(GOOD, "pass")
    for name, why in FAILING.items():
        outcome, message = said[name]
        assert (outcome, message[: len(why)]) == ("unknown", why), name
    # Six at a time, as the event loop has threads, would take 28 / 6 * 4 s.
    assert seconds - healthy_s < 3 * _SILENT_S + healthy_s
