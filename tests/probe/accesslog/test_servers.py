"""Logs as real servers write them, of the same requests: two over https, three over http, by a crawler and a reader."""

import contextlib
import http.client
import re
import ssl
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

from tests.probe.accesslog.lines import FIREFOX, GOOGLEBOT
from tests.servers import CertificateAuthority, daemon, free_port, require, serve
from tests.servers.caddy import caddy
from tests.servers.daemon import answers_http
from tests.servers.varnish import varnish
from tlsaudit.app.measure.crawlers import MeasureCrawlers
from tlsaudit.evidence import CrawlLog, Requests
from tlsaudit.probe.accesslog.recognise import Wishes
from tlsaudit.probe.accesslog.scheme import Ports

DOCUMENTED = (Path(__file__).parents[3] / "docs" / "measure-crawlers.md").read_text("utf-8")
NAME = "www.example.org"
EXPECTED = Requests(http=3, https=2)
NOTHING = Requests(unknown=5)
_DEADLINE_S = 60.0


def documented(server: str) -> list[str]:
    """What the documentation tells an operator to write."""
    (line,) = (line for line in DOCUMENTED.splitlines() if line.startswith(f"| {server} |"))
    return re.findall(r"`([^`]+)`", line)


def get(port: int, *, tls: bool, target: str = "/", **headers: str) -> None:
    """One request, whoever serves the certificate."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.connect()
    if tls:
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        connection.sock = context.wrap_socket(connection.sock, server_hostname=NAME)
    connection.request("GET", target, headers={"Host": NAME, **headers})
    connection.getresponse().read()
    connection.close()


def visit(http_port: int, https_port: int, forwarded: str | None = None) -> None:
    """The requests. `forwarded`: all go to the http port, with the scheme in X-Forwarded-Proto."""
    crawler = {"User-Agent": f'{GOOGLEBOT} "\\'}
    reader = {"User-Agent": FIREFOX, "Referer": 'https://www.google.com/search?q="a b"'}
    for headers in (crawler, reader):
        for tls in (True, True, False, False, False):
            said = {forwarded: "https" if tls else "http"} if forwarded else {}
            secure = tls and not forwarded
            # What a client writes into the request line is no evidence.
            target = "https://www.example.org/" if not tls else "/"
            get(https_port if secure else http_port, tls=secure, target=target, **headers, **said)


def measured(path: Path, wishes: Wishes | None = None) -> tuple[Requests, Requests]:
    """What is counted of the crawler and of the reader."""
    log = MeasureCrawlers([str(path)], wishes or Wishes(), processes=1, quiet=True).run()
    return _all(log, "google"), _all(log, "google-readers")


def _all(log: CrawlLog, who: str) -> Requests:
    counted = {**log.crawlers, **log.readers}
    return sum((requests for key, requests in counted.items() if key[1] == who), Requests())


def settled(path: Path, lines: int = 10) -> Path:
    """The log once it has as many lines of the crawler and the reader: a server may write them a moment later."""
    _until(lambda: _count(path.read_text("utf-8")) >= lines)
    return path


def _count(text: str) -> int:
    return sum("Googlebot" in line or "Firefox" in line for line in text.splitlines())


def _until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _DEADLINE_S
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def named(http_port: int, https_port: int) -> Ports:
    return Ports(frozenset({str(http_port)}), frozenset({str(https_port)}))


@contextlib.contextmanager
def daemon_on_two_ports(
    folder: Path, config: str, command: Sequence[str], **values: object
) -> Iterator[tuple[int, int]]:
    """Run what a configuration describes, with its ports for http and https, which are given."""
    http_port, https_port = free_port("127.0.0.1"), free_port("127.0.0.1")
    file = folder / "config"
    file.write_text(config.format(folder=folder, http=http_port, https=https_port, **values), "utf-8")
    command = [str(file) if word == "@CONFIG@" else word for word in command]
    with daemon(command, partial(answers_http, "127.0.0.1", http_port), folder / "daemon.log"):
        yield http_port, https_port


NGINX = """\
daemon off;
user root;
worker_processes 1;
pid {folder}/nginx.pid;
error_log stderr;
events {{}}
http {{
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    {formats}
    {logs}
    server {{
        listen 127.0.0.1:{http};
        listen 127.0.0.1:{https} ssl;
        ssl_certificate {certificate};
        ssl_certificate_key {key};
        return 200;
    }}
}}
"""


def test_nginx(ca: CertificateAuthority, tmp_path: Path) -> None:
    (scheme,) = documented("nginx")
    as_json = (
        'log_format as_json escape=json \'{"time":"$time_iso8601","ip":"$remote_addr","ua":"$http_user_agent",'
        '"referer":"$http_referer","https":"$https","port":$server_port}\';'
    )
    tls = 'log_format tls \'$msec $server_port $ssl_protocol "$request" "$http_referer" "$http_user_agent"\';'
    names = ("scheme", "as_json", "tls", "combined")
    certificate, key = ca.leaf([NAME]).write(tmp_path, "leaf")
    with daemon_on_two_ports(
        tmp_path,
        NGINX,
        [require("nginx", "nginx-light"), "-e", "stderr", "-c", "@CONFIG@"],
        formats="\n".join((scheme, as_json, tls)),
        logs="\n".join(f"access_log {tmp_path}/{name}.log {name};" for name in names),
        certificate=certificate,
        key=key,
    ) as ports:
        visit(*ports)
        for name in names:
            settled(tmp_path / f"{name}.log")
    assert measured(tmp_path / "scheme.log") == (EXPECTED, EXPECTED)
    assert measured(tmp_path / "scheme.log", Wishes(scheme)) == (EXPECTED, EXPECTED)
    assert measured(tmp_path / "as_json.log") == (EXPECTED, EXPECTED)
    assert measured(tmp_path / "as_json.log", Wishes(as_json)) == (EXPECTED, EXPECTED)
    assert measured(tmp_path / "tls.log", Wishes(tls)) == (EXPECTED, EXPECTED)
    by_port = Wishes('$msec $server_port $x "$x" "$http_referer" "$http_user_agent"', ports=named(*ports))
    assert measured(tmp_path / "tls.log", by_port) == (EXPECTED, EXPECTED)
    assert measured(tmp_path / "combined.log") == (NOTHING, NOTHING)


APACHE_FORMATS = {
    "vhost": r"%v:%p %h %l %u %t \"%r\" %>s %O \"%{Referer}i\" \"%{User-Agent}i\"",
    "port": r"%{%FT%T%z}t %{local}p \"%{Referer}i\" \"%{User-Agent}i\"",
    "protocol": r"%{msec}t %{SSL_PROTOCOL}x \"%{Referer}i\" \"%{User-Agent}i\"",
    "combined": r"%h %l %u %t \"%r\" %>s %O \"%{Referer}i\" \"%{User-Agent}i\"",
}


def test_apache(ca: CertificateAuthority, tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    (scheme,) = documented("Apache")
    files = {**{name: f'"{text}"' for name, text in APACHE_FORMATS.items()}, "scheme": "scheme"}
    logs = "\n".join([scheme, *(f"CustomLog {tmp_path}/{name}.log {text}" for name, text in files.items())])
    with serve("apache", ca=ca, https_config=logs, http_config=logs) as server:
        visit(server.http_port, server.https_port)
        for name in files:
            settled(tmp_path / f"{name}.log")
    assert measured(tmp_path / "scheme.log") == (EXPECTED, EXPECTED)
    assert measured(tmp_path / "scheme.log", Wishes(scheme)) == (EXPECTED, EXPECTED)
    for name in ("port", "protocol"):
        wishes = Wishes(APACHE_FORMATS[name], ports=named(server.http_port, server.https_port))
        assert measured(tmp_path / f"{name}.log", wishes) == (EXPECTED, EXPECTED), name
    assert measured(tmp_path / "combined.log") == (NOTHING, NOTHING)
    # %p is the port of the ServerName; where it names none, that of the scheme, not that of the connection.
    assert measured(tmp_path / "vhost.log") == (EXPECTED, EXPECTED)


HAPROXY = """\
global
    log stdout format raw daemon
defaults
    mode http
    log global
    timeout client 60s
    timeout connect 60s
    timeout server 60s
frontend both
    bind 127.0.0.1:{http}
    bind 127.0.0.1:{https} ssl crt {bundle}
    {referer}
    {agent}
    {log_format}
    http-request return status 200
"""


def test_haproxy(ca: CertificateAuthority, tmp_path: Path) -> None:
    capture, agent, log_format = documented("HAProxy")
    certificate, key = ca.leaf([NAME]).write(tmp_path, "leaf")
    bundle = tmp_path / "bundle.pem"
    bundle.write_bytes(certificate.read_bytes() + key.read_bytes())
    with daemon_on_two_ports(
        tmp_path,
        HAPROXY,
        [require("haproxy", "haproxy"), "-db", "-f", "@CONFIG@"],
        bundle=bundle,
        referer=capture,
        agent=capture.replace("referer", agent),
        log_format=log_format,
    ) as ports:
        visit(*ports)
        assert measured(settled(tmp_path / "daemon.log")) == (EXPECTED, EXPECTED)


def test_caddy(ca: CertificateAuthority) -> None:
    with caddy(ca, protocols=["h1"]) as server:
        visit(server.http_port, server.port)
        assert measured(settled(server.folder / "access.log")) == (EXPECTED, EXPECTED)


def test_varnish(tmp_path: Path) -> None:
    """Its own format has http:// in each request line, whatever came."""
    command, *_ = documented("Varnish")
    log_format = command.partition("-F '")[2].removesuffix("'")
    log = tmp_path / "access.log"
    with varnish() as server:
        visit(server.port, server.port, "X-Forwarded-Proto")
        _until(lambda: _count(server.access_log()) >= 10)
        own = server.access_log()
        log.write_text(server.access_log(log_format), "utf-8")
    assert own.count('"GET http://www.example.org/') >= 4
    (tmp_path / "own.log").write_text(own, "utf-8")
    assert measured(tmp_path / "own.log") == (NOTHING, NOTHING)
    assert measured(log, Wishes(log_format, forwarded=True)) == (EXPECTED, EXPECTED)
    assert measured(log, Wishes(log_format)) == (NOTHING, NOTHING)
