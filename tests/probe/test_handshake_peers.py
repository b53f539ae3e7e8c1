"""What the probe says of real servers is what sslyze, sslscan and openssl say of them."""

import asyncio
import json
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Callable
from functools import cache

import pytest

from tests.servers import PROGRAMS, CertificateAuthority, KeyKind, Server, Shape, VirtualHost, nginx, require
from tlsaudit.evidence import NotObserved, Order, Reason, TlsVersion, group_name, suite
from tlsaudit.probe.handshake import TlsLook, probe_tls
from tlsaudit.probe.limits import Limits
from tlsaudit.probe.road import Road

Suites = dict[TlsVersion, set[str]]
SharedServer = Callable[[str, Shape], Server]

SSL2, SSL3, TLS1_0, TLS1_1, TLS1_2, TLS1_3 = TlsVersion

# sslyze offers what the OpenSSL inside it knows, and that has no names for these two.
UNKNOWN_TO_SSLYZE = {"TLS_DH_anon_WITH_CAMELLIA_128_CBC_SHA256", "TLS_DH_anon_WITH_CAMELLIA_256_CBC_SHA256"}


def road(address: str, port: int) -> Road:
    return Road((address, port), Limits())


def look(server: Server) -> TlsLook:
    seen = asyncio.run(probe_tls(road(server.address, server.https_port), server.name, Limits()))
    assert isinstance(seen, TlsLook), seen
    return seen


def suites_of(seen: TlsLook) -> Suites:
    return {offer.version: {suite(code).name for code in offer.suites} for offer in seen.offer.versions}


def by_sslyze(server: Server) -> Suites:
    return _by_sslyze(server.name, f"{server.address}:{server.https_port}")


@cache
def _by_sslyze(name: str, target: str) -> Suites:
    commands = ("sslv3", "tlsv1", "tlsv1_1", "tlsv1_2", "tlsv1_3")
    options = ["--sni", name, "--mozilla_config=disable", "--json_out=-"]
    command = [sys.executable, "-m", "sslyze", *options, *(f"--{name}" for name in commands), target]
    output = subprocess.run(command, check=True, capture_output=True, timeout=120).stdout
    (result,) = json.loads(output)["server_scan_results"]
    keys = ("ssl_3_0", "tls_1_0", "tls_1_1", "tls_1_2", "tls_1_3")
    found = {}
    for version, key in zip((SSL3, TLS1_0, TLS1_1, TLS1_2, TLS1_3), keys, strict=True):
        accepted = result["scan_result"][f"{key}_cipher_suites"]["result"]["accepted_cipher_suites"]
        found[version] = {item["cipher_suite"]["name"] for item in accepted}
    return {version: names for version, names in found.items() if names}


def by_sslscan(server: Server) -> Suites:
    target = f"{server.address}:{server.https_port}"
    options = ["--no-colour", "--no-heartbleed", "--no-check-certificate", f"--sni-name={server.name}", "--xml=-"]
    command = [require("sslscan", "sslscan"), *options, target]
    output = subprocess.run(command, check=True, capture_output=True, timeout=120).stdout
    labels = {"TLSv1.0": TLS1_0, "TLSv1.1": TLS1_1, "TLSv1.2": TLS1_2, "TLSv1.3": TLS1_3}
    found: Suites = {}
    for cipher in ET.fromstring(output).iter("cipher"):
        found.setdefault(labels[cipher.attrib["sslversion"]], set()).add(suite(int(cipher.attrib["id"], 16)).name)
    return found


def openssl_connects(server: Server, *options: str) -> bool:
    command = [require("openssl", "openssl"), "s_client", "-connect", f"{server.address}:{server.https_port}"]
    command += ["-servername", server.name, "-cipher", "ALL:@SECLEVEL=0", *options]
    return (
        subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=120).returncode == 0
    )


@pytest.mark.parametrize("shape", Shape)
@pytest.mark.parametrize("program", PROGRAMS)
def test_suites_are_those_of_the_peers(program: str, shape: Shape, shared_server: SharedServer) -> None:
    server = shared_server(program, shape)
    seen = suites_of(look(server))
    assert {version: names - UNKNOWN_TO_SSLYZE for version, names in seen.items()} == by_sslyze(server)
    sslscan = by_sslscan(server)
    if (program, shape) == ("haproxy", Shape.LEGACY):
        sslscan[TLS1_2] |= seen[TLS1_2]  # see test_sslscan_misses_the_suites_of_the_second_certificate_of_haproxy
    assert seen == sslscan


def test_the_suites_that_sslyze_misses_are_served(shared_server: SharedServer) -> None:
    server = shared_server("nginx", Shape.LEGACY)
    assert suites_of(look(server))[TLS1_2] >= UNKNOWN_TO_SSLYZE
    assert not by_sslyze(server)[TLS1_2] & UNKNOWN_TO_SSLYZE
    assert openssl_connects(server, "-tls1_2", "-cipher", "ADH-CAMELLIA128-SHA256:@SECLEVEL=0")
    assert openssl_connects(server, "-tls1_2", "-cipher", "ADH-CAMELLIA256-SHA256:@SECLEVEL=0")


def test_sslscan_misses_the_suites_of_the_second_certificate_of_haproxy(shared_server: SharedServer) -> None:
    """HAProxy shows its ECDSA certificate to whoever offers any ECDSA suite, and then has no RSA suite to pick.
    sslscan never stops offering those it did not see accepted, and so never sees the others.
    """
    server = shared_server("haproxy", Shape.LEGACY)
    missed = suites_of(look(server))[TLS1_2] - by_sslscan(server)[TLS1_2]
    assert len(missed) == 44
    assert all("_RSA_" in name for name in missed)
    assert openssl_connects(server, "-tls1_2", "-cipher", "ECDHE-RSA-AES128-GCM-SHA256")
    assert openssl_connects(server, "-tls1_2", "-cipher", "AES128-SHA:@SECLEVEL=0")


@pytest.mark.parametrize(("version", "option"), [(TLS1_2, "-tls1_2"), (TLS1_3, "-tls1_3")])
def test_groups_are_those_that_openssl_agrees_on(version: TlsVersion, option: str, shared_server: SharedServer) -> None:
    server = shared_server("nginx", Shape.LEGACY)
    curves = {"x25519": "X25519", "x448": "X448", "secp256r1": "P-256", "secp384r1": "P-384", "secp521r1": "P-521"}
    others = ("brainpoolP256r1", "secp256k1", "sect283k1", "ffdhe2048", "ffdhe3072", "ffdhe4096", "ffdhe8192")
    names = {**curves, **{name: name for name in others}}
    suites_over_curves = "ECDHE:aNULL:!ADH:@SECLEVEL=0"
    agreed = {
        name
        for name, openssl_name in names.items()
        if openssl_connects(server, option, "-cipher", suites_over_curves, "-groups", openssl_name)
    }
    (offer,) = (offer for offer in look(server).offer.versions if offer.version is version)
    assert {group_name(group) for group in offer.groups} & set(names) == agreed
    assert set(curves) <= agreed


@pytest.mark.parametrize(("shape", "most"), [(Shape.MODERN, 30), (Shape.LEGACY, 180)])
def test_few_connections_tell(shape: Shape, most: int, shared_server: SharedServer) -> None:
    server = shared_server("nginx", shape)
    before = server.connection_count()
    seen = look(server)
    assert server.connection_count() - before == (seen.offer.connections or 0) <= most


def test_both_chains_and_the_dh_size_of_a_legacy_server(ca: CertificateAuthority) -> None:
    chains = [ca.intermediate().leaf(kind=kind) for kind in (KeyKind.RSA2048, KeyKind.P256)]
    with nginx(Shape.LEGACY, ca=ca, chains=chains) as server:
        seen = look(server)
    assert set(seen.chains) == {chain.der for chain in chains}
    assert [prime.bits for prime in seen.offer.dh_primes] == [2048]
    assert seen.connect_ms > 0


def test_no_chain_is_seen_where_only_tls13_is_served(shared_server: SharedServer) -> None:
    seen = look(shared_server("nginx", Shape.TLS13_ONLY))
    assert seen.chains == ()
    assert [offer.version for offer in seen.offer.versions] == [TLS1_3]


@pytest.mark.parametrize(("directive", "order"), [("on", Order.SERVER), ("off", Order.CLIENT)])
def test_whose_order_decides(directive: str, order: Order, ca: CertificateAuthority) -> None:
    config = f"ssl_prefer_server_ciphers {directive}; ssl_ecdh_curve secp384r1:X25519:prime256v1;"
    with nginx(ca=ca, chains=[ca.leaf(kind=KeyKind.RSA2048)], https_config=config) as server:
        tls13, tls12 = look(server).offer.versions
    assert (tls13.suite_order, tls12.suite_order) == (order, order)
    assert tls12.group_order is order
    assert {group_name(group) for group in tls12.groups} == {"secp384r1", "x25519", "secp256r1"}
    if order is Order.SERVER:
        assert [group_name(group) for group in tls12.groups] == ["secp384r1", "x25519", "secp256r1"]
        assert suite(tls12.suites[0]).name == "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"


@pytest.mark.parametrize("kind", [KeyKind.P256, KeyKind.P384, KeyKind.RSA2048, KeyKind.ED25519])
def test_no_kind_of_certificate_hides_a_group(kind: KeyKind, ca: CertificateAuthority) -> None:
    with nginx(ca=ca, chains=[ca.leaf(kind=kind)]) as server:
        _, tls12 = look(server).offer.versions
    assert {group_name(group) for group in tls12.groups} == {"x25519", "x448", "secp256r1", "secp384r1", "secp521r1"}


def test_the_answer_is_that_of_the_named_host(ca: CertificateAuthority) -> None:
    other = VirtualHost(("rsa.example.org",), [ca.leaf(("rsa.example.org",), kind=KeyKind.RSA2048)])
    with nginx(ca=ca, others=[other]) as server:
        named, default = (
            asyncio.run(probe_tls(road(server.address, server.https_port), name, Limits()))
            for name in ("rsa.example.org", None)
        )
    assert isinstance(named, TlsLook)
    assert isinstance(default, TlsLook)
    assert named.chains == (other.chains[0].der,)
    assert default.chains != named.chains


def test_an_ipv6_address(ca: CertificateAuthority) -> None:
    with nginx(ca=ca, address="::1") as server:
        assert [offer.version for offer in look(server).offer.versions] == [TLS1_3, TLS1_2]


def test_a_server_that_rejects_unknown_names(ca: CertificateAuthority) -> None:
    with nginx(ca=ca, https_config="ssl_reject_handshake on;") as server:
        seen = asyncio.run(probe_tls(road(server.address, server.https_port), server.name, Limits()))
    assert isinstance(seen, NotObserved)
    assert seen.reason is Reason.REJECTED
    assert "unrecognized_name" in seen.detail.split(", ")


def test_plain_http_on_the_port_is_named(shared_server: SharedServer) -> None:
    server = shared_server("nginx", Shape.MODERN)
    seen = asyncio.run(probe_tls(road(server.address, server.http_port), server.name, Limits()))
    assert seen == NotObserved(Reason.NOT_TLS, "it looks like HTTP")
