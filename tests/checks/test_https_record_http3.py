import pytest

from tests.checks.dns import https, records
from tests.checks.quic import SESSION, SILENT, offer
from tests.checks.run import Expected, judge
from tlsaudit.evidence import Alternative, HttpsRecords, NotObserved, QuicOffer, Reason

H3 = Alternative("h3", "", 443)


@pytest.mark.parametrize(
    ("dns", "quic", "expected"),
    [
        (records(), offer({443: SESSION}, H3), [("not_applicable", "no HTTPS record")]),
        (
            records(https("h3", "h2")),
            offer({443: SESSION}, H3),
            [("pass", "HTTP/3 at UDP port 443, as the HTTPS record says")],
        ),
        # Alt-Svc is not needed where the record says it.
        (records(https("h3")), offer({443: SESSION}), [("pass", "HTTP/3 at UDP port 443, as the HTTPS record says")]),
        (
            records(https("h3", port=8443)),
            offer({443: SILENT, 8443: SESSION}, Alternative("h3", "", 8443)),
            [("pass", "HTTP/3 at UDP port 8443, as the HTTPS record says")],
        ),
        (
            records(https("h3")),
            offer({443: SILENT}),
            [("fail", "the HTTPS record offers HTTP/3 at UDP port 443, but it does not answer there: timed out")],
        ),
        (
            records(https("h3", port=8443)),
            offer({443: SESSION}, H3),
            [("unknown", "the HTTPS record offers HTTP/3 at UDP port 8443, which was not asked")],
        ),
        (
            records(https("h2")),
            offer({443: SESSION}, H3),
            [("fail", "HTTP/3 answers, and Alt-Svc offers it, but no HTTPS record does: first visits go without")],
        ),
        (records(https("h2")), offer({443: SILENT}, H3), [("not_applicable", "no HTTP/3 in HTTPS records")]),
        (records(https("h2")), offer({443: SILENT}), [("not_applicable", "no HTTP/3 in HTTPS records")]),
        (
            records(https("h2")),
            offer({443: SILENT}, missing=NotObserved(Reason.TIMED_OUT)),
            [("unknown", "whether Alt-Svc offers HTTP/3 was not seen: timed out")],
        ),
    ],
)
def test_https_record_http3(dns: HttpsRecords, quic: QuicOffer, expected: list[Expected]) -> None:
    assert judge("https-record-http3", dns, quic) == expected
