"""The way through a proxy, for raw connections and for those of the HTTP probe alike."""

from tlsaudit.probe.proxy.refusal import no_way
from tlsaudit.probe.proxy.tunnel import Tunnel

__all__ = ["Tunnel", "no_way"]
