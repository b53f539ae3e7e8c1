from datetime import UTC, datetime, timedelta

import pytest

from tests.checks.evidence import certificate, certificates, chain
from tests.checks.run import Expected, judge
from tlsaudit.evidence import UNDETAILED

SECOND = timedelta(seconds=1)


def at(day: str) -> datetime:
    return datetime.fromisoformat(day).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("issued", "days", "expected"),
    [
        ("2018-02-28", 1000, ("not_applicable", "issued before there was a limit")),
        ("2020-08-31", 825, ("pass", "lives for no more than 825 days")),
        ("2020-09-01", 398, ("pass", "lives for no more than 398 days")),
        ("2020-09-01", 399, ("fail", "lives for 399 days: 398 are allowed where issued on 2020-09-01")),
        ("2026-03-14", 398, ("pass", "lives for no more than 398 days")),
        ("2026-03-15", 200, ("pass", "lives for no more than 200 days")),
        ("2026-03-15", 201, ("fail", "lives for 201 days: 200 are allowed where issued on 2026-03-15")),
        ("2027-03-14", 200, ("pass", "lives for no more than 200 days")),
        ("2027-03-15", 101, ("fail", "lives for 101 days: 100 are allowed where issued on 2027-03-15")),
        ("2029-03-14", 100, ("pass", "lives for no more than 100 days")),
        ("2029-03-15", 47, ("pass", "lives for no more than 47 days")),
        ("2029-03-15", 48, ("fail", "lives for 48 days: 47 are allowed where issued on 2029-03-15")),
    ],
)
def test_the_limit_is_that_of_the_day_of_issue(issued: str, days: int, expected: Expected) -> None:
    leaf = certificate(not_before=at(issued), not_after=at(issued) + timedelta(days=days) - SECOND)
    assert judge("certificate-lifetime", certificates(chain(leaf, public=True))) == [expected]


def test_a_second_more_is_a_day_more() -> None:
    leaf = certificate(not_before=at("2026-03-15"), not_after=at("2026-03-15") + timedelta(days=200))
    said = ("fail", "lives for 201 days: 200 are allowed where issued on 2026-03-15")
    assert judge("certificate-lifetime", certificates(chain(leaf, public=True))) == [said]


def test_an_authority_of_ones_own_sets_its_own_limit() -> None:
    leaf = certificate(not_before=at("2026-03-15"), not_after=at("2046-03-15"))
    assert judge("certificate-lifetime", certificates(chain(leaf))) == [("not_applicable", "not of a public authority")]
    old = chain(leaf, path=(), roles=())
    assert judge("certificate-lifetime", certificates(old)) == [("unknown", UNDETAILED)]
