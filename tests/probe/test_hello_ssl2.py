"""The hello of SSL 2.0: whole, byte by byte, with trailing data, and never another exception than HelloError."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlsaudit.evidence import SSL2_KINDS, suite
from tlsaudit.probe.hello import (
    HelloError,
    Ssl2Reader,
    Ssl2ServerHello,
    push_ssl2_client_hello,
    push_ssl2_server_hello,
)

HELLO = Ssl2ServerHello((0x010080, 0x0700C0), b"certificate")
RECORD = push_ssl2_server_hello(HELLO)


def read(*chunks: bytes) -> list[Ssl2ServerHello]:
    reader = Ssl2Reader()
    answers = (reader.receive(chunk) for chunk in chunks)
    return [answer for answer in answers if answer]


def test_whole_byte_by_byte_and_with_trailing_data() -> None:
    assert read(RECORD) == [HELLO]
    assert read(*(RECORD[at : at + 1] for at in range(len(RECORD)))) == [HELLO]
    assert read(RECORD + b"more") == [HELLO]
    assert read(RECORD[:-1]) == []


def test_a_record_with_padding() -> None:
    padded = bytes([0x00, len(RECORD) - 2 + 3, 3]) + RECORD[2:] + b"pad"
    assert read(padded) == [HELLO]


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (b"\x15\x03\x01\x00\x02\x02\x46", "a TLS record"),
        (b"\x80\x03\x00\x00\x01", "not a SERVER-HELLO"),
        (RECORD[:6] + b"\x03" + RECORD[7:], "not SSL 2.0"),
        (b"\x80\x01\x04", "cut short"),
    ],
)
def test_anything_else_is_said_so(answer: bytes, message: str) -> None:
    with pytest.raises(HelloError, match=message):
        read(answer)


def test_a_client_hello_byte_for_byte() -> None:
    sent = push_ssl2_client_hello([0x0700C0, 0x010080], bytes(16))
    assert sent == bytes.fromhex("801f 01 0002 0006 0000 0010 0700c0 010080") + bytes(16)


@given(st.lists(st.integers(0, 0xFFFFFF), max_size=20), st.binary(max_size=3000))
def test_round_trip(kinds: list[int], certificate: bytes) -> None:
    hello = Ssl2ServerHello(tuple(kinds), certificate)
    assert read(push_ssl2_server_hello(hello)) == [hello]


@given(st.lists(st.binary(min_size=1, max_size=200), max_size=5))
def test_any_bytes_raise_nothing_else(chunks: list[bytes]) -> None:
    with contextlib.suppress(HelloError):
        read(*chunks)


def test_its_cipher_kinds_have_names_and_no_forward_secrecy() -> None:
    assert suite(0x020080).name == "SSL_CK_RC4_128_EXPORT40_WITH_MD5"
    assert not any(suite(kind).forward_secret for kind in SSL2_KINDS)
