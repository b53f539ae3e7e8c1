"""The data file of the reference clients."""

import re

import pytest

from tests.policy.client import client
from tlsaudit.evidence import NAMED_GROUPS, TlsVersion, suites
from tlsaudit.policy import ReferenceClient, reference_clients
from tlsaudit.policy.clients import client_of

CLIENTS = {client.name: client for client in reference_clients()}

# The drafts of ChaCha20, and the RSA_FIPS suite of Netscape.
NEVER_REGISTERED = {0xCC13, 0xCC14, 0xCC15, 0xFEFF}

ENTRY = {
    "name": "A client",
    "origin": "written by hand",
    "record": "0301",
    "version": "0303",
    "session_id": 32,
    "suites": "1A1A 1301 C02B 00FF 5600",
    "compressions": "00",
    "extensions": [
        "2A2A",
        "0000",
        "FF01 00",
        "000A 3A3A 11EC 001D",
        "000D 0403 0804",
        "0010 h2 http/1.1",
        "0033 3A3A 001D",
        "002B 4A4A 0304 0303",
        "0015",
    ],
}


@pytest.mark.parametrize("name", CLIENTS)
def test_every_client_has_an_origin_with_a_date(name: str) -> None:
    assert re.search(r"\b(captured on loopback|retrieved) 20\d\d-\d\d-\d\d$", CLIENTS[name].origin), name


@pytest.mark.parametrize("name", CLIENTS)
def test_every_client_can_be_predicted(name: str) -> None:
    known = CLIENTS[name]
    assert known.versions
    assert known.suites
    assert set(known.suites) <= set(suites()) | NEVER_REGISTERED
    assert known.groups is None or set(known.groups) <= set(NAMED_GROUPS)
    assert set(known.shares) <= set(known.groups or ())
    assert bool(known.shares) == (TlsVersion.TLS1_3 in known.versions)


def test_no_name_comes_twice() -> None:
    assert len(CLIENTS) == len(reference_clients())


@pytest.mark.parametrize("name", CLIENTS)
def test_every_client_sends_the_name_of_the_server(name: str) -> None:
    extensions = CLIENTS[name].hello.extensions
    assert extensions
    assert (0, b"") in extensions


def test_the_kinds_of_clients_that_users_have() -> None:
    for kind in (
        "Chrom",
        "Firefox",
        "Safari",
        "Edge",
        "Android",
        "Java",
        "OpenSSL",
        "curl",
        "Go ",
        "Node.js",
        "Googlebot",
    ):
        assert [name for name in CLIENTS if kind in name], kind


def test_what_an_entry_says() -> None:
    known = client_of(ENTRY)
    assert known.versions == (TlsVersion.TLS1_3, TlsVersion.TLS1_2)
    assert known.suites == (0x1301, 0xC02B)
    assert known.groups == (0x11EC, 0x1D)
    assert known.shares == (0x1D,)
    assert known.hello.suites == (0x1A1A, 0x1301, 0xC02B, 0x00FF, 0x5600)
    assert known.hello.extensions == (
        (0x2A2A, b""),
        (0, b""),
        (0xFF01, b"\x00"),
        (10, bytes.fromhex("0006 3A3A 11EC 001D")),
        (13, bytes.fromhex("0004 0403 0804")),
        (16, bytes.fromhex("000C 02") + b"h2\x08http/1.1"),
        (51, bytes.fromhex("3A3A 001D")),
        (43, bytes.fromhex("06 4A4A 0304 0303")),
        (21, b""),
    )


@pytest.mark.parametrize(
    ("who", "versions"),
    [
        (client("RSA_WITH_AES_128_CBC_SHA"), "TLS 1.2, TLS 1.1, TLS 1.0"),
        (client("RSA_WITH_AES_128_CBC_SHA", highest=TlsVersion.TLS1_0), "TLS 1.0"),
        (client("AES_128_GCM_SHA256", versions=[TlsVersion.TLS1_3]), "TLS 1.3"),
    ],
)
def test_versions(who: ReferenceClient, versions: str) -> None:
    assert ", ".join(version.label for version in who.versions) == versions


def test_a_hello_without_extensions_is_not_one_with_none() -> None:
    assert client_of({**ENTRY, "extensions": None}).hello.extensions is None
    assert client_of({**ENTRY, "extensions": []}).hello.extensions == ()
