import pytest

from tests.checks.dns import https, records
from tests.checks.run import Expected, judge
from tests.ech import ech_config, ech_text
from tlsaudit.evidence import HttpsRecords

ECH = ech_text(ech_config())
OLD = ech_text(ech_config(version=0xFE0C))
OTHER = ech_text(ech_config(public_name="other.example.org"), ech_config(version=0xFE0C))


@pytest.mark.parametrize(
    ("dns", "expected"),
    [
        (records(), ("not_applicable", "no HTTPS record")),
        (records(https("h2")), ("not_applicable", "no HTTPS record has ech")),
        (records(https(ech=ECH)), ("pass", "ech on all HTTPS records; the network sees front.example.org")),
        (
            records(https(ech=ECH), https(ech=OTHER)),
            ("pass", "ech on all HTTPS records; the network sees front.example.org, other.example.org"),
        ),
        (records(https(ech=ECH), https("h2")), ("fail", "1 of 2 HTTPS records lack ech")),
        (records(https(ech=OLD)), ("fail", "clients pass ech over: version 0xfe0c, not 0xfe0d")),
        (records(https(ech="AAT+DQAA")), ("fail", "ech cannot be read: it is cut short")),
    ],
)
def test_ech_published(dns: HttpsRecords, expected: Expected) -> None:
    assert judge("ech-published", dns) == [expected]


@pytest.mark.parametrize(
    ("dns", "message"), [(records(), "no HTTPS record"), (records(https()), "no HTTPS record has ech")]
)
def test_a_key_can_be_demanded(dns: HttpsRecords, message: str) -> None:
    assert judge("ech-published", dns, options={"required": True}) == [("fail", message)]
