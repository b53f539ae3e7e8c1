import datetime
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.report.views import counts
from tlsaudit.report import text
from tlsaudit.report.document import Counts

day = datetime.date.fromisoformat
AT = day("2015-03-01")


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("TLS 1.0 is served", "TLS 1.0 is served"),
        ("Größe 日本語 é", "Größe 日本語 é"),
        ("no\u00a0break", "no\u00a0break"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("\x9b31m", "\\x9b31m"),
        ("bell\x07 del\x7f nul\x00", "bell\\x07 del\\x7f nul\\x00"),
        ("two\r\nlines\ttab", "two\\x0d\\x0alines\\x09tab"),
        ("\u202etxt.exe\u2066", "\\u202etxt.exe\\u2066"),
        ("zero\u200bwidth\ufeff", "zero\\u200bwidth\\ufeff"),
        ("line\u2028end", "line\\u2028end"),
        ("\U000e0041tag", "\\U000e0041tag"),
        ("\ud800", "\\ud800"),
    ],
)
def test_what_does_not_print_as_itself_is_written_as_an_escape(raw: str, shown: str) -> None:
    assert text.clean(raw) == shown


@given(st.text())
def test_cleaned_text_has_no_control_or_format_character(raw: str) -> None:
    assert not {unicodedata.category(char) for char in text.clean(raw)} & {"Cc", "Cf", "Cs", "Zl", "Zp"}


@pytest.mark.parametrize(
    ("share", "shown"),
    [
        (1.0, "100%"),
        (0.0, "0%"),
        (0.5, "50%"),
        (0.29, "29%"),
        (0.875, "87.5%"),
        (2 / 3, "66.6%"),
        (0.9996, "99.9%"),
        (1 - 1e-12, "99.9%"),
        (0.00001, "0.1%"),
        (0.9496, "94.9%"),
        (0.9500001, "95.0%"),
    ],
)
def test_a_percentage_never_looks_better_than_it_is(share: float, shown: str) -> None:
    assert text.percent(share) == shown


@pytest.mark.parametrize(
    ("share", "digits", "shown"),
    [
        (0.9996, 2, "99.96%"),
        (0.9990, 2, "99.9%"),
        (0.95, 6, "95%"),
        (0.29, 6, "29%"),
        (0.950001, 2, "95.0%"),
        (0.99999999, 3, "99.999%"),
        (0.00000001, 2, "0.01%"),
    ],
)
def test_more_digits_where_they_are_asked_for(share: float, digits: int, shown: str) -> None:
    assert text.percent(share, digits=digits) == shown


@pytest.mark.parametrize(("share", "shown"), [(0.4501, "45.1%"), (0.45, "45%"), (0.9996, "99.9%")])
def test_where_lower_is_better_it_rounds_up(share: float, shown: str) -> None:
    assert text.percent(share, lower_is_better=True) == shown


@pytest.mark.parametrize(
    ("tally", "shown"),
    [
        (counts(5, waived=1), "5 of 6, 1 waived"),
        (counts(2, fail=1, unknown=1), "2 of 4, 1 unknown"),
        (counts(0, fail=1), "0 of 1"),
        (counts(3, not_applicable=9), "3 of 3"),
        (counts(), "nothing in scope"),
        (counts(9512, fail=485, unknown=3), "95.1%, 9,512 of 10,000, 3 unknown"),
    ],
)
def test_a_share_is_told_with_its_denominator(tally: Counts, shown: str) -> None:
    assert text.share_of(tally) == shown


def test_how_much_was_judged_leaves_out_what_is_unknown_and_what_does_not_apply() -> None:
    assert text.judged(counts(8, fail=1, waived=1, unknown=1, not_applicable=5)) == "10 of 11 judged"


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0.04, "0.0 s"),
        (1.2, "1.2 s"),
        (9.96, "10 s"),
        (59.6, "1 min"),
        (125, "2 min 5 s"),
        (3780, "1 h 3 min"),
        (7200, "2 h"),
    ],
)
def test_durations(seconds: float, shown: str) -> None:
    assert text.duration(seconds) == shown


@pytest.mark.parametrize(
    ("value", "shown"), [(None, "-"), (0.44, "0.4 ms"), (9.96, "10 ms"), (11.0, "11 ms"), (1234.0, "1,234 ms")]
)
def test_milliseconds(value: float | None, shown: str) -> None:
    assert text.milliseconds(value) == shown


@pytest.mark.parametrize(
    ("low", "high", "shown"),
    [
        ("2015-07-04", "2015-09-20", "Jul-Sep"),
        ("2015-07-04", "2015-07-20", "Jul"),
        ("2016-07-04", "2016-09-20", "Jul-Sep 2016"),
        ("2015-11-01", "2016-01-31", "Nov 2015-Jan 2016"),
    ],
)
def test_a_span_of_months(low: str, high: str, shown: str) -> None:
    assert text.months(day(low), day(high), AT) == shown


def test_dates_name_the_year_where_it_is_another_one() -> None:
    assert text.short_date(day("2015-02-28"), AT) == "28 Feb"
    assert text.short_date(day("2014-12-31"), AT) == "31 Dec 2014"
    assert text.spoken_date(day("2015-06-30"), AT) == "30 June"
    assert text.long_date(AT) == "1 March 2015"


@pytest.mark.parametrize(
    ("count", "shown"), [(0, "0 hosts"), (1, "1 host"), (2, "2 hosts"), (10000, "10,000 hosts")]
)  # fmt: skip
def test_plural(count: int, shown: str) -> None:
    assert text.plural(count, "host") == shown


@pytest.mark.parametrize(
    ("items", "shown"), [([], ""), (["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")]
)
def test_joined(items: list[str], shown: str) -> None:
    assert text.joined(items) == shown


@pytest.mark.parametrize(
    ("url", "link"),
    [
        ("https://tickets.example.org/1", "https://tickets.example.org/1"),
        ("HTTP://example.org", "HTTP://example.org"),
        ("javascript:alert(1)", None),
        ("data:text/html,x", None),
        ("OPS-4711", None),
        (None, None),
    ],
)
def test_only_web_addresses_become_links(url: str | None, link: str | None) -> None:
    assert text.web_link(url) == link


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("the waiver expired", "The waiver expired"),
        ("", ""),
        ("pfs-suites: not asked", "pfs-suites: not asked"),
        ("nginx.conf:6: hands TLS on", "nginx.conf:6: hands TLS on"),
        ("wiki: nothing", "wiki: nothing"),
    ],
)
def test_a_sentence_begins_with_a_capital_and_a_name_as_it_is(said: str, shown: str) -> None:
    assert text.sentence(said) == shown
