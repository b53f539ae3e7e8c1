"""Published knowledge that verdicts are held against, as dated data files with their source, and their loaders."""

from tlsaudit.policy.caa import IssuerDomains, issuer_domains
from tlsaudit.policy.clients import ReferenceClient, ReferenceClients, reference_clients
from tlsaudit.policy.crawlers import crawlers, search_engines
from tlsaudit.policy.federal import FEDERAL, HostFields, federal_fields, federal_verdict
from tlsaudit.policy.negotiate import Session, negotiate, negotiate_all
from tlsaudit.policy.preload import PreloadList, read_preload_list
from tlsaudit.policy.suffixes import PublicSuffixes, public_suffixes

Policy = ReferenceClients | PublicSuffixes | PreloadList | IssuerDomains
"""What a check can be handed by a keyword-only parameter of that type."""

__all__ = [
    "FEDERAL",
    "HostFields",
    "IssuerDomains",
    "Policy",
    "PreloadList",
    "PublicSuffixes",
    "ReferenceClient",
    "ReferenceClients",
    "Session",
    "crawlers",
    "federal_fields",
    "federal_verdict",
    "issuer_domains",
    "negotiate",
    "negotiate_all",
    "public_suffixes",
    "read_preload_list",
    "reference_clients",
    "search_engines",
]
