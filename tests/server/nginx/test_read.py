"""nginx's files are read as nginx reads them, and never beyond the folder that stands for /."""

from pathlib import Path

import pytest

from tests.server.repository import put, tree
from tlsaudit.server import ConfigurationError
from tlsaudit.server.nginx.read import Reader


def lines(folder: Path, name: str = "nginx.conf") -> list[str]:
    read = Reader(tree(folder)).read(folder.resolve() / name)
    return [f"{each.place} {each.name}" for top in read for each in top.walk()]


def test_what_is_included_stands_where_it_is_included(tmp_path: Path) -> None:
    put(
        tmp_path,
        {
            "nginx.conf": "http {\n  include conf.d/*.conf;\n  include /etc/nginx/sites-enabled/*;\n}\n",
            "conf.d/b.conf": "gzip on;\n",
            "conf.d/a.conf": "\nserver_tokens off;\n",
            "sites-available/www": "server {}\n",
        },
    )
    (tmp_path / "sites-enabled").mkdir()
    (tmp_path / "sites-enabled" / "www").symlink_to("/etc/nginx/sites-available/www")
    assert lines(tmp_path) == [
        "nginx.conf:1 http",
        "conf.d/a.conf:2 server_tokens",
        "conf.d/b.conf:1 gzip",
        "sites-available/www:1 server",
    ]


def test_what_is_usually_elsewhere_is_stood_in_for(tmp_path: Path) -> None:
    text = "http {\n  include mime.types;\n  include /etc/letsencrypt/options-ssl-nginx.conf;\n}\n"
    put(tmp_path, {"nginx.conf": text})
    assert "nginx.conf:3 ssl_protocols" in lines(tmp_path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("include other.conf;", "nginx.conf:1: include other.conf: no such file below"),
        ("include ../secret;", "nginx.conf:1: include ../secret: no such file below"),
        ("include link;", "nginx.conf:1: include link: no such file below"),
        ("include nginx.conf;", "nginx.conf: includes itself"),
        ("http {\n", "unexpected end of file"),
        ("http {}}\n", 'nginx.conf:1: unexpected "}"'),
        ("{" * 5000, "nginx.conf:"),
    ],
)
def test_what_cannot_be_read_is_said_in_a_line(tmp_path: Path, text: str, said: str) -> None:
    folder = tmp_path / "repository"
    put(tmp_path, {"secret": "user root;", "repository/nginx.conf": text})
    (folder / "link").symlink_to(tmp_path / "secret")
    with pytest.raises(ConfigurationError) as caught:
        lines(folder)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
