import pytest

from tests.checks.link import EAST, VICI_WEST, WEST, XFRM, child, connection, ike, link, policy, view
from tests.checks.run import Expected, judge
from tlsaudit.evidence import Direction, LinkState

TWO = ((EAST, "10.65.0.0/16"), (WEST,))
GOOD = view(ike=[ike()], children=[child()])
EMPTY = view(XFRM, children=[], policies=[])
OUT, IN = Direction.OUT, Direction.IN


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (link(GOOD), [("pass", "every pair of prefixes is covered (vici of east)")]),
        (
            link(view(children=[child("0.0.0.0/0", "0.0.0.0/0")])),
            [("pass", "every pair of prefixes is covered (vici of east)")],
        ),
        (
            link(view(children=[child("10.64.0.0/17"), child("10.64.128.0/17")])),
            [("pass", "every pair of prefixes is covered (vici of east)")],
        ),
        (
            link(view(children=[child("10.64.0.0/17")])),
            [("fail", "no SA for 10.64.128.0/17 -> 10.192.0.0/16 (vici of east)")],
        ),
        (
            link(view(children=[child(limit="tcp/443")])),
            [("fail", "no SA for 10.64.0.0/16 -> 10.192.0.0/16 (vici of east)")],
        ),
        (link(GOOD, prefixes=TWO), [("fail", "no SA for 10.65.0.0/16 -> 10.192.0.0/16 (vici of east)")]),
        (
            link(view(children=[], connections=[connection()]), prefixes=TWO),
            [("fail", "no SA for 10.64.0.0/16 -> 10.192.0.0/16 and 1 more (vici of east)")],
        ),
        (
            link(GOOD, view(VICI_WEST, "west", children=[child(WEST, EAST)])),
            [
                ("pass", "every pair of prefixes is covered (vici of east)"),
                ("pass", "every pair of prefixes is covered (vici of west)"),
            ],
        ),
        (
            link(GOOD, view(VICI_WEST, "west", children=[child(WEST, "10.64.0.0/17")])),
            [
                ("pass", "every pair of prefixes is covered (vici of east)"),
                ("fail", "no SA for 10.192.0.0/16 -> 10.64.128.0/17 (vici of west)"),
            ],
        ),
        (link(EMPTY), [("unknown", "nothing of IPsec is installed or configured there (xfrm of east)")]),
        (link(GOOD, EMPTY), [("pass", "every pair of prefixes is covered (vici of east)")]),
        (
            link(view(XFRM, children=[], policies=[policy()])),
            [("fail", "no SA for 10.64.0.0/16 -> 10.192.0.0/16 (xfrm of east)")],
        ),
        (
            link(view(XFRM, children=[child()], policies=[policy(direction=OUT), policy(direction=IN)])),
            [("pass", "every pair of prefixes is covered (xfrm of east)")],
        ),
        (
            link(view(XFRM, children=[child()], policies=[policy(direction=OUT)])),
            [("fail", "no policy for 10.64.0.0/16 -> 10.192.0.0/16 on its way in (xfrm of east)")],
        ),
        (link(view(ike=[ike()])), [("unknown", "no source tells which security associations are installed")]),
        (
            link(GOOD, prefixes=((), ())),
            [("unknown", "which prefixes are behind the sites is not said: add prefixes to them in the targets file")],
        ),
        (
            link(GOOD, prefixes=((EAST, "2001:db8:1::/48"), (WEST, "2001:db8:2::/48"))),
            [("fail", "no SA for 2001:db8:1::/48 -> 2001:db8:2::/48 (vici of east)")],
        ),
    ],
)
def test_ipsec_coverage(seen: LinkState, expected: list[Expected]) -> None:
    assert judge("ipsec-coverage", seen) == expected
