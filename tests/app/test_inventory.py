"""Files of targets: which of them are configurations, and what those answer for."""

from pathlib import Path

import pytest

from tlsaudit.app.inventory import read_file
from tlsaudit.app.targets import endpoints_of
from tlsaudit.errors import UserError

NGINX = """\
events {}
http {
    include conf.d/*.conf;
    server { listen 80; server_name plain.example.org *.wild.example.org www.example.org; }
}
"""
INCLUDED = "server { listen 8443 ssl; listen 443 ssl; server_name www.example.org; ssl_certificate x; }\n"
HAPROXY = """\
frontend a
  bind :443 ssl crt /etc/ssl/www.example.org.pem
  use_backend x if { req.hdr(host) -i api.example.org }
"""
APACHE = "<VirtualHost *:8443>\nSSLEngine on\nServerName a.example.org\nServerAlias b.example.org\n</VirtualHost>\n"


def _places(file: Path, format: str | None = None) -> list[tuple[str, str, int]]:  # noqa: A002 the word
    return [
        (each.id, Path(each.location.file).name, each.location.line)
        for each in read_file(file, format).endpoints
        if each.location
    ]


def test_nginx_answers_for_names_at_ports_that_end_tls(tmp_path: Path) -> None:
    (tmp_path / "nginx.conf").write_text(NGINX)
    (tmp_path / "conf.d").mkdir()
    (tmp_path / "conf.d/www.conf").write_text(INCLUDED)
    expected = [
        ("www.example.org:8443", "www.conf", 1),
        ("www.example.org:443", "www.conf", 1),
        ("plain.example.org:443", "nginx.conf", 4),
    ]
    assert _places(tmp_path / "nginx.conf") == _places(tmp_path) == expected
    assert _places(tmp_path / "conf.d/www.conf") == expected[:2]
    assert read_file(tmp_path).wildcards == 1


def test_haproxy_and_apache_are_told_by_what_they_say(tmp_path: Path) -> None:
    (tmp_path / "one.cfg").write_text(HAPROXY)
    (tmp_path / "two.conf").write_text(APACHE)
    assert _places(tmp_path / "one.cfg") == [
        ("api.example.org:443", "one.cfg", 1),
        ("www.example.org:443", "one.cfg", 1),
    ]
    assert _places(tmp_path / "two.conf") == [
        ("a.example.org:8443", "two.conf", 1),
        ("b.example.org:8443", "two.conf", 1),
    ]


def test_a_list_is_no_configuration_whatever_it_is_called(tmp_path: Path) -> None:
    (tmp_path / "hosts.conf").write_text("www.example.org\nserver.example.org\n")
    assert [each.id for each in read_file(tmp_path / "hosts.conf").endpoints] == [
        "www.example.org:443",
        "server.example.org:443",
    ]
    with pytest.raises(UserError, match=r"^hosts.conf:1: this is no configuration of nginx$"):
        read_file(tmp_path / "hosts.conf", "nginx")


def test_a_folder_without_a_main_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"a folder without a main file of a server, such as nginx\.conf"):
        read_file(tmp_path)


def test_what_is_left_out_is_said(tmp_path: Path) -> None:
    zone, empty = tmp_path / "example.org.zone", tmp_path / "empty.txt"
    zone.write_text("@ 60 IN A 192.0.2.1\n*.a 60 IN A 192.0.2.1\n*.b 60 IN A 192.0.2.1\n")
    empty.write_text("# none yet\n")
    found = endpoints_of(["other.example.org"], [zone, empty], [])
    assert [each.id for each in found.endpoints] == ["other.example.org:443", "example.org:443"]
    assert found.notes == [
        f"{zone}: 2 wildcards are no host and left out",
        f"{empty}: no host is named there",
    ]
