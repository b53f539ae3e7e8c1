"""Who looks back takes the pace of a goal from the audit, which fitted it."""

import json
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.app.written import FAIL, PASS, Written

HOSTS = "abcdefghij"
TARGETS = f"""\
version: 1
history: sqlite:///history.db
services: {{www: [{", ".join(f"{name}.example.org" for name in HOSTS)}]}}
objectives:
  pfs: {{title: Forward secrecy, checks: [pfs-suites], milestones: {{2015-06-30: 100%}}}}
"""
FIRST = date(2015, 3, 1)

SAYS_WHETHER = """
import sys
from tlsaudit.cli import main
try:
    main()
finally:
    print("SciPy" if "scipy.stats" in sys.modules else "no SciPy")
"""


@pytest.fixture
def history(tmp_path: Path) -> Written:
    """A host more has it each week."""
    made = Written(tmp_path)
    made.targets(TARGETS)
    for week in range(7):
        said = {name: PASS if place <= week else FAIL for place, name in enumerate(HOSTS)}
        made.audit(f"{FIRST + timedelta(weeks=week)}T02:10", said)
    return made


def _forecast(history: Written, *, at: date) -> tuple[str, bool]:
    """When the goal is expected, and whether SciPy was imported for it."""
    command = [sys.executable, "-c", SAYS_WHETHER, "goals", "--at", at.isoformat(), "--format", "json"]
    done = subprocess.run(command, cwd=history.path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    said, imported = done.stdout.rstrip().rsplit("\n", 1)
    return json.loads(said)["objectives"][0]["forecast"]["date"], imported == "SciPy"


def test_a_forecast_is_made_of_the_pace_that_the_audit_recorded(history: Written) -> None:
    last = FIRST + timedelta(weeks=6)
    # A tenth a week, and seven of ten at the last: three weeks.
    reached = (last + timedelta(weeks=3)).isoformat()
    assert [_forecast(history, at=last + timedelta(days=days)) for days in (0, 1)] == [(reached, False)] * 2


def test_where_it_stands_otherwise_today_the_pace_is_found_anew(history: Written) -> None:
    history.targets(TARGETS.replace(", j.example.org", ""))
    reached, imported = _forecast(history, at=FIRST + timedelta(weeks=6))
    assert imported
    assert reached < (FIRST + timedelta(weeks=9)).isoformat()
