"""What a run would cost, before anything is connected to."""

import socket
from pathlib import Path

import pytest

from tests.cli.command import tlsaudit


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ([], ["at most 64 at a time", "about 93 where all are modern servers, 423 where all are old"]),
        (["--rate", "20"], ["at most 4 at a time", "from 4.7 s where all answer at once, to 30 s where none does"]),
        (["--select", "redirect-https"], ["about 6 where all are modern servers, 6 where all are old"]),
    ],
)
def test_a_scan_is_foreseen_and_nothing_is_connected_to(options: list[str], said: list[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        targets = [f"127.0.0.1:{server.getsockname()[1]}", "a.invalid", "b.invalid"]
        done = tlsaudit("scan", *targets, "--dry-run", *options)
        assert (done.code, done.err, done.out.count("\n")) == (0, "", 4)
        assert done.out.startswith("3 endpoints, ")
        for part in said:
            assert part in done.out
        with pytest.raises(BlockingIOError):
            server.accept()


def test_an_audit_is_foreseen_and_nothing_is_written(tmp_path: Path) -> None:
    (tmp_path / "targets.yaml").write_text("version: 1\nservices: {www: [a.invalid]}\n", "utf-8")
    done = tlsaudit("audit", "--dry-run", cwd=tmp_path)
    assert (done.code, done.out.startswith("1 endpoint, at most 64 at a time\n")) == (0, True), done.err
    assert [file.name for file in tmp_path.iterdir()] == ["targets.yaml"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["scan", "a.invalid", "--ca-file", "nope.pem"], "nope.pem"),
        (["scan", "a.invalid", "-o", "nowhere/x.json"], "nowhere/x.json: the folder"),
        (["audit", "--reports", "targets.yaml"], "targets.yaml: is a file; name a folder"),
        (["audit", "-o", "x.nothing"], "no report format is called"),
    ],
)
def test_what_can_be_checked_without_a_connection_is(tmp_path: Path, arguments: list[str], said: str) -> None:
    (tmp_path / "targets.yaml").write_text("version: 1\nservices: {www: [a.invalid]}\n", "utf-8")
    done = tlsaudit(*arguments, "--dry-run", cwd=tmp_path)
    assert (done.code, done.out) == (2, "")
    assert said in done.err
