"""Who may be talked to."""

from pathlib import Path

import pytest

from tlsaudit.engine import Cluster
from tlsaudit.errors import UserError


@pytest.mark.parametrize(
    "address", ["tcp://127.0.0.1:8786", "tcp://127.8.0.1:1", "tcp://[::1]:8786", "tcp://localhost:8786"]
)
def test_loopback_needs_no_tls(address: str) -> None:
    assert Cluster.of(address, None, None, None).scheduler == address


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("tcp://192.0.2.1:8786", "tcp:// is for loopback alone: write tls://"),
        ("tcp://scheduler:8786", "tcp:// is for loopback alone: write tls://"),
        ("tls://scheduler:8786", "TLS takes --scheduler-ca, --scheduler-cert, --scheduler-key, too"),
        ("scheduler:8786", "write tls://host:port"),
        ("tls://scheduler", "write tls://host:port"),
        ("tls://scheduler:0x1", "write tls://host:port"),
        ("ucx://scheduler:8786", "write tls://host:port"),
        ("tls://scheduler:8786/x", "write tls://host:port"),
    ],
)
def test_others_are_refused(address: str, said: str) -> None:
    with pytest.raises(UserError) as caught:
        Cluster.of(address, None, None, None)
    assert str(caught.value).startswith(f"--scheduler {address}: {said}")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    there = tmp_path / "there.pem"
    there.touch()
    with pytest.raises(UserError, match=r"^--scheduler-key .*missing\.pem: there is no such file$"):
        Cluster.of("tls://scheduler:8786", there, there, tmp_path / "missing.pem")
