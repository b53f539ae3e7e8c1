"""Which names a stream hands on to whom: as nginx's map does, by its documentation."""

from pathlib import Path

import pytest

from tests.server.repository import put, tree
from tlsaudit.server import MissingDaemonError
from tlsaudit.server.nginx.read import Reader
from tlsaudit.server.nginx.serve import _modules
from tlsaudit.server.nginx.stream import Streams

HTTP = "http { server { listen 127.0.0.1:8443 ssl; } server { listen 9443 ssl; } server { listen 8080; } }\n"


def streams(folder: Path, text: str) -> Streams:
    put(folder, {"nginx.conf": f"{HTTP}stream {{ {text} }}"})
    return Streams.of(Reader(tree(folder)).read(folder.resolve() / "nginx.conf"))


@pytest.mark.parametrize(
    ("table", "name", "port"),
    [
        ("a.example.org 127.0.0.1:8443;", "a.example.org", 8443),
        ("A.example.org localhost:8443;", "a.example.org", 8443),
        ("a.example.org 127.0.0.1:9443;", "a.example.org", 9443),
        ("a.example.org named;", "a.example.org", 9443),
        ("a.example.org 10.0.0.1:8443; default named;", "a.example.org", None),
        ("a.example.org 127.0.0.1:8080;", "a.example.org", None),
        ("a.example.org unix:/run/a.sock;", "a.example.org", None),
        ("default 127.0.0.1:8443;", "b.example.org", 8443),
        ("a.example.org 127.0.0.1:8443;", "b.example.org", None),
        ("hostnames; .example.org 127.0.0.1:8443;", "example.org", 8443),
        ("hostnames; .example.org 127.0.0.1:8443;", "a.b.example.org", 8443),
        ("hostnames; *.example.org 127.0.0.1:8443; *.b.example.org named;", "a.b.example.org", 9443),
        ("*.example.org 127.0.0.1:8443;", "a.example.org", None),
        ("~^A 127.0.0.1:8443;", "a.example.org", None),
        ("~*^A 127.0.0.1:8443; default named;", "a.example.org", 8443),
        ("default $other;", "a.example.org", None),
    ],
)
def test_a_name_leads_to_what_its_map_says(tmp_path: Path, table: str, name: str, port: int | None) -> None:
    text = (
        f"map $ssl_preread_server_name $behind {{ {table} decoy.example.org 127.0.0.1:8443; }} "
        "upstream named { zone z 64k; server 127.0.0.1:9443 max_fails=2; } "
        "server { listen 443; ssl_preread on; proxy_pass $behind; }"
    )
    (front,) = streams(tmp_path, text).fronts
    found = front.leads_to(name)
    assert (found.port if found else None) == port


@pytest.mark.parametrize(
    ("server", "ended", "fronts", "elsewhere"),
    [
        ("listen 853 ssl; ssl_certificate a.pem; proxy_pass 10.0.0.1:53;", 1, 0, 0),
        ("listen 853 ssl; ssl_certificate a.pem; return x;", 1, 0, 0),
        ("listen 443; proxy_pass 127.0.0.1:8443;", 0, 1, 0),
        ("listen 443; proxy_pass 10.0.0.1:443;", 0, 0, 1),
        ("listen 8443; ssl_preread on; proxy_pass $ssl_preread_server_name:443;", 0, 0, 1),
        ("listen 3306; proxy_pass 10.0.0.1:3306;", 0, 0, 0),
        ("listen 443 udp; proxy_pass 10.0.0.1:443;", 0, 0, 0),
    ],
)
def test_what_a_server_of_a_stream_does_with_tls(
    tmp_path: Path, server: str, ended: int, fronts: int, elsewhere: int
) -> None:
    found = streams(tmp_path, f"server {{ {server} }}")
    assert (len(found.ended), len(found.fronts), len(found.elsewhere)) == (ended, fronts, elsewhere)


@pytest.mark.parametrize(
    ("said", "names"),
    [
        ("ssl_certificate /etc/letsencrypt/live/mqtt.example.org/fullchain.pem;", ["mqtt.example.org"]),
        ("ssl_certificate rsa/MQTT.example.org.pem; ssl_certificate ec/mqtt.example.org.crt;", ["mqtt.example.org"]),
        ("server_name mqtt.example.org; ssl_certificate /etc/ssl/server.pem;", ["mqtt.example.org"]),
        ("ssl_certificate /etc/nginx/conf.d/server.pem;", []),
    ],
)
def test_names_of_a_server_that_ends_tls(tmp_path: Path, said: str, names: list[str]) -> None:
    assert streams(tmp_path, f"server {{ listen 8883 ssl; {said} proxy_pass a:1; }}").names == names


def test_the_module_is_that_of_the_daemon_whatever_the_configuration_loads(tmp_path: Path) -> None:
    dynamic = f"configure arguments: --modules-path={tmp_path} --with-stream=dynamic --with-stream_ssl_module"
    with pytest.raises(MissingDaemonError, match="apt-get install libnginx-mod-stream"):
        list(_modules(dynamic, [], stream=True))
    (tmp_path / "ngx_stream_module.so").touch()
    put(tmp_path, {"nginx.conf": "load_module /tmp/evil/ngx_stream_module.so; load_module modules/ngx_x.so;"})
    loaded = Reader(tree(tmp_path)).read(tmp_path.resolve() / "nginx.conf")
    assert list(_modules(dynamic, loaded, stream=True)) == [tmp_path / "ngx_x.so", tmp_path / "ngx_stream_module.so"]
    assert list(_modules("--with-stream --with-http_ssl_module", [], stream=True)) == []
    assert list(_modules(dynamic, [], stream=False)) == []
