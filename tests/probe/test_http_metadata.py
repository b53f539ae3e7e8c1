"""A public server cannot have us ask what only this machine can: the metadata service of a cloud, a private address."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.fence import Fence, fence

PUBLIC = "93.184.215.14"
PRIVATE = "10.0.0.1"
METADATA = ("169.254.169.254", "100.100.100.200", "fd00:ec2::254", "192.0.0.192")


@pytest.fixture(scope="module")
def cloud() -> Iterator[Fence]:
    """A network of which this machine is the whole: all of these addresses are its own."""
    with fence() as inside:
        addresses = (PUBLIC, PRIVATE, *METADATA)
        script = "\n".join(f"ip address add {address}/{128 if ':' in address else 32} dev lo" for address in addresses)
        subprocess.run([*inside.enter, "sh", "-ec", script], check=True, timeout=20)
        yield inside


def lead(cloud: Fence, site: str, to: str) -> tuple[int, str | None]:
    command = [*cloud.enter, sys.executable, "-m", "tests.probe.metadata", site, to]
    root = Path(__file__).parents[2]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=100, check=True)
    asked, said = json.loads(done.stdout)
    return asked, said


@pytest.mark.parametrize("to", [*METADATA, PRIVATE])
def test_a_public_server_leads_nowhere_inside(cloud: Fence, to: str) -> None:
    assert lead(cloud, PUBLIC, to) == (0, f"{to} {to} is at {to}, which is not public")


def test_a_private_one_may(cloud: Fence) -> None:
    assert lead(cloud, PRIVATE, METADATA[0]) == (3, None)  # from /, from the deep path and from robots.txt
