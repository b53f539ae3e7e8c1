"""The script that adds a reference client, with a hello that was published: live ones are in tests/probe."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.script import ROOT
from tlsaudit.policy import reference_clients
from tlsaudit.policy.clients import client_of
from tlsaudit.probe.clients import push_template


def add(file: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    script = str(ROOT / "scripts" / "capture_client_hello.py")
    command = [sys.executable, script, "--file", str(file), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "clients.json"
    file.write_text('{"about": "Some.", "clients": []}', "utf-8")
    return file


def test_a_published_hello_is_kept_with_its_origin_and_replaced_by_name(file: Path) -> None:
    first, second = reference_clients()[0], reference_clients()[-1]
    for name, known in (("One", first), ("Two", first), ("One", second)):
        record = push_template(known.hello, "www.example.org").hex()
        done = add(file, "--lowest", "0300", "--record", record, name, "A list")
        assert (done.returncode, done.stderr) == (0, "")
    document = json.loads(file.read_text("utf-8"))
    assert document["about"] == "Some."
    one, two = map(client_of, document["clients"])
    assert (one.name, one.hello, two.hello) == ("One", second.hello, first.hello)
    assert two.origin.startswith("A list, retrieved 20")
    assert two.versions[-1].label == "SSL 3.0"


def test_a_live_hello_is_kept(file: Path) -> None:
    connected = 'socket.create_connection(("127.0.0.1", @PORT@))'
    client = f'import ssl, socket; ssl.create_default_context().wrap_socket({connected}, server_hostname="a.org")'
    done = add(file, "Python", "This machine", "--", sys.executable, "-c", client)
    assert (done.returncode, done.stderr) == (0, "")
    (entry,) = json.loads(file.read_text("utf-8"))["clients"]
    assert client_of(entry).shares
    assert "captured on loopback" in entry["origin"]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("One", "A list"), "give either a command or --record"),
        (("--record", "16", "One", "A list", "--", "curl"), "give either a command or --record"),
        (("--record", "no", "One", "A list"), "argument --record: invalid fromhex value: 'no'"),
    ],
)
def test_a_mistake_is_one_line(file: Path, arguments: tuple[str, ...], complaint: str) -> None:
    done = add(file, *arguments)
    assert done.returncode == 2
    assert complaint in done.stderr
