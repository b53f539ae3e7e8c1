"""A socket that cannot be read is refused: without it something would be judged that answers nowhere, or nothing."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import pytest

from tests.server.repository import put, tree
from tlsaudit.server import ConfigurationError
from tlsaudit.server.apache import hosts as apache
from tlsaudit.server.apache.listen import sockets_of
from tlsaudit.server.apache.read import Reader as ApacheReader
from tlsaudit.server.apache.read import whole
from tlsaudit.server.directive import Directive
from tlsaudit.server.haproxy.bind import binds
from tlsaudit.server.haproxy.read import Reader as HaproxyReader
from tlsaudit.server.nginx import hosts as nginx
from tlsaudit.server.nginx.listen import listens
from tlsaudit.server.nginx.read import Reader as NginxReader


def _of_nginx(directives: Sequence[Directive]) -> Iterable[object]:
    return (listen for server in nginx.servers_of(directives) for listen in listens(server))


def _of_apache(directives: Sequence[Directive]) -> Iterable[object]:
    return (each for host in apache.sections_of(whole(list(directives), "main.conf")) for each in sockets_of(host))


def _of_haproxy(directives: Sequence[Directive]) -> Iterable[object]:
    return (bind for proxy in directives for bind in binds(proxy))


@pytest.mark.parametrize(
    ("reader", "sockets", "text"),
    [
        (NginxReader, _of_nginx, "http {\nserver { listen 443-445 ssl; } }"),
        (NginxReader, _of_nginx, "http {\nserver { listen 127.0.0.1:8443-8445 ssl; } }"),
        (NginxReader, _of_nginx, "http {\nserver { listen 99999999999 ssl; } }"),
        (ApacheReader, _of_apache, "Define PORT 443\n<VirtualHost *:${PORT}>\nSSLEngine on\n</VirtualHost>\n"),
        (HaproxyReader, _of_haproxy, 'frontend web\n  bind ":${PORT}" ssl crt a.pem\n'),
    ],
)
def test_what_is_no_socket_is_refused(
    tmp_path: Path,
    reader: type[NginxReader | ApacheReader | HaproxyReader],
    sockets: Callable[[Sequence[Directive]], Iterable[object]],
    text: str,
) -> None:
    put(tmp_path, {"main.conf": text})
    directives = reader(tree(tmp_path)).read(tmp_path.resolve() / "main.conf")
    with pytest.raises(ConfigurationError, match=r"main.conf:2: "):
        list(sockets(directives))
