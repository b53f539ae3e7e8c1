"""Which versions, cipher suites and groups a server serves, in the fewest connections that tell."""

from tlsaudit.probe.handshake.look import TlsLook, dns_name, not_observed, probe_tls

__all__ = ["TlsLook", "dns_name", "not_observed", "probe_tls"]
