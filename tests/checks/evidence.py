"""Builders of certificate evidence for the tests of checks."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from tlsaudit.evidence import Certificate, CertificateChain, Certificates, Role

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def certificate(
    *dns_names: str,
    ip_addresses: Sequence[str] = (),
    not_before: datetime = NOW - timedelta(days=29),
    not_after: datetime = NOW + timedelta(days=61),
    key_type: str = "ECDSA",
    **others: Any,
) -> Certificate:
    """A leaf for these names; 61 of its 90 days are left."""
    made = Certificate(
        sha256="00" * 32,
        subject="CN=www.example.org",
        issuer="CN=Test intermediate",
        serial="1f",
        not_before=not_before,
        not_after=not_after,
        dns_names=dns_names,
        ip_addresses=tuple(ip_addresses),
        key_type=key_type,
        key_bits=256,
        signature_algorithm="ECDSA_WITH_SHA256",
        self_issued=False,
        der_bytes=700,
        spki_sha256="11" * 32,
        signature_hash="sha256",
    )
    return replace(made, **others)


def chain(
    leaf: Certificate | None = None, trust_error: str | None = None, *above: Certificate, **others: Any
) -> CertificateChain:
    """A leaf and those above it in order, trusted unless told otherwise."""
    sent = (leaf or certificate("www.example.org"), *above)
    path = CertificateChain(
        sent,
        trust_error,
        root=None if trust_error else "CN=Test root",
        path=tuple(range(len(sent))),
        roles=(Role.PATH,) * len(sent),
    )
    return replace(path, **others)


def certificates(*chains: CertificateChain, host: str = "www.example.org") -> Certificates:
    """What one address shows, looked at on NOW."""
    return Certificates(host, NOW, chains or (chain(),))
