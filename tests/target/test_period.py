"""How often a milestone repeats, and on which days that is."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlsaudit.target import Period, TargetError
from tlsaudit.target.period import parse_period


@pytest.mark.parametrize(
    ("text", "first", "days"),
    [
        ("3 months", "2026-03-31", ["2026-06-30", "2026-09-30", "2026-12-31"]),
        ("1 month", "2026-01-31", ["2026-02-28", "2026-03-31", "2026-04-30"]),
        ("1 month", "2027-12-30", ["2028-01-30", "2028-02-29", "2028-03-30"]),
        ("1 year", "2028-02-29", ["2029-02-28", "2030-02-28", "2031-02-28", "2032-02-29"]),
        ("2 weeks", "2026-12-31", ["2027-01-14", "2027-01-28"]),
        ("90 days", "2026-12-31", ["2027-03-31"]),
        ("999 years", "9000-06-30", ["9999-06-30", "9999-12-31", "9999-12-31"]),
        ("999 weeks", "9999-06-30", ["9999-12-31"]),
    ],
)
def test_the_days_on_which_it_falls(text: str, first: str, days: list[str]) -> None:
    period = parse_period(text)
    assert [str(period.after(date.fromisoformat(first), times + 1)) for times in range(len(days))] == days


@pytest.mark.parametrize(
    ("text", "first", "before"),
    [
        ("1 month", "2026-03-31", "2026-02-28"),
        ("1 year", "2028-02-29", "2027-02-28"),
        ("9 days", "2026-01-01", "2025-12-23"),
        ("2 months", "0001-01-31", "0001-01-01"),
        ("2 weeks", "0001-01-08", "0001-01-01"),
    ],
)
def test_the_day_before_the_first(text: str, first: str, before: str) -> None:
    assert str(parse_period(text).after(date.fromisoformat(first), -1)) == before


@pytest.mark.parametrize(
    "text", ["", "quarter", "0 days", "-1 year", "3 month s", "1000 days", "1.5 years", "\uff13 days"]
)
def test_what_is_no_period(text: str) -> None:
    with pytest.raises(TargetError, match="is no period: write 3 months"):
        parse_period(text)


@given(
    st.dates(date(1900, 1, 1), date(2500, 1, 1)),
    st.builds(Period, st.integers(1, 999), st.sampled_from(["day", "week", "month", "year"])),
    st.integers(1, 3),
)
def test_it_moves_on_and_a_period_is_never_longer_than_it_can_be(first: date, period: Period, times: int) -> None:
    day, after = period.after(first, times), period.after(first, times + 1)
    assert timedelta(0) < after - day <= period.longest
    assert parse_period(f"{period.count} {period.unit}") == period
