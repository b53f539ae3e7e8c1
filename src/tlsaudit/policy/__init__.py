"""Published knowledge that verdicts are held against, as dated data files with their source, and their loaders."""

from tlsaudit.policy.clients import ReferenceClient, ReferenceClients, Session, negotiate, reference_clients

__all__ = ["ReferenceClient", "ReferenceClients", "Session", "negotiate", "reference_clients"]
