"""What a user may rely on of `tlsaudit scan`: exit codes, formats, pipes, and one line for a mistake."""

import asyncio
import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

import jsonschema
import pytest

from tests.cli.command import PROGRAM, at, tlsaudit
from tests.faults import message, serve_fault, server_context
from tests.servers import CertificateAuthority, Server, Shape, free_port


@pytest.fixture
def server(shared_server: Callable[[str, Shape], Server]) -> Server:
    return shared_server("nginx", Shape.MODERN)


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (["--select", "tls-versions"], 0),
        (["--select", "hsts-max-age"], 1),
        (["--select", "hsts-max-age", "--fail-on", "critical"], 0),
        (["--select", "redirect-https"], 0),
        (["--select", "redirect-https", "--fail-on", "medium"], 1),
        (["--fail-on", "never"], 0),
    ],
)
def test_the_exit_code_says_what_was_found(server: Server, ca_file: Path, options: list[str], code: int) -> None:
    assert tlsaudit("scan", server.name, *at(server), "--ca-file", ca_file, *options).code == code


def test_an_unreachable_target_is_unknown_and_exits_3() -> None:
    done = tlsaudit("scan", f"127.0.0.1:{free_port('127.0.0.1')}", "--format", "json")
    assert done.code == 3
    assert set(done.outcomes().values()) == {"unknown"}
    (endpoint,) = done.document["endpoints"]
    assert (endpoint["reachable"], endpoint["reason"]) == (False, "connection refused")
    assert done.document["summary"]["coverage"] == 0


def test_less_coverage_can_be_accepted(server: Server, ca_file: Path) -> None:
    dead = f"127.0.0.1:{free_port('127.0.0.1')}"
    both = ("scan", server.name, dead, *at(server), "--ca-file", ca_file, "--select", "tls-versions")
    assert tlsaudit(*both).code == 3
    assert tlsaudit(*both, "--min-coverage", "50").code == 0
    assert tlsaudit(*both, "--min-coverage", "51").code == 3


def test_the_document_keeps_its_schema(server: Server, ca_file: Path) -> None:
    schema = json.loads(tlsaudit("schema", "audit").out)
    done = tlsaudit("scan", server.name, *at(server), "--ca-file", ca_file, "--format", "json")
    jsonschema.validate(done.document, schema)


def test_several_files_and_standard_output_in_one_run(server: Server, ca_file: Path, tmp_path: Path) -> None:
    files = ("-o", tmp_path / "a.json", "-o", tmp_path / "a.html", "-o", tmp_path / "a.txt")
    done = tlsaudit("scan", server.name, *at(server), "--ca-file", ca_file, *files)
    assert json.loads((tmp_path / "a.json").read_text())["schema"] == "tlsaudit/audit/1"
    assert (tmp_path / "a.html").read_text().startswith("<!doctype html>")
    assert "hsts-max-age" in (tmp_path / "a.txt").read_text()
    assert "hsts-max-age" in done.out


def test_hosts_from_a_file_and_from_standard_input(server: Server, ca_file: Path, tmp_path: Path) -> None:
    hosts = tmp_path / "hosts.txt"
    hosts.write_text("# two names, one twice\nwww.example.org\n\nexample.org  # the apex\nwww.example.org\n", "utf-8")
    options = (*at(server), *at(server, "example.org"), "--ca-file", ca_file, "--select", "tls", "--format", "json")
    for arguments, stdin in ((("-f", hosts), ""), (("-",), hosts.read_text("utf-8"))):
        done = tlsaudit("scan", *arguments, *options, stdin=stdin)
        assert [each["host"] for each in done.document["endpoints"]] == ["www.example.org", "example.org"]
        assert done.code == 0


@pytest.mark.parametrize("columns", [40, 60, 80, 100, 160])
def test_plain_text_fits_the_width_and_has_no_colour_in_a_pipe(server: Server, ca_file: Path, columns: int) -> None:
    done = tlsaudit("scan", server.name, *at(server), "--ca-file", ca_file, COLUMNS=str(columns))
    assert "\x1b" not in done.out
    assert max(map(len, done.out.splitlines())) <= columns
    for word in ("FAIL", "hsts-max-age", "fix", "exit 1"):
        assert word in done.out


def test_a_terminal_gets_colour_unless_it_says_no(server: Server, ca_file: Path) -> None:
    command = [PROGRAM, "scan", server.name, *at(server), "--ca-file", str(ca_file), "--select", "hsts"]
    assert b"\x1b[" in _on_a_terminal(command, {"TERM": "xterm-256color"})
    assert b"\x1b[" not in _on_a_terminal(command, {"TERM": "xterm-256color", "NO_COLOR": "1"})


def _on_a_terminal(command: list[object], extra: dict[str, str]) -> bytes:
    ours, theirs = pty.openpty()
    env = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR")} | extra
    with subprocess.Popen([str(part) for part in command], stdout=theirs, stderr=theirs, env=env) as process:
        os.close(theirs)
        shown = b""
        try:
            while chunk := os.read(ours, 65536):
                shown += chunk
        except OSError:  # what Linux says at the end of a terminal
            pass
        finally:
            os.close(ours)
        process.wait(60)
    return shown


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["scan"], "nothing to scan: name a host, or a file of hosts with -f"),
        (["scan", "smpt://mx.example.org"], "smpt:// is not known: did you mean smtp://"),
        (["scan", "example.org:0"], "0"),
        (["scan", "user:secret@example.org"], "is no target"),
        (["scan", "a..b"], "a..b"),
        (["scan", "example.org", "-f", "no-such-file"], "no-such-file: cannot be read"),
        (["scan", "example.org", "-f", "json"], "for the format write --format json"),
        (["scan", "example.org", "--format", "jsno"], "did you mean json?"),
        (["scan", "example.org", "-o", "report.docx"], ".docx"),
        (["scan", "example.org", "--select", "pfs-suits"], "did you mean pfs-suites?"),
        (["scan", "example.org", "--ca-file", "no-such.pem"], "no-such.pem"),
        (["scan", "example.org", "--ca-file", __file__], "test_scan.py"),
        (["scan", "example.org", "--resolve", "example.org:443"], "write HOST:PORT:ADDRESS"),
        (["scan", "example.org", "--connect-to", "x"], "write HOST:PORT:ADDRESS:PORT"),
        (["scan", "example.org", "--checks-dir", "no-such-folder"], "no such folder"),
        (["scan", "example.org", "--contact", "ops@ex\u00e4mple.org"], "--contact: only printable ASCII"),
        (["scan", "xn--a.org"], "what follows xn-- is not Punycode"),
        (["scan", "\u2603\ufe0f\u0640.example"], "it has characters that no name may have"),
        (["scan", "2001:db8::g"], "2001:db8::g is no IPv6 address: write one such as"),
        (["scan", "192.0.2.256"], "192.0.2.256 is neither a host name nor an IP address"),
        (
            ["scan", "example.org", "--resolve", "example.org:0:192.0.2.1"],
            "example.org:0:192.0.2.1: 0 is no port",
        ),
        (["scan", "example.org", "--resolve", "example.org:443:www"], "www is no IP address"),
        (["scan", "example.org", "--connect-to", "example.org:443:192.0.2.1:0"], "0 is no port"),
        (["scan", "example.org", "--proxy", "proxy.example.org:3128"], "--proxy: the scheme is missing: write http://"),
        (
            ["scan", "example.org", "--proxy", "https://192.0.2.1:3128"],
            "--proxy: a proxy that is itself reached",
        ),
        (["scan", "example.org", "--proxy", "http://192.0.2.1"], "--proxy: name the port"),
        (["scan", "example.org", "--client-cert", "no-such.pem"], "--client-cert no-such.pem: cannot be read"),
        (["scan", "example.org", "--client-cert", __file__], "no PEM certificate in it"),
        (["scan", "example.org", "--client-key", __file__], "--client-key: name the certificate, too"),
        (["scan", "example.org", "--timeout", "nan"], "--timeout"),
        (["scan", "example.org", "--min-coverage", "nan"], "--min-coverage"),
        (["scan", "example.org", "--concurrency", "9" * 20], "--concurrency"),
        (["scan", "example.org", "--rate", "1e308", "--dry-run"], "--rate"),
        (["scan", "example.org", "--timeout", "1e308", "--dry-run"], "--timeout"),
        (["scan", "example.org", "-o", "no-such-folder/report.html"], "no-such-folder does not exist"),
        (["scan", "example.org", "--prxy", "x"], "No such option '--prxy'"),
        (["explain", "pfs-suits"], "did you mean pfs-suites?"),
        (["report", "no-such.json"], "no-such.json: cannot be read"),
        (["audit", "-c", "no-such.yaml"], "no-such.yaml"),
        (["history", "list", "--db", "sqlite:///"], "--db: write a file, sqlite:///history.db or postgresql://"),
        (["history", "list", "--db", "mysql://user:secret@x/y"], "--db: write a file, sqlite:///history.db or postg"),
    ],
)
def test_a_mistake_is_one_clear_line(arguments: list[str], complaint: str, tmp_path: Path) -> None:
    done = tlsaudit(*arguments, cwd=tmp_path)
    assert (done.code, done.out) == (2, "")
    assert complaint in done.err
    assert done.err.startswith("tlsaudit: ")
    assert done.err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("buffered", [True, False])
def test_a_reader_that_is_gone_is_no_finding(buffered: bool) -> None:
    """Exit 1 would say that something failed; 141 is what a shell says of a program that SIGPIPE ended."""
    environment = {**os.environ, **({} if buffered else {"PYTHONUNBUFFERED": "1"})}
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as gone:
        done = subprocess.run([PROGRAM, "explain"], stdout=gone, stderr=subprocess.PIPE, env=environment, check=False)
    assert (done.returncode, done.stderr) == (141, b"")


def test_a_dash_is_standard_output(tmp_path: Path) -> None:
    target = f"127.0.0.1:{free_port('127.0.0.1')}"
    plain, dash = (tlsaudit("scan", target, "--format", "json", *more, cwd=tmp_path) for more in ([], ["-o", "-"]))
    assert (dash.code, dash.err) == (plain.code, plain.err)
    assert dash.outcomes() == plain.outcomes()
    assert list(tmp_path.iterdir()) == []


def test_the_faulty_line_of_a_hosts_file_is_named(tmp_path: Path) -> None:
    hosts = tmp_path / "hosts.txt"
    hosts.write_text("example.org\n  example.org:99999\na b\n", "utf-8")
    done = tlsaudit("scan", "-f", hosts)
    assert done.code == 2
    lines = done.err.splitlines()
    assert [line.split(": ")[1] for line in lines] == [f"{hosts}:2:3", f"{hosts}:3:1"]


def test_a_reader_that_goes_away_is_no_traceback(server: Server, ca_file: Path) -> None:
    command = [PROGRAM, "scan", server.name, *at(server), "--ca-file", str(ca_file), "--format", "json"]
    quoted = " ".join(f"'{part}'" for part in command)
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {quoted} | true"], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("options", "variable", "named"),
    [
        ([], "", ""),
        (["--contact", "ops@example.org"], "", " (ops@example.org)"),
        ([], "https://example.org/scans", " (https://example.org/scans)"),
    ],
)
def test_servers_are_told_who_asks(
    options: list[str], variable: str, named: str, ca: CertificateAuthority, ca_file: Path
) -> None:
    agents: list[str] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        agents.extend(line for line in head.split("\r\n") if line.startswith("User-Agent: "))
        writer.write(message(200))

    with serve_fault(handle, server_context(ca.leaf())) as secure:
        to = ("--connect-to", f"www.example.org:443:{secure.address}:{secure.port}", "-4")
        asked = (*to, "--ca-file", ca_file, "--select", "hsts-max-age", *options)
        tlsaudit("scan", "www.example.org", *asked, TLSAUDIT_CONTACT=variable)
    assert set(agents) == {f"User-Agent: tlsaudit/{metadata.version('tlsaudit')}{named}"}


def test_help_and_version() -> None:
    assert tlsaudit("--version").out.startswith("tlsaudit 0.")
    shown = tlsaudit("--help").out
    words = ["\n  scan ", "\n  audit ", "\nMore:", "\n  history "]
    assert sorted(words, key=shown.index) == words


def test_explain_lists_and_explains() -> None:
    listed = tlsaudit("explain").out
    assert "tls-versions" in listed
    page = tlsaudit("explain", "tls-versions").out
    assert page.startswith("# tls-versions: ")
    for part in ("## Rationale", "## Remediation", "ssl_protocols TLSv1.2 TLSv1.3;", "## Options", "RFC 8996"):
        assert part in page


@pytest.mark.parametrize(
    ("redirection", "code", "complaint"),
    [(">/dev/full", 2, "tlsaudit: the disk is full: the output is not complete\n"), (">&-", 0, "")],
)
def test_an_output_that_cannot_be_written_is_no_traceback(redirection: str, code: int, complaint: str) -> None:
    command = f"'{PROGRAM}' explain {redirection}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stderr) == (code, complaint)


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_what_is_written_in_part_is_no_success(tmp_path: Path, unbuffered: str) -> None:
    """Such as what a pipeline goes by, in a container where Python is told not to buffer."""
    command = f"ulimit -f 16; exec '{PROGRAM}' schema audit >schema.json"
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=tmp_path,
        env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    complaint = "tlsaudit: the file is as large as your system allows: the output is not complete\n"
    assert (done.returncode, done.stderr) == (2, complaint)
    assert (tmp_path / "schema.json").stat().st_size == 16 * 1024


def test_a_scan_loads_nothing_of_the_history() -> None:
    """That would be half of what it takes to start."""
    code = "import sys; import tlsaudit.cli.commands, tlsaudit.app.scan; print('sqlalchemy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
