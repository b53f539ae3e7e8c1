"""Frozen observations. Probes make them, checks judge them, the store keeps them; none of them holds a verdict."""

from tlsaudit.evidence.base import NotObserved, Reason, Sample, sample_fields
from tlsaudit.evidence.certificate import Certificate, CertificateChain, Certificates
from tlsaudit.evidence.groups import NAMED_GROUPS, group_name
from tlsaudit.evidence.http import CanonicalLinks, Hop, HttpExchange, HttpsExchange, Page, PageCopy, Visit
from tlsaudit.evidence.link import LinkState, SecurityAssociation
from tlsaudit.evidence.observation import (
    AddressObservation,
    EndpointObservation,
    Evidence,
    EvidenceType,
)
from tlsaudit.evidence.suites import CipherSuite, suite, suites
from tlsaudit.evidence.tls import Order, TlsOffer, TlsVersion, VersionOffer

__all__ = [
    "NAMED_GROUPS",
    "AddressObservation",
    "CanonicalLinks",
    "Certificate",
    "CertificateChain",
    "Certificates",
    "CipherSuite",
    "EndpointObservation",
    "Evidence",
    "EvidenceType",
    "Hop",
    "HttpExchange",
    "HttpsExchange",
    "LinkState",
    "NotObserved",
    "Order",
    "Page",
    "PageCopy",
    "Reason",
    "Sample",
    "SecurityAssociation",
    "TlsOffer",
    "TlsVersion",
    "VersionOffer",
    "Visit",
    "group_name",
    "sample_fields",
    "suite",
    "suites",
]
