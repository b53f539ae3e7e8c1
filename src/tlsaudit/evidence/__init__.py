"""Frozen observations. Probes make them, checks judge them, the store keeps them; none of them holds a verdict."""

from tlsaudit.evidence.altsvc import Alternative, parse_alt_svc
from tlsaudit.evidence.base import NotObserved, Reason, Sample, sample_fields
from tlsaudit.evidence.certificate import Certificate, CertificateChain, Certificates
from tlsaudit.evidence.deep import DeepScan
from tlsaudit.evidence.groups import NAMED_GROUPS, group_name
from tlsaudit.evidence.hsts import HstsError, HstsPolicy, parse_hsts
from tlsaudit.evidence.http import CanonicalLinks, Hop, HttpExchange, HttpsExchange, Page, PageCopy, Visit
from tlsaudit.evidence.link import LinkState, SecurityAssociation
from tlsaudit.evidence.observation import (
    WEB,
    AddressObservation,
    EndpointObservation,
    Evidence,
    EvidenceType,
)
from tlsaudit.evidence.quic import QuicOffer, QuicSession
from tlsaudit.evidence.starttls import StartTlsOffer
from tlsaudit.evidence.suites import SSL2_KINDS, CipherSuite, suite, suites
from tlsaudit.evidence.tls import (
    ClientCertificateRequest,
    ClientSessions,
    DhPrime,
    EphemeralKeys,
    Intolerance,
    Order,
    ReplayedSession,
    Sessions,
    TicketPolicy,
    TlsFeatures,
    TlsOffer,
    TlsVersion,
    VersionOffer,
)
from tlsaudit.evidence.url import UrlError, absolute_url, origin

__all__ = [
    "NAMED_GROUPS",
    "SSL2_KINDS",
    "WEB",
    "AddressObservation",
    "Alternative",
    "CanonicalLinks",
    "Certificate",
    "CertificateChain",
    "Certificates",
    "CipherSuite",
    "ClientCertificateRequest",
    "ClientSessions",
    "DeepScan",
    "DhPrime",
    "EndpointObservation",
    "EphemeralKeys",
    "Evidence",
    "EvidenceType",
    "Hop",
    "HstsError",
    "HstsPolicy",
    "HttpExchange",
    "HttpsExchange",
    "Intolerance",
    "LinkState",
    "NotObserved",
    "Order",
    "Page",
    "PageCopy",
    "QuicOffer",
    "QuicSession",
    "Reason",
    "ReplayedSession",
    "Sample",
    "SecurityAssociation",
    "Sessions",
    "StartTlsOffer",
    "TicketPolicy",
    "TlsFeatures",
    "TlsOffer",
    "TlsVersion",
    "UrlError",
    "VersionOffer",
    "Visit",
    "absolute_url",
    "group_name",
    "origin",
    "parse_alt_svc",
    "parse_hsts",
    "sample_fields",
    "suite",
    "suites",
]
