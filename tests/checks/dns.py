"""Evidence of DNS for the tests of the checks."""

from collections.abc import Sequence

from tests.checks.evidence import NOW
from tlsaudit.evidence import Dnssec, HostRecords, HttpsRecord, HttpsRecords, NotObserved

HOST = "www.example.org"


def host(
    *aliases: str,
    ipv4: tuple[str, ...] | NotObserved = ("198.41.0.4",),
    ipv6: tuple[str, ...] | NotObserved = ("2001:503:ba3e::2:30",),
    loop: bool = False,
    zone: str | None = None,
    pinned: bool = False,
    dnssec: Dnssec | NotObserved = Dnssec.SECURE,
) -> HostRecords:
    """`zone` says that the last name does not exist."""
    if loop or zone is not None:
        ipv4 = ipv6 = ()
    return HostRecords(NOW, HOST, pinned, aliases, loop, zone is None, zone, ipv4, ipv6, dnssec)


def https(
    *alpn: str,
    only: bool = False,
    port: int | None = None,
    hints: Sequence[str] = (),
    mandatory: tuple[int, ...] = (),
    ech: str | None = None,
    addresses: tuple[str, ...] | NotObserved = ("192.0.2.1", "2001:db8::1"),
) -> HttpsRecord:
    """`only` is no-default-alpn."""
    ipv4 = tuple(hint for hint in hints if ":" not in hint)
    ipv6 = tuple(hint for hint in hints if ":" in hint)
    return HttpsRecord(1, HOST, alpn, only, port, ipv4, ipv6, mandatory, ech, addresses)


def records(*given: HttpsRecord) -> HttpsRecords:
    """Those of the host, for port 443."""
    return HttpsRecords(NOW, HOST, 443, (), given)
