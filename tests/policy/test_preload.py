"""Chromium's list as it is written, and files that are something else."""

import os
from datetime import date
from pathlib import Path

import pytest

from tlsaudit.errors import UserError
from tlsaudit.policy import PreloadList, read_preload_list

LIST = """\
// Copyright, and what the file is about: "entries" are {
{
  "pinsets": [],
  // Entries, in no order.
  "entries": [
    { "name": "Example.ORG", "policy": "bulk-1-year", "mode": "force-https", "include_subdomains": true },
    { "name": "alone.example", "policy": "custom", "mode": "force-https" },
    // { "name": "gone.example", "mode": "force-https", "include_subdomains": true },
    { "name": "pins.example", "policy": "google", "include_subdomains": true, "pins": "https://a.example/" }
  ]
}
"""


def written(folder: Path, text: str = LIST, name: str = "list.json") -> Path:
    file = folder / name
    file.write_text(text, "utf-8")
    return file


def test_what_an_entry_says(tmp_path: Path) -> None:
    found = read_preload_list(written(tmp_path))
    assert found.entries == {"example.org": True, "alone.example": False, "pins.example": None}
    assert [found.covering(name) for name in ("www.example.org", "alone.example", "a.alone.example")] == [
        "example.org",
        "alone.example",
        None,
    ]


@pytest.mark.parametrize(
    ("name", "dated"),
    [
        ("hsts-2026-11-20.json", date(2026, 11, 20)),
        ("2026-11-20", date(2026, 11, 20)),
        ("list.json", date(2026, 10, 1)),
        ("hsts-2026-13-99.json", date(2026, 10, 1)),
        ("build-12026-11-200.json", date(2026, 10, 1)),
    ],
)
def test_its_date_is_that_in_its_name_else_when_it_was_written(tmp_path: Path, name: str, dated: date) -> None:
    file = written(tmp_path, name=name)
    os.utime(file, (0, 1790812800))  # 2026-10-01
    assert read_preload_list(file).dated == dated


NO_LIST = "not Chromium's transport_security_state_static.json"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", NO_LIST),
        ("eyJlbnRyaWVzIjog", NO_LIST),  # still in base64
        (LIST[:200], NO_LIST),
        ("[]", NO_LIST),
        ("{}", NO_LIST),
        ('{"entries": {}}', "no entry in it forces https"),
        ('{"entries": []}', "no entry in it forces https"),
        ('{"entries": 5}', NO_LIST),
        ('{"entries": ["example.org"]}', NO_LIST),
        ('{"entries": [{"mode": "force-https"}]}', NO_LIST),
        ('{"entries": [{"name": 5, "mode": "force-https"}]}', NO_LIST),
        ('{"entries": [{"name": "a.example"}]}', "no entry in it forces https"),
        ("[" * 100_000, NO_LIST),
    ],
)
def test_a_file_that_is_no_list_is_one_line(tmp_path: Path, text: str, why: str) -> None:
    file = written(tmp_path, text)
    with pytest.raises(UserError) as raised:
        read_preload_list(file)
    assert str(raised.value) == f"--preload-list {file}: {why}: tlsaudit explain hsts-preloaded says where the list is"


def test_a_file_that_cannot_be_read_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "list.json").write_bytes(b"\xff\xfe")
    for file, why in (
        (tmp_path / "none.json", "No such file"),
        (tmp_path, "Is a directory"),
        (tmp_path / "list.json", NO_LIST),
    ):
        with pytest.raises(UserError, match=why):
            read_preload_list(file)


def test_a_name_without_an_entry_is_not_covered() -> None:
    assert PreloadList(date(2026, 11, 20), {}).covering("a.b.example.org") is None
