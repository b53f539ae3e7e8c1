"""Hosts count as changed where anything changed that decides, and no file is read without a bound."""

import tempfile
from pathlib import Path

import pytest

from tests.server.repository import put, tree
from tests.servers.programs import require
from tlsaudit.server import ConfigurationError
from tlsaudit.server.haproxy import served
from tlsaudit.server.tree import LARGEST

CONFIG = """\
frontend https
    mode http
    bind :443 ssl crt www.pem crt-list list
    acl known path -f patterns
    http-request redirect location %[path,map(moved)] if known { path,map(old) -m found }
    http-response set-header X-Word other
"""
FILES = {
    "haproxy.cfg": CONFIG, "list": "a.pem list.example.org\n", "patterns": "/a\n", "moved": "/a /b\n", "old": "/a /c\n",
    "other": "a word may be the name of a file\n",
}  # fmt: skip


def judged(folder: Path, **changed: str) -> tuple[set[str], list[str]]:
    """What tells the hosts of a changed configuration from others, and what is not judged."""
    put(folder, FILES | changed)
    files = [folder.resolve() / "haproxy.cfg"]
    with (
        tempfile.TemporaryDirectory() as made,
        served(files, tree(folder), Path(made), None, allow=False) as running,
    ):
        return set(running.prints.values()), list(running.notes)


def test_a_file_that_decides_is_told_from_one_that_only_has_the_name(tmp_path: Path) -> None:
    require("haproxy", "haproxy")
    as_it_was = judged(tmp_path)[0]
    assert judged(tmp_path, other="changed\n")[0] == as_it_was
    for name in ("list", "patterns", "moved", "old"):
        assert judged(tmp_path, **{name: FILES[name] + "x.pem y.example.org\n"})[0] != as_it_was, name


def test_a_list_that_is_too_large_is_refused_and_a_map_is_taken_to_be_empty(tmp_path: Path) -> None:
    require("haproxy", "haproxy")
    with pytest.raises(ConfigurationError, match=r"^list: larger than 1 MiB"):
        judged(tmp_path, list="#" * (LARGEST + 1))
    _, notes = judged(tmp_path, moved="#" * (LARGEST + 1))
    assert notes == ["haproxy.cfg:5: moved is too large: it is taken to be empty"]


def test_what_no_name_leads_to_is_asked_by_none(tmp_path: Path) -> None:
    require("haproxy", "haproxy")
    second = "frontend office\n    mode http\n    bind :8443 ssl crt intranet.pem\n"
    third = "frontend shop\n    mode http\n    bind :9443 ssl crt shop.example.org.pem\n"
    put(tmp_path, {"haproxy.cfg": second + third})
    files = [tmp_path.resolve() / "haproxy.cfg"]
    with tempfile.TemporaryDirectory() as made, served(files, tree(tmp_path), Path(made), None, allow=False) as running:
        assert [host.id for host in running.hosts] == ["shop.example.org:9443", "unnamed.invalid:8443"]
