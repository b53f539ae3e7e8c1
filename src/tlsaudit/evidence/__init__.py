"""Frozen observations. Probes make them, checks judge them, the store keeps them; none of them holds a verdict."""

from tlsaudit.evidence.altsvc import Alternative, parse_alt_svc
from tlsaudit.evidence.base import NotObserved, Reason, Sample, sample_fields
from tlsaudit.evidence.certificate import Certificate, CertificateChain, Certificates
from tlsaudit.evidence.deep import DeepScan
from tlsaudit.evidence.groups import NAMED_GROUPS, group_name
from tlsaudit.evidence.hsts import HstsError, HstsPolicy, parse_hsts
from tlsaudit.evidence.http import Cookie, Hop, HttpExchange, HttpsExchange, Visit, WebLatency
from tlsaudit.evidence.link import LinkState, SecurityAssociation
from tlsaudit.evidence.observation import (
    HTTP,
    WEB,
    AddressObservation,
    EndpointObservation,
    Evidence,
    EvidenceType,
)
from tlsaudit.evidence.page import (
    Alternate,
    CanonicalLinks,
    CanonicalTarget,
    MixedContent,
    Page,
    PageContent,
    PageCopy,
    Reference,
    SiteIndex,
    Sitemap,
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
    "HTTP",
    "NAMED_GROUPS",
    "SSL2_KINDS",
    "WEB",
    "AddressObservation",
    "Alternate",
    "Alternative",
    "CanonicalLinks",
    "CanonicalTarget",
    "Certificate",
    "CertificateChain",
    "Certificates",
    "CipherSuite",
    "ClientCertificateRequest",
    "ClientSessions",
    "Cookie",
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
    "MixedContent",
    "NotObserved",
    "Order",
    "Page",
    "PageContent",
    "PageCopy",
    "QuicOffer",
    "QuicSession",
    "Reason",
    "Reference",
    "ReplayedSession",
    "Sample",
    "SecurityAssociation",
    "Sessions",
    "SiteIndex",
    "Sitemap",
    "StartTlsOffer",
    "TicketPolicy",
    "TlsFeatures",
    "TlsOffer",
    "TlsVersion",
    "UrlError",
    "VersionOffer",
    "Visit",
    "WebLatency",
    "absolute_url",
    "group_name",
    "origin",
    "parse_alt_svc",
    "parse_hsts",
    "sample_fields",
    "suite",
    "suites",
]
