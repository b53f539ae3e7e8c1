"""A fleet that is audited again and again, while something goes wrong."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.faults.fleet import Fleet, Project
from tests.servers import CertificateAuthority, nginx


@pytest.fixture(scope="session")
def fleet(ca: CertificateAuthority, ca_file: Path) -> Iterator[Fleet]:
    with ExitStack() as running:
        server = running.enter_context(
            nginx(
                ca=ca, names=["example.org", "*.example.org"], headers={"Strict-Transport-Security": "max-age=63072000"}
            )
        )
        yield Fleet(server, ca_file)


@pytest.fixture
def project(fleet: Fleet, tmp_path: Path) -> Project:
    """With targets of the fleet, and neither history nor reports."""
    return Project(fleet, tmp_path)
