import pytest

from tests.checks.link import XFRM, child, connection, ike, link, sample, view
from tests.checks.run import Expected, judge, registry
from tlsaudit.evidence import LinkState
from tlsaudit.registry import rule

IKE = ("pass", "IKE agrees on keys with CURVE25519 (vici of east)")
NOT_YET = ("unknown", "whether a rekey of net has a group shows after the first one (vici of east)")
NONE = ("fail", "net is rekeyed without a group of its own (vici of east)")


def seen(group: str | None, **more: object) -> LinkState:
    return link(view(ike=[ike()], children=[child(group=group)]), **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("link_state", "expected"),
    [
        (seen("CURVE25519"), [IKE, ("pass", "net is rekeyed with CURVE25519 (vici of east)")]),
        (seen("MODP-2048"), [IKE, ("pass", "net is rekeyed with MODP-2048 (vici of east)")]),
        (seen("MODP-1024"), [IKE, ("fail", "net is rekeyed with MODP-1024, which is too short (vici of east)")]),
        (seen("MODP-1536"), [IKE, ("fail", "net is rekeyed with MODP-1536, which is too short (vici of east)")]),
        (
            seen("MODP-2048-256"),
            [IKE, ("fail", "net is rekeyed with MODP-2048-256, whose subgroup is too small (vici of east)")],
        ),
        (seen("ECP-192"), [IKE, ("fail", "net is rekeyed with ECP-192, which is too short (vici of east)")]),
        (
            seen("GOST3410-2012-256"),
            [IKE, ("unknown", "net is rekeyed with a group that is not known here: GOST3410-2012-256 (vici of east)")],
        ),
        (seen(None), [IKE, NOT_YET]),
        (seen(None, child_sas=[sample(age_s=90)], ike_sas=[sample(age_s=91)]), [IKE, NOT_YET]),
        (seen(None, child_sas=[sample(age_s=90)], ike_sas=[sample(age_s=3700)]), [IKE, NONE]),
        (seen(None, child_sas=[sample(XFRM, age_s=90)], ike_sas=[sample(age_s=3700)]), [IKE, NOT_YET]),
        (
            link(view(ike=[ike()], children=[child()], connections=[connection(groups=("ECP-256", "MODP-3072"))])),
            [IKE, ("pass", "net is rekeyed with ECP-256 or MODP-3072 (vici of east)")],
        ),
        (link(view(ike=[ike()], children=[child()], connections=[connection(groups=())])), [IKE, NONE]),
        (link(view(ike=[ike()], children=[child()], connections=[connection()])), [IKE, NOT_YET]),
        (
            link(view(ike=[ike(group="MODP-1024")], children=[])),
            [("fail", "IKE agrees on keys with MODP-1024, which is too short (vici of east)")],
        ),
        (link(view(ike=[ike(group=None)])), [("unknown", "the group of IKE is not told (vici of east)")]),
        (
            link(view(XFRM, children=[child()])),
            [
                (
                    "unknown",
                    "no source tells of the key exchange: a control socket does, or saved output of swanctl or ipsec",
                )
            ],
        ),
    ],
)
def test_ipsec_forward_secrecy(link_state: LinkState, expected: list[Expected]) -> None:
    assert judge("ipsec-forward-secrecy", link_state) == expected


def test_the_size_asked_for_is_an_option() -> None:
    outcomes = judge("ipsec-forward-secrecy", seen("MODP-2048"), options={"minimum_bits": 3072})
    assert outcomes[1] == ("fail", "net is rekeyed with MODP-2048, which is too short (vici of east)")


def test_post_quantum_exchanges_are_a_fact() -> None:
    state = link(view(ike=[ike(additional=("ML-KEM-768",))], children=[child(group="CURVE25519")]))
    verdicts = rule(registry()["ipsec-forward-secrecy"], {}).verdicts([state])
    assert [verdict.facts["post_quantum"] for verdict in verdicts] == [True, False]
