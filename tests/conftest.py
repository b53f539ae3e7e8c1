"""What all tests share: a certificate authority and the servers that nobody changes."""

import contextlib
import gc
import os
import signal
from collections.abc import Callable, Generator, Iterator
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.servers import CertificateAuthority, Server, Shape, serve

# How long an example takes says how busy the machine is.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")

# A shell has what it starts in the background ignore it, and what that starts inherits this.
signal.signal(signal.SIGINT, signal.default_int_handler)

# What the tests start is compiled once, as it is for users, whatever the environment says.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# The tests themselves may be run for a pull request.
for variable in ("GITHUB_BASE_REF", "GITHUB_STEP_SUMMARY", "CI_MERGE_REQUEST_DIFF_BASE_SHA"):
    os.environ.pop(variable, None)

# Charts take seconds of each report: they are drawn where a test is about them (the fixture `charts`).
os.environ["TLSAUDIT_CHARTS"] = "0"

# Servers that give up root read what the tests write.
os.umask(0o022)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Some hundred megabytes of tests are collected: nobody need look for garbage among them, now or later."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.fixture(scope="module")
def charts() -> Iterator[None]:
    """The reports of a module have charts."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("TLSAUDIT_CHARTS")
        yield


@pytest.fixture(scope="session")
def ca() -> CertificateAuthority:
    """The root that issued the certificates of the shared servers."""
    return CertificateAuthority()


@pytest.fixture(scope="session")
def ca_file(ca: CertificateAuthority, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The root as a PEM file, for clients."""
    return ca.write(tmp_path_factory.mktemp("ca"))


@pytest.fixture(scope="session")
def shared_server(ca: CertificateAuthority) -> Iterator[Callable[[str, Shape], Server]]:
    """A function that gives the server of a program and shape, for `www.example.org` and `example.org`.

    It is started when first asked for and serves all tests of this worker; who needs a server of their own
    takes `tests.servers.serve`.
    """
    with contextlib.ExitStack() as running:

        @cache
        def start(program: str, shape: Shape) -> Server:
            return running.enter_context(serve(program, shape, ca=ca, names=("www.example.org", "example.org")))

        yield start
