"""What is run is what was read and judged fit, and nothing else."""

from pathlib import Path

import pytest

from tests.server import repository
from tests.server.repository import put
from tlsaudit.server.haproxy.read import Reader
from tlsaudit.server.haproxy.write import Writer
from tlsaudit.server.standin import StandIns
from tlsaudit.server.tree import Tree
from tlsaudit.server.written import Written


def write(file: Path, tree: Tree, made: Path, standins: StandIns) -> Written:
    return Writer(made, tree, standins, allow=False).write(Reader(tree).read(file))


def written(folder: Path, text: str) -> str:
    """The part of haproxy.cfg that is made of one."""
    return repository.written(folder, "haproxy.cfg", text, write).partition("frontend https\n")[2]


@pytest.mark.parametrize(
    "line",
    [
        "log /dev/log local0",
        "errorfile 503 /etc/haproxy/503.http",
        "http-request return status 200 content-type text/plain file /etc/passwd",
        "http-request set-header X %[src,map_ip(/etc/passwd,none)]",
        "http-request redirect location %[path,map(/etc/passwd)] if { path,map(/etc/passwd) -m found }",
        "acl a src -f /etc/passwd",
        "http-request deny if { src -f /etc/passwd }",
        "filter spoe config /etc/haproxy/spoe.conf",
        "server a 10.0.0.1:80 ca-file /etc/ca.pem",
        "stats socket /run/haproxy.sock",
        "unique-id-format /var/%ID",
        "bind unix@/run/a.sock",
        "bind :444 ssl crt /etc/ssl/a.pem ca-file /etc/ca.pem crl-file /etc/crl.pem user root",
        "stick-table type ip size 1m peers /etc/x",
    ],
)
def test_no_file_or_address_of_the_configuration_is_left(tmp_path: Path, line: str) -> None:
    made = written(tmp_path, f"frontend https\n    bind :443 ssl crt /etc/ssl/www.pem\n    {line}\n")
    for named in ("/etc", "/var", "/run", "/dev", "10.0.0.1", "root"):
        assert named not in made


def test_a_map_that_is_here_is_used(tmp_path: Path) -> None:
    put(tmp_path, {"repository/hosts.map": "a b\n"})
    made = written(tmp_path, "frontend https\n    bind :443 ssl crt a.pem\n    use_backend %[path,map(hosts.map,x)]\n")
    copied = made.partition("map(MADE/")[2].partition(",")[0]
    assert (tmp_path / "made" / copied).read_text("utf-8") == "a b\n"
