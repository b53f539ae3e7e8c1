"""--proxy on the command line: all goes through it, and its password is nowhere to be seen."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.command import at, tlsaudit
from tests.servers import Server, Shape, free_port
from tests.servers.proxy import tinyproxy


@pytest.fixture
def server(shared_server: Callable[[str, Shape], Server]) -> Server:
    return shared_server("nginx", Shape.MODERN)


def test_a_scan_through_a_proxy_says_what_a_direct_one_says(server: Server, ca_file: Path, tmp_path: Path) -> None:
    arguments = ["scan", server.name, *at(server), "--ca-file", ca_file, "--format", "json"]
    direct = tlsaudit(*arguments)
    with tinyproxy(("alice", "s3cret")) as proxy:
        url = proxy.url.replace("://", "://alice:s3cret@")
        files = [tmp_path / "scan.html", tmp_path / "scan.txt"]
        proxied = tlsaudit(*arguments, "-v", "-o", files[0], "-o", files[1], TLSAUDIT_PROXY=url)
    not_proxied = {"http3", "http3-certificate", "https-latency"}
    assert proxied.outcomes() == {check: said for check, said in direct.outcomes().items() if check not in not_proxied}
    assert proxied.code == direct.code
    assert proxied.document["vantage"] == f"{direct.document['vantage']} through {proxy.url}"
    for text in (proxied.out, proxied.err, *(file.read_text("utf-8") for file in files)):
        assert "s3cret" not in text
        assert "alice" not in text


def test_the_variables_of_other_programs_do_not_count(
    server: Server, ca_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nowhere = f"http://127.0.0.1:{free_port('127.0.0.1')}"
    others = {"HTTP_PROXY": nowhere, "HTTPS_PROXY": nowhere, "ALL_PROXY": nowhere, "https_proxy": nowhere}
    for name, value in others.items():
        monkeypatch.setenv(name, value)
    done = tlsaudit("scan", server.name, *at(server), "--ca-file", ca_file, "--format", "json")
    assert "unknown" not in done.outcomes().values()


def test_a_proxy_that_is_down_is_named_and_judges_nobody(server: Server) -> None:
    proxy = f"socks5://127.0.0.1:{free_port('127.0.0.1')}"
    done = tlsaudit("scan", server.name, *at(server), "--proxy", proxy, "--format", "json")
    assert done.code == 3
    assert set(done.outcomes().values()) == {"unknown"}
    messages = {finding["message"] for finding in done.document["findings"]}
    assert messages == {"no way through the proxy: it cannot be reached: connection refused"}


@pytest.mark.parametrize("family", ["-4", "-6"])
def test_a_family_cannot_be_kept_to_by_socks5h(family: str) -> None:
    done = tlsaudit("scan", "www.example.org", family, "--proxy", "socks5h://127.0.0.1:1080")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"tlsaudit: {family}: with socks5h:// the proxy picks the address")


def test_what_takes_another_road_is_not_asked() -> None:
    done = tlsaudit("scan", "www.example.org", "--proxy", "socks5://127.0.0.1:1080", "--deep")
    assert (done.code, done.out, done.err) == (2, "", "tlsaudit: --deep: it does not go through --proxy\n")
