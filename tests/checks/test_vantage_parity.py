from collections.abc import Mapping

import pytest

from tests.checks.run import Expected, judge
from tests.checks.test_site_parity import KINDS, NEW, PLACE, Seen, certified, http, https
from tests.checks.tls import ECDHE, offer
from tlsaudit.check import ByVantage
from tlsaudit.evidence import NotObserved, Reason

TIMED_OUT = NotObserved(Reason.TIMED_OUT)
SAME = ("pass", "a serves the same from fra and sin")


def parity(places: Mapping[str, tuple[Seen, ...]], host: str = "a:443", **options: object) -> list[Expected]:
    """Each vantage with what is seen from there in the stead of PLACE; NotObserved stands for everything."""
    seen = {
        place: dict.fromkeys(KINDS, items[0])
        if items and isinstance(items[0], NotObserved)
        else PLACE | {type(item): item for item in items}
        for place, items in places.items()
    }
    arguments: list[ByVantage[Seen]] = [
        ByVantage("wiki", {host: {place: found[kind] for place, found in seen.items()}}) for kind in KINDS
    ]
    return judge("vantage-parity", *arguments, options=options)


@pytest.mark.parametrize(
    ("fra", "sin", "expected"),
    [
        ((), (), [SAME]),
        ((NEW,), (offer(ECDHE),), [
            ("fail", "a: TLS 1.3 from fra, not from sin"),
            ("fail", "a: 2 cipher suites from fra, not from sin"),
        ]),
        ((), (certified(trust_error="expired"), https(None)), [
            ("fail", "a: certificate: trusted from fra, expired from sin"),
            ("fail", "a: HSTS: max-age=1 from fra, none from sin"),
        ]),
        ((), (https(status=451),), [("fail", "a: https /: 200 from fra, 451 from sin")]),
        # Another host for readers of another country is none of it, and an answer to the probe alone says nothing.
        ((), (http(302, "https://a.example/"),), [
            ("fail", "a: http /: 301 to https from fra, 302 to https at another host from sin"),
        ]),
        ((http(301, "https://de.a/"),), (http(301, "https://sg.a/"),), [SAME]),
        ((), (https("max-age=1", 403),), [("unknown", "a: https / from sin: nothing to judge")]),
        ((), (TIMED_OUT,), [("unknown", "a from sin: timed out")] * 5),
    ],
)  # fmt: skip
def test_what_differs_from_place_to_place(
    fra: tuple[Seen, ...], sin: tuple[Seen, ...], expected: list[Expected]
) -> None:
    assert parity({"fra": fra, "sin": sin}) == expected


@pytest.mark.parametrize(
    ("host", "named"),
    [
        ("a:443@east", "a@east"),
        ("a:443 192.0.2.1", "a 192.0.2.1"),
        ("a:4430@east 192.0.2.1", "a:4430@east 192.0.2.1"),
        ("smtp://a:25", "smtp://a:25"),
    ],
)
def test_hosts_are_named_without_the_usual_port(host: str, named: str) -> None:
    assert parity({"fra": (), "sin": ()}, host) == [("pass", f"{named} serves the same from fra and sin")]


def test_what_is_meant_to_differ_is_left_out() -> None:
    assert parity({"fra": (), "sin": (https(None),)}, without=["hsts"]) == [
        ("pass", "a serves the same from fra and sin")
    ]


def test_one_place_is_nothing_to_compare() -> None:
    assert parity({"fra": ()}) == [("not_applicable", "a was seen from one vantage only")]
