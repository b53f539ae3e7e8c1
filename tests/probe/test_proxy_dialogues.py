"""What is said to a proxy, byte for byte, and what becomes of every answer it may give."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlsaudit.evidence import Reason
from tlsaudit.probe.preamble import Preamble, PreambleError
from tlsaudit.probe.proxy.connect import http_connect
from tlsaudit.probe.proxy.socks5 import socks5

LOGIN = ("user", "pass:word")
SPLITS: dict[str, Callable[[bytes], list[bytes]]] = {
    "whole": lambda data: [data],
    "byte by byte": lambda data: [data[index : index + 1] for index in range(len(data))],
}


def converse(preamble: Preamble, answers: Sequence[bytes], split: str = "whole") -> tuple[list[bytes], bytes]:
    """What was asked, and what was left over, where each question gets the next answer; then the peer closes."""
    asked: list[bytes] = []
    waiting = iter(answers)
    chunks: Iterator[bytes] = iter(())
    try:
        said = next(preamble)
        while True:
            if said:
                asked.append(said)
                chunks = iter(SPLITS[split](next(waiting, b"")))
            said = preamble.send(next(chunks, b""))
    except StopIteration as done:
        return asked, (done.value or b"") + b"".join(chunks)


def error_of(preamble: Preamble, answers: Sequence[bytes], split: str = "whole") -> tuple[Reason, str]:
    with pytest.raises(PreambleError) as raised:
        converse(preamble, answers, split)
    return raised.value.reason, str(raised.value)


@pytest.mark.parametrize(
    ("host", "login", "request_"),
    [
        (
            "www.example.org",
            None,
            b"CONNECT www.example.org:443 HTTP/1.1\r\nHost: www.example.org:443\r\n\r\n",
        ),
        ("192.0.2.1", None, b"CONNECT 192.0.2.1:443 HTTP/1.1\r\nHost: 192.0.2.1:443\r\n\r\n"),
        ("2001:db8::1", None, b"CONNECT [2001:db8::1]:443 HTTP/1.1\r\nHost: [2001:db8::1]:443\r\n\r\n"),
        (
            # RFC 7617 section 2.1: test, and a password with a pound sign in UTF-8
            "192.0.2.1",
            ("test", "123\u00a3"),
            (
                b"CONNECT 192.0.2.1:443 HTTP/1.1\r\nHost: 192.0.2.1:443\r\n"
                b"Proxy-Authorization: Basic dGVzdDoxMjPCow==\r\n\r\n"
            ),
        ),
    ],
)
def test_connect_asks(host: str, login: tuple[str, str] | None, request_: bytes) -> None:
    assert converse(http_connect(host, 443, login), [b"HTTP/1.1 200 OK\r\n\r\n"]) == ([request_], b"")


OPENED = {
    "plain": b"HTTP/1.1 200 Connection established\r\n\r\n",
    "HTTP/1.0": b"HTTP/1.0 200 OK\r\n\r\n",
    "another success": b"HTTP/1.1 204 No Content\r\n\r\n",
    "no phrase": b"HTTP/1.1 200\r\n\r\n",
    "bare line feeds": b"HTTP/1.1 200 OK\nVia: x\n\n",
    "a length that does not count": b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n",
    "an interim answer": b"HTTP/1.1 103 Early Hints\r\nX: y\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
    "a long header": b"HTTP/1.1 200 OK\r\nX: " + b"x" * 15_000 + b"\r\n\r\n",
}


@pytest.mark.parametrize("trailing", [b"", b"220 mail.example.org ESMTP\r\n\r\n"], ids=["alone", "and then the server"])
@pytest.mark.parametrize("split", SPLITS)
@pytest.mark.parametrize("case", OPENED)
def test_connect_opens(case: str, split: str, trailing: bytes) -> None:
    asked, left_over = converse(http_connect("www.example.org", 25, None), [OPENED[case] + trailing], split)
    assert len(asked) == 1
    assert left_over == trailing


CONNECT_REFUSED = {
    "407": (b"HTTP/1.1 407 No\r\n\r\n", "it refused: 407 (it wants a user and a password)"),
    "403": (b"HTTP/1.1 403 Filtered\r\nX: y\r\n\r\n<html>", "it refused: 403 (it does not allow this)"),
    "502": (b"HTTP/1.1 502 Bad Gateway\r\n\r\n", "it refused: 502 (it did not connect)"),
    "302": (b"HTTP/1.1 302 Login\r\nLocation: http://portal.example.org/\r\n\r\n", "it refused: 302"),
    "599": (b"HTTP/1.1 599 Whatever\r\n\r\n", "it refused: 599 (it did not connect)"),
    "silence": (b"", "it closed the connection"),
    "half": (b"HTTP/1.1 200 OK\r\nVi", "it closed the connection in the middle of its answer"),
    "SOCKS": (b"\x05\x00", "its answer is not HTTP/1.1"),
    "HTTP/2": (b"HTTP/2 200\r\n\r\n", "its answer is not HTTP/1.1"),
    "no status": (b"HTTP/1.1 OK\r\n\r\n", "its answer is not HTTP/1.1"),
    "status of four digits": (b"HTTP/1.1 2000 OK\r\n\r\n", "its answer is not HTTP/1.1"),
    "status of other digits": ("HTTP/1.1 ٢٠٠ OK\r\n\r\n".encode(), "its answer is not HTTP/1.1"),
    "endless header": (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 70_000, "its answer does not end"),
    "endless interim answers": (b"HTTP/1.1 103 Hints\r\n\r\n" * 5_000, "its answer does not end"),
}


@pytest.mark.parametrize("split", SPLITS)
@pytest.mark.parametrize("case", CONNECT_REFUSED)
def test_connect_refused(case: str, split: str) -> None:
    answer, why = CONNECT_REFUSED[case]
    assert error_of(http_connect("192.0.2.1", 443, None), [answer], split) == (Reason.PROXY, why)


def test_connect_says_when_the_password_is_wrong() -> None:
    _, why = error_of(http_connect("192.0.2.1", 443, LOGIN), [b"HTTP/1.1 407 No\r\n\r\n"])
    assert why == "it refused: 407 (it does not accept the user and the password)"


NO_LOGIN, BY_PASSWORD, ACCEPTED = b"\x05\x00", b"\x05\x02", b"\x01\x00"
DONE = b"\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00"


TO_IPV4 = "05010001c000020101bb"


@pytest.mark.parametrize(
    ("preamble", "answers", "asked"),
    [
        (partial(socks5, "192.0.2.1", 443, None), [NO_LOGIN, DONE], ["050100", TO_IPV4]),
        (
            partial(socks5, "2001:db8::1", 443, None),
            [NO_LOGIN, DONE],
            ["050100", "0501000420010db800000000000000000000000101bb"],
        ),
        (
            partial(socks5, "example.org", 443, None),
            [NO_LOGIN, DONE],
            ["050100", "050100030b6578616d706c652e6f726701bb"],
        ),
        (partial(socks5, "192.0.2.1", 443, LOGIN), [NO_LOGIN, DONE], ["05020002", TO_IPV4]),
        (
            partial(socks5, "192.0.2.1", 443, LOGIN),
            [BY_PASSWORD, ACCEPTED, DONE],
            ["05020002", "01047573657209706173733a776f7264", TO_IPV4],
        ),
        # The address that the proxy connects from may be of any kind (RFC 1928 section 6).
        (partial(socks5, "192.0.2.1", 443, None), [NO_LOGIN, b"\x05\x00\x00\x04" + bytes(18)], ["050100", TO_IPV4]),
        (partial(socks5, "192.0.2.1", 443, None), [NO_LOGIN, b"\x05\x00\x00\x03\x02ab\x00\x00"], ["050100", TO_IPV4]),
        (partial(socks5, "192.0.2.1", 443, None), [NO_LOGIN, b"\x05\x00\x00\x03\x00\x00\x00"], ["050100", TO_IPV4]),
    ],
)
@pytest.mark.parametrize("trailing", [b"", b"220 mail.example.org ESMTP\r\n"], ids=["alone", "and then the server"])
@pytest.mark.parametrize("split", SPLITS)
def test_socks5_opens(
    preamble: Callable[[], Preamble], answers: list[bytes], asked: list[str], split: str, trailing: bytes
) -> None:
    said, left_over = converse(preamble(), [*answers[:-1], answers[-1] + trailing], split)
    assert [question.hex() for question in said] == asked
    assert left_over == trailing


def _refusal(reply: int) -> bytes:
    return bytes([5, reply]) + DONE[2:]


SOCKS_REFUSED = {
    "failure": ([NO_LOGIN, _refusal(1)], Reason.PROXY, "it refused: it failed to connect"),
    "not allowed": ([NO_LOGIN, _refusal(2)], Reason.PROXY, "it refused: it does not allow this"),
    "network unreachable": ([NO_LOGIN, _refusal(3)], Reason.UNREACHABLE, "says the proxy"),
    "host unreachable": ([NO_LOGIN, _refusal(4)], Reason.UNREACHABLE, "says the proxy"),
    "connection refused": ([NO_LOGIN, _refusal(5)], Reason.REFUSED, "says the proxy"),
    "address type": ([NO_LOGIN, _refusal(8)], Reason.PROXY, "it refused: it does not take addresses of this kind"),
    "unassigned": ([NO_LOGIN, _refusal(9)], Reason.PROXY, "it refused: reply 9"),
    "a short refusal": ([NO_LOGIN, b"\x05\x02"], Reason.PROXY, "it refused: it does not allow this"),
    "login wanted": ([b"\x05\xff"], Reason.PROXY, "it wants a user and a password"),
    "a method not offered": ([BY_PASSWORD], Reason.PROXY, "it wants a user and a password"),
    "SOCKS4": ([b"\x00\x5a" + bytes(6)], Reason.PROXY, "its answer is not SOCKS5"),
    "HTTP": ([b"HTTP/1.1 400 Bad Request\r\n\r\n"], Reason.PROXY, "its answer is not SOCKS5"),
    "HTTP later": ([NO_LOGIN, b"HTTP/1.1 400 Bad Request\r\n\r\n"], Reason.PROXY, "its answer is not SOCKS5"),
    "unknown address": ([NO_LOGIN, b"\x05\x00\x00\x02" + bytes(30)], Reason.PROXY, "its answer is not SOCKS5"),
    "silence": ([b""], Reason.PROXY, "it closed the connection"),
    "silence later": ([NO_LOGIN, b""], Reason.PROXY, "it closed the connection"),
    "half an address": ([NO_LOGIN, DONE[:-1]], Reason.PROXY, "it closed the connection"),
}


@pytest.mark.parametrize("split", SPLITS)
@pytest.mark.parametrize("case", SOCKS_REFUSED)
def test_socks5_refused(case: str, split: str) -> None:
    answers, reason, why = SOCKS_REFUSED[case]
    assert error_of(socks5("192.0.2.1", 443, None), answers, split) == (reason, why)


@pytest.mark.parametrize(
    ("answers", "why"),
    [
        ([BY_PASSWORD, b"\x01\x01"], "it does not accept the user and the password"),
        ([b"\x05\xff"], "it accepts no way to log in"),
        ([BY_PASSWORD, ACCEPTED + DONE], "it speaks out of turn"),
    ],
)
def test_socks5_login_refused(answers: list[bytes], why: str) -> None:
    assert error_of(socks5("192.0.2.1", 443, LOGIN), answers) == (Reason.PROXY, why)


@given(
    chunks=st.lists(
        st.one_of(st.binary(max_size=30), st.sampled_from([*OPENED.values(), NO_LOGIN, BY_PASSWORD, DONE]))
    ),
    login=st.sampled_from([None, LOGIN]),
    dialogue=st.sampled_from([http_connect, socks5]),
)
def test_any_answer_ends_in_a_tunnel_or_a_refusal(
    chunks: list[bytes], login: tuple[str, str] | None, dialogue: Callable[..., Preamble]
) -> None:
    seen = _end(dialogue("www.example.org", 443, login), [*filter(None, chunks), b""])
    if isinstance(seen, PreambleError):
        assert seen.reason in {Reason.PROXY, Reason.REFUSED, Reason.UNREACHABLE}
        assert str(seen)
    else:
        assert isinstance(seen, bytes), "it goes on though the peer has closed"


def _end(preamble: Preamble, chunks: Sequence[bytes]) -> object:
    try:
        next(preamble)
        for chunk in chunks:
            preamble.send(chunk)
    except StopIteration as done:
        return done.value
    except PreambleError as error:
        return error
    return None
