"""The messages that only completed handshakes show, written and read, and what they say in the end."""

import datetime as dt
from collections.abc import Callable

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from tests.probe.sessions import response
from tests.servers import CertificateAuthority, KeyKind, self_signed
from tlsaudit.evidence import Reason, TlsVersion
from tlsaudit.probe.certificate import ShownChain, name_text
from tlsaudit.probe.certificate.staple import Staple
from tlsaudit.probe.hello import (
    Alert,
    Certificate,
    HelloError,
    ServerHello,
    push_alert,
    push_certificate,
    push_record,
    push_server_hello,
    push_server_hello_done,
)
from tlsaudit.probe.hello.record import ALERT, CHANGE_CIPHER_SPEC, HANDSHAKE
from tlsaudit.probe.hello.wire import push_opaque, push_uint
from tlsaudit.probe.session import messages as m
from tlsaudit.probe.session.handshake import Handshake
from tlsaudit.probe.session.look import key_names
from tlsaudit.probe.session.older import Reading
from tlsaudit.probe.session.schedule import Secrets, expand_label

_SHORT = st.binary(max_size=40)
_UINT32 = st.integers(0, 2**32 - 1)


@given(st.builds(m.NewSessionTicket, _UINT32, _UINT32, _SHORT, _SHORT, _UINT32))
def test_a_ticket_comes_back_as_it_was(ticket: m.NewSessionTicket) -> None:
    assert m.pull_new_session_ticket(m.push_new_session_ticket(ticket)[4:]) == ticket


@given(
    st.builds(ShownChain, st.lists(_SHORT, min_size=1).map(tuple), st.none() | st.binary(min_size=1), st.integers(0, 9))
)
def test_a_chain_comes_back_as_it_was(shown: ShownChain) -> None:
    assert m.pull_shown_chain(m.push_shown_chain(shown)[4:]) == shown


@given(st.builds(m.CertificateRequest, st.lists(_SHORT, max_size=9).map(tuple), _SHORT))
def test_a_request_comes_back_as_it_was(request: m.CertificateRequest) -> None:
    assert m.pull_certificate_request(m.push_certificate_request(request)[4:]) == request


def test_of_many_authorities_some_are_kept() -> None:
    names = tuple(b"%d" % number for number in range(1000))
    read = m.pull_certificate_request(m.push_certificate_request(m.CertificateRequest(names))[4:])
    assert read.authorities == names[:100]


def test_a_chain_of_any_length_is_bounded() -> None:
    longest = ShownChain((b"x",) * 1000)
    assert m.pull_shown_chain(m.push_shown_chain(longest)[4:]) == longest
    with pytest.raises(HelloError) as caught:
        m.pull_shown_chain(m.push_shown_chain(ShownChain((b"x",) * 1001))[4:])
    assert caught.value.reason is Reason.TOO_LARGE


PULLS: list[Callable[[bytes], object]] = [
    m.pull_new_session_ticket,
    m.pull_older_ticket,
    m.pull_shown_chain,
    m.pull_certificate_request,
    m.pull_alpn,
    m.count_timestamps,
    m.pull_certificate_status,
]
WHOLE = [
    m.push_new_session_ticket(m.NewSessionTicket(1, 2, b"n", b"t", 3))[4:],
    b"\0\0\0\1\0\1t",
    m.push_shown_chain(ShownChain((b"leaf", b"issuer"), b"response", 2))[4:],
    m.push_certificate_request(m.CertificateRequest((b"name",), b"c"))[4:],
    m.push_alpn(["h2"]),
    b"\0\4\0\2ts",
    b"\1\0\0\1r",
]


@pytest.mark.parametrize(("pull", "whole"), list(zip(PULLS, WHOLE, strict=True)))
def test_cut_short_or_followed_by_more(pull: Callable[[bytes], object], whole: bytes) -> None:
    pull(whole)
    for end in range(len(whole)):
        with pytest.raises(HelloError):
            pull(whole[:end])
    if pull is not m.pull_certificate_status:
        with pytest.raises(HelloError):
            pull(whole + b"\0")


def test_a_protocol_that_is_not_ascii_is_shown_as_it_is() -> None:
    assert m.pull_alpn(b"\0\3\2h\xff") == "h\\xff"


def record(kind: int, *messages: bytes) -> bytes:
    return push_record(kind, b"".join(messages), 0x0303)


def request(version: TlsVersion) -> bytes:
    schemes = b"\0\2\4\3" if version is TlsVersion.TLS1_2 else b""
    return m.push_message(m.CERTIFICATE_REQUEST, b"\1\1" + schemes + push_opaque(push_opaque(b"name", 2), 2))


def flight(version: TlsVersion) -> bytes:
    extensions = ((m.ALPN, m.push_alpn(["h2"])), (m.SIGNED_CERTIFICATE_TIMESTAMP, b"\0\4\0\2ts"))
    return record(
        HANDSHAKE,
        push_server_hello(ServerHello(version, 0xC02F, extensions=extensions)),
        push_certificate(Certificate((b"leaf", b"issuer"))),
        m.push_message(m.CERTIFICATE_STATUS, b"\1" + push_opaque(b"response", 3)),
        request(version),
        push_server_hello_done(),
    )


TICKET = m.push_message(m.NEW_SESSION_TICKET, push_uint(300, 4) + push_opaque(b"ticket", 2))


@pytest.mark.parametrize("version", [TlsVersion.TLS1_2, TlsVersion.TLS1_0])
@pytest.mark.parametrize("size", [1, 7, 1 << 16])
def test_what_goes_in_clear_is_read_along(version: TlsVersion, size: int) -> None:
    reading = Reading(1 << 16)
    encrypted = record(CHANGE_CIPHER_SPEC, b"\1") + record(HANDSHAKE, bytes(range(60))) + record(ALERT, bytes(26))
    data = flight(version) + record(ALERT, push_alert(Alert(1, 112))) + record(HANDSHAKE, TICKET) + encrypted
    for at in range(0, len(data), size):
        reading.receive(data[at : at + size])
    reading.end()
    seen = reading.seen
    assert (reading.at_rest, seen.version, seen.alpn, seen.alert) == (True, version, "h2", None)
    assert seen.shown == ShownChain((b"leaf", b"issuer"), b"response", 1)
    assert seen.request == m.CertificateRequest((b"name",))
    assert seen.tickets == [m.Ticket(b"ticket", 300)]


def test_an_alert_says_what_came_of_the_request() -> None:
    reading = Reading(1 << 16)
    reading.receive(flight(TlsVersion.TLS1_2))
    assert reading.seen.certificate_required is None
    reading.receive(record(ALERT, push_alert(Alert(2, 40))))
    assert reading.seen.certificate_required is True


@given(st.binary(max_size=200))
def test_no_bytes_get_more_out_of_reading_along_than_its_own_error(data: bytes) -> None:
    reading = Reading(1 << 16)
    try:
        reading.receive(flight(TlsVersion.TLS1_2)[:40] + data)
        reading.end()
    except HelloError:
        pass


def test_a_stapled_response_says_one_word() -> None:
    ca = CertificateAuthority()
    chain = ca.leaf()
    issued = chain.certificates
    now = dt.datetime.now(dt.UTC)
    for status in ("good", "revoked", "unknown"):
        assert Staple.read(response(ca, chain, status), issued, now).word == status
    assert Staple.read(response(ca, chain, "good", dt.timedelta(days=1)), issued, now).word == "early"
    for days, word in ((9, "good"), (11, "expired")):
        unlimited = response(ca, chain, "good", -dt.timedelta(days=days), until=False)
        assert Staple.read(unlimited, issued, now).word == word
    good = response(ca, chain, "good")
    assert Staple.read(good, issued, now + dt.timedelta(days=2)).word == "expired"
    assert Staple.read(good, [self_signed().leaf], now).word == "unreadable"
    for odd in (b"", good[:-9], good[:40], b"\x30\x03\x0a\x01\x06"):  # the last one: unauthorized
        assert Staple.read(odd, issued, now).word == "unreadable"


def test_a_stapled_response_is_of_one_authority() -> None:
    """Two may have the same name, and have given the same serial number."""
    ca, twin = (CertificateAuthority(issuer=CertificateAuthority(), kind=kind) for kind in (KeyKind.P256, KeyKind.P384))
    chain, now = ca.leaf(), dt.datetime.now(dt.UTC)
    assert Staple.read(response(ca, chain, "good"), chain.certificates, now).word == "good"
    of_twin = response(twin, chain, "good")
    assert Staple.read(of_twin, chain.certificates, now).word == "unreadable"
    assert Staple.read(of_twin, [chain.leaf], now).word == "good"  # which of the two it is cannot be told
    assert Staple.read(response(ca, ca.leaf(), "good"), chain.certificates, now).word == "unreadable"


@pytest.mark.parametrize("length", [1, 60, 200, 3000])
def test_a_name_on_its_own(length: int) -> None:
    units = [x509.RelativeDistinguishedName([x509.NameAttribute(NameOID.COMMON_NAME, "x" * 60)])] * (length // 60)
    last = [x509.RelativeDistinguishedName([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Staff, Inc.")])]
    name = x509.Name([*last, *units])
    written = name.rfc4514_string()
    assert name_text(name.public_bytes()) == (written if len(written) <= 1000 else f"{written[:1000]}...")


@pytest.mark.parametrize("odd", [b"", b"name", b"\x30\x05", b"\x30\x80"])
def test_what_is_no_name(odd: bytes) -> None:
    assert name_text(odd) == "unreadable"


def session(*tickets: bytes) -> Handshake:
    return Handshake(tickets=[m.Ticket(ticket, 300) for ticket in tickets])


NAME, OTHER = b"n" * 16, b"o" * 16


@pytest.mark.parametrize(
    ("sessions", "expected"),
    [
        ([session(NAME + b"1"), session(NAME + b"2")], (NAME.hex(),)),
        (
            [session(NAME + b"1"), session(NAME + b"2"), session(OTHER + b"1"), session(OTHER + b"2")],
            (NAME.hex(), OTHER.hex()),
        ),
        ([session(NAME + b"1")], ()),
        ([session(NAME + b"1", NAME + b"2")], ()),  # it may name the session
        ([session(NAME + b"1"), session(NAME + b"1")], ()),  # a ticket twice is no key
        ([session(NAME + b"1"), session(OTHER + b"1")], ()),  # random from the first byte
        ([session(NAME), session(NAME)], ()),  # nothing is sealed
        ([session(b"id"), session(b"id")], ()),
    ],
)
def test_what_names_a_ticket_key(sessions: list[Handshake], expected: tuple[str, ...]) -> None:
    assert key_names(sessions) == expected


def test_the_key_schedule_of_rfc_8448() -> None:
    """The values of its section 3."""
    secrets = Secrets("sha256")
    assert secrets.derive("derived", b"").hex() == "6f2615a108c702c5678f54fc9dbab69716c076189c48250cebeac3576c3611ba"
    secrets.advance(bytes.fromhex("8bd4054fb55b9d63fdfbacf9f04b9f0d35e6d63f537563efd46272900f89492d"))
    assert secrets.derive("derived", b"").hex() == "43de77e0c77713859a944db9db2590b53190a65b3ee2e4f12dd7a0bb7ce254b4"
    server = bytes.fromhex("b67b7d690cc16c4e75e54213cb2d37b4e9c912bcded9105d42befd59d391ad38")
    assert expand_label("sha256", server, "key", b"", 16).hex() == "3fce516009c21727d0f2e4e86ee403bc"
    assert expand_label("sha256", server, "iv", b"", 12).hex() == "5d313eb2671276ee13000b30"
