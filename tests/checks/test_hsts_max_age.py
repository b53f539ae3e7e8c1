import pytest

from tests.checks.run import Expected, judge
from tests.checks.web import TIMED_OUT, hop, https, visit
from tlsaudit.evidence import HttpsExchange, Visit

ROOT = "https://www.example.org/"
DEEP = "https://www.example.org/wiki/Encryption"


def answered(*fields: str, url: str = ROOT, status: int = 200) -> Visit:
    return visit(hop(url, status, hsts=fields))


@pytest.mark.parametrize(
    ("evidence", "expected"),
    [
        (https(answered("max-age=31536000")), ("pass", "HSTS lasts 365 days")),
        (
            https(answered("max-age=63072000; includeSubDomains; preload")),
            ("pass", "HSTS lasts 730 days, subdomains included"),
        ),
        (https(answered("max-age=86400")), ("fail", "HSTS lasts 1 day, less than 365 days")),
        (https(answered("max-age=300")), ("fail", "HSTS lasts 5 minutes, less than 365 days")),
        (https(answered("max-age=1")), ("fail", "HSTS lasts 1 second, less than 365 days")),
        (https(answered("max-age=31535999")), ("fail", "HSTS lasts 364 days, less than 365 days")),
        (https(answered("max-age=0")), ("fail", "HSTS is withdrawn (max-age=0)")),
        (https(answered()), ("fail", "no HSTS header")),
        (https(answered("max-age=banana")), ("fail", "browsers ignore the HSTS header: max-age is not a number")),
        (https(answered("")), ("fail", "browsers ignore the HSTS header: max-age is missing")),
        # Only the first field counts, whatever the second one says.
        (https(answered("max-age=31536000", "max-age=0")), ("pass", "HSTS lasts 365 days")),
        (https(answered("includeSubDomains", "max-age=31536000")), ("fail", None)),
        # The answer of the host itself counts, not the one that it redirects to.
        (
            https(
                visit(hop(ROOT, 301, "https://example.net/"), hop("https://example.net/", hsts=("max-age=31536000",)))
            ),
            ("fail", "no HSTS header"),
        ),
        (
            https(answered("max-age=31536000"), chain_error="the certificate has expired"),
            ("fail", "browsers ignore HSTS over an untrusted certificate: the certificate has expired"),
        ),
        (https(answered("max-age=31536000", status=403)), ("pass", "HSTS lasts 365 days")),
        (https(answered(status=403)), ("unknown", "403 from the server: no HSTS to judge")),
        (https(answered(status=429)), ("unknown", "429 from the server: no HSTS to judge")),
        (https(answered(status=503)), ("unknown", "503 from the server: no HSTS to judge")),
        (https(answered(status=404)), ("fail", "no HSTS header")),
        (
            https(answered("max-age=31536000"), host="192.0.2.10"),
            ("not_applicable", "browsers ignore HSTS on an IP address"),
        ),
        (https(answered(), host="2001:db8::10"), ("not_applicable", "browsers ignore HSTS on an IP address")),
    ],
)
def test_one_page(evidence: HttpsExchange, expected: tuple[str, str | None]) -> None:
    [(outcome, message)] = judge("hsts-max-age", evidence)
    assert outcome == expected[0]
    assert message == (expected[1] or message)


def test_every_page_is_judged_and_the_one_at_fault_is_named() -> None:
    evidence = https(answered("max-age=31536000"), answered(url=DEEP), visit(url=DEEP + "?q", stopped=TIMED_OUT))
    assert judge("hsts-max-age", evidence) == [
        ("pass", "HSTS lasts 365 days on /"),
        ("fail", "no HSTS header on /wiki/Encryption"),
        ("unknown", "no answer on /wiki/Encryption?q: timed out"),
    ]


@pytest.mark.parametrize(
    ("minimum", "expected"),
    [
        ("1d", ("pass", "HSTS lasts 1 day")),
        ("25h", ("fail", "HSTS lasts 1 day, less than 25 hours")),
        ("2d", ("fail", "HSTS lasts 1 day, less than 2 days")),
    ],
)
def test_the_minimum_can_be_set(minimum: str, expected: Expected) -> None:
    assert judge("hsts-max-age", https(answered("max-age=86400")), options={"minimum": minimum}) == [expected]
