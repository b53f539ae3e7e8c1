import pytest

from tests.checks.quic import SESSION, SILENT, offer
from tests.checks.run import Expected, judge
from tlsaudit.evidence import Alternative, NotObserved, QuicOffer, Reason

H3 = Alternative("h3", "", 443)
ELSEWHERE = Alternative("h3", "alt.example.org", 443)
REFUSED = NotObserved(Reason.REFUSED)


@pytest.mark.parametrize(
    ("quic", "expected"),
    [
        (offer({443: SESSION}, H3), [("pass", "HTTP/3 at UDP port 443, as advertised")]),
        (
            offer({443: SILENT, 8443: SESSION}, Alternative("h3", "", 8443)),
            [("pass", "HTTP/3 at UDP port 8443, as advertised")],
        ),
        (offer({443: SESSION}, H3, ELSEWHERE), [("pass", "HTTP/3 at UDP port 443, as advertised")]),
        # Advertised, and not there.
        (
            offer({443: SILENT}, H3),
            [("fail", "HTTP/3 is advertised at UDP port 443, but does not answer there: timed out")],
        ),
        (
            offer({443: SESSION, 8443: REFUSED}, H3, Alternative("h3", "", 8443)),
            [
                ("pass", "HTTP/3 at UDP port 443, as advertised"),
                ("fail", "HTTP/3 is advertised at UDP port 8443, but does not answer there: connection refused"),
            ],
        ),
        # A defect of ours, and a network without UDP, are nobody's failure.
        (
            offer({443: NotObserved(Reason.PROBE_FAILED)}, H3),
            [("unknown", "HTTP/3 is advertised at UDP port 443: the probe failed")],
        ),
        (
            offer({443: NotObserved(Reason.UNREACHABLE)}, H3),
            [("unknown", "HTTP/3 is advertised at UDP port 443: network unreachable")],
        ),
        # There, and not advertised.
        (offer({443: SESSION}), [("pass", "HTTP/3 at UDP port 443, not advertised, so hardly used")]),
        (
            offer({443: SESSION}, Alternative("h2", "", 443), Alternative("h3-29", "", 443)),
            [("pass", "HTTP/3 at UDP port 443, not advertised, so hardly used")],
        ),
        # Neither, and what is somebody else's.
        (offer({443: SILENT}), [("not_applicable", "no HTTP/3")]),
        (
            offer({443: REFUSED}, ELSEWHERE),
            [("not_applicable", "HTTP/3 is advertised at alt.example.org only, which was not asked")],
        ),
        (
            offer({443: SESSION}, missing=SILENT),
            [("unknown", "whether HTTP/3 is advertised was not seen: timed out")],
        ),
    ],
)
def test_http3(quic: QuicOffer, expected: list[Expected]) -> None:
    assert judge("http3", quic) == expected
