import pytest

from tests.checks.dns import host
from tests.checks.run import Expected, judge
from tlsaudit.evidence import HostRecords


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (host(), [("not_applicable", "no CNAME record")]),
        (host("web.example.org"), [("pass", "an alias of web.example.org")]),
        (
            host("shop.example.net", "pool.example.com"),
            [("pass", "an alias of pool.example.com, so that example.com decides what this host is")],
        ),
        # A name below a public suffix of a provider is an organisation of its own.
        (
            host("ours.github.io"),
            [("pass", "an alias of ours.github.io, so that ours.github.io decides what this host is")],
        ),
        (
            host("shop.example.net", zone="example.net"),
            [("fail", "an alias of shop.example.net, which does not exist: who books that name has this host")],
        ),
        (
            host("www.example.net", zone="net"),
            [("fail", "an alias of www.example.net, and anybody can register example.net")],
        ),
        (
            host("www.example.net", zone=""),
            [("fail", "an alias of www.example.net, and anybody can register example.net")],
        ),
        (
            host("www.example.co.uk", zone="uk"),
            [("fail", "an alias of www.example.co.uk, and anybody can register example.co.uk")],
        ),
        (
            host("round.example.org", "www.example.org", loop=True),
            [("fail", "an alias of www.example.org, which leads back to itself")],
        ),
    ],
)
def test_dns_alias(name: HostRecords, expected: list[Expected]) -> None:
    assert judge("dns-alias", name) == expected
