"""Builders of session evidence for the tests of checks."""

from tests.checks.tls import NOW
from tlsaudit.evidence import ClientCertificateRequest, Sessions, TicketPolicy, TlsVersion

TLS13, TLS12 = TlsVersion.TLS1_3, TlsVersion.TLS1_2


def sessions(
    *tickets: TicketPolicy,
    resumes: tuple[TlsVersion, ...] = (TLS13, TLS12),
    psk_ke: bool | None = False,
    client_certificate: ClientCertificateRequest | None = None,
    versions: tuple[TlsVersion, ...] = (TLS13, TLS12),
) -> Sessions:
    return Sessions(NOW, (), tickets, resumes, psk_ke, client_certificate, versions)


def ticket(version: TlsVersion = TLS13, lifetime_s: int = 300, early_data_bytes: int = 0) -> TicketPolicy:
    return TicketPolicy(version, lifetime_s, early_data_bytes)
