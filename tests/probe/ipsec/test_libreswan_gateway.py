"""What libreswan 4.10 and its kernel print, saved from a real gateway, up to the verdicts.

Of its connections `net` has a trap, `optional` lets traffic pass while there is no tunnel, `leak` waits to be started
and has no PFS, and `past` lets a part of the first one's traffic pass always.
"""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.checks.run import Expected, judge
from tlsaudit.evidence import LinkState
from tlsaudit.probe.ipsec.look import LinkProbe
from tlsaudit.target import Link, LinkSource

SAVED = Path(__file__).parent / "gateway"
LIBRESWAN = LinkSource("libreswan", "east", {"status": str(SAVED / "libreswan-status.txt")})
XFRM = LinkSource("xfrm", "east", {"policy": str(SAVED / "xfrm-policy.txt")})


def seen(here: str, *sources: LinkSource) -> LinkState:
    link = Link("net", ("east", "west"), None, prefixes={"east": (here,), "west": ("10.192.0.0/16",)}, sources=sources)
    state = asyncio.run(LinkProbe(lambda: datetime(2026, 11, 28, tzinfo=UTC))(link))
    assert isinstance(state, LinkState)
    return state


@pytest.mark.parametrize(
    ("here", "check", "expected"),
    [
        (
            "10.64.0.0/16",
            "ipsec-no-bypass",
            ("fail", "a policy lets 10.64.3.0/24 -> 10.192.0.0/16 pass in clear (east)"),
        ),
        (
            "10.64.0.0/17",
            "ipsec-fail-closed",
            ("pass", "traffic waits or is dropped while the tunnel is down (east)"),
        ),
        (
            "10.65.0.0/16",
            "ipsec-established",
            ("fail", "leak is configured and has no IKE SA (libreswan of east)"),
        ),
        (
            "10.65.0.0/16",
            "ipsec-coverage",
            ("fail", "no SA for 10.65.0.0/16 -> 10.192.0.0/16 (libreswan of east)"),
        ),
        (
            "10.65.0.0/16",
            "ipsec-fail-closed",
            ("fail", "10.65.0.0/16 -> 10.192.0.0/16: no policy holds it back while the tunnel is down (east)"),
        ),
        (
            "10.66.0.0/16",
            "ipsec-fail-closed",
            ("fail", "10.66.0.0/16 -> 10.192.0.0/16 passes in clear while there is no tunnel, by its policy (east)"),
        ),
        (
            "10.66.0.0/16",
            "ipsec-no-bypass",
            ("pass", "no policy lets traffic pass in clear (east)"),
        ),
        (
            "10.67.0.0/16",
            "ipsec-coverage",
            ("unknown", "nothing of IPsec is installed or configured there (libreswan of east)"),
        ),
    ],
)
@pytest.mark.parametrize("sources", [(LIBRESWAN,), (LIBRESWAN, XFRM)], ids=["libreswan", "both"])
def test_a_verdict(here: str, check: str, expected: Expected, sources: tuple[LinkSource, ...]) -> None:
    assert judge(check, seen(here, *sources))[0] == expected


def test_what_only_lets_pass_is_no_tunnel() -> None:
    verdicts = judge("ipsec-rekey", seen("10.64.0.0/16", LIBRESWAN))
    assert [outcome for outcome, _ in verdicts] == ["pass", "pass"]


def test_the_kernel_alone() -> None:
    state = seen("10.64.0.0/16", XFRM)
    assert judge("ipsec-no-bypass", state) == [
        ("fail", "a policy lets 10.64.3.0/24 -> 10.192.0.0/16 pass in clear (east)")
    ]
    assert [outcome for outcome, _ in judge("ipsec-encryption", state)] == ["unknown"]
