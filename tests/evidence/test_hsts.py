"""What a Strict-Transport-Security field means, by the grammar of RFC 6797 section 6.1."""

import string
from operator import add

import pytest
from hypothesis import given, settings
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
        ("preload; max-age=1; PRELOAD; includeSubDomains; preload", HstsError("preload stands twice")),
        ("max-age=1; preload=a; preload", HstsError("preload stands twice")),
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
        ('max-age=1; x="\t\\\t"', HstsPolicy(1, False, False)),
        ('max-age=1; x="\n"', HstsError("not of the form name=value; name")),
        ('max-age=1; x="\\\x00"', HstsError("not of the form name=value; name")),
        ('max-age=1; x="\x7f"', HstsError("not of the form name=value; name")),
        ('max-age=1; x="\xe9\\\xe9"', HstsPolicy(1, False, False)),
        ("max-age=1; includeSubDomains=yes", HstsError("includeSubDomains takes no value")),
    ],
)
def test_parse_hsts(field: str, expected: HstsPolicy | HstsError) -> None:
    assert parse_hsts(field) == expected


@given(st.text() | st.text('max-age=";,\\ \t01 includeSubDomains'))
def test_no_text_breaks_it(field: str) -> None:
    policy = parse_hsts(field)
    assert isinstance(policy, HstsError) or 0 <= policy.max_age <= MAX_AGE_LIMIT


TOKEN = string.ascii_letters + string.digits + "!#$%&'*+-.^_`|~"
NOT_OF_A_TOKEN = '()<>@,:\\/[]?{}"\x00\x1f\x7f\xe9'
NO_FORM = "not of the form name=value; name"
KNOWN = ("max-age", "includesubdomains", "preload")

tokens = st.text(TOKEN, min_size=1)
others = tokens.filter(lambda name: name.lower() not in KNOWN)
space = st.text(" \t", max_size=3)


@st.composite
def quoted(draw: st.DrawFn, text: str) -> str:
    """A quoted string that means the text, with more of it escaped than must be."""
    chosen = draw(st.integers(0, 2 ** len(text) - 1))
    escaped = ("\\" if char in '"\\' or chosen >> at & 1 else "" for at, char in enumerate(text))
    return f'"{"".join(map(add, escaped, text))}"'


strings = st.text(st.characters(codec="latin-1", exclude_categories=["Cc"]) | st.sampled_from('";,\\=\t ')).flatmap(
    quoted
)

Directives = dict[str, str | None]
"""The value of each directive as it is written, by its name in lower case."""


@st.composite
def valid(draw: st.DrawFn) -> tuple[Directives, HstsPolicy]:
    """Directives that together are valid, and what they mean."""
    policy = HstsPolicy(draw(st.integers(0, MAX_AGE_LIMIT)), draw(st.booleans()), draw(st.booleans()))
    digits = "0" * draw(st.integers(0, 2)) + str(policy.max_age)
    directives: Directives = {"max-age": draw(st.just(digits) | quoted(digits))}
    if policy.include_subdomains:
        directives["includesubdomains"] = None
    if policy.preload:
        directives["preload"] = None
    names = draw(st.lists(others.map(str.lower), unique=True, max_size=4))
    return directives | {name: draw(st.none() | tokens | strings) for name in names}, policy


@st.composite
def written(draw: st.DrawFn, directives: list[tuple[str, str | None]]) -> str:
    """The field: in any order, case and spacing, with empty directives between."""
    parts = [_spelled(draw, name) + _value(draw, value) for name, value in draw(st.permutations(directives))]
    for _ in range(draw(st.integers(0, 2))):
        parts.insert(draw(st.integers(0, len(parts))), "")
    return ";".join(draw(space) + part + draw(space) for part in parts)


def _spelled(draw: st.DrawFn, name: str) -> str:
    capitals = draw(st.integers(0, 2 ** len(name) - 1))
    return "".join(char.upper() if capitals >> at & 1 else char for at, char in enumerate(name))


def _value(draw: st.DrawFn, value: str | None) -> str:
    return "" if value is None else f"{draw(space)}={draw(space)}{value}"


@given(st.data(), valid())
def test_every_valid_field_is_understood(data: st.DataObject, case: tuple[Directives, HstsPolicy]) -> None:
    directives, policy = case
    assert parse_hsts(data.draw(written(list(directives.items())))) == policy


@given(st.data(), valid())
def test_what_is_wrong_with_a_field_is_told(data: st.DataObject, case: tuple[Directives, HstsPolicy]) -> None:
    directives, _ = case
    name = data.draw(st.sampled_from(sorted(directives)))
    label = {"max-age": "max-age", "includesubdomains": "includeSubDomains", "preload": "preload"}
    again = data.draw(st.none() | tokens | strings)
    char = data.draw(st.sampled_from(NOT_OF_A_TOKEN))
    no_digits = data.draw(tokens.filter(lambda text: not text.isdigit()))
    wrong: dict[str, list[tuple[str, str | None]]] = {
        f"{label.get(name, 'a directive')} stands twice": [*directives.items(), (name, again)],
        "max-age is missing": [item for item in directives.items() if item[0] != "max-age"],
        "max-age is not a number": list(
            (directives | {"max-age": data.draw(st.sampled_from([None, no_digits]))}).items()
        ),
        "includeSubDomains takes no value": list(
            (directives | {"includesubdomains": data.draw(tokens | strings)}).items()
        ),
        NO_FORM: [
            *directives.items(),
            data.draw(st.sampled_from([(f"x{char}y", None), ("x", f"y{char}z"), ("x", "")])),
        ],
    }
    reason = data.draw(st.sampled_from(sorted(wrong)))
    assert parse_hsts(data.draw(written(wrong[reason]))) == HstsError(reason)


@given(st.data(), valid())
def test_a_field_that_breaks_off_within_quotes_is_void(
    data: st.DataObject, case: tuple[Directives, HstsPolicy]
) -> None:
    directives, _ = case
    field = data.draw(written([*directives.items(), ("x", '"a;b"')]))
    within = range(field.index('"a;b"') + 1, field.index('"a;b"') + 5)
    assert parse_hsts(field[: data.draw(st.sampled_from(within))]) == HstsError(NO_FORM)


def literally(field: str) -> HstsPolicy | None:
    """RFC 6797 section 6.1 read word by word, a character at a time; None where the field is to be ignored."""
    directives: Directives = {}
    for part in _parts(field):
        name, equals, value = (text.strip(" \t") for text in part.partition("="))
        meant = _meant(value) if equals else None
        if not _is_token(name) or (equals and meant is None) or name.lower() in directives:
            return None
        directives[name.lower()] = meant
    max_age = directives.get("max-age") or "none"
    if any(char not in string.digits for char in max_age) or directives.get("includesubdomains") is not None:
        return None
    preload = "preload" in directives and directives["preload"] is None
    return HstsPolicy(min(int(max_age), MAX_AGE_LIMIT), "includesubdomains" in directives, preload)


def _parts(field: str) -> list[str]:
    """The directives that are not empty, cut at each ";" outside of quotes."""
    parts, within, escaped = [""], False, False
    for char in field:
        if char == ";" and not within:
            parts.append("")
            continue
        parts[-1] += char
        if char == '"' and not escaped:
            within = not within
        escaped = within and char == "\\" and not escaped
    return [part for part in parts if part.strip(" \t")]


def _is_token(text: str) -> bool:
    return text != "" and all(char in TOKEN for char in text)


def _meant(value: str) -> str | None:
    """The text of a token or a quoted string; None where it is neither."""
    if _is_token(value):
        return value
    if len(value) < 2 or value[0] != '"' or value[-1] != '"':
        return None
    meant, escaped = "", False
    for char in value[1:-1]:
        if (char < " " and char != "\t") or char == "\x7f" or (char == '"' and not escaped):
            return None
        if char == "\\" and not escaped:
            escaped = True
            continue
        meant += char
        escaped = False
    return None if escaped else meant


SHREDS = [*KNOWN, "=", ";", '"', "\\", ",", " ", "\t", "\n", "0", "1", "31536000", "x", "Max-Age", '="1"', "; "]


WHOLE = [
    "max-age=1",
    "MAX-AGE=2",
    'max-age = "03"',
    "includeSubDomains",
    "includesubdomains=1",
    "preload",
    "preload=1",
    "x",
]
fields = valid().flatmap(lambda case: written(list(case[0].items())))


@settings(max_examples=500)
@given(
    st.lists(st.sampled_from(SHREDS), max_size=12).map("".join)
    | st.lists(st.sampled_from(WHOLE), max_size=5).map(";".join)
)
def test_shreds_agree_with_a_literal_reading(field: str) -> None:
    _agree(field)


@given(fields, st.sampled_from(SHREDS), st.integers(0, 200), st.integers(0, 3))
def test_a_field_that_was_tampered_with_agrees_with_a_literal_reading(
    field: str, shred: str, at: int, dropped: int
) -> None:
    _agree(field)
    _agree(field[:at] + shred + field[at + dropped :])


def _agree(field: str) -> None:
    found = parse_hsts(field)
    assert (None if isinstance(found, HstsError) else found) == literally(field)


def test_a_hostile_field_takes_no_time() -> None:
    # Quadratic matching would take minutes on these.
    for field in ('x="' + "\\" * 1_000_000, "a" + " " * 1_000_000 + "b", ";" * 1_000_000, "a=" + " " * 1_000_000):
        assert isinstance(parse_hsts(field), HstsError)
