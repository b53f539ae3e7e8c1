from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.checks import web
from tests.checks.evidence import NOW, certificate, certificates, chain
from tests.checks.run import Expected, judge, registry
from tests.checks.tls import ECDHE, FELL_SILENT, STATIC, TLS13, offer, version
from tlsaudit.check import BySite
from tlsaudit.evidence import (
    CanonicalLinks,
    Certificates,
    Evidence,
    HttpExchange,
    HttpsExchange,
    NotObserved,
    Page,
    Reason,
    TlsOffer,
    TlsVersion,
)
from tlsaudit.registry import rule

KINDS = (TlsOffer, Certificates, HttpsExchange, HttpExchange, CanonicalLinks)
NEW, OLD = offer(TLS13, ECDHE), offer(STATIC)
REVERSED = offer(version(TlsVersion.TLS1_3, "AES_128_GCM_SHA256", "AES_256_GCM_SHA384", groups=(0x17, 0x1D)), ECDHE)
SAME = ("pass", "a serves the same at east and west")

Seen = Evidence | NotObserved


def https(hsts: str | None = "max-age=1", status: int = 200, page: str = "/") -> HttpsExchange:
    return web.https(web.visit(web.hop(f"https://a{page}", status, hsts=() if hsts is None else (hsts,))))


def http(status: int = 301, location: str | None = "https://a/", page: str = "/") -> HttpExchange:
    return web.http(web.visit(web.hop(f"http://a{page}", status, location)))


def links(*names: str, status: int = 200) -> CanonicalLinks:
    return web.canonical(Page("/", web.TIMED_OUT, web.copy("https", *names, status=status)))


def certified(*names: str, trust_error: str | None = None, **others: Any) -> Certificates:
    return certificates(chain(certificate(*(names or ("a",)), **others), trust_error))


PLACE: dict[type, Seen] = {
    TlsOffer: NEW, Certificates: certified(), HttpsExchange: https(), HttpExchange: http(),
    CanonicalLinks: links("https://a/"),
}  # fmt: skip
TLS13_SUITES = ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384"]
WHOLE = tuple(PLACE.values())
NO_WEB = (NotObserved(Reason.NOT_PROBED),) * 3


def parity(places: Mapping[str, tuple[Seen, ...]], **options: object) -> list[Expected]:
    """Each place with what is seen there in the stead of PLACE; NotObserved alone stands for everything."""
    seen = {
        place: PLACE | {type(item): item for item in items if not isinstance(item, NotObserved)}
        for place, items in places.items()
    }
    arguments: list[BySite[Seen]] = [
        BySite("wiki", {"a:443": {place: found[kind] for place, found in seen.items()}}) for kind in KINDS
    ]
    return judge("site-parity", *arguments, options=options)


@pytest.mark.parametrize(
    ("east", "west", "expected"),
    [
        (NEW, NEW, [SAME]),
        (NEW, REVERSED, [SAME]),
        (NEW, offer(ECDHE), [
            ("fail", "a: TLS 1.3 at east, not at west"),
            ("fail", "a: 2 cipher suites at east, not at west"),
        ]),
        (offer(TLS13, STATIC), offer(TLS13, ECDHE), [
            ("fail", "a: 2 cipher suites at east, not at west; 1 cipher suite at west, not at east"),
        ]),
        (offer(TLS13), offer(version(TlsVersion.TLS1_3, "AES_256_GCM_SHA384", "AES_128_GCM_SHA256", groups=(0x1D,))), [
            ("fail", "a: group secp256r1 at east, not at west"),
        ]),
        # Nothing is known to be lacking where the list is too short; the runner says that it is not sure.
        (NEW, offer(ECDHE, incomplete=FELL_SILENT), [SAME]),
        (offer(ECDHE), offer(TLS13, incomplete=FELL_SILENT), [
            ("fail", "a: TLS 1.3 at west, not at east"),
            ("fail", "a: 2 cipher suites at west, not at east"),
        ]),
        # Certificates: other ones, but for the same names and as strong.
        (certified("a", "b"), certified("B", "a", sha256="22" * 32, serial="2"), [SAME]),
        (certified("a", "b", "c"), certified("a"), [("fail", "a: certificate for b and 1 more at east, not at west")]),
        (certified(), certified(key_type="RSA", key_bits=2048), [
            ("fail", "a: certificate key ECDSA 256 at east, not at west; certificate key RSA 2048 at west, not at east")
        ]),
        (certified(issuer="CN=E5,O=Good CA,C=US"), certified(issuer="CN=E6,O=Good CA,C=US"), [SAME]),
        (certified(issuer=r"CN=E5,O=Good\, Inc.,C=US"), certified(issuer="CN=X"), [
            ("fail", r"a: certificate by Good\, Inc. at east, not at west; certificate by CN=X at west, not at east"),
        ]),
        (certified(), certified(trust_error="self-signed"), [
            ("fail", "a: certificate: trusted at east, self-signed at west"),
        ]),
        (certified(), certified(not_after=NOW - timedelta(days=1)), [
            ("fail", "a: certificate: valid until 2027-01-23 at east, expired on 2026-11-22 at west"),
        ]),
        (certified(), certified(not_after=NOW + timedelta(days=61 + 90)), [SAME]),
        (certified(), certified(not_after=NOW + timedelta(days=61 + 91)), [
            ("fail", "a: certificate: valid until 2027-01-23 at east, valid until 2027-04-24 at west"),
        ]),
        # HSTS by what it means, not by how it is written.
        (https("max-age=1;includeSubDomains"), https('includesubdomains ; max-age="1"'), [SAME]),
        (https(), https(None), [("fail", "a: HSTS: max-age=1 at east, none at west")]),
        (https(), https("max-age=x"), [
            ("fail", "a: HSTS: max-age=1 at east, void (max-age is not a number) at west"),
        ]),
        # Status and redirects.
        (https(), https(status=404), [("fail", "a: https /: 200 at east, 404 at west")]),
        (https(), https(status=503), [("fail", "a: https /: 200 at east, 503 at west")]),
        (https(), https(status=403), [("unknown", "a: https / at west: nothing to judge")]),
        (http(), http(302), [("fail", "a: http /: 301 to https at east, 302 to https at west")]),
        (http(), http(200, None), [("fail", "a: http /: 301 to https at east, 200, no redirect at west")]),
        (http(), http(301, "https://a/b"), [
            ("fail", "a: http /: 301 to https at east, 301 to https, another path at west"),
        ]),
        (http(), web.http(refused=True), [("fail", "a: http /: 301 to https at east, closed at west")]),
        (web.http(dropped=True), web.http(refused=True), [SAME]),
        # By geography: another host at each site is no difference.
        (http(302, "https://us.a/"), http(302, "https://eu.a/"), [SAME]),
        (http(), http(301, "https://eu.a/"), [
            ("fail", "a: http /: 301 to https at east, 301 to https at another host at west"),
        ]),
        (links("https://a/"), links(), [("fail", "a: canonical link of /: https://a/ at east, none at west")]),
        (links("https://a/"), links(status=404), [SAME]),  # the status tells
    ],
)  # fmt: skip
def test_what_differs_and_what_does_not(east: Seen, west: Seen, expected: list[Expected]) -> None:
    assert parity({"east": (east,), "west": (west,)}) == expected


def test_of_pages_that_differ_alike_the_first_speaks() -> None:
    def three(status: int) -> HttpsExchange:
        return web.https(*(web.visit(web.hop(f"https://a/{page}", status)) for page in ("", "b", "c")))

    assert parity({"east": (three(200),), "west": (three(404),)}) == [
        ("fail", "a: https / and 2 more: 200 at east, 404 at west")
    ]


def test_of_three_places_those_that_have_and_those_that_lack_are_told() -> None:
    found = parity({"east": (OLD,), "north": (OLD,), "west": (offer(TLS13),)})
    assert found[0] == ("fail", "a: TLS 1.2 at east and north, not at west; TLS 1.3 at west, not at east and north")


def test_a_host_at_one_place() -> None:
    assert parity({"east": ()}) == [("not_applicable", "a was seen at one site only")]


def test_what_is_meant_to_differ_is_left_out() -> None:
    places: dict[str, tuple[Seen, ...]] = {"east": (https(), links("https://a/")), "west": (https(None), links())}
    assert parity(places, without=["hsts"]) == [("fail", "a: canonical link of /: https://a/ at east, none at west")]
    assert parity(places, without=["hsts", "canonical"]) == [SAME]


@pytest.mark.parametrize(
    ("east", "west", "expected"),
    [
        # Neither speaks HTTP, as behind STARTTLS.
        ((NEW, certified(), *NO_WEB), (NEW, certified(), *NO_WEB), ["pass"]),
        # What is missing at one place is unknown, and hides no difference.
        (WHOLE, (NEW, certified(), web.TIMED_OUT, *WHOLE[3:]), ["unknown"]),
        (WHOLE, (offer(ECDHE), certified(), web.TIMED_OUT, *WHOLE[3:]), ["unknown", "fail", "fail"]),
        (WHOLE, (web.TIMED_OUT, certified(), https(None), *WHOLE[3:]), ["unknown", "fail"]),
    ],
)  # fmt: skip
def test_what_was_not_seen(east: tuple[Seen, ...], west: tuple[Seen, ...], expected: list[str]) -> None:
    arguments: list[BySite[Seen]] = [
        BySite("wiki", {"a:443": dict(zip(("east", "west"), pair, strict=True))})
        for pair in zip(east, west, strict=True)
    ]
    assert [outcome for outcome, _ in judge("site-parity", *arguments)] == expected


def test_the_first_verdict_lists_every_difference() -> None:
    two = {"east": NEW, "west": offer(ECDHE)}
    arguments = [
        BySite("wiki", {"a:443": two if kind is TlsOffer else dict.fromkeys(two, PLACE[kind])}) for kind in KINDS
    ]
    first = rule(registry()["site-parity"], {}).verdicts(arguments)[0]
    assert first.facts["differing"] == ["a versions", "a suites"]
    assert first.facts["differences"] == [
        {"host": "a", "dimension": "versions", "sites": {"east": ["TLS 1.3"], "west": []}, "only": ["TLS 1.3"]},
        {"host": "a", "dimension": "suites", "sites": {"east": TLS13_SUITES, "west": []}, "only": TLS13_SUITES},
    ]


def test_several_addresses_at_a_site_are_compared_like_sites() -> None:
    places: dict[str, tuple[Seen, ...]] = {"east 192.0.2.1": (), "east 192.0.2.2": (https(None),), "west": ()}
    assert parity(places) == [
        ("fail", "a: HSTS: max-age=1 at east 192.0.2.1, none at east 192.0.2.2, max-age=1 at west")
    ]


def test_certificates_of_which_less_was_recorded_are_compared_too() -> None:
    old = replace(certified(), chains=(chain(certificate("a", spki_sha256="")),))
    assert parity({"east": (old,), "west": (old,)}) == [SAME]
