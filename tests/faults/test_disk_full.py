"""A disk that is full amid an audit: one line, nothing half-written, and once there is room it goes on."""

import os
import shlex
import subprocess
from pathlib import Path

import pytest

from tests.cli.command import PROGRAM, environment
from tests.faults.fleet import Project, said
from tests.servers.programs import missing, require

_ROOM = "what was recorded before is safe; make room and run this again"


@pytest.fixture
def small(project: Project) -> Path:
    """Where a small disk is to be mounted."""
    if os.geteuid() != 0:
        missing("a small disk takes root: mount(8) of a tmpfs in a namespace of one's own")
    folder = project.folder / "disk"
    folder.mkdir()
    return folder


def _run(project: Project, script: str) -> str:
    """A script in which $AUDIT is the command, in a mount namespace of its own; what it prints."""
    audit = shlex.join([str(PROGRAM), *project.command, "-q", "--resume"])
    unshare = [require("unshare", "util-linux"), "--mount", "sh", "-ec", script.replace("$AUDIT", audit)]
    done = subprocess.run(unshare, cwd=project.folder, env=environment({}), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("size", ["260k", "330k"])
def test_the_disk_of_the_history(project: Project, small: Path, size: str) -> None:
    whole = project.audit("-q")
    assert whole.code == 0
    undisturbed = said(project.document())
    (project.folder / "history.db").unlink()
    script = f"""\
mount -t tmpfs -o size={size} tmpfs disk
$AUDIT --db sqlite:///disk/history.db 2>&1 || echo "exit $?"
mount -o remount,size=64m disk
$AUDIT --db sqlite:///disk/history.db >/dev/null
cp disk/history.db* .
"""
    complaint, how = _run(project, script).splitlines()
    assert complaint.startswith("tlsaudit: history disk/history.db: the disk is full")
    assert (complaint[-len(_ROOM) :], how) == (_ROOM, "exit 2")
    assert said(project.document()) == undisturbed
    project.check_nothing_is_left()


def test_the_disk_of_the_reports(project: Project, small: Path) -> None:
    script = """\
mount -t tmpfs -o size=1m tmpfs disk
$AUDIT --reports disk >/dev/null
cat disk/* | sha256sum
cat /dev/zero >disk/filler 2>/dev/null || true
$AUDIT --reports disk 2>&1 || echo "exit $?"
rm disk/filler
cat disk/* | sha256sum
ls -A disk
$AUDIT --reports disk >/dev/null
"""
    before, complaint, how, after, *files = _run(project, script).splitlines()
    assert complaint == "tlsaudit: disk/report.html: cannot be written: No space left on device"
    assert (how, after, files) == ("exit 2", before, ["audit.json", "report.html"])
    project.check_history()
