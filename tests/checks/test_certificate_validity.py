from datetime import timedelta

import pytest

from tests.checks.evidence import NOW, certificate, certificates, chain
from tests.checks.run import Expected, judge

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("gone", "left", "expected"),
    [
        (29 * DAY, 61 * DAY, ("pass", "valid until 2027-01-23 12:00 UTC")),
        (30 * DAY, 60 * DAY - SECOND, ("pass", "valid until 2027-01-22 11:59 UTC")),
        (81 * DAY, 9 * DAY, ("pass", "valid until 2026-12-02 12:00 UTC")),
        (81 * DAY + SECOND, 9 * DAY - SECOND, ("fail", "8 of 90 days left, less than 10%")),
        (90 * DAY, 0 * DAY, ("fail", "0 of 90 days left, less than 10%")),
        (90 * DAY + SECOND, -SECOND, ("fail", "expired on 2026-11-23 11:59 UTC")),
        (93 * DAY, -3 * DAY, ("fail", "expired on 2026-11-20 12:00 UTC")),
        (0 * DAY, 90 * DAY, ("pass", "valid until 2027-02-21 12:00 UTC")),
        (-SECOND, 90 * DAY, ("fail", "is not valid before 2026-11-23 12:00 UTC")),
        (-8 * DAY, 98 * DAY, ("fail", "is not valid before 2026-12-01 12:00 UTC")),
        (100 * HOUR, 60 * HOUR, ("pass", "valid until 2026-11-26 00:00 UTC")),
        (150 * HOUR, 10 * HOUR, ("fail", "10 of 160 hours left, less than 10%")),
    ],
)
def test_dates(gone: timedelta, left: timedelta, expected: Expected) -> None:
    leaf = certificate(not_before=NOW - gone, not_after=NOW + left)
    assert judge("certificate-validity", certificates(chain(leaf))) == [expected]


@pytest.mark.parametrize(
    ("minimum_left", "expected"),
    [
        (0.5, ("pass", "valid until 2027-01-23 12:00 UTC")),
        (0.7, ("fail", "61 of 90 days left, less than 70%")),
        (0, ("pass", "valid until 2027-01-23 12:00 UTC")),
    ],
)
def test_minimum_left(minimum_left: float, expected: Expected) -> None:
    assert judge("certificate-validity", certificates(), options={"minimum_left": minimum_left}) == [expected]


def test_every_chain_is_judged() -> None:
    expired = certificate(not_after=NOW - DAY, key_type="RSA")
    assert judge("certificate-validity", certificates(chain(), chain(expired))) == [
        ("pass", "ECDSA certificate: valid until 2027-01-23 12:00 UTC"),
        ("fail", "RSA certificate: expired on 2026-11-22 12:00 UTC"),
    ]
