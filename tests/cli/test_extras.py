"""What `tlsaudit scan` says with the extras `quic` and `deep`."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tests.cli.command import at, tlsaudit
from tests.servers import CertificateAuthority, Server, Shape, free_port, nginx
from tests.servers.caddy import NAME, Caddy, caddy
from tests.servers.stacks import Listener, node


def _to(server: Caddy | Listener) -> Sequence[str]:
    return ("--connect-to", f"{NAME}:443:127.0.0.1:{server.port}")


def test_http3_as_it_should_be(ca: CertificateAuthority, ca_file: Path) -> None:
    with caddy(ca) as server:
        selected = ("--select", "http3", "--select", "http3-certificate")
        done = tlsaudit("scan", NAME, *_to(server), "--ca-file", ca_file, *selected, "--format", "json")
    assert done.outcomes() == {"http3": "pass", "http3-certificate": "pass"}


def test_http3_that_is_advertised_and_not_there(ca: CertificateAuthority, ca_file: Path) -> None:
    with nginx(Shape.MODERN, ca=ca, headers={"Alt-Svc": 'h3=":443"; ma=86400'}) as server:
        done = tlsaudit("scan", NAME, *at(server), "--ca-file", ca_file, "--select", "http3", "--fail-on", "low")
    assert done.code == 1
    assert "HTTP/3 is advertised at UDP port 443, but does not answer there" in " ".join(done.out.split())


def test_a_deep_look_at_a_good_server(shared_server: Callable[[str, Shape], Server], ca_file: Path) -> None:
    server = shared_server("nginx", Shape.MODERN)
    done = tlsaudit("scan", NAME, *at(server), "--ca-file", ca_file, "--deep", "--select", "deep", "--format", "json")
    assert done.code == 0
    assert done.outcomes() == dict.fromkeys(
        ("ccs-injection", "client-renegotiation", "heartbleed", "robot", "suites-cross-check"), "pass"
    )


def test_a_deep_look_at_a_server_that_bleeds(ca: CertificateAuthority) -> None:
    with node(ca, "0.10.0") as server:
        done = tlsaudit("scan", NAME, *_to(server), "--deep", "--select", "heartbleed")
    assert done.code == 1
    assert "a heartbeat reads the server's memory" in done.out


def test_nothing_deep_unless_it_is_asked_for(shared_server: Callable[[str, Shape], Server], ca_file: Path) -> None:
    server = shared_server("nginx", Shape.MODERN)
    done = tlsaudit("scan", NAME, *at(server), "--ca-file", ca_file, "--select", "tls", "--format", "json")
    assert "tls-versions" in done.outcomes()
    assert "heartbleed" not in done.outcomes()
    assert not any("deep" in note for note in done.document["notes"])


def test_what_sslyze_cannot_reach_is_said_once() -> None:
    target = f"mysql://127.0.0.1:{free_port('127.0.0.1')}"
    done = tlsaudit("scan", target, "--deep", "--select", "heartbleed", "--select", "tls-versions", "--format", "json")
    assert set(done.outcomes()) == {"tls-versions"}
    assert [note for note in done.document["notes"] if "heartbleed" in note] == [
        f"heartbleed: not asked of {target}, which --deep cannot reach"
    ]


@pytest.mark.parametrize("option", ["0", "x"])
def test_a_deadline_that_is_none(option: str) -> None:
    assert tlsaudit("scan", "example.org", "--deep", "--deep-timeout", option).code == 2
