"""HAProxy's files are read as HAProxy reads them."""

from pathlib import Path

import pytest

from tests.server.repository import BREAKS, put, tree
from tlsaudit.server import ConfigurationError
from tlsaudit.server.haproxy.read import Reader


@pytest.mark.parametrize("place", ["", "  "])
def test_conditions_are_refused_since_all_branches_would_be_read(tmp_path: Path, place: str) -> None:
    put(tmp_path, {"haproxy.cfg": f".notice begun\nfrontend web\n{place}.if defined(NOPE)\n  mode http\n.endif\n"})
    with pytest.raises(ConfigurationError, match=r"haproxy.cfg:3: .if is not evaluated here"):
        Reader(tree(tmp_path)).read(tmp_path.resolve() / "haproxy.cfg")


@pytest.mark.parametrize("letter", BREAKS)
def test_what_only_python_takes_for_the_end_of_a_line_ends_no_comment(tmp_path: Path, letter: str) -> None:
    text = f"frontend web\r\n  # a note{letter}http-response set-header A b\r\n  bind :443 # more{letter}mode tcp\r\n"
    put(tmp_path, {"haproxy.cfg": text})
    (section,) = Reader(tree(tmp_path)).read(tmp_path.resolve() / "haproxy.cfg")
    assert [f"{each.place} {each.name} {' '.join(each.args)}" for each in section.block or ()] == [
        "haproxy.cfg:3 bind :443"
    ]
