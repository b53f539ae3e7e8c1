"""--clients: what is predicted of the reference clients is then seen."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.cli.command import at, tlsaudit
from tests.servers import CertificateAuthority, Server, Shape, nginx
from tlsaudit.policy import reference_clients

SharedServer = Callable[[str, Shape], Server]

PREDICTED = ("--select", "pfs-clients")
REPLAYED = (*PREDICTED, "--select", "pfs-clients-replayed", "--clients")


def test_a_scan_replays_the_hellos_only_where_it_is_asked_to(ca: CertificateAuthority, ca_file: Path) -> None:
    with nginx(ca=ca) as server:
        plain = tlsaudit("scan", server.name, *at(server), *PREDICTED, "--format", "json")
        before = server.connection_count()
        asked = tlsaudit("scan", server.name, *at(server), *REPLAYED, "--format", "json")
        connections = server.connection_count() - before
    assert plain.outcomes() == {"pfs-clients": "pass"}
    assert asked.outcomes() == {"pfs-clients": "pass", "pfs-clients-replayed": "pass"}
    summary = asked.document["summary"]
    assert summary["connections"] == connections
    assert connections - plain.document["summary"]["connections"] == len(reference_clients())


def test_what_was_predicted_is_seen(shared_server: SharedServer) -> None:
    server = shared_server("nginx", Shape.STATIC_RSA)
    done = tlsaudit("scan", server.name, *at(server), *REPLAYED, "--format", "json")
    assert done.code == 1
    predicted, seen = (finding["facts"] for finding in done.document["findings"])
    assert predicted == seen
    assert sum(map(len, seen["sessions"].values())) == seen["connected"] == len(seen["without"])
    assert seen["share"] == 0
    assert seen["clients"] == len(reference_clients())
    assert set(_clients(seen)) | set(seen["not_connected"]) == {client.name for client in reference_clients()}


def _clients(facts: dict[str, Any]) -> list[str]:
    return [client for clients in facts["sessions"].values() for client in clients]


def test_who_gets_what_is_said_on_request(shared_server: SharedServer, tmp_path: Path) -> None:
    server = shared_server("nginx", Shape.STATIC_RSA)
    page = tmp_path / "report.html"
    done = tlsaudit("scan", server.name, *at(server), *PREDICTED, "-v", "-o", page, COLUMNS="10000")
    (line,) = (line for line in done.out.splitlines() if "TLS 1.2 TLS_RSA_WITH_AES_128_GCM_SHA256: " in line)
    assert "Chromium 156, " in line
    assert "TLS 1.2 TLS_RSA_WITH_AES_128_GCM_SHA256: " in page.read_text("utf-8")
    brief = tlsaudit("scan", server.name, *at(server), *PREDICTED, COLUMNS="10000")
    assert "TLS_RSA_WITH_AES_128_GCM_SHA256: " not in brief.out


def test_unasked_the_check_that_needs_it_is_left_out(shared_server: SharedServer) -> None:
    server = shared_server("nginx", Shape.MODERN)
    done = tlsaudit("scan", server.name, *at(server), "--select", "pfs", "--format", "json")
    assert "pfs-clients" in done.outcomes()
    assert "pfs-clients-replayed" not in done.outcomes()
    assert done.document["notes"] == []


def test_the_check_that_needs_it_says_how_to_ask(shared_server: SharedServer) -> None:
    server = shared_server("nginx", Shape.MODERN)
    done = tlsaudit("scan", server.name, *at(server), "--select", "pfs-clients-replayed")
    assert (done.code, done.out) == (2, "")
    assert done.err == "tlsaudit: pfs-clients-replayed: cannot be judged: add --clients\n"
