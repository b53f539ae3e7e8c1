import pytest

from tests.checks.link import VICI_WEST, XFRM, child, connection, ike, link, policy, view
from tests.checks.run import Expected, judge
from tlsaudit.evidence import LinkState

UP = view(ike=[ike()])


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (link(UP), [("pass", "IKEv2 is established (vici of east)")]),
        (link(view(ike=[ike(1)])), [("fail", "IKEv1 is established (vici of east)")]),
        (link(view(ike=[ike(), ike(1)])), [("fail", "IKEv1 is established (vici of east)")]),
        (
            link(view(ike=[ike(established=False)])),
            [("fail", "IKE has begun and is not established (vici of east)")],
        ),
        (
            link(view(ike=[], connections=[connection()])),
            [("fail", "net is configured and has no IKE SA (vici of east)")],
        ),
        (
            link(view(ike=[], policies=[policy()])),
            [("fail", "there is no IKE SA for what the policies protect (vici of east)")],
        ),
        (
            link(view(ike=[], connections=[])),
            [("unknown", "neither an IKE SA nor a configured connection is there (vici of east)")],
        ),
        (link(view(ike=[])), [("unknown", "neither an IKE SA nor a configured connection is there (vici of east)")]),
        (
            link(view(XFRM, children=[child()])),
            [("unknown", "no source tells of IKE: a control socket does, or saved output of swanctl or ipsec")],
        ),
        (
            link(UP, view(VICI_WEST, "west", ike=[], connections=[connection()])),
            [
                ("pass", "IKEv2 is established (vici of east)"),
                ("fail", "net is configured and has no IKE SA (vici of west)"),
            ],
        ),
    ],
)
def test_ipsec_established(seen: LinkState, expected: list[Expected]) -> None:
    assert judge("ipsec-established", seen) == expected
