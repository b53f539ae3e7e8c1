"""Published knowledge that verdicts are held against, as dated data files with their source, and their loaders."""

from tlsaudit.policy.clients import HelloTemplate, ReferenceClient, ReferenceClients, reference_clients
from tlsaudit.policy.crawlers import crawlers, search_engines
from tlsaudit.policy.negotiate import Session, negotiate

__all__ = [
    "HelloTemplate",
    "ReferenceClient",
    "ReferenceClients",
    "Session",
    "crawlers",
    "negotiate",
    "reference_clients",
    "search_engines",
]
