import pytest

from tests.checks.link import child, ike, link, policy, view
from tests.checks.run import Expected, judge
from tlsaudit.check import UNDECLARED
from tlsaudit.evidence import LinkState, PolicyAction

BYPASS = PolicyAction.BYPASS


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (link(view(children=[child()], policies=[policy()])), ("pass", "no policy lets traffic pass in clear (east)")),
        (link(view(ike=[ike()], policies=[])), ("pass", "no policy lets traffic pass in clear (east)")),
        (
            link(view(policies=[policy(), policy("10.64.3.0/24", "0.0.0.0/0", action=BYPASS)])),
            ("fail", "a policy lets 10.64.3.0/24 -> 0.0.0.0/0 pass in clear (east)"),
        ),
        (
            link(view(policies=[policy("10.64.0.0/16", "10.64.0.0/16", action=BYPASS)])),
            ("pass", "no policy lets traffic pass in clear (east)"),
        ),
        (link(view(ike=[ike()], children=[child()])), ("unknown", "no source tells of the policies of east")),
        (link(view(children=[], policies=[])), ("unknown", "no source tells of the policies of east")),
        (link(), ("unknown", "no source was read")),
        (link(view(policies=[policy()]), prefixes=((), ())), ("unknown", UNDECLARED)),
    ],
)
def test_ipsec_no_bypass(seen: LinkState, expected: Expected) -> None:
    assert judge("ipsec-no-bypass", seen) == [expected]
