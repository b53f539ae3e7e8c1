"""What a user may rely on of `tlsaudit gate` with HAProxy's configuration: the guilty line, and a good one passes."""

from pathlib import Path

import pytest

from tests.cli.command import tlsaudit
from tests.cli.test_gate import Repository, found
from tests.servers.programs import require

GOOD = """\
global
    chroot /var/lib/haproxy
    stats socket /run/haproxy/admin.sock mode 660
    ssl-default-bind-ciphers ECDHE+AESGCM:ECDHE+CHACHA20
    ssl-default-bind-options ssl-min-ver TLSv1.2 no-tls-tickets
defaults
    mode http
frontend http
    bind :80
    bind :::80 v6only
    http-request redirect scheme https code 301 unless { ssl_fc }
frontend https
    bind :443 ssl crt /etc/haproxy/certs/www.example.org.pem alpn h2,http/1.1
    bind :::443 v6only ssl crt /etc/haproxy/certs/www.example.org.pem alpn h2,http/1.1
    bind :8443 ssl crt-list /etc/haproxy/list
    acl static req.hdr(host) -i static.example.org
    http-after-response set-header Strict-Transport-Security "max-age=31536000"
    use_backend files if static
    default_backend web
backend web
    balance roundrobin
    option httpchk
    server w1 10.0.0.1:8080 check
    server w2 app.internal:8080 check ssl verify none
backend files
    server f1 10.0.0.3:8080
"""


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    require("haproxy", "haproxy")
    require("git", "git")
    made = Repository(tmp_path, "haproxy.cfg")
    (tmp_path / "list").write_text("a.pem [ssl-min-ver TLSv1.2] list.example.org\n", "utf-8")
    made.commit(GOOD)
    return made


def test_a_good_configuration_passes(repository: Repository) -> None:
    done = repository.gate("--format", "json")
    assert (done.code, done.err) == (0, "")
    assert found(done.document) == set()
    assert done.document["gate"]["judged_with"].startswith("HAProxy 2.")
    assert [each["id"] for each in done.document["endpoints"]] == [
        "static.example.org:443",
        "static.example.org:8443",
        "www.example.org:443",
        "www.example.org:8443",
        "list.example.org:443",
        "list.example.org:8443",
    ]


def test_what_a_change_makes_worse_is_named_with_its_line(repository: Repository) -> None:
    bad = "    http-after-response del-header Strict-Transport-Security\n    use_backend files"
    repository.commit(GOOD.replace("    use_backend files", bad))
    done = repository.gate("--base", "HEAD~1", "--select", "hsts-max-age", "--format", "json")
    assert done.code == 1
    assert ("hsts-max-age", "static.example.org:443", 18) in found(done.document, change="worse")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("frontend a\n    bind :443 ssl crt a.pem ssl-min-ver nonsense\n", "haproxy.cfg:2: HAProxy does not start: "),
        ("global\n    lua-load /tmp/a.lua\n", "haproxy.cfg:2: lua-load runs code"),
        ("program x\n    command id\n", "haproxy.cfg:1: program runs code"),
        ("frontend a\n    http-request lua.x\n    bind :443 ssl crt a\n", "haproxy.cfg:2: http-request runs code"),
        ("frontend a\n    bind :80\n", "haproxy.cfg: no bind line has ssl"),
        ('frontend a\n    log-format "x\n', "haproxy.cfg:2: a quote is not closed"),
    ],
)
def test_a_mistake_gets_one_line(tmp_path: Path, text: str, said: str) -> None:
    require("haproxy", "haproxy")
    (tmp_path / "haproxy.cfg").write_text(text, "utf-8")
    done = tlsaudit("gate", "haproxy.cfg", cwd=tmp_path)
    assert (done.code, done.out) == (2, "")
    assert said in done.err
    assert done.err.count("\n") == 1


def test_tls_that_is_handed_on_is_said_not_to_be_judged(tmp_path: Path) -> None:
    require("haproxy", "haproxy")
    through = "listen sni\n    mode tcp\n    bind 192.0.2.1:443\n    server a 10.0.0.1:443\n"
    (tmp_path / "haproxy.cfg").write_text(GOOD.replace("\nbackend web", f"\n{through}backend web"), "utf-8")
    (tmp_path / "list").write_text("a.pem list.example.org\n", "utf-8")
    done = tlsaudit("gate", "haproxy.cfg", cwd=tmp_path)
    assert done.code == 0
    assert "haproxy.cfg:20: hands TLS on: what is behind it decides" in done.out
