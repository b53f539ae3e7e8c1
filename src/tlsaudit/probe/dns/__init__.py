"""DNS records: a recursive resolver is asked, and what it says is told as evidence."""

from tlsaudit.probe.dns.look import DnsProbe
from tlsaudit.probe.dns.resolver import Resolver

__all__ = ["DnsProbe", "Resolver"]
