import pytest

from tests.checks.link import VICI, child, link, sample, view
from tests.checks.run import Expected, judge
from tlsaudit.evidence import SaSample

BOTH = ("pass", "traffic passes both ways (vici of east)")
NOBODY = ("unknown", "no source counts the bytes of this link's security associations")


@pytest.mark.parametrize(
    ("counted", "expected"),
    [
        ([sample(bytes_in=10, bytes_out=20)], BOTH),
        ([sample(bytes_in=10, bytes_out=20, earlier_in=10, earlier_out=20)], BOTH),
        ([sample(bytes_in=10, bytes_out=20, earlier_in=5, earlier_out=5)], BOTH),
        ([sample(bytes_in=0, bytes_out=20), sample(bytes_in=9, bytes_out=0)], BOTH),
        ([sample(bytes_in=0, bytes_out=20)], ("fail", "traffic passes out and never in (vici of east)")),
        ([sample(bytes_in=7, bytes_out=0)], ("fail", "traffic passes in and never out (vici of east)")),
        (
            [sample(bytes_in=10, bytes_out=20, earlier_in=10, earlier_out=5)],
            ("unknown", "traffic passed out alone while it was looked at (vici of east)"),
        ),
        ([sample(bytes_in=0, bytes_out=0)], ("unknown", "nothing has passed the tunnel yet (vici of east)")),
        ([sample(age_s=5)], NOBODY),
        ([sample("xfrm of east", bytes_in=1, bytes_out=1)], NOBODY),
        (None, NOBODY),
    ],
)
def test_ipsec_traffic(counted: list[SaSample] | None, expected: Expected) -> None:
    assert judge("ipsec-traffic", link(view(VICI, children=[child()]), child_sas=counted)) == [expected]


def test_what_is_of_another_link_does_not_count() -> None:
    other = link(view(VICI, children=[child("192.0.2.0/24")]), child_sas=[sample(bytes_in=1, bytes_out=1)])
    assert judge("ipsec-traffic", other) == [NOBODY]
