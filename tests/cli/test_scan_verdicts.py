"""The right verdicts on real servers: three stacks in four shapes, and one set up as it should be."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command import Done, at, tlsaudit
from tests.servers import PROGRAMS, CertificateAuthority, Server, Shape, serve

N_A = "not_applicable"

# MODERN, LEGACY, STATIC_RSA, TLS13_ONLY
TLS_VERDICTS = {
    "broken-suites": ("pass", "fail", "pass", "pass"),
    "client-certificate": (N_A, N_A, N_A, N_A),
    "clients-served": ("pass", "pass", "fail", "pass"),  # current clients know no static RSA
    "dh-parameters": (N_A, "pass", N_A, N_A),
    "downgrade-protection": ("pass", "pass", N_A, N_A),
    "early-data": ("pass", "pass", N_A, "pass"),
    "encrypt-then-mac": (N_A, "pass", "pass", N_A),
    "ephemeral-key-reuse": ("pass", "pass", N_A, "pass"),
    "extended-master-secret": ("pass", "pass", "pass", N_A),
    "obsolete-key-exchange": ("pass", "fail", "fail", N_A),
    "pfs-clients": ("pass", "fail", "fail", "pass"),  # IE 7 puts static RSA first
    "pfs-suites": ("pass", "fail", "fail", "pass"),
    "post-quantum-groups": ("fail", "fail", "fail", "fail"),  # OpenSSL 3.0 knows none
    "resumption-key-exchange": ("pass", "pass", N_A, "pass"),
    "secure-renegotiation": ("pass", "pass", "pass", N_A),
    "session-tickets": ("pass", "pass", "pass", "pass"),
    "ticket-key-rotation": (N_A, N_A, N_A, N_A),  # a scan has no history
    "tls-compression": ("pass", "pass", "pass", N_A),
    "tls-tolerance": ("pass", "pass", "pass", "pass"),
    "tls-versions": ("pass", "fail", "pass", "pass"),
}
OTHERWISE = {
    ("apache", Shape.LEGACY): {"broken-suites": "pass"},  # it drops anonymous suites from every list
    ("haproxy", Shape.LEGACY): {"pfs-clients": "pass"},  # its own order decides
}

CERTIFICATE_VERDICTS = {
    "certificate-chain": "pass",
    "certificate-key": "pass",
    "certificate-lifetime": "not_applicable",
    "certificate-lint": "pass",
    "certificate-name": "pass",
    "certificate-revocation": "not_applicable",
    "certificate-signature": "pass",
    "certificate-transparency": "not_applicable",
    "certificate-trust": "pass",
    "certificate-validity": "pass",
}

# The servers of the tests have no HSTS, no redirect and no canonical link unless told, and no HTTP/3.
WEB_VERDICTS = {
    "hsts-max-age": "fail",
    "redirect-https": "fail",
    "canonical-agreement": "not_applicable",
    "canonical-https": "fail",
    "cookies-secure": "not_applicable",
    "mixed-content": "pass",
    "http3": "not_applicable",
    "http3-certificate": "not_applicable",
}


@pytest.mark.parametrize("shape", Shape)
@pytest.mark.parametrize("program", PROGRAMS)
def test_verdicts(program: str, shape: Shape, shared_server: Callable[[str, Shape], Server], ca_file: Path) -> None:
    server = shared_server(program, shape)
    done = tlsaudit("scan", server.name, *at(server), "--ca-file", ca_file, "--format", "json")
    tls = {check: verdicts[list(Shape).index(shape)] for check, verdicts in TLS_VERDICTS.items()}
    otherwise = OTHERWISE.get((program, shape), {})
    outcomes = done.outcomes()
    assert outcomes.pop("https-latency") in ("pass", "fail")  # the machine may be busy
    assert outcomes == tls | CERTIFICATE_VERDICTS | WEB_VERDICTS | otherwise
    assert done.code == 1


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_server_as_it_should_be(program: str, ca: CertificateAuthority, ca_file: Path) -> None:
    page = '<!doctype html><head><link rel="canonical" href="https://www.example.org/"></head>'
    with serve(
        program,
        ca=ca,
        pages={"/": page},
        headers={"Strict-Transport-Security": "max-age=63072000"},
        redirect="https://www.example.org",
    ) as server:
        done = tlsaudit("scan", server.name, *at(server), "--ca-file", ca_file, "--format", "json")
    assert (done.code, done.err) == (0, "")
    failed = {(finding["check"], finding["severity"]) for finding in _with(done, "fail")}
    failed.discard(("https-latency", "info"))  # the machine may be busy
    assert failed == {("post-quantum-groups", "info")}
    assert _with(done, "unknown") == []


def _with(done: Done, outcome: str) -> list[dict[str, Any]]:
    return [finding for finding in done.document["findings"] if finding["outcome"] == outcome]


def test_without_the_ca_the_chain_is_not_trusted(shared_server: Callable[[str, Shape], Server]) -> None:
    server = shared_server("nginx", Shape.MODERN)
    done = tlsaudit("scan", server.name, *at(server), "--select", "certificate-trust", "--format", "json")
    assert done.outcomes() == {"certificate-trust": "fail"}


def test_a_name_the_certificate_does_not_have(shared_server: Callable[[str, Shape], Server], ca_file: Path) -> None:
    server = shared_server("nginx", Shape.MODERN)
    other = "other.example.org"
    done = tlsaudit("scan", other, *at(server, other), "--ca-file", ca_file, "--format", "json")
    outcomes = done.outcomes()
    assert outcomes["certificate-name"] == "fail"
    assert outcomes["certificate-trust"] == "pass"
    assert outcomes["tls-versions"] == "pass"


def test_every_address_counts_and_the_worst_is_named(
    shared_server: Callable[[str, Shape], Server], ca: CertificateAuthority, ca_file: Path
) -> None:
    """One of two load balancers behind a name lags behind."""
    good = shared_server("nginx", Shape.MODERN)
    with serve("nginx", Shape.LEGACY, ca=ca, address="127.0.0.2") as bad:
        both = (*at(good), *at(bad))
        done = tlsaudit("scan", good.name, *both, "--ca-file", ca_file, "--select", "tls", "--format", "json")
    (endpoint,) = done.document["endpoints"]
    assert endpoint["addresses"] == ["127.0.0.1", "127.0.0.2"]
    by_check = {finding["check"]: finding for finding in done.document["findings"]}
    assert (by_check["tls-versions"]["outcome"], by_check["tls-versions"]["address"]) == ("fail", "127.0.0.2")
    assert by_check["tls-tolerance"]["outcome"] == "pass"


def test_over_ipv6(ca: CertificateAuthority, ca_file: Path) -> None:
    with serve("nginx", ca=ca, address="::1") as server:
        done = tlsaudit("scan", server.name, *at(server), "--ca-file", ca_file, "--format", "json")
    (endpoint,) = done.document["endpoints"]
    assert endpoint["addresses"] == ["::1"]
    assert done.outcomes()["tls-versions"] == "pass"


def test_resolve_as_in_curl(shared_server: Callable[[str, Shape], Server], ca_file: Path) -> None:
    server = shared_server("nginx", Shape.MODERN)
    target = f"{server.name}:{server.https_port}"
    done = tlsaudit("scan", target, "--resolve", f"{target}:127.0.0.1", "--ca-file", ca_file, "--format", "json")
    outcomes = done.outcomes()
    assert outcomes["certificate-name"] == "pass"
    assert "redirect-https" not in outcomes  # there is no plain-http port to ask
    about_http = "cookies-secure, redirect-https"
    assert done.document["notes"] == [f"{about_http}: not asked of {target}, which has no plain-http port"]


def test_hsts_over_a_certificate_that_names_no_host_protects_nobody(ca: CertificateAuthority, ca_file: Path) -> None:
    """The common name does not count (RFC 9525), so browsers refuse the connection and with it the HSTS header."""
    chain = ca.leaf((), common_name="www.example.org")
    with serve("nginx", ca=ca, chains=[chain], headers={"Strict-Transport-Security": "max-age=63072000"}) as server:
        done = tlsaudit("scan", server.name, *at(server), "--ca-file", ca_file, "--format", "json")
    assert done.outcomes()["certificate-name"] == "fail"
    assert done.outcomes()["hsts-max-age"] == "fail"
