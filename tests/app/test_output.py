import os
import pty
from pathlib import Path

import pytest

from tests.report import plugins, views
from tlsaudit.app.output import Output
from tlsaudit.report import ReportError

BINARY = plugins.PLUGIN.replace("lambda: render", "lambda: render, binary=True").replace(
    'endpoints\\n")', '\\n".encode())'
)


def test_bytes_go_to_standard_output_but_to_no_terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plugins.install(tmp_path / "packages", monkeypatch, "report_bytes", BINARY)
    output = Output("count")
    with (tmp_path / "out").open("w") as pipe:
        monkeypatch.setattr("sys.stdout", pipe)
        output.emit(views.one_host())
    assert (tmp_path / "out").read_bytes() == b"1 \n"

    leader, terminal = pty.openpty()
    with os.fdopen(leader), os.fdopen(terminal, "w") as screen:
        monkeypatch.setattr("sys.stdout", screen)
        complaint = r"^count is not for a terminal: write it with -o audit\.count"
        with pytest.raises(ReportError, match=complaint):
            output.check()
        with pytest.raises(ReportError, match=complaint):
            output.emit(views.one_host())


@pytest.mark.parametrize(
    ("output", "silent"),
    [
        (Output(quiet=True, files=(Path("audit.txt"),)), True),
        (Output(quiet=True), False),
        (Output(files=(Path("audit.txt"),)), False),
        (Output("markdown", quiet=True, files=(Path("audit.txt"),)), False),
        (Output(quiet=True, files=(Path("audit.txt"), Path("-"))), False),
    ],
)
def test_who_wants_it_quiet_and_has_a_file_gets_no_screen(
    output: Output, silent: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    output.emit(views.one_host())
    assert (capsys.readouterr().out == "") is silent
    assert [file.name for file in tmp_path.iterdir()] == ["audit.txt"] * (Path("audit.txt") in output.files)
