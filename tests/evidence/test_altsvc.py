"""What Alt-Svc fields advertise, by the grammar of RFC 7838 section 3."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.evidence.test_hsts import space, strings, tokens
from tlsaudit.evidence import Alternative, parse_alt_svc
from tlsaudit.evidence.altsvc import MOST_ALTERNATIVES

H3 = Alternative("h3", "", 443)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (['h3=":443"'], [H3]),
        (['h3=":443"; ma=2592000'], [H3]),
        (['h3=":443"; ma=2592000; persist=1'], [H3]),
        # What large sites send, and the examples of the RFC.
        (['h3=":443"; ma=2592000,h3-29=":443"; ma=2592000'], [H3, Alternative("h3-29", "", 443)]),
        (['h2="alt.example.com:8000", h2=":443"'], [("h2", "alt.example.com", 8000), ("h2", "", 443)]),
        (['h2="Alt.Example.COM:8000"'], [("h2", "alt.example.com", 8000)]),
        (['h3="[2001:DB8::1]:443"'], [("h3", "2001:db8::1", 443)]),
        (['w%3Dx%3Ay%23z=":8000"'], [("w=x:y#z", "", 8000)]),
        # Several fields are one list.
        (['h3=":443"', 'h3=":8443"'], [H3, Alternative("h3", "", 8443)]),
        ([], []),
        ([""], []),
        (['h3=":443"; ma=1,h3=":443"'], [H3]),
        # White space and empty elements.
        ([' \t, h3=":443"\t;\tma=1 , ,'], [H3]),
        # Quoted strings, with what is escaped and what would end an unquoted value.
        ([r'h3=":4\43"'], [H3]),
        (['h3=":443"; note="a, b; ma=0 \\" ="; ma="60"'], [H3]),
        # Unknown parameters are ignored, names of parameters and protocols are not folded.
        (['h3=":443"; MA=0; v="46,43"'], [H3]),
        (['H3=":443"'], [("H3", "", 443)]),
        # The first `ma` counts; one that is stale at once is no offer.
        (['h3=":443"; ma=0'], []),
        (['h3=":443"; ma=00; ma=1'], []),
        (['h3=":443"; ma=1; ma=0'], [H3]),
        (['h3=":443"; ma=0, h3=":8443"'], [("h3", "", 8443)]),
        # Withdrawn.
        (["clear"], []),
        ([" clear "], []),
        (['h3=":443"', "clear"], []),
        # Not of the grammar: ignored as a whole.
        (["Clear"], []),
        (["h3=:443"], []),
        (['h3=":443'], []),
        (['h3=":443"x'], []),
        (['h3 =":443"'], []),
        (['h3="443"'], []),
        (['h3=":0"'], []),
        (['h3=":65536"'], []),
        (['h3=":443443"'], []),
        (['h3=":-1"'], []),
        (['h3="a b:443"'], []),
        (['h3="user@example.org:443"'], []),
        (['h3="a:b:443"'], []),
        (['h3="[::1:443"'], []),
        (['h3=":443"; ma'], []),
        (['h3=":443"; ma=x'], []),
        (['h3=":443"; ma=-1'], []),
        (['h3=":443";'], []),
        (['=":443"'], []),
        (['"h3"=":443"'], []),
        (['h3=":443"\r\nX: y'], []),
        (['h3=":443"', "h3"], []),
    ],
)
def test_parse_alt_svc(fields: Sequence[str], expected: Sequence[tuple[str, str, int]]) -> None:
    assert list(parse_alt_svc(fields)) == expected


hosts = st.just("") | st.from_regex(r"[a-z0-9._-]{1,20}", fullmatch=True)
parameters = st.lists(st.tuples(tokens.filter(lambda name: name != "ma"), tokens | strings), max_size=3)


@st.composite
def valid_fields(draw: st.DrawFn) -> tuple[list[str], list[Alternative]]:
    """Fields by the grammar, and what they advertise."""
    expected: list[Alternative] = []
    elements: list[str] = []
    for _ in range(draw(st.integers(1, 4))):
        host, port = draw(hosts), draw(st.integers(1, 65535))
        protocol = draw(tokens.filter(lambda name: "%" not in name))
        age = draw(st.none() | st.integers(0, 10**12))
        said = draw(st.permutations([*draw(parameters), *([("ma", str(age))] if age is not None else [])]))
        text = "".join(f"{draw(space)};{draw(space)}{name}={value}" for name, value in said)
        elements.append(f'{draw(space)}{protocol}="{host}:{port}"{text}{draw(space)}')
        if age != 0:
            expected.append(Alternative(protocol, host, port))
    cut = draw(st.integers(0, len(elements)))
    return [",".join(part) for part in (elements[:cut], elements[cut:])], expected


@given(valid_fields())
def test_every_valid_field_is_understood(case: tuple[list[str], list[Alternative]]) -> None:
    fields, expected = case
    assert list(parse_alt_svc(fields)) == list(dict.fromkeys(expected))


@given(st.lists(st.text() | st.text('h3=":443"; ma=60,\\[]clear'), max_size=3))
def test_no_text_breaks_it(fields: list[str]) -> None:
    for found in parse_alt_svc(fields):
        assert 0 < found.port < 65536


def test_a_hostile_field_is_bounded_in_time_and_number() -> None:
    # Quadratic matching would take minutes on these.
    for field in ('h3="' + "\\" * 10**6, "," * 10**6, 'h3=":1"' + " " * 10**6 + "x", 'h3=":1"' + ";a=b" * 10**6 + ";"):
        assert parse_alt_svc([field]) == ()
    assert len(parse_alt_svc([",".join(f'h3=":{port}"' for port in range(1, 10**4))])) == MOST_ALTERNATIVES
