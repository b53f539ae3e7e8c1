"""Frozen observations. Probes make them, checks judge them, the store keeps them; none of them holds a verdict."""

from tlsaudit.evidence.base import NotObserved, Reason, Sample, sample_fields
from tlsaudit.evidence.certificate import Certificate, CertificateChain, Certificates
from tlsaudit.evidence.groups import NAMED_GROUPS, group_name
from tlsaudit.evidence.hsts import HstsError, HstsPolicy, parse_hsts
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
from tlsaudit.evidence.url import UrlError, absolute_url, origin

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
    "HstsError",
    "HstsPolicy",
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
    "UrlError",
    "VersionOffer",
    "Visit",
    "absolute_url",
    "group_name",
    "origin",
    "parse_hsts",
    "sample_fields",
    "suite",
    "suites",
]
