from collections.abc import Mapping
from datetime import UTC, datetime

import pytest

from tests.checks.run import Expected, judge
from tests.checks.tls import ECDHE, FELL_SILENT, STATIC, TLS13, offer, version
from tlsaudit.check import BySite
from tlsaudit.evidence import Hop, HttpsExchange, TlsOffer, TlsVersion, Visit

NEW, OLD = offer(TLS13, ECDHE), offer(STATIC)
REVERSED = offer(
    version(TlsVersion.TLS1_3, "AES_128_GCM_SHA256", "AES_256_GCM_SHA384"),
    ECDHE,
)


def https(hsts: str | None) -> HttpsExchange:
    fields = () if hsts is None else (hsts,)
    visit = Visit("https://a/", (Hop("https://a/", 200, None, fields, ()),), None)
    return HttpsExchange("a", datetime(2026, 11, 23, tzinfo=UTC), 1.0, None, (visit,))


Seen = tuple[TlsOffer, HttpsExchange]


@pytest.mark.parametrize(
    ("places", "expected"),
    [
        (
            {"east": (NEW, https("max-age=1")), "west": (NEW, https("max-age=1"))},
            [("pass", "a serves the same at east and west")],
        ),
        (
            {"east": (NEW, https("max-age=1")), "west": (REVERSED, https("max-age=1"))},
            [("pass", "a serves the same at east and west")],
        ),
        (
            {"east": (NEW, https("max-age=1")), "west": (NEW, https(None))},
            [
                ("fail", "a: HSTS is not the same at east and west"),
            ],
        ),
        (
            {"east": (NEW, https(None)), "west": (offer(ECDHE), https(None))},
            [
                ("fail", "a: TLS 1.3 at east, not at west"),
                ("fail", "a: 2 cipher suites at east, not at west"),
            ],
        ),
        ({"east": (NEW, https(None))}, [("not_applicable", "a was seen at one site only")]),
        (
            {"east": (OLD, https(None)), "north": (OLD, https(None)), "west": (offer(), https(None))},
            [
                ("fail", "a: TLS 1.2 at east, not at west"),
                ("fail", "a: TLS 1.2 at north, not at west"),
                ("fail", "a: 2 cipher suites at east, not at west"),
                ("fail", "a: 2 cipher suites at north, not at west"),
            ],
        ),
        (
            {"east": (NEW, https(None)), "west": (offer(ECDHE, incomplete=FELL_SILENT), https(None))},
            [("pass", "a serves the same at east and west")],  # the runner says that it is not sure
        ),
        (
            {"east": (offer(ECDHE), https(None)), "west": (offer(TLS13, incomplete=FELL_SILENT), https(None))},
            [
                ("fail", "a: TLS 1.3 at west, not at east"),
                ("fail", "a: 2 cipher suites at west, not at east"),
            ],
        ),
        (
            {"east": (NEW, https("max-age=1")), "west": (offer(ECDHE, incomplete=FELL_SILENT), https(None))},
            [
                ("fail", "a: HSTS is not the same at east and west"),
            ],
        ),
    ],
)
def test_site_parity(places: Mapping[str, Seen], expected: list[Expected]) -> None:
    tls = BySite("wiki", {"a:443": {place: seen[0] for place, seen in places.items()}})
    web = BySite("wiki", {"a:443": {place: seen[1] for place, seen in places.items()}})
    assert judge("site-parity", tls, web) == expected
