import pytest

from tests.checks.dns import host
from tests.checks.run import Expected, judge
from tlsaudit.evidence import HostRecords, NotObserved, Reason

SERVFAIL = NotObserved(Reason.DNS, "SERVFAIL for AAAA of www.example.org")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (host(), [("pass", "IPv4 and IPv6")]),
        (host(ipv6=()), [("pass", "IPv4 alone: no AAAA record")]),
        (host(ipv4=()), [("pass", "IPv6 alone: no A record")]),
        # A whole service of a private network is nobody's fault; half of one is.
        (host(ipv4=("10.0.0.1",), ipv6=("fd00::1",)), [("pass", "IPv4 and IPv6")]),
        (host(ipv6=("fd00::1",)), [("fail", "leads to fd00::1, which is not public, beside addresses that are")]),
        (
            host(ipv4=("198.41.0.4", "127.0.0.1")),
            [("fail", "leads to 127.0.0.1, which is not public, beside addresses that are")],
        ),
        (host(ipv4=(), ipv6=()), [("fail", "no address in DNS")]),
        (host(zone="example.org"), [("fail", "the name does not exist in DNS")]),
        (host(zone="example.org", pinned=True), [("not_applicable", "no address in DNS; where to connect was told")]),
        (
            host("round.example.org", "www.example.org", loop=True),
            [
                (
                    "fail",
                    "its CNAME records lead round in a circle: www.example.org > round.example.org > www.example.org",
                )
            ],
        ),
        # One family of which nobody knows leaves the whole open.
        (host(ipv6=SERVFAIL), [("unknown", "DNS does not say: SERVFAIL for AAAA of www.example.org")]),
    ],
)
def test_dns_addresses(name: HostRecords, expected: list[Expected]) -> None:
    assert judge("dns-addresses", name) == expected


def test_ipv6_can_be_demanded() -> None:
    demanded = {"ipv6": True}
    assert judge("dns-addresses", host(ipv6=()), options=demanded) == [("fail", "IPv4 alone: no AAAA record")]
    assert judge("dns-addresses", host(ipv4=()), options=demanded) == [("pass", "IPv6 alone: no A record")]
