"""A server of each TLS stack serves what its table says: other clients agree, and so does the probe."""

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from functools import cache

import pytest

from tests.probe.peers import (
    GNUTLS_GROUPS,
    NODE_GROUPS,
    OLD_CIPHERS,
    OPENSSL_GROUPS,
    OPTIONS,
    SSL2,
    SSL2_CIPHERS,
    SSL3,
    TLS1_0,
    TLS1_2,
    TLS1_3,
    At,
    by_nmap,
    by_old_node,
    by_sslscan,
    dhe_by_gnutls,
    groups_by_gnutls,
    groups_by_node,
    groups_by_openssl,
    groups_by_sslscan,
    openssl_suites,
    whose_group_order,
    whose_suite_order,
)
from tests.probe.stacks import STACKS, Row, Stack
from tests.servers import CertificateAuthority
from tests.servers.stacks import NAME
from tlsaudit.evidence import Order, TlsVersion, group_name, suite, suites
from tlsaudit.probe.handshake import TlsLook, probe_tls
from tlsaudit.probe.handshake.offers import over_curve
from tlsaudit.probe.limits import Limits
from tlsaudit.probe.road import Road

BY_NAME = {entry.name: entry for entry in suites().values()}
GROUPED = [name for name, stack in STACKS.items() if any(row.groups for row in stack.serves.values())]

# sslscan waits three seconds for each group that NSS does not have, makes Java work hard, and never stops offering
# ECDSA suites to HAProxy.
GROUPS_BY_GNUTLS = {"JSSE", "NSS", "NSS with SSL 3.0", "NSS in lighttpd", "HAProxy"}
UNKNOWN_TO_SSLSCAN = {"X25519MLKEM768", "SecP256r1MLKEM768", "SecP384r1MLKEM1024", "brainpoolP256r1tls13"}


@pytest.fixture(scope="session")
def running(ca: CertificateAuthority) -> Iterator[Callable[[str], At]]:
    """A function that gives the server of a stack. It is started when first asked for and serves all tests here."""
    with contextlib.ExitStack() as servers:

        @cache
        def start(name: str) -> At:
            return servers.enter_context(STACKS[name].running(ca))

        yield start


Running = Callable[[str], At]
nmap = cache(by_nmap)


def told(stack: Stack, client: str = "") -> dict[TlsVersion, set[str]]:
    """What a table says of the suites that a client can see."""
    rows = {version: set(row.suites) for version, row in stack.serves.items()}
    return {version: names - stack.missed.get((client, version), frozenset()) for version, names in rows.items()}


@pytest.mark.parametrize("name", STACKS)
def test_nmap_sees_the_suites_of_the_table(name: str, running: Running) -> None:
    seen = nmap(running(name))
    assert {version: set(row.suites) for version, row in seen.items()} == told(STACKS[name])
    assert set().union(*(row.dh_bits for row in seen.values())) == set(STACKS[name].dh_bits)


@pytest.mark.parametrize("name", [name for name, stack in STACKS.items() if max(stack.serves) >= TLS1_0])
def test_sslscan_sees_the_suites_of_the_table(name: str, running: Running) -> None:
    expected = told(STACKS[name], "sslscan")
    assert by_sslscan(running(name)) == {version: expected[version] for version in expected if version >= TLS1_0}


@pytest.mark.parametrize("version", [SSL2, SSL3], ids=lambda version: version.label)
@pytest.mark.parametrize("name", [name for name, stack in STACKS.items() if SSL3 in stack.serves])
def test_an_old_openssl_agrees_on_the_suites_of_the_table(name: str, version: TlsVersion, running: Running) -> None:
    known = set(SSL2_CIPHERS if version is SSL2 else OLD_CIPHERS)
    expected = told(STACKS[name], "old openssl").get(version, set())
    assert expected <= known
    assert by_old_node(running(name), version, known) == expected


def over_curves(row: Row) -> list[str]:
    """The suites up to TLS 1.2 that take a named group, as far as openssl has them; without ECDSA where there are
    others, since that certificate's own curve is picked or missed.
    """
    names = {name for name in row.suites & set(openssl_suites()) if over_curve(BY_NAME[name])}
    return sorted({name for name in names if "ECDSA" not in name} or names)


def rows_with_groups(name: str, oldest: TlsVersion = TlsVersion.TLS1_2) -> list[tuple[TlsVersion, Row]]:
    return [(version, row) for version, row in STACKS[name].serves.items() if row.groups and version >= oldest]


@pytest.mark.parametrize("name", GROUPED)
def test_openssl_agrees_on_the_groups_of_the_table(name: str, running: Running) -> None:
    for version, row in rows_with_groups(name):
        offered = [] if version is TLS1_3 else over_curves(row)
        behind = ["secp256r1"] if any("ECDSA" in suite for suite in offered) else []
        agreed = groups_by_openssl(running(name), version, offered, behind)
        assert agreed == set(row.groups) & set(OPENSSL_GROUPS), version.label


@pytest.mark.parametrize("name", [name for name in GROUPED if name not in GROUPS_BY_GNUTLS])
def test_sslscan_sees_the_groups_of_the_table(name: str, running: Running) -> None:
    seen = groups_by_sslscan(running(name))
    assert seen == {version: set(row.groups) - UNKNOWN_TO_SSLSCAN for version, row in rows_with_groups(name)}


@pytest.mark.parametrize("name", sorted(GROUPS_BY_GNUTLS))
def test_gnutls_agrees_on_the_groups_of_the_table(name: str, running: Running) -> None:
    for version, row in rows_with_groups(name):
        assert groups_by_gnutls(running(name), version) == set(row.groups) & set(GNUTLS_GROUPS), version.label


def test_gnutls_agrees_on_the_suites_that_sslscan_misses(running: Running) -> None:
    name = "GnuTLS in lighttpd"
    assert dhe_by_gnutls(running(name)) == STACKS[name].missed["sslscan", TLS1_2]


def test_a_new_openssl_agrees_on_the_post_quantum_groups(running: Running) -> None:
    agreed = groups_by_node(running("OpenSSL 3.5"), NODE_GROUPS)
    assert agreed == set(STACKS["OpenSSL 3.5"].serves[TLS1_3].groups)


def pair_of_suites(row: Row) -> tuple[str, str] | None:
    """Two that openssl agrees on with everybody: of one kind, not over finite fields, whose primes may be too small
    for it, and not ChaCha20, which a server may move up for a client that puts it first.
    """
    for exchange in ("", "RSA", "ECDHE_RSA", "ECDHE_ECDSA"):
        known = (name for name in sorted(row.suites & set(openssl_suites())) if BY_NAME[name].key_exchange == exchange)
        found = [name for name in known if "CHACHA20" not in name]
        if len(found) > 1:
            return found[0], found[1]
    return None


@pytest.mark.parametrize("name", [name for name, stack in STACKS.items() if max(stack.serves) >= TLS1_0])
def test_openssl_meets_the_order_of_suites_of_the_table(name: str, running: Running) -> None:
    for version, row in STACKS[name].serves.items():
        if version in OPTIONS and (pair := pair_of_suites(row)):
            assert whose_suite_order(running(name), version, pair) is row.order, version.label


@pytest.mark.parametrize("name", GROUPED)
def test_openssl_meets_the_order_of_groups_of_the_table(name: str, running: Running) -> None:
    """In TLS 1.3 openssl sends a key share of the first group it offers, and a server may take what is there: a
    group that the server does not have goes first, so that it has to choose.
    """
    for version, row in rows_with_groups(name, TLS1_0):
        absent = next((group for group in ("x448", "ffdhe8192") if group not in row.groups), None)
        ahead = (absent,) if version is TLS1_3 and absent else ()
        known = [group for group in row.groups if group in OPENSSL_GROUPS]
        if len(known) < 2 or (version is TLS1_3 and not absent):
            continue
        offered = () if version is TLS1_3 else over_curves(row)
        order = whose_group_order(running(name), version, (known[0], known[1]), offered, ahead=ahead)
        assert order is row.group_order, version.label


def look(at: At) -> TlsLook:
    seen = asyncio.run(probe_tls(Road((at.address, at.port), Limits()), NAME, Limits()))
    assert isinstance(seen, TlsLook), seen
    return seen


def comparable(row: Row) -> tuple[object, ...]:
    """Groups have an order where it is the server's."""
    ordered = row.group_order is Order.SERVER
    return row.suites, row.order, row.groups if ordered else set(row.groups), row.group_order


@pytest.mark.parametrize("name", STACKS)
def test_the_probe_says_what_the_table_says(name: str, running: Running) -> None:
    stack, seen = STACKS[name], look(running(name))
    rows = {
        offer.version: Row(
            frozenset(suite(code).name for code in offer.suites),
            offer.suite_order,
            tuple(group_name(code) for code in offer.groups),
            offer.group_order,
        )
        for offer in seen.offer.versions
    }
    assert {version: comparable(row) for version, row in rows.items()} == {
        version: comparable(row) for version, row in stack.serves.items()
    }
    assert tuple(prime.bits for prime in seen.offer.dh_primes) == stack.dh_bits
    assert seen.offer.incomplete is None


BY_SERVER = [name for name, stack in STACKS.items() if any(row.order is Order.SERVER for row in stack.serves.values())]


@pytest.mark.parametrize("name", sorted({*BY_SERVER} - {"HAProxy"}))  # that has one order for each certificate
def test_nmap_meets_the_suites_in_the_order_of_the_probe(name: str, running: Running) -> None:
    met = nmap(running(name))
    for offer in look(running(name)).offer.versions:
        if met[offer.version].server_decides:
            assert [suite(code).name for code in offer.suites] == met[offer.version].suites, offer.version.label
