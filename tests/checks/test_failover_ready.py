from collections.abc import Sequence

import pytest

from tests.checks import web
from tests.checks.evidence import certificate, certificates, chain
from tests.checks.run import Expected, judge, registry
from tests.checks.tls import ECDHE, FELL_SILENT, STATIC, TLS13, offer, version
from tlsaudit.check import BySite
from tlsaudit.evidence import (
    Evidence,
    HttpExchange,
    HttpsExchange,
    NotObserved,
    Reason,
    TlsOffer,
    TlsVersion,
)
from tlsaudit.registry import rule

Seen = Evidence | NotObserved

NEW = offer(TLS13, ECDHE)
HYBRID = offer(
    version(TlsVersion.TLS1_3, "AES_256_GCM_SHA384", "AES_128_GCM_SHA256", groups=(0x11EC, 0x1D, 0x17)), ECDHE
)
BOTH = offer(
    version(
        TlsVersion.TLS1_2,
        "ECDHE_RSA_WITH_AES_128_CBC_SHA",
        "RSA_WITH_AES_128_CBC_SHA",
        "RSA_WITH_AES_256_CBC_SHA",
        groups=(0x1D, 0x17),
    )
)
STARTTLS = (NotObserved(Reason.NOT_PROBED),) * 2
WEST = "a: if west takes over from east, "
EAST = "a: if east takes over from west, nothing is lost"


def https(hsts: str | None = "max-age=31536000", status: int = 200, error: str | None = None) -> HttpsExchange:
    fields = () if hsts is None else (hsts,)
    return web.https(web.visit(web.hop("https://a/", status, hsts=fields)), chain_error=error)


def http(status: int = 301, location: str | None = "https://a/") -> HttpExchange:
    return web.http(web.visit(web.hop("http://a/", status, location)))


def place(*others: Seen, tls: TlsOffer = NEW) -> tuple[Seen, ...]:
    """TLS, certificates, https, http: what is given in the place of its kind."""
    kinds = {type(item): item for item in (tls, certificates(chain(certificate("a")), host="a"), https(), http())}
    return tuple((kinds | {type(item): item for item in others}).values())


def sites(east: Sequence[Seen], west: Sequence[Seen]) -> list[BySite[Seen]]:
    pairs = zip(east, west, strict=True)
    return [BySite("wiki", {"a:443": dict(zip(("east", "west"), pair, strict=True))}) for pair in pairs]


def ready(east: Sequence[Seen], west: Sequence[Seen]) -> list[Expected]:
    return judge("failover-ready", *sites(east, west))


def test_sites_that_are_alike() -> None:
    assert ready(place(), place()) == [("pass", f"{WEST}nothing is lost"), ("pass", EAST)]


@pytest.mark.parametrize(
    ("east", "west", "lost"),
    [
        (place(), place(https(None)), "HSTS lasts 0 days instead of 365 days"),
        (place(), place(https("max-age=300")), "HSTS lasts 300 s instead of 365 days"),
        (place(https("max-age=9; includeSubDomains")), place(https("max-age=9")), "HSTS does not count for subdomains"),
        (place(), place(http(200, None)), "http / is answered in clear"),
        (place(web.http(refused=True)), place(http(302, "http://b/")), "http / is answered in clear"),
        (place(), place(https(status=404)), "https / answers 404"),
        (place(), place(https(status=503)), "https / answers 503"),
        (place(), place(https(error="self-signed")), "the certificate is not accepted: self-signed"),
        (
            (NEW, certificates(chain(certificate("a")), host="a"), *STARTTLS),
            (NEW, certificates(chain(certificate("b")), host="a"), *STARTTLS),
            "the certificate is not accepted: it does not name a",
        ),
    ],
)  # fmt: skip
def test_the_weaker_site_cannot_take_over_and_the_stronger_can(
    east: Sequence[Seen], west: Sequence[Seen], lost: str
) -> None:
    assert ready(east, west) == [("fail", WEST + lost), ("pass", EAST)]
    (first, _) = rule(registry()["failover-ready"], {}).verdicts(sites(east, west))
    assert first.facts["takeovers"] == [
        {"host": "a", "from": "east", "to": "west", "losses": [lost]},
        {"host": "a", "from": "west", "to": "east", "losses": []},
    ]
    assert first.facts["losing"] == ["a, west for east"]


@pytest.mark.parametrize(
    ("east", "west", "lost"),
    [
        (NEW, offer(ECDHE), "TLS 1.2 instead of TLS 1.3 for "),
        (NEW, offer(TLS13), "no connection for "),
        (BOTH, offer(STATIC), "no forward secrecy for "),
        (HYBRID, NEW, "no post-quantum key exchange for "),
    ],
)
def test_what_clients_would_lose(east: TlsOffer, west: TlsOffer, lost: str) -> None:
    (there, message), (back, _) = ready(place(tls=east), place(tls=west))
    assert (there, back) == ("fail", "pass")
    assert lost in message


@pytest.mark.parametrize(
    ("east", "west", "why"),
    [
        (place(), place(https(None, status=403)), "west says nothing of HSTS to the probe"),
        (place(), place(https(status=429)), "https / was not answered to the probe at west"),
        (place(), place(tls=offer(ECDHE, incomplete=FELL_SILENT)), f"west: {FELL_SILENT}"),
        (place(), (*place()[:3], web.TIMED_OUT), f"west: {web.TIMED_OUT}"),
        ((*place()[:3], web.TIMED_OUT), place(http(200, None)), f"east: {web.TIMED_OUT}"),
    ],
)
def test_what_was_not_seen_is_unknown(east: Sequence[Seen], west: Sequence[Seen], why: str) -> None:
    assert ready(east, west)[0] == ("unknown", f"a: if west takes over from east, {why}".replace("east, ", "east: ", 1))


def test_a_page_that_says_nothing_in_clear_is_no_loss() -> None:
    assert ready(place(), place(http(403, None)))[0] == ("pass", f"{WEST}nothing is lost")
    assert ready(place(http(403, None)), place(http(200, None)))[0] == ("pass", f"{WEST}nothing is lost")


def test_one_site_has_nobody_to_take_over() -> None:
    two = [BySite("wiki", {"a:443": {"east 192.0.2.1": item, "east 192.0.2.2": item}}) for item in place()]
    assert judge("failover-ready", *two) == [("not_applicable", "a was seen at one site only")]


def test_each_address_of_a_site_must_be_able_to() -> None:
    three = [
        BySite("wiki", {"a:443": {"east": one, "west 192.0.2.1": one, "west 192.0.2.2": other}})
        for one, other in zip(place(), place(https(None)), strict=True)
    ]
    found = judge("failover-ready", *three)
    assert [outcome for outcome, _ in found] == ["pass", "fail", "pass", "pass"]
    assert found[1][1].startswith("a: if west 192.0.2.2 takes over from east, HSTS")
