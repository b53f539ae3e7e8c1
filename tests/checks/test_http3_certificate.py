import pytest

from tests.checks.quic import LEAF, SESSION, SILENT, offer
from tests.checks.run import Expected, judge
from tlsaudit.evidence import QuicOffer

OTHER = "bb" * 32


@pytest.mark.parametrize(
    ("quic", "expected"),
    [
        (offer({443: SESSION}), [("pass", "UDP port 443 shows the certificate of TCP")]),
        # One of an RSA and an ECDSA certificate.
        (offer({443: SESSION}, leaves=(OTHER, LEAF)), [("pass", "UDP port 443 shows the certificate of TCP")]),
        (
            offer({443: SESSION}, leaves=(OTHER,)),
            [("fail", "UDP port 443 shows another certificate than TCP")],
        ),
        (
            offer({443: SILENT, 8443: SESSION}, leaves=(OTHER,)),
            [("fail", "UDP port 8443 shows another certificate than TCP")],
        ),
        (offer({443: SESSION}, leaves=()), [("unknown", "the certificate over TCP was not seen")]),
        (offer({443: SILENT}), [("not_applicable", "no HTTP/3")]),
    ],
)
def test_http3_certificate(quic: QuicOffer, expected: list[Expected]) -> None:
    assert judge("http3-certificate", quic) == expected
