"""STARTTLS with real servers: what they offer in clear, and the TLS after it, which openssl must see alike."""

import asyncio
import re
import subprocess
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

import pytest

from tests.servers import CertificateAuthority, require
from tests.servers.stacks import NAME, Listener
from tests.servers.starttls import dovecot, mariadb, news, postfix, postgres, prosody, slapd, vsftpd
from tlsaudit.evidence import (
    AddressObservation,
    Certificates,
    EvidenceType,
    HttpsExchange,
    NotObserved,
    Reason,
    StartTlsOffer,
    TlsOffer,
    TlsVersion,
)
from tlsaudit.probe.certificate import RootFile, TrustStores
from tlsaudit.probe.endpoint import EndpointProbe
from tlsaudit.probe.http import HttpProbe
from tlsaudit.probe.limits import Limits
from tlsaudit.target import Endpoint, Route
from tlsaudit.target.starttls import STARTTLS_PORTS

WANTED: frozenset[EvidenceType] = frozenset({TlsOffer, Certificates, StartTlsOffer, HttpsExchange})

Start = Callable[..., AbstractContextManager[Listener]]

SERVERS: dict[str, Start] = {
    "smtp": postfix,
    "imap": partial(dovecot, protocol="imap"),
    "pop3": partial(dovecot, protocol="pop3"),
    "sieve": partial(dovecot, protocol="sieve"),
    "ftp": vsftpd,
    "xmpp": partial(prosody, protocol="xmpp"),
    "xmpp-server": partial(prosody, protocol="xmpp-server"),
    "ldap": slapd,
    "postgres": postgres,
    "mysql": mariadb,
    "nntp": news,
}

BEFORE_TLS = {
    "smtp": {"AUTH PLAIN", "AUTH LOGIN"},
    "imap": {"LOGIN", "AUTH=PLAIN", "AUTH=LOGIN"},
    "pop3": {"USER", "SASL PLAIN", "SASL LOGIN"},
    "sieve": {"SASL PLAIN", "SASL LOGIN"},
    "xmpp": {"SASL PLAIN"},
    "nntp": {"AUTHINFO USER"},
}
"""What a server announces that takes passwords in clear."""

OPENSSL = {
    "-tls1": TlsVersion.TLS1_0,
    "-tls1_1": TlsVersion.TLS1_1,
    "-tls1_2": TlsVersion.TLS1_2,
    "-tls1_3": TlsVersion.TLS1_3,
}


def observe(
    protocol: str,
    listener: Listener,
    ca_file: Path,
    limits: Limits = Limits(),  # noqa: B008  it is frozen
) -> AddressObservation:
    port = STARTTLS_PORTS[protocol]
    route = Route({(NAME, port): ((listener.address, listener.port),)})
    endpoint = Endpoint(NAME, port, None, route=route, starttls=protocol)

    async def run() -> AddressObservation:
        probe = EndpointProbe(WANTED, limits, TrustStores.load(RootFile("test", ca_file)), HttpProbe(limits, [ca_file]))
        return (await probe(endpoint)).addresses[0]

    return asyncio.run(run())


def clear(seen: AddressObservation) -> StartTlsOffer:
    found = seen.evidence[StartTlsOffer]
    assert isinstance(found, StartTlsOffer), found
    assert not found.early
    return found


def openssl(protocol: str, listener: Listener, ca_file: Path, *options: str) -> str | None:
    """The certificate's subject that a second client sees, None where it gets no TLS."""
    done = subprocess.run(
        [
            *(require("openssl", "openssl"), "s_client", "-connect", f"{listener.address}:{listener.port}"),
            *("-starttls", protocol, "-servername", NAME, "-CAfile", ca_file, "-verify_return_error", "-brief"),
            *(("-name", NAME) if protocol.startswith("xmpp") else ()),
            *("-cipher", "ALL:@SECLEVEL=0", *options),
        ],
        input=b"",
        capture_output=True,
        timeout=120,
        check=False,
        env={"OPENSSL_CONF": "/dev/null"},
    )
    shown = re.search(rb"Peer certificate: (.*)", done.stderr)
    return shown[1].decode() if shown and done.returncode == 0 else None


@pytest.mark.parametrize("protocol", SERVERS)
def test_a_server_as_it_should_be(protocol: str, ca: CertificateAuthority, ca_file: Path) -> None:
    with SERVERS[protocol](ca) as listener:
        seen = observe(protocol, listener, ca_file)
        agreed = {number for option, number in OPENSSL.items() if openssl(protocol, listener, ca_file, option)}
        subject = openssl(protocol, listener, ca_file)
    offer = clear(seen)
    assert (offer.protocol, offer.offered, offer.clear_text_auth) == (protocol, True, ())
    tls, certificates = seen.evidence[TlsOffer], seen.evidence[Certificates]
    assert isinstance(tls, TlsOffer), tls
    assert {served.version for served in tls.versions} == agreed
    assert tls.incomplete is None
    assert TlsVersion.TLS1_2 in agreed
    assert isinstance(certificates, Certificates), certificates
    assert {chain.trust_error for chain in certificates.chains} == {None}
    assert {chain.leaf.dns_names for chain in certificates.chains} == {(NAME,)}
    assert subject is not None
    assert HttpsExchange not in seen.evidence


@pytest.mark.parametrize("protocol", BEFORE_TLS)
def test_a_server_that_takes_passwords_in_clear(protocol: str, ca: CertificateAuthority, ca_file: Path) -> None:
    with SERVERS[protocol](ca, before_tls=True) as listener:
        seen = observe(protocol, listener, ca_file)
    offer = clear(seen)
    assert offer.offered
    assert set(offer.clear_text_auth) == BEFORE_TLS[protocol]
    assert isinstance(seen.evidence[TlsOffer], TlsOffer)


@pytest.mark.parametrize("protocol", SERVERS)
def test_a_server_without_tls(protocol: str, ca: CertificateAuthority, ca_file: Path) -> None:
    with SERVERS[protocol](ca, tls=False) as listener:
        seen = observe(protocol, listener, ca_file)
        # openssl waits for ever for an XMPP server to offer TLS.
        agreed = None if protocol.startswith("xmpp") else openssl(protocol, listener, ca_file)
    assert agreed is None
    assert not clear(seen).offered
    for kind in (TlsOffer, Certificates):
        missing = seen.evidence[kind]
        assert isinstance(missing, NotObserved)
        assert missing.reason is Reason.NO_STARTTLS
    assert seen.connections == 1


def test_mysql_is_asked_no_more_than_it_takes_to_be_locked_out(ca: CertificateAuthority, ca_file: Path) -> None:
    """MariaDB 10.11 counts what tlsaudit breaks off: "Host '...' is blocked because of many connection errors"."""
    everything = ("--tls-version=TLSv1.0,TLSv1.1,TLSv1.2,TLSv1.3", "--ssl-cipher=ALL:@SECLEVEL=0")
    with mariadb(ca, *everything) as listener:
        whole = observe("mysql", listener, ca_file)
        part = observe("mysql", listener, ca_file, Limits(mysql_connections=20))
    served, seen = whole.evidence[TlsOffer], part.evidence[TlsOffer]
    assert isinstance(served, TlsOffer)
    assert served.incomplete is None
    assert whole.connections < 100
    assert isinstance(seen, TlsOffer)
    assert seen.incomplete == NotObserved(Reason.PROBE_FAILED, "not done after 20 connections")
    assert part.connections == 20
