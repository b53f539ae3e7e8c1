import pytest

from tests.checks.run import judge, registry
from tests.checks.web import REFUSED, TIMED_OUT, hop, https, visit
from tlsaudit.check import Fact, Outcome, Parent, Verdict
from tlsaudit.evidence import HttpsExchange, NotObserved, Visit
from tlsaudit.registry import rule

ROOT = "https://www.example.org/"
DEEP = "https://www.example.org/wiki/Encryption"
APEX = "https://example.org/"

Seen = HttpsExchange | NotObserved

ALONE: Parent[HttpsExchange] = Parent({})


FIRST_OF_2 = ", the first of 2 headers: no other counts"


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
        (
            https(answered("max-age=86400")),
            ("fail", "HSTS lasts 1 day, less than 365 days: step 1 of 6, next 7 days"),
        ),
        (
            https(answered("max-age=300")),
            ("fail", "HSTS lasts 5 minutes, less than 365 days: step 0 of 6, next 1 day"),
        ),
        (https(answered("max-age=1")), ("fail", "HSTS lasts 1 second, less than 365 days: step 0 of 6, next 1 day")),
        (
            https(answered("max-age=31535999")),
            ("fail", "HSTS lasts 364 days, less than 365 days: step 4 of 6, next 365 days"),
        ),
        (https(answered("max-age=0")), ("fail", "HSTS is withdrawn (max-age=0)")),
        (https(answered()), ("fail", "no HSTS header")),
        (https(answered("max-age=banana")), ("fail", "browsers ignore the HSTS header: max-age is not a number")),
        (https(answered("")), ("fail", "browsers ignore the HSTS header: max-age is missing")),
        # Only the first field counts, whatever the second one says.
        (https(answered("max-age=31536000", "max-age=0")), ("pass", "HSTS lasts 365 days")),
        (
            https(answered("includeSubDomains", "max-age=31536000")),
            ("fail", f"browsers ignore the HSTS header: max-age is missing{FIRST_OF_2}"),
        ),
        (
            https(answered("max-age=0", "max-age=0", "max-age=31536000")),
            ("fail", "HSTS is withdrawn (max-age=0), the first of 3 headers: no other counts"),
        ),
        (
            https(answered("max-age=300", "max-age=31536000")),
            ("fail", f"HSTS lasts 5 minutes, less than 365 days: step 0 of 6, next 1 day{FIRST_OF_2}"),
        ),
        (https(answered("max-age=0", "max-age=0")), ("fail", "HSTS is withdrawn (max-age=0)")),
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
    [(outcome, message)] = judge("hsts-max-age", evidence, ALONE)
    assert outcome == expected[0]
    assert message == (expected[1] or message)


def test_every_page_is_judged_and_the_one_at_fault_is_named() -> None:
    evidence = https(answered("max-age=31536000"), answered(url=DEEP), visit(url=DEEP + "?q", stopped=TIMED_OUT))
    assert judge("hsts-max-age", evidence, ALONE) == [
        ("pass", "HSTS lasts 365 days on /"),
        ("fail", "no HSTS header on /wiki/Encryption"),
        ("unknown", "no answer on /wiki/Encryption?q: timed out"),
    ]


def test_pages_that_say_the_same_are_told_together() -> None:
    four = [answered(url=f"{ROOT}{number}") for number in range(4)]
    assert judge("hsts-max-age", https(*four), ALONE) == [("fail", "no HSTS header")]
    assert judge("hsts-max-age", https(answered("max-age=31536000"), *four), ALONE) == [
        ("pass", "HSTS lasts 365 days on /"),
        ("fail", "no HSTS header on /0, /1, /2 and 1 more"),
    ]


@pytest.mark.parametrize(
    ("minimum", "expected"),
    [
        ("1d", ("pass", "HSTS lasts 1 day")),
        ("25h", ("fail", "HSTS lasts 1 day, less than 25 hours: step 1 of 6, next 7 days")),
        ("2d", ("fail", "HSTS lasts 1 day, less than 2 days: step 1 of 6, next 7 days")),
    ],
)
def test_the_minimum_can_be_set(minimum: str, expected: tuple[str, str]) -> None:
    options = {"minimum": minimum}
    assert judge("hsts-max-age", https(answered("max-age=86400")), ALONE, options=options) == [expected]


def verdicts(evidence: HttpsExchange, parents: Parent[HttpsExchange] = ALONE, **options: object) -> list[Verdict]:
    return rule(registry()["hsts-max-age"], options).verdicts([evidence, parents])


DAY = 86400


@pytest.mark.parametrize(
    ("max_age", "step", "following"),
    [
        (0, 0, 1),
        (DAY - 1, 0, 1),
        (DAY, 1, 7),
        (7 * DAY - 1, 1, 7),
        (7 * DAY, 2, 30),
        (30 * DAY, 3, 180),
        (180 * DAY, 4, 365),
        (365 * DAY, 5, 730),
        (730 * DAY - 1, 5, 730),
        (730 * DAY, 6, None),
        (10**12, 6, None),
    ],
)
def test_the_ladder_is_told_whether_it_is_high_enough_or_not(max_age: int, step: int, following: int | None) -> None:
    for minimum in ("1m", "3650d"):
        (verdict,) = verdicts(https(answered(f"max-age={max_age}")), minimum=minimum)
        assert (verdict.facts["step"], verdict.facts["next_step_days"]) == (step, following)
        assert verdict.facts["max_age_s"] == min(max_age, 10**10)


@pytest.mark.parametrize(
    "evidence",
    [
        https(answered()),
        https(answered("max-age=banana")),
        https(answered("max-age=0")),
        https(answered("max-age=31536000"), chain_error="the certificate has expired"),
    ],
)
def test_who_has_no_policy_stands_at_the_foot_of_the_ladder(evidence: HttpsExchange) -> None:
    (verdict,) = verdicts(evidence)
    assert (verdict.outcome, verdict.facts["step"], verdict.facts["max_age_s"]) == (Outcome.FAIL, 0, 0)


def test_the_page_that_forgets_soonest_speaks_for_the_host() -> None:
    pages = [answered(f"max-age={days * DAY}", url=f"{ROOT}{days}") for days in (365, 30, 7, 180)]
    said = [verdict for verdict in verdicts(https(*pages)) if verdict.outcome is Outcome.FAIL]
    weakest: dict[str, Fact] = dict(min(said, key=lambda verdict: verdict.rank).facts)
    assert (weakest["step"], weakest["max_age_s"]) == (2, 7 * DAY)


def apex(*fields: str, chain_error: str | None = None, others: tuple[Visit, ...] = (), status: int = 200) -> Seen:
    return https(answered(*fields, url=APEX, status=status), *others, host="example.org", chain_error=chain_error)


YEAR = "max-age=31536000; includeSubDomains"
MONTH = "max-age=2592000; includeSubDomains"
INHERITED = ("pass", "HSTS lasts 365 days, inherited from example.org")
ABSENT = ("fail", "no HSTS header")


@pytest.mark.parametrize(
    ("own", "above", "expected"),
    [
        (https(answered()), {"example.org": [apex(YEAR)]}, INHERITED),
        # What the host itself says takes nothing back (RFC 6797 section 8.3: either match will do).
        (https(answered("max-age=0")), {"example.org": [apex(YEAR)]}, INHERITED),
        (https(answered("max-age=banana")), {"example.org": [apex(YEAR)]}, INHERITED),
        (https(answered("max-age=86400")), {"example.org": [apex(YEAR)]}, INHERITED),
        (https(answered(status=503)), {"example.org": [apex(YEAR)]}, INHERITED),
        (https(answered(), chain_error="expired"), {"example.org": [apex(YEAR)]}, INHERITED),
        # The host's own policy comes first where it is long enough.
        (https(answered("max-age=31536000")), {"example.org": [apex(YEAR)]}, ("pass", "HSTS lasts 365 days")),
        (https(answered("max-age=31536000")), {"example.org": [TIMED_OUT]}, ("pass", "HSTS lasts 365 days")),
        # A policy for the domain above alone, none, a void or a withdrawn one protect nobody below.
        (https(answered()), {"example.org": [apex("max-age=31536000")]}, ABSENT),
        (https(answered()), {"example.org": [apex()]}, ABSENT),
        (https(answered()), {"example.org": [apex("includeSubDomains")]}, ABSENT),
        (https(answered()), {"example.org": [apex("max-age=0; includeSubDomains")]}, ABSENT),
        (https(answered()), {"example.org": [apex(YEAR, chain_error="expired")]}, ABSENT),
        (https(answered()), {"example.org": [apex("max-age=31536000", YEAR)]}, ABSENT),
        # Each of its addresses that answered must say so.
        (https(answered()), {"example.org": [apex(YEAR), apex(YEAR)]}, INHERITED),
        (https(answered()), {"example.org": [apex(YEAR), TIMED_OUT]}, INHERITED),
        (https(answered()), {"example.org": [apex(YEAR), apex()]}, ABSENT),
        (
            https(answered()),
            {"example.org": [apex(YEAR), apex(MONTH)]},
            (
                "fail",
                "HSTS lasts 30 days, inherited from example.org, less than 365 days: step 3 of 6, next 180 days",
            ),
        ),
        (
            https(answered("max-age=15552000")),
            {"example.org": [apex(MONTH)]},
            ("fail", "HSTS lasts 180 days, less than 365 days: step 4 of 6, next 365 days"),
        ),
        # Of its other pages, one without a header takes nothing back, one with another policy does.
        (https(answered()), {"example.org": [apex(YEAR, others=(answered(url=APEX + "x"),))]}, INHERITED),
        (https(answered()), {"example.org": [apex(YEAR, others=(answered("max-age=9", url=APEX + "x"),))]}, ABSENT),
        (https(answered()), {"example.org": [apex(others=(answered(YEAR, url=APEX + "x"),))]}, ABSENT),
        # What could not be seen may be what protects.
        (
            https(answered()),
            {"example.org": [TIMED_OUT, REFUSED]},
            ("unknown", "no HSTS header, and example.org was not seen: timed out"),
        ),
        (
            https(answered()),
            {"example.org": [apex(status=403)]},
            ("unknown", "no HSTS header, and example.org was not seen: 403 from the server: no HSTS to judge"),
        ),
        (
            https(answered("max-age=86400")),
            {"example.org": [TIMED_OUT]},
            (
                "unknown",
                (
                    "HSTS lasts 1 day, less than 365 days: step 1 of 6, next 7 days, "
                    "and example.org was not seen: timed out"
                ),
            ),
        ),
        (
            https(answered(status=503)),
            {"example.org": [apex(MONTH)]},
            (
                "unknown",
                (
                    "HSTS lasts 30 days, inherited from example.org, less than 365 days, and 503 from the server: "
                    "no HSTS to judge"
                ),
            ),
        ),
        # Of several domains above, any may protect: the one that does for longest.
        (https(answered()), {"b.example.org": [apex()], "example.org": [apex(YEAR)]}, INHERITED),
        (https(answered()), {"b.example.org": [TIMED_OUT], "example.org": [apex(YEAR)]}, INHERITED),
        (https(answered()), {"b.example.org": [apex(MONTH)], "example.org": [apex(YEAR)]}, INHERITED),
        (
            https(answered()),
            {"b.example.org": [apex(YEAR)], "example.org": [apex(YEAR)]},
            ("pass", "HSTS lasts 365 days, inherited from b.example.org"),
        ),
        (
            https(answered()),
            {"b.example.org": [apex()], "example.org": [TIMED_OUT]},
            ("unknown", "no HSTS header, and example.org was not seen: timed out"),
        ),
        (
            https(answered(), host="192.0.2.10"),
            {"example.org": [apex(YEAR)]},
            ("not_applicable", "browsers ignore HSTS on an IP address"),
        ),
    ],
)
def test_a_domain_above_may_protect(
    own: HttpsExchange, above: dict[str, list[Seen]], expected: tuple[str, str]
) -> None:
    assert judge("hsts-max-age", own, Parent(above)) == [expected]


def test_what_is_inherited_is_told_as_such() -> None:
    (verdict,) = verdicts(https(answered("max-age=0; preload")), Parent({"example.org": [apex(YEAR)]}))
    assert verdict.facts == {
        "max_age_s": 31536000,
        "step": 5,
        "next_step_days": 730,
        "include_subdomains": False,
        "preload": True,
        "inherited_from": "example.org",
        "path": "/",
    }
    (verdict,) = verdicts(https(answered("max-age=31536000")), Parent({"example.org": [apex(YEAR)]}))
    assert "inherited_from" not in verdict.facts
