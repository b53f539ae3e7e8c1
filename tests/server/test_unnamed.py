"""What answers by a word that is no name is told, since it is not judged."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tests.server.repository import put, tree
from tlsaudit.server.apache import hosts as apache
from tlsaudit.server.apache.read import Reader as ApacheReader
from tlsaudit.server.apache.read import whole
from tlsaudit.server.directive import Directive
from tlsaudit.server.haproxy import hosts as haproxy
from tlsaudit.server.haproxy.read import Reader as HaproxyReader
from tlsaudit.server.nginx import hosts as nginx
from tlsaudit.server.nginx.read import Reader as NginxReader

LONG = f"{'a' * 64}.example.org"

NGINX = f"""\
http {{
  server {{ listen 443 ssl; server_name www.example.org .example.net intranet my_shop.example.org _; }}
  server {{ listen 443 ssl; server_name ~^www\\d www.*; }}
  server {{ listen 80; server_name _; }}
  server {{ listen 443 ssl; server_name {LONG} .{LONG}; }}
}}
"""
APACHE = f"""\
<VirtualHost *:443>
SSLEngine on
ServerName www.example.org:443
ServerAlias intranet *.example.org {LONG}
</VirtualHost>
<VirtualHost *:80>
ServerName plain
</VirtualHost>
"""
HAPROXY = f"""\
frontend web
  bind :443 ssl crt /etc/intranet.pem
  acl shop hdr(host) -i shop.example.org intra {LONG}
  use_backend b if {{ hdr(host) -i -f /etc/hosts.lst }}
"""


def _of_nginx(directives: Sequence[Directive]) -> list[str]:
    return [note for server in nginx.servers_of(directives) for note in nginx.not_asked(server)]


def _of_apache(directives: Sequence[Directive]) -> list[str]:
    return apache.unnamed(whole(list(directives), "main.conf"))


@pytest.mark.parametrize(
    ("text", "reader", "notes", "words"),
    [
        (
            NGINX,
            NginxReader,
            _of_nginx,
            [
                *("2: intranet", "2: my_shop.example.org", "2: _", "3: ~^www\\d", "3: www.*"),
                *(f"5: {LONG}", f"5: .{LONG}"),
            ],
        ),
        (APACHE, ApacheReader, _of_apache, ["4: intranet", f"4: {LONG}"]),
        (HAPROXY, HaproxyReader, haproxy.unnamed, ["3: intra", f"3: {LONG}"]),
    ],
)
def test_what_answers_by_no_name_is_told(
    tmp_path: Path,
    text: str,
    reader: type[NginxReader | ApacheReader | HaproxyReader],
    notes: Callable[[Sequence[Directive]], list[str]],
    words: list[str],
) -> None:
    put(tmp_path, {"main.conf": text})
    found = notes(reader(tree(tmp_path)).read(tmp_path.resolve() / "main.conf"))
    assert [note.partition(" is ")[0] for note in found] == [f"main.conf:{word}" for word in words]
