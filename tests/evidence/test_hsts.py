"""What a Strict-Transport-Security field means, by the grammar of RFC 6797 section 6.1."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlsaudit.evidence import HstsError, HstsPolicy, parse_hsts
from tlsaudit.evidence.hsts import MAX_AGE_LIMIT

YEAR = 31536000


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("max-age=31536000", HstsPolicy(YEAR, False, False)),
        ("max-age=31536000; includeSubDomains", HstsPolicy(YEAR, True, False)),
        ("max-age=31536000; includeSubDomains; preload", HstsPolicy(YEAR, True, True)),
        ("preload; includeSubDomains; max-age=31536000", HstsPolicy(YEAR, True, True)),
        ("max-age=0", HstsPolicy(0, False, False)),
        # Names are case-insensitive.
        ("MAX-AGE=1; INCLUDESUBDOMAINS; PreLoad", HstsPolicy(1, True, True)),
        # White space is free around names, "=", values and ";".
        (" \t max-age \t= 1 \t;includeSubDomains   ", HstsPolicy(1, True, False)),
        # Empty directives are allowed anywhere.
        ("max-age=1;", HstsPolicy(1, False, False)),
        (";;max-age=1; ;; preload;", HstsPolicy(1, False, True)),
        # Quoted strings.
        ('max-age="31536000"', HstsPolicy(YEAR, False, False)),
        (r'max-age="3\1"', HstsPolicy(31, False, False)),
        ('note="a, b; max-age=5 \\" ="; max-age=1', HstsPolicy(1, False, False)),
        ('note=""; max-age=1', HstsPolicy(1, False, False)),
        # Digits, whatever their number.
        ("max-age=01234", HstsPolicy(1234, False, False)),
        ("max-age=00", HstsPolicy(0, False, False)),
        ("max-age=00000000000001", HstsPolicy(1, False, False)),
        ("max-age=9999999999", HstsPolicy(9999999999, False, False)),
        ("max-age=99999999999", HstsPolicy(MAX_AGE_LIMIT, False, False)),
        ("max-age=" + "9" * 9000, HstsPolicy(MAX_AGE_LIMIT, False, False)),
        # Unknown directives are ignored, with and without a value.
        ("max-age=1; future; other=thing; third='x'", HstsPolicy(1, False, False)),
        ("max-age=1; preload=yes", HstsPolicy(1, False, False)),
        # max-age is required, and a number.
        ("", HstsError("max-age is missing")),
        (";", HstsError("max-age is missing")),
        ("includeSubDomains; preload", HstsError("max-age is missing")),
        ("max_age=31536000", HstsError("max-age is missing")),
        ("max-age", HstsError("max-age is not a number")),
        ("max-age=banana", HstsError("max-age is not a number")),
        ("max-age=-1", HstsError("max-age is not a number")),
        ("max-age=1.5", HstsError("max-age is not a number")),
        ("max-age=+1", HstsError("max-age is not a number")),
        ('max-age=""', HstsError("max-age is not a number")),
        ('max-age=" 1"', HstsError("max-age is not a number")),
        ("max-age=\u0661", HstsError("not of the form name=value; name")),
        ('max-age="\u0661"', HstsError("max-age is not a number")),
        # A directive that stands twice voids the field, even with the same value.
        ("max-age=1; max-age=1", HstsError("max-age stands twice")),
        ("max-age=1; Max-Age=31536000", HstsError("max-age stands twice")),
        ("max-age=1; includeSubDomains; includeSubDomains", HstsError("includeSubDomains stands twice")),
        ("max-age=1; x; x", HstsError("a directive stands twice")),
        # What is not of the grammar voids the field.
        ("max-age=", HstsError("not of the form name=value; name")),
        ("max-age=1, max-age=1", HstsError("not of the form name=value; name")),
        ("max-age=1 includeSubDomains", HstsError("not of the form name=value; name")),
        ("max-age: 1", HstsError("not of the form name=value; name")),
        (": max-age=1", HstsError("not of the form name=value; name")),
        ("=1; max-age=1", HstsError("not of the form name=value; name")),
        ('max-age="1', HstsError("not of the form name=value; name")),
        ('max-age="1"2', HstsError("not of the form name=value; name")),
        ('"max-age"=1', HstsError("not of the form name=value; name")),
        ("max-age=1\r\nX: y", HstsError("not of the form name=value; name")),
        ("max-age=1; includeSubDomains=yes", HstsError("includeSubDomains takes no value")),
    ],
)
def test_parse_hsts(field: str, expected: HstsPolicy | HstsError) -> None:
    assert parse_hsts(field) == expected


@given(st.text() | st.text('max-age=";,\\ \t01 includeSubDomains'))
def test_no_text_breaks_it(field: str) -> None:
    policy = parse_hsts(field)
    assert isinstance(policy, HstsError) or 0 <= policy.max_age <= MAX_AGE_LIMIT


tokens = st.text(string.ascii_letters + string.digits + "!#$%&'*+-.^_`|~", min_size=1)
strings = st.text(st.characters(codec="latin-1", exclude_categories=["Cc"])).map(
    lambda text: '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
)
space = st.text(" \t", max_size=3)


@st.composite
def valid_fields(draw: st.DrawFn) -> tuple[str, HstsPolicy]:
    """A field by the grammar, in any spelling, and what it means."""
    policy = HstsPolicy(draw(st.integers(0, MAX_AGE_LIMIT)), draw(st.booleans()), draw(st.booleans()))
    names = draw(st.lists(tokens, unique_by=str.lower, max_size=4))
    others = [name for name in names if name.lower() not in ("max-age", "includesubdomains", "preload")]
    parts = [
        [spelled(draw, "max-age"), "=", draw(st.sampled_from([str(policy.max_age), f'"{policy.max_age}"']))],
        *([[spelled(draw, "includeSubDomains")]] if policy.include_subdomains else []),
        *([[spelled(draw, "preload")]] if policy.preload else []),
        *([name, "=", draw(tokens | strings)] if draw(st.booleans()) else [name] for name in others),
        *([[""]] * draw(st.integers(0, 2))),
    ]
    directives = [
        "".join(f"{draw(space)}{part}{draw(space)}" for part in parts) for parts in draw(st.permutations(parts))
    ]
    return ";".join(directives), policy


def spelled(draw: st.DrawFn, name: str) -> str:
    return "".join(draw(st.sampled_from([letter.lower(), letter.upper()])) for letter in name)


@given(valid_fields())
def test_every_valid_field_is_understood(case: tuple[str, HstsPolicy]) -> None:
    field, policy = case
    assert parse_hsts(field) == policy


def test_a_hostile_field_takes_no_time() -> None:
    # Quadratic matching would take minutes on these.
    for field in ('x="' + "\\" * 1_000_000, "a" + " " * 1_000_000 + "b", ";" * 1_000_000, "a=" + " " * 1_000_000):
        assert isinstance(parse_hsts(field), HstsError)
