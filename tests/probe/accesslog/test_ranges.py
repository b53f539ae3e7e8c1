"""Address ranges, and who is verified by them."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.probe.accesslog.lines import GOOGLEBOT, combined, count
from tlsaudit.evidence import Standing
from tlsaudit.probe.accesslog.ranges import Ranges, RangesError, parse_ranges
from tlsaudit.probe.accesslog.recognise import Wishes

JSON = '{"creationTime": "x", "prefixes": [{"ipv4Prefix": "192.0.2.0/24"}, {"ipv6Prefix": "2001:db8::/32"}]}'
LINES = "# Google\n192.0.2.0/24   # all of it\n\n2001:db8::/32\n"


@pytest.mark.parametrize("text", [JSON, LINES, '{"prefixes": ["192.0.2.0/24", "2001:db8::/32"]}'])
@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("192.0.2.0", True),
        ("192.0.2.255", True),
        ("192.0.3.0", False),
        ("192.0.1.255", False),
        ("::ffff:192.0.2.1", True),
        ("2001:db8::1", True),
        ("2001:db9::", False),
        ("crawl.example.org", None),
        ("-", None),
        ("", None),
    ],
)
def test_addresses_in_ranges(text: str, address: str, expected: bool | None) -> None:
    assert Ranges.of(parse_ranges(text)).has(address) is expected


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "no address range"),
        ("# nothing", "no address range"),
        ("192.0.2.0/24\nx", "line 2: 'x' is no address range"),
        ("192.0.2.1/24", "line 1: '192.0.2.1/24' is no address range"),
        ("{", "no JSON: line 1"),
        ("{}", 'no list "prefixes"'),
        ('{"prefixes": [{}]}', r"prefixes\[0\]: one ipv4Prefix"),
        ('{"prefixes": [{"ipv4Prefix": 1}]}', r"prefixes\[0\]: one ipv4Prefix"),
        ('{"prefixes": [{"ipv4Prefix": "x"}]}', r"prefixes\[0\]: 'x' is no address range"),
        ('{"a":' * 100_000, "no JSON"),
    ],
)
def test_ranges_that_are_none(text: str, complaint: str) -> None:
    with pytest.raises(RangesError, match=complaint):
        parse_ranges(text)


@given(
    st.lists(st.ip_addresses(v=4).map(lambda ip: ipaddress.ip_network(f"{ip}/28", strict=False))), st.ip_addresses(v=4)
)
def test_as_the_standard_library_has_it(networks: list[ipaddress.IPv4Network], address: ipaddress.IPv4Address) -> None:
    assert Ranges.of(networks).has(str(address)) is any(address in network for network in networks)


def test_the_rest_is_told_apart() -> None:
    ranges = {"google": Ranges.of(parse_ranges(LINES))}
    lines = [
        combined(address=address) for address in ("192.0.2.1", "192.0.2.2", "2001:db8::1", "198.51.100.1", "a.example")
    ]
    tally = count(*lines, combined("bingbot/2.0"), wishes=Wishes(addresses=True), ranges=ranges)
    assert {(key[1], key[3]): number for key, number in tally.counts.items()} == {
        ("google", Standing.VERIFIED): 3,
        ("google", Standing.REFUTED): 1,
        ("google", Standing.CLAIMED): 1,
        ("bing", Standing.CLAIMED): 1,
    }


@pytest.mark.parametrize(
    ("forwarded", "expected"), [(False, Standing.REFUTED), (True, Standing.VERIFIED)], ids=["not trusted", "trusted"]
)
def test_the_address_that_a_trusted_proxy_saw(forwarded: bool, expected: Standing) -> None:
    """The last one: it is the proxy's own word, those before it are the client's."""
    log_format = '%h "%{X-Forwarded-For}i" %t "%{User-Agent}i"'
    line = f'10.0.0.1 "198.51.100.1, 192.0.2.7" [25/Nov/2026:12:00:00 +0000] "{GOOGLEBOT}"'
    wishes = Wishes(log_format, addresses=True, forwarded=forwarded)
    tally = count(line, wishes=wishes, ranges={"google": Ranges.of(parse_ranges(LINES))})
    assert [key[3] for key in tally.counts] == [expected]
