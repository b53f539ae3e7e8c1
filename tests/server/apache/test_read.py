"""Apache's files are read as Apache reads them, and never beyond the folder that stands for /."""

from pathlib import Path

import pytest

from tests.server.repository import BREAKS, put, tree
from tlsaudit.server import ConfigurationError
from tlsaudit.server.apache.read import Reader, words


def lines(folder: Path) -> list[str]:
    read = Reader(tree(folder)).read(folder.resolve() / "apache2.conf")
    return [f"{each.place} {each.name} {' '.join(each.args)}".strip() for top in read for each in top.walk()]


def test_sections_includes_and_lines_that_go_on(tmp_path: Path) -> None:
    put(
        tmp_path,
        {
            "apache2.conf": "# a comment\nServerName www.example.org\nIncludeOptional sites-enabled/*.conf\n",
            "sites-enabled/www.conf": '<VirtualHost *:443>\n\tHeader set \\\n  A "b \\"c\\""\n</VirtualHost>\n',
        },
    )
    assert lines(tmp_path) == [
        "apache2.conf:2 servername www.example.org",
        "sites-enabled/www.conf:1 virtualhost *:443",
        'sites-enabled/www.conf:2 header set A b "c"',
    ]


@pytest.mark.parametrize("letter", BREAKS)
def test_what_only_python_takes_for_the_end_of_a_line_ends_no_comment(tmp_path: Path, letter: str) -> None:
    put(tmp_path, {"apache2.conf": f"# a note{letter}Header set A b\r\nServerName www.example.org\r\n"})
    assert lines(tmp_path) == ["apache2.conf:2 servername www.example.org"]


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("permanent / https://www.example.org/", ["permanent", "/", "https://www.example.org/"]),
        ("set A \"max-age=1; b\" 'c d'", ["set", "A", "max-age=1; b", "c d"]),
        (r'"^/a\.b$" "\\x"', [r"^/a\.b$", r"\x"]),
        ("", []),
    ],
)
def test_words(raw: str, expected: list[str]) -> None:
    assert list(words(raw)) == expected


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("<VirtualHost *:443>\n", "apache2.conf:1: <virtualhost> is not closed"),
        ("</VirtualHost>\n", "apache2.conf:1: </VirtualHost> closes nothing that is open"),
        ("<If a>\n</Else>\n", "apache2.conf:2: </Else> closes nothing that is open"),
        ("Include other.conf\n", "apache2.conf:1: other.conf: no such file below"),
        ("Include ../secret\n", "apache2.conf:1: ../secret: no such file below"),
        ("Include apache2.conf\n", "apache2.conf: includes itself"),
        ("<If a>\n" * 1000, "apache2.conf:21: more than 20 sections within one another"),
    ],
)
def test_what_cannot_be_read_is_said_in_a_line(tmp_path: Path, text: str, said: str) -> None:
    put(tmp_path, {"secret": "User root", "repository/apache2.conf": text})
    with pytest.raises(ConfigurationError) as caught:
        lines(tmp_path / "repository")
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
