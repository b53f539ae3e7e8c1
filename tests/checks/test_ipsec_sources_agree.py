import pytest

from tests.checks.link import EAST, VICI_WEST, WEST, XFRM, child, link, policy, view
from tests.checks.run import Expected, judge
from tlsaudit.evidence import LinkState

PAIR = "10.64.0.0/16 -> 10.192.0.0/16"
EAST_SEES = view(children=[child()])


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (link(EAST_SEES), [("not_applicable", "there is but one source that tells of security associations")]),
        (
            link(EAST_SEES, view(XFRM, children=[child()])),
            [("pass", "vici of east and xfrm of east tell the same")],
        ),
        (
            link(EAST_SEES, view(VICI_WEST, "west", children=[child(WEST, EAST)])),
            [("pass", "vici of east and vici of west tell the same")],
        ),
        (
            link(EAST_SEES, view(VICI_WEST, "west", children=[child(WEST, "10.64.0.0/17")])),
            [("fail", "10.64.0.0/16 -> 10.192.0.0/16 is not in vici of west")],
        ),
        (
            link(EAST_SEES, view(VICI_WEST, "west", children=[], policies=[policy(WEST, EAST)])),
            [("fail", "10.64.0.0/16 -> 10.192.0.0/16 is not in vici of west")],
        ),
        (
            link(EAST_SEES, view(XFRM, children=[child(bits=128)])),
            [("fail", f"{PAIR}: ESP ENCR_AES_GCM_16 256 in vici of east, ESP ENCR_AES_GCM_16 128 in xfrm of east")],
        ),
        (
            link(EAST_SEES, view(XFRM, children=[child(encryption=None)])),
            [("pass", "vici of east and xfrm of east tell the same")],
        ),
        (
            link(EAST_SEES, view(XFRM, children=[], policies=[])),
            [("unknown", "xfrm of east shows nothing, where vici of east shows security associations")],
        ),
        (link(EAST_SEES, unread=[XFRM]), [("unknown", "xfrm of east could not be read: timed out")]),
    ],
)
def test_ipsec_sources_agree(seen: LinkState, expected: list[Expected]) -> None:
    assert judge("ipsec-sources-agree", seen) == expected
