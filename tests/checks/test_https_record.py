from dataclasses import replace

import pytest

from tests.checks.dns import https, records
from tests.checks.evidence import NOW
from tests.checks.run import Expected, judge
from tlsaudit.evidence import HttpsRecords, NotObserved, Reason, TlsFeatures

AGREE = ("pass", "HTTPS records agree with the server")
ECH = "AAT+DQAA"


def serving(*alpn: str) -> TlsFeatures:
    return TlsFeatures(NOW, None, None, None, None, None, None, alpn)


BOTH = serving("h2", "http/1.1")


@pytest.mark.parametrize(
    ("dns", "tls", "expected"),
    [
        (records(), BOTH, [("not_applicable", "no HTTPS record")]),
        (records(https("h2")), BOTH, [AGREE]),
        (records(https("h3", "h2")), BOTH, [AGREE]),
        (records(https("h2", only=True)), BOTH, [AGREE]),
        (records(https()), serving("http/1.1"), [AGREE]),
        (records(https()), serving(), [AGREE]),
        # What takes any name has been asked for none.
        (records(https("h2")), serving("tlsaudit/unknown"), [AGREE]),
        (
            records(https("h2")),
            serving("http/1.1"),
            [("fail", "the HTTPS record offers h2, which the server does not speak")],
        ),
        # A record that is there for something else, and takes h2 from all who read it.
        (
            records(https(ech=ECH)),
            BOTH,
            [("fail", "the server speaks h2, which the HTTPS record does not offer")],
        ),
        (
            records(https("h3", only=True)),
            serving("http/1.1"),
            [("fail", "of what the HTTPS record offers (h3) the server speaks nothing over TCP")],
        ),
        # One record may be for HTTP/3 alone where another is for the rest.
        (records(https("h3", only=True), https("h2")), BOTH, [AGREE]),
        # Hints.
        (records(https("h2", hints=["192.0.2.1", "2001:db8::1"])), BOTH, [AGREE]),
        (
            records(https("h2", hints=["192.0.2.7"])),
            BOTH,
            [("fail", "the HTTPS record hints at 192.0.2.7, which is no address of www.example.org")],
        ),
        (
            records(https("h2", addresses=())),
            BOTH,
            [("fail", "the HTTPS record leads to www.example.org, which has no address")],
        ),
        (
            records(https("h2", addresses=NotObserved(Reason.DNS, "SERVFAIL for A of www.example.org"))),
            BOTH,
            [("unknown", "DNS does not say: SERVFAIL for A of www.example.org")],
        ),
        # Another port, of which nothing is known.
        (
            records(https("h2", port=8443)),
            BOTH,
            [("unknown", "the HTTPS record leads to port 8443, which was not asked: name it as a target, too")],
        ),
        (records(https("h2", port=443)), BOTH, [AGREE]),
        (
            records(https("h2", mandatory=(1, 65000))),
            BOTH,
            [("fail", "the HTTPS record demands that clients know key65000: browsers ignore it")],
        ),
        (records(https("h2", mandatory=(1, 3))), BOTH, [AGREE]),
        # What is the same of several records is said once.
        (
            records(https("h2", hints=["192.0.2.7"]), https("h2", hints=["192.0.2.7"], ech=ECH)),
            serving("http/1.1"),
            [
                ("fail", "the HTTPS record hints at 192.0.2.7, which is no address of www.example.org"),
                ("fail", "the HTTPS record offers h2, which the server does not speak"),
            ],
        ),
    ],
)
def test_https_record(dns: HttpsRecords, tls: TlsFeatures, expected: list[Expected]) -> None:
    assert judge("https-record", dns, tls) == expected


def test_a_record_can_be_demanded() -> None:
    assert judge("https-record", records(), BOTH, options={"required": True}) == [("fail", "no HTTPS record")]


def test_a_port_of_its_own_is_the_endpoint_s() -> None:
    assert judge("https-record", replace(records(https("h2")), port=8443), BOTH) == [AGREE]
