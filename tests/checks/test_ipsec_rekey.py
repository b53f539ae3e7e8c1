import pytest

from tests.checks.link import child, connection, link, sample, view
from tests.checks.run import Expected, judge
from tlsaudit.evidence import Connection, LinkState

IKE, ESP = (("pass", f"keys of {what} are replaced in time (vici of east)") for what in ("IKE", "ESP"))


def configured(item: Connection) -> LinkState:
    return link(view(children=[child()], connections=[item]))


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (configured(connection()), [IKE, ESP]),
        (configured(connection(rekey=0, reauth=10800)), [IKE, ESP]),
        (configured(connection(rekey=0)), [("fail", "keys of IKE are never replaced (net, vici of east)"), ESP]),
        (
            configured(connection(rekey=None, reauth=None, child_rekey=0)),
            [("fail", "keys of ESP are never replaced (net, vici of east)")],
        ),
        (
            configured(connection(rekey=90000, child_rekey=28801)),
            [
                ("fail", "keys of IKE are replaced every 25.0 hours (net, vici of east)"),
                ("fail", "keys of ESP are replaced every 8.0 hours (net, vici of east)"),
            ],
        ),
        (
            link(view(), ike_sas=[sample(age_s=100, rekey_s=14000)], child_sas=[sample(age_s=60, rekey_s=3000)]),
            [IKE, ESP],
        ),
        (
            link(view(), child_sas=[sample(age_s=864000)]),
            [("fail", "a key of ESP lives 10.0 days (net, vici of east)")],
        ),
        (link(view(), child_sas=[sample(age_s=60)]), [("unknown", "no source tells when keys are replaced")]),
        (link(view()), [("unknown", "no source tells when keys are replaced")]),
    ],
)
def test_ipsec_rekey(seen: LinkState, expected: list[Expected]) -> None:
    assert judge("ipsec-rekey", seen) == expected


def test_the_times_allowed_are_options() -> None:
    assert judge("ipsec-rekey", configured(connection()), options={"child_maximum": "30m"}) == [
        IKE,
        ("fail", "keys of ESP are replaced every 1.0 hours (net, vici of east)"),
    ]
