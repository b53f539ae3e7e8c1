"""targets.yaml and command-line targets -> services, sites, links, endpoints."""

from tlsaudit.target.endpoint import Endpoint, Link, Route, Service, Site, SocketAddress

__all__ = ["Endpoint", "Link", "Route", "Service", "Site", "SocketAddress"]
