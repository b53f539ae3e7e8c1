"""Frozen observations. Probes make them, checks judge them, the store keeps them; none of them holds a verdict."""

from tlsaudit.evidence.altsvc import Alternative, parse_alt_svc
from tlsaudit.evidence.base import NotObserved, Reason, Sample, sample_fields
from tlsaudit.evidence.certificate import Certificate, CertificateChain, Certificates
from tlsaudit.evidence.cookie import Cookie, parse_set_cookie
from tlsaudit.evidence.crawl import (
    Crawler,
    CrawlerKind,
    CrawlLog,
    MalformedLine,
    Requests,
    Scheme,
    SearchEngine,
    Standing,
    by_day,
)
from tlsaudit.evidence.deep import DeepScan
from tlsaudit.evidence.groups import NAMED_GROUPS, group_name
from tlsaudit.evidence.hello import HelloTemplate
from tlsaudit.evidence.hsts import HstsError, HstsPolicy, parse_hsts
from tlsaudit.evidence.http import Hop, HttpExchange, HttpsExchange, Visit, WebLatency
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
from tlsaudit.evidence.url import UrlError, absolute_url, is_ip_address, origin

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
    "CrawlLog",
    "Crawler",
    "CrawlerKind",
    "DeepScan",
    "DhPrime",
    "EndpointObservation",
    "EphemeralKeys",
    "Evidence",
    "EvidenceType",
    "HelloTemplate",
    "Hop",
    "HstsError",
    "HstsPolicy",
    "HttpExchange",
    "HttpsExchange",
    "Intolerance",
    "LinkState",
    "MalformedLine",
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
    "Requests",
    "Sample",
    "Scheme",
    "SearchEngine",
    "SecurityAssociation",
    "Sessions",
    "SiteIndex",
    "Sitemap",
    "Standing",
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
    "by_day",
    "group_name",
    "is_ip_address",
    "origin",
    "parse_alt_svc",
    "parse_hsts",
    "parse_set_cookie",
    "sample_fields",
    "suite",
    "suites",
]
