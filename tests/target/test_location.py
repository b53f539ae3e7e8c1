from pathlib import Path

import pytest

from tlsaudit.target import load_targets, read_hosts

FILE = """\
version: 1
sites: {east: {region: us-east}, west: {region: us-west}}
services:
  wiki:
    at: {east: 192.0.2.10, west: 198.51.100.10}
    hosts:
      - www.example.org   # the first
      - {host: m.example.org, weights: {page-views: 40}}
  login: [login.example.org, "smtp://mx.example.org"]
links:
  east-west:
    sites: [east, west]
"""


@pytest.mark.parametrize(
    ("subject", "line", "column"),
    [
        (("service", "wiki"), 4, 3),
        (("endpoint", "www.example.org:443@east"), 7, 9),
        (("endpoint", "www.example.org:443@west"), 7, 9),
        (("endpoint", "m.example.org:443@west"), 8, 9),
        (("service", "login"), 9, 3),
        (("endpoint", "login.example.org:443"), 9, 11),
        (("endpoint", "smtp://mx.example.org:25"), 9, 30),
        (("link", "east-west"), 11, 3),
    ],
)
def test_a_subject_knows_its_line(tmp_path: Path, subject: tuple[str, str], line: int, column: int) -> None:
    file = tmp_path / "targets.yaml"
    file.write_text(FILE)
    assert load_targets(file).locations[subject] == (str(file), line, column)


def test_a_file_below_the_working_directory_is_named_from_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ops").mkdir()
    file = tmp_path / "ops" / "targets.yaml"
    file.write_text(FILE)
    monkeypatch.chdir(tmp_path)
    for given in (file, file.relative_to(tmp_path)):
        assert load_targets(given).locations["service", "wiki"].file == "ops/targets.yaml"


def test_a_host_is_located_at_its_first_line_in_a_file_of_hosts() -> None:
    lines = ["# ours", "  a.example.org", "b.example.org:8443 # second", "https://a.example.org/page"]
    assert [endpoint.location for endpoint in read_hosts(lines, "hosts.txt")] == [
        ("hosts.txt", 2, 3),
        ("hosts.txt", 3, 1),
    ]
    assert [endpoint.location for endpoint in read_hosts(lines, "standard input", is_file=False)] == [None, None]
