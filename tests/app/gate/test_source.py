"""Which files a folder stands for."""

from pathlib import Path

import pytest

from tests.server.repository import put
from tlsaudit.app.gate.source import source
from tlsaudit.errors import UserError


@pytest.mark.parametrize(
    ("folder", "files", "judged"),
    [
        ("etc", ["nginx.conf", "other.conf"], ["nginx.conf"]),
        ("conf.d", ["b.conf", "a.conf", "README"], ["a.conf", "b.conf"]),
        ("sites-enabled", ["www.example.org", "default", ".swp"], ["default", "www.example.org"]),
    ],
)
def test_a_folder_stands_for_its_main_file_or_for_all(
    tmp_path: Path, folder: str, files: list[str], judged: list[str]
) -> None:
    put(tmp_path, {f"{folder}/{name}": "server {}" for name in files})
    (tmp_path / folder / "inner.conf").mkdir()
    found = source([tmp_path / folder], tmp_path, tmp_path, daemon=None, allow=False, render=None)
    assert [file.name for file in found.files] == judged


def test_a_folder_without_any_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"holds no main file of a server, such as nginx\.conf, nor any \*\.conf"):
        source([tmp_path], tmp_path, tmp_path, daemon=None, allow=False, render=None)
