"""How a proxy says no."""

from tlsaudit.evidence import Reason
from tlsaudit.probe.preamble import PreambleError


def no_way(why: str) -> PreambleError:
    """There is no way through the proxy, which says nothing about the server behind it. `it` is the proxy."""
    return PreambleError(why, Reason.PROXY)
