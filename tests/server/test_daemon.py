"""What a server that the gate starts may take of the machine."""

import re
from pathlib import Path

import pytest

from tests.servers import require
from tlsaudit.server.daemon import Command, DaemonError, running


def test_a_server_cannot_fill_the_machine_with_processes(tmp_path: Path) -> None:
    script = "n=0; while [ $n -lt 2000 ]; do sleep 20 & n=$((n + 1)); done; echo all were started"
    command = Command([require("sh", "dash"), "-c", script], tmp_path)
    with pytest.raises(DaemonError, match="fork"), running(command, (), re.compile("all were started")):
        pass
