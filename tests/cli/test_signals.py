"""A signal that comes when all is done."""

import signal
import subprocess
import sys

import pytest

PROGRAM = """
import atexit, os
from tlsaudit.cli import main
atexit.register(lambda: os.kill(os.getpid(), {number}))
main()
"""


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM], ids=lambda how: how.name)
def test_who_is_ended_at_the_end_does_not_complain(how: signal.Signals) -> None:
    command = [sys.executable, "-c", PROGRAM.format(number=how.value), "--version"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (-how, "")
    assert done.stdout.startswith("tlsaudit")
