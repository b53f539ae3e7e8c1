"""What the tests of sessions share."""

import asyncio
import datetime as dt
from contextlib import AbstractContextManager
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID

from tests.servers import CertificateAuthority, Chain, KeyKind, Server, Shape, serve
from tests.servers.ca import key_usage
from tlsaudit.evidence import Certificates, EvidenceType, NotObserved, Sessions, TlsFeatures
from tlsaudit.probe.handshake import probe_tls
from tlsaudit.probe.http.client_certificate import ClientCertificate
from tlsaudit.probe.limits import Limits
from tlsaudit.probe.road import Road
from tlsaudit.probe.session import Credential, SessionLook, look_sessions
from tlsaudit.target import SocketAddress

NAME = "www.example.org"
ALL: frozenset[EvidenceType] = frozenset({Sessions, Certificates, TlsFeatures})


def look(
    at: SocketAddress,
    name: str | None = NAME,
    *,
    wanted: frozenset[EvidenceType] = ALL,
    limits: Limits | None = None,
    credential: Credential | None = None,
) -> tuple[SessionLook, int]:
    """What completed handshakes show, and how many connections they took."""
    chosen = limits or Limits()

    async def run() -> tuple[SessionLook, int]:
        road = Road(at, chosen)
        first = await probe_tls(road, name, chosen)
        assert not isinstance(first, NotObserved), first
        before = road.opened
        until = asyncio.get_running_loop().time() + chosen.endpoint_s
        known = first.chains
        seen = await look_sessions(
            road, name, first.offer, chosen, wanted=wanted, until=until, chains=known, credential=credential
        )
        return seen, road.opened - before

    return asyncio.run(run())


def sessions(seen: SessionLook) -> Sessions:
    """Those that were observed."""
    assert isinstance(seen.sessions, Sessions), seen.sessions
    return seen.sessions


def mutual_tls(program: str, shape: Shape, ca: CertificateAuthority, clients: Path) -> AbstractContextManager[Server]:
    """A server that wants a certificate of these clients' authority."""
    clients.parent.chmod(0o755)
    config = {
        "nginx": f"ssl_client_certificate {clients}; ssl_verify_client on;",
        "apache": f"SSLCACertificateFile {clients}\nSSLVerifyClient require",
    }
    options = f"ca-file {clients} verify required" if program == "haproxy" else ""
    return serve(program, shape, ca=ca, https_config=config.get(program, ""), listen_options=options)


def response(
    ca: CertificateAuthority, chain: Chain, status: str, ahead: dt.timedelta = dt.timedelta(0), *, until: bool = True
) -> bytes:
    """An OCSP response for a leaf, signed by its issuer, that holds from now on or later, and may say until when."""
    now = dt.datetime.now(dt.UTC).replace(microsecond=0) + ahead
    revoked = status == "revoked"
    builder = ocsp.OCSPResponseBuilder().add_response(
        cert=chain.leaf,
        issuer=ca.certificate,
        algorithm=hashes.SHA1(),
        cert_status=ocsp.OCSPCertStatus[status.upper()],
        this_update=now,
        next_update=now + dt.timedelta(days=1) if until else None,
        revocation_time=now if revoked else None,
        revocation_reason=x509.ReasonFlags.unspecified if revoked else None,
    )
    signed = builder.responder_id(ocsp.OCSPResponderEncoding.NAME, ca.certificate).sign(ca.key, hashes.SHA256())
    return signed.public_bytes(serialization.Encoding.DER)


def credential(clients: CertificateAuthority, folder: Path, kind: KeyKind = KeyKind.P256) -> Credential:
    """A certificate of these clients' authority."""
    usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH])
    chain = clients.leaf(kind=kind, extensions=[(key_usage(ca=False), True), (usage, False)])
    return Credential.load(ClientCertificate(*chain.write(folder, f"client-{kind}")))
