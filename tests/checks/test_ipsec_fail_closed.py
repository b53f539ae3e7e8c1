import pytest

from tests.checks.link import EAST, VICI_WEST, WEST, XFRM, child, connection, ike, link, policy, view
from tests.checks.run import Expected, judge
from tlsaudit.check import UNDECLARED
from tlsaudit.evidence import Direction, IpsecPolicy, LinkState, PolicyAction

PASS = ("pass", "traffic waits or is dropped while the tunnel is down (east)")
OPEN = ("fail", "10.64.0.0/16 -> 10.192.0.0/16: no policy holds it back while the tunnel is down (east)")
LATER = ("unknown", "whether the policies of east stay without the tunnel shows only while it is down")
NOBODY = ("unknown", "no source tells of the policies of east")


def up(*policies: IpsecPolicy) -> LinkState:
    return link(view(ike=[ike()], children=[child()], policies=policies))


def down(*policies: IpsecPolicy) -> LinkState:
    return link(view(XFRM, children=[], policies=policies, connections=[connection()]))


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (up(policy()), [PASS]),
        (up(policy(action=PolicyAction.DISCARD)), [PASS]),
        (up(policy("0.0.0.0/0", "0.0.0.0/0", action=PolicyAction.DISCARD)), [PASS]),
        (up(policy(action=PolicyAction.DISCARD, lasting=None)), [PASS]),
        (up(policy(lasting=None)), [LATER]),
        (down(policy(lasting=None)), [PASS]),
        (up(policy(lasting=False)), [OPEN]),
        (up(), [OPEN]),
        (down(), [OPEN]),
        (up(policy(direction=Direction.IN)), [OPEN]),
        (up(policy(action=PolicyAction.BYPASS)), [OPEN]),
        (
            up(policy("10.64.0.0/17")),
            [("fail", "10.64.128.0/17 -> 10.192.0.0/16: no policy holds it back while the tunnel is down (east)")],
        ),
        (
            up(policy(required=False)),
            [("fail", "10.64.0.0/16 -> 10.192.0.0/16 passes in clear while there is no tunnel, by its policy (east)")],
        ),
        (link(view(ike=[ike()], children=[child()])), [NOBODY]),
        (link(view(XFRM, children=[], policies=[])), [NOBODY]),
        (
            link(view(ike=[ike()], children=[child()], policies=[policy()]), view(XFRM, children=[], policies=[])),
            [PASS],
        ),
        (
            link(
                view(ike=[ike()], policies=[policy()]),
                view(VICI_WEST, "west", ike=[ike()], policies=[policy(WEST, EAST)]),
            ),
            [PASS, ("pass", "traffic waits or is dropped while the tunnel is down (west)")],
        ),
        (link(), [("unknown", "no source was read")]),
        (link(view(ike=[ike()], policies=[policy()]), prefixes=((), ())), [("unknown", UNDECLARED)]),
    ],
)
def test_ipsec_fail_closed(seen: LinkState, expected: list[Expected]) -> None:
    assert judge("ipsec-fail-closed", seen) == expected
