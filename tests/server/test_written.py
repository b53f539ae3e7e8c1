"""What a server complains of is told at the line of the file that it was made from."""

import re
from pathlib import Path

from tlsaudit.server.directive import Place
from tlsaudit.server.written import Written


def test_a_value_of_several_lines_moves_no_complaint(tmp_path: Path) -> None:
    made = Written(tmp_path / "nginx.conf")
    made.line('add_header A "b\nc\nd";', Place("shift.conf", 4))
    made.line("error_page abc /x;", Place("shift.conf", 8))
    said = made.plain(
        "invalid value in nginx.conf:4", re.compile(r"(?P<said>.*) in .*:(?P<line>\d+)"), "nginx", "shift.conf"
    )
    assert said == "shift.conf:8: nginx does not start: invalid value"
