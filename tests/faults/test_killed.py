"""An audit that is ended at random moments, again and again: what is left goes on, and says in the end what an
undisturbed one says."""

import random
import signal
import time
from typing import Any, NamedTuple

import pytest

from tests.faults.fleet import Fleet, Project, said

_KILLS = 5


class Undisturbed(NamedTuple):
    document: dict[str, Any]
    seconds: float


@pytest.fixture(scope="module")
def undisturbed(fleet: Fleet, tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    project = Project(fleet, tmp_path_factory.mktemp("undisturbed"))
    project.audit("--dry-run")  # which starts the process that runs it
    begun = time.monotonic()
    done = project.audit("-q")
    assert done.code == 0, done.err
    return Undisturbed(project.document(), time.monotonic() - begun)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM], ids=lambda how: how.name)
@pytest.mark.parametrize("seed", range(5))
def test_an_audit_that_is_ended_again_and_again(
    project: Project, undisturbed: Undisturbed, how: signal.Signals, seed: int
) -> None:
    moments = random.Random(seed)  # printed with the name of the test
    for _ in range(_KILLS):
        before = project.written()
        done = project.audit("-q", "--resume", stop=(moments.uniform(0, undisturbed.seconds), how))
        assert "Traceback" not in done.err
        if how is signal.SIGTERM and done.code == 130:
            assert done.err.strip() == "tlsaudit: interrupted"
        elif how is signal.SIGTERM and done.code:
            # It had not come so far that it takes signals, or Python was putting things away.
            assert done.code == -how
            assert project.written() == before or project.last_is_finished()
        else:
            assert done.code in {-how, 0}
    last = project.audit("-q", "--resume")
    assert last.code == 0, last.err
    found = project.document()
    assert said(found) == said(undisturbed.document)
    project.check_nothing_is_left()


def test_only_what_ended_is_resumed_and_the_report_says_so(project: Project, undisturbed: Undisturbed) -> None:
    with project.begin("-q", "--concurrency", "1") as process:
        process.send_signal(signal.SIGSTOP)
        second = project.audit("-q", "--resume")
        process.kill()
    assert (second.code, second.out, second.err.count("\n")) == (2, "", 1)
    assert "audit 1 still runs: wait for it, or stop it first" in second.err

    assert project.audit("-q", "--resume").code == 0
    resumed = project.document()
    assert said(resumed) == said(undisturbed.document)
    (note,) = (note for note in resumed["notes"] if "resumed" in note)
    assert note.startswith("interrupted, and resumed at ")
    assert note.endswith(" had been looked at before")
    assert resumed["started_at"] < note.split()[4]
    assert project.audit("-q", "--resume").code == 0
    again = project.document()
    assert again["started_at"] > resumed["started_at"]
    assert not [note for note in again["notes"] if "resumed" in note]


def test_what_a_kill_left_beside_the_reports_is_cleared_away(project: Project) -> None:
    assert project.audit("-q").code == 0
    before = (project.reports / "report.html").read_bytes()
    for name in (".report.html.abcd1234.part", ".audit.json.efgh5678.part", ".other.html.abcd1234.part"):
        (project.reports / name).write_text("half", "utf-8")
    (project.reports / ".report-pages.ijkl9012.part").mkdir()
    assert project.audit("-q").code == 0
    assert {path.name for path in project.reports.iterdir() if path.name[0] == "."} == {".other.html.abcd1234.part"}
    assert (project.reports / "report.html").read_bytes() != before
