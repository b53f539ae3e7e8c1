"""The dialogues before TLS: whatever way the bytes are cut, and whatever bytes they are."""

from collections.abc import Callable, Iterable, Iterator, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlsaudit.evidence import Reason
from tlsaudit.probe.road import PreambleError, Unanswered
from tlsaudit.probe.starttls import DIALOGUES, preamble
from tlsaudit.probe.starttls.wire import Said, Step
from tlsaudit.target.starttls import STARTTLS_PORTS

HOST = "example.org"
Script = Sequence[tuple[bytes, bytes]]
"""What the client is to send, and what the server says then."""

EHLO = b"EHLO tlsaudit.invalid\r\n"
CAPABILITY, STARTTLS = b"a CAPABILITY\r\n", b"b STARTTLS\r\n"
STREAM = (
    b"<?xml version='1.0'?><stream:stream to=\"example.org\" xmlns='jabber:%s' "
    b"xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>"
)
OPENED = b"<?xml version='1.0'?><stream:stream xmlns='jabber:client' id='1' from='example.org' version='1.0'>"
XMPP_TLS = b"<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"
LDAP = bytes.fromhex("301d020101771880 16") + b"1.3.6.1.4.1.1466.20037"
LDAP_DONE = bytes.fromhex("300c 020101 7807 0a0100 0400 0400")
LDAP_DONE_LONG = bytes.fromhex("30840000000c 020101 7807 0a0100 0400 0400")
LDAP_NO = bytes.fromhex("3013 020101 780e 0a0102 0400 0407") + b"unknown"
POSTGRES = bytes.fromhex("0000000804d2162f")
MYSQL_SSL = bytes.fromhex("20000001 008a0000 00000001 21") + bytes(23)


def mysql_greeting(capabilities: int = 0xFFFF, version: bytes = b"8.0.40") -> bytes:
    packet = b"\x0a" + version + b"\x00" + b"\x07\x00\x00\x00" + b"12345678\x00" + capabilities.to_bytes(2, "little")
    packet += b"\x21\x02\x00\xff\xdf\x15" + bytes(10) + b"123456789012\x00caching_sha2_password\x00"
    return len(packet).to_bytes(3, "little") + b"\x00" + packet


OFFERED: list[tuple[str, Script, tuple[str, ...]]] = [
    ("smtp", [(b"", b"220 mx ESMTP\r\n"), (EHLO, b"250-mx\r\n250-SIZE\r\n250 STARTTLS\r\n"),
              (b"STARTTLS\r\n", b"220 2.0.0 Ready\r\n")], ()),
    ("smtp", [(b"", b"220-mx\n220 welcome\n"), (EHLO, (b"250-mx\r\n250-starttls\r\n250-AUTH=LOGIN\r\n"
              b"250 AUTH PLAIN LOGIN CRAM-MD5\r\n")), (b"STARTTLS\r\n", b"220-go\r\n220 ahead\r\n")],
     ("AUTH LOGIN", "AUTH PLAIN")),
    ("smtp", [(b"", b"220\r\n"), (EHLO, b"250-mx\r\n250-AUTH CRAM-MD5 SCRAM-SHA-256\r\n250 STARTTLS\r\n"),
              (b"STARTTLS\r\n", b"220\r\n")], ()),
    ("imap", [(b"", b"* OK [CAPABILITY IMAP4rev1] hello\r\n"),
              (CAPABILITY, b"* CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED\r\na OK done\r\n"),
              (STARTTLS, b"b OK begin\r\n")], ()),
    ("imap", [(b"", b"* ok hello\r\n"), (CAPABILITY, (b"* CAPABILITY IMAP4rev1 STARTTLS AUTH=PLAIN AUTH=GSSAPI\r\n"
              b"* NOTE a b\r\na OK done\r\n")), (STARTTLS, b"* BYE-ish\r\nb OK begin\r\n")], ("LOGIN", "AUTH=PLAIN")),
    ("pop3", [(b"", b"+OK hello\r\n"), (b"CAPA\r\n", b"+OK\r\nTOP\r\nSTLS\r\nSASL\r\n.\r\n"),
              (b"STLS\r\n", b"+OK begin\r\n")], ()),
    ("pop3", [(b"", b"+OK hello\r\n"), (b"CAPA\r\n", b"+OK\r\nUSER\r\nSTLS\r\nSASL PLAIN SCRAM-SHA-1\r\n.\r\n"),
              (b"STLS\r\n", b"+OK begin\r\n")], ("USER", "SASL PLAIN")),
    ("pop3", [(b"", b"+OK\r\n"), (b"CAPA\r\n", b"-ERR what?\r\n"), (b"STLS\r\n", b"+OK\r\n")], ()),
    ("ftp", [(b"", b"220-Welcome\r\n 220 to this\r\n220 ftp\r\n"), (b"AUTH TLS\r\n", b"234 go\r\n")], ()),
    ("nntp", [(b"", b"200 hello\r\n"), (b"CAPABILITIES\r\n", b"101 these\r\nVERSION 2\r\nSTARTTLS\r\n.\r\n"),
              (b"STARTTLS\r\n", b"382 go\r\n")], ()),
    ("nntp", [(b"", b"201 no posting\r\n"), (b"CAPABILITIES\r\n", (b"101 these\r\nAUTHINFO USER SASL\r\nSTARTTLS\r\n"
              b"SASL PLAIN\r\n.\r\n")), (b"STARTTLS\r\n", b"382 go\r\n")], ("AUTHINFO USER", "SASL PLAIN")),
    ("nntp", [(b"", b"200 old\r\n"), (b"CAPABILITIES\r\n", b"500 what?\r\n"), (b"STARTTLS\r\n", b"382 go\r\n")], ()),
    ("sieve", [(b"", b'"IMPLEMENTATION" "a \\"b\\""\r\n"SASL" ""\r\n"STARTTLS"\r\nOK "hello"\r\n'),
               (b"STARTTLS\r\n", b"OK\r\n")], ()),
    ("sieve", [(b"", b'"SASL" "PLAIN LOGIN SCRAM-SHA-1"\r\n"starttls"\r\nOK\r\n'), (b"STARTTLS\r\n", b'OK "go"\r\n')],
     ("SASL PLAIN", "SASL LOGIN")),
    ("xmpp", [(STREAM % b"client", OPENED + b"<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'>"
               b"<required/></starttls></stream:features>"), (XMPP_TLS, b"<proceed xmlns='urn:x'/>")], ()),
    ("xmpp", [(STREAM % b"client", OPENED + b"\n<features><mechanisms xmlns='urn:x'><mechanism>PLAIN</mechanism>"
               b"<mechanism>SCRAM-SHA-1</mechanism></mechanisms><starttls/></features>"),
              (XMPP_TLS, b"<tls:proceed xmlns:tls='urn:x'></tls:proceed>")], ("SASL PLAIN",)),
    ("xmpp-server", [(STREAM % b"server", OPENED + b"<stream:features><starttls/></stream:features>"),
                     (XMPP_TLS, b"<proceed/>")], ()),
    ("ldap", [(LDAP, LDAP_DONE)], ()),
    ("ldap", [(LDAP, LDAP_DONE_LONG)], ()),
    ("postgres", [(POSTGRES, b"S")], ()),
    ("mysql", [(b"", mysql_greeting()), (MYSQL_SSL, b"")], ()),
]  # fmt: skip

NOT_OFFERED: list[tuple[str, Script, tuple[str, ...]]] = [
    ("smtp", [(b"", b"220 mx\r\n"), (EHLO, b"250-mx\r\n250 AUTH PLAIN\r\n")], ("AUTH PLAIN",)),
    ("smtp", [(b"", b"220 old\r\n"), (EHLO, b"502 what?\r\n")], ()),
    ("imap", [(b"", b"* OK\r\n"), (CAPABILITY, b"* CAPABILITY IMAP4rev1\r\na OK\r\n")], ("LOGIN",)),
    ("imap", [(b"", b"* PREAUTH you are root\r\n")], ()),
    ("pop3", [(b"", b"+OK\r\n"), (b"CAPA\r\n", b"+OK\r\nUSER\r\n.\r\n")], ("USER",)),
    ("pop3", [(b"", b"+OK\r\n"), (b"CAPA\r\n", b"-ERR\r\n"), (b"STLS\r\n", b"-ERR\r\n")], ()),
    ("ftp", [(b"", b"220 hello\r\n"), (b"AUTH TLS\r\n", b"530 Please login with USER and PASS.\r\n")], ()),
    ("nntp", [(b"", b"200 hello\r\n"), (b"CAPABILITIES\r\n", b"101 these\r\nREADER\r\n.\r\n")], ()),
    ("nntp", [(b"", b"200 hello\r\n"), (b"CAPABILITIES\r\n", b"500\r\n"), (b"STARTTLS\r\n", b"500\r\n")], ()),
    ("sieve", [(b"", b'"SASL" "PLAIN"\r\nOK\r\n')], ("SASL PLAIN",)),
    ("xmpp", [(STREAM % b"client", OPENED + b"<stream:features/>")], ()),
    ("ldap", [(LDAP, LDAP_NO)], ()),
    ("postgres", [(POSTGRES, b"N")], ()),
    ("mysql", [(b"", mysql_greeting(0xF7FF))], ()),
]  # fmt: skip

REFUSED: list[tuple[str, Script, str]] = [
    ("smtp", [(b"", b"554-no\r\n554 service here\r\n")], "the server does not greet: 554 service here"),
    ("smtp", [(b"", b"SSH-2.0-x\r\n")], "this is no reply: SSH-2.0-x"),
    ("smtp", [(b"", b"220 mx\r\n"), (EHLO, b"550 go away\r\n")], "EHLO is refused: 550 go away"),
    ("smtp", [(b"", b"220 mx\r\n"), (EHLO, b"250-mx\r\n250 STARTTLS\r\n"), (b"STARTTLS\r\n", b"454 not now\r\n")],
     "STARTTLS is announced and refused: 454 not now"),
    ("smtp", [(b"", b"220 mx\r\n250 mx\r\n")], "the server speaks out of turn: 250 mx"),
    ("smtp", [(b"", b"220 \x1b[2J\xff\r\n220 it goes on\r\n")], "the server speaks out of turn: 220 it goes on"),
    ("smtp", [(b"", b"421 \x1b[2J\xff\r\n")], "the server does not greet: 421 \\x1b[2J\\xff"),
    ("imap", [(b"", b"* BYE busy\r\n")], "the server does not greet: * BYE busy"),
    ("imap", [(b"", b"* OK\r\n"), (CAPABILITY, b"a BAD no\r\n")], "a command is refused: a BAD no"),
    ("pop3", [(b"", b"-ERR busy\r\n")], "the server does not greet: -ERR busy"),
    ("pop3", [(b"", b"+OK\r\n"), (b"CAPA\r\n", b"+OK\r\nSTLS\r\n.\r\n"), (b"STLS\r\n", b"-ERR no\r\n")],
     "STLS is refused: -ERR no"),
    ("ftp", [(b"", b"220 hello\r\n"), (b"AUTH TLS\r\n", b"431 no key\r\n")], "AUTH TLS is refused: 431 no key"),
    ("nntp", [(b"", b"400 busy\r\n")], "the server does not greet: 400 busy"),
    ("nntp", [(b"", b"200 hello\r\n"), (b"CAPABILITIES\r\n", b"101 these\r\nSTARTTLS\r\n.\r\n"),
              (b"STARTTLS\r\n", b"580 not now\r\n")], "STARTTLS is refused: 580 not now"),
    ("sieve", [(b"", b'BYE "busy"\r\n')], 'the server refuses: BYE "busy"'),
    ("xmpp", [(STREAM % b"client", OPENED + b"<stream:error><host-unknown xmlns='urn:x'/></stream:error>")],
     "the server ends the stream: host-unknown"),
    ("xmpp", [(STREAM % b"client", OPENED + b"</stream:stream>")], "the server ends the stream: /stream:stream"),
    ("xmpp", [(STREAM % b"client", OPENED + b"<features><starttls/></features>"), (XMPP_TLS, b"<failure/>")],
     "starttls is refused: failure/"),
    ("ldap", [(LDAP, b"HTTP/1.1 400 Bad Request\r\n")], "this is not LDAP: HT"),
    ("ldap", [(LDAP, bytes.fromhex("3005 020101 6100"))], "an LDAP message is cut short"),
    ("postgres", [(POSTGRES, b"E")], "this is not PostgreSQL: E"),
    ("mysql", [(b"", b"\x0c\x00\x00\x00\xff\x69\x04#08004Too")], "the server does not greet: #08004Too"),
    ("mysql", [(b"", b"\x03\x00\x00\x00\x09ab")], "this is not MySQL: ab"),
]  # fmt: skip


def whole(data: bytes) -> Iterator[bytes]:
    if data:
        yield data


def byte_by_byte(data: bytes) -> Iterator[bytes]:
    return (data[index : index + 1] for index in range(len(data)))


def hold(dialogue: Step[Said], script: Script, cut: Callable[[bytes], Iterator[bytes]] = whole) -> Said:
    """Play the server, and see that the client says what the script says."""
    try:
        sent = next(dialogue)
        for expected, answer in script:
            assert sent == expected
            if isinstance(sent, Unanswered):
                sent = dialogue.send(b"")
            for chunk in cut(answer):
                sent = dialogue.send(chunk)
    except StopIteration as done:
        said: Said = done.value
        return said
    raise AssertionError(f"the client waits for more, having sent {sent!r}")


def end(dialogue: Step[Said], chunks: Iterable[bytes]) -> Said | PreambleError:
    """How a dialogue ends when these come in."""
    try:
        for chunk in chunks:
            dialogue.send(chunk)
    except StopIteration as done:
        said: Said = done.value
        return said
    except PreambleError as error:
        return error
    raise AssertionError("the client waits for more")


def test_every_protocol_has_a_dialogue() -> None:
    assert set(DIALOGUES) == set(STARTTLS_PORTS)
    assert {protocol for protocol, *_ in OFFERED} == {protocol for protocol, *_ in NOT_OFFERED} | {"xmpp-server"}


@pytest.mark.parametrize("cut", [whole, byte_by_byte])
@pytest.mark.parametrize(("protocol", "script", "auth"), OFFERED)
def test_offered(protocol: str, script: Script, auth: tuple[str, ...], cut: Callable[[bytes], Iterator[bytes]]) -> None:
    assert hold(DIALOGUES[protocol](HOST), script, cut) == Said(offered=True, clear_text_auth=auth)


@pytest.mark.parametrize(("protocol", "script", "auth"), OFFERED)
def test_what_comes_with_the_go_ahead_is_not_taken_for_tls(
    protocol: str, script: Script, auth: tuple[str, ...]
) -> None:
    sent, last = script[-1] if protocol != "mysql" else script[0]
    injected = [*script[:-1], (sent, last + b"\x16\x03\x03\x00\x01\x0e")]
    if protocol == "mysql":  # nothing follows the greeting but the client's own request
        injected = [(sent, last + b"\x16\x03\x03\x00\x01\x0e"), script[1]]
    assert hold(DIALOGUES[protocol](HOST), injected) == Said(True, auth, b"\x16\x03\x03\x00\x01\x0e")
    with pytest.raises(PreambleError, match="6 more bytes in clear after its go-ahead") as caught:
        hold(preamble(protocol, HOST), injected)  # type: ignore[arg-type]
    assert caught.value.reason is Reason.NOT_TLS


@pytest.mark.parametrize("cut", [whole, byte_by_byte])
@pytest.mark.parametrize(("protocol", "script", "auth"), NOT_OFFERED)
def test_not_offered_is_a_fact(
    protocol: str, script: Script, auth: tuple[str, ...], cut: Callable[[bytes], Iterator[bytes]]
) -> None:
    assert hold(DIALOGUES[protocol](HOST), script, cut) == Said(offered=False, clear_text_auth=auth)
    with pytest.raises(PreambleError) as caught:
        hold(preamble(protocol, HOST), script, cut)  # type: ignore[arg-type]
    assert caught.value.reason is Reason.NO_STARTTLS


def test_white_space_between_stanzas_is_nothing() -> None:
    first = OPENED + b"<stream:features><starttls/></stream:features>\n "
    assert hold(DIALOGUES["xmpp"](HOST), [(STREAM % b"client", first), (XMPP_TLS, b" <proceed/>")]) == Said(True)


@pytest.mark.parametrize(("protocol", "script", "complaint"), REFUSED)
def test_refused(protocol: str, script: Script, complaint: str) -> None:
    with pytest.raises(PreambleError) as caught:
        hold(DIALOGUES[protocol](HOST), script)
    assert str(caught.value) == complaint


@pytest.mark.parametrize("protocol", DIALOGUES)
def test_a_server_that_closes(protocol: str) -> None:
    dialogue = DIALOGUES[protocol](HOST)
    next(dialogue)
    with pytest.raises(PreambleError, match="closed") as caught:
        dialogue.send(b"")
    assert caught.value.reason is Reason.RESET


ENDLESS = {
    "smtp": b"220-and so on\r\n", "imap": b"x", "pop3": b"x", "ftp": b"220-more\r\n", "nntp": b"2",
    "sieve": b'"A" "B"\r\n', "xmpp": b"<a>", "xmpp-server": b"<stream:features><a b='",
    "ldap": b"\x30\x84\x7f\xff\xff\xff", "postgres": b"S" * 70_000, "mysql": b"\xff\xff\xff\x00",
}  # fmt: skip


@pytest.mark.parametrize("protocol", DIALOGUES)
def test_a_server_without_end_is_cut_off(protocol: str) -> None:
    dialogue = DIALOGUES[protocol](HOST)
    next(dialogue)
    ended = end(dialogue, [ENDLESS[protocol]] * (1 << 16))
    assert isinstance(ended, PreambleError)
    assert ended.reason is Reason.TOO_LARGE


PIECES = st.sampled_from(
    [answer for _, script, _ in (*OFFERED, *NOT_OFFERED) for _, answer in script if answer]
    + [b"<", b">", b"\r\n", b"<stream:error>", b"* OK\r\n", b"250 ", b"\x30\x80", b"\x30\x05\x02\x01"]
)


@given(st.sampled_from(sorted(DIALOGUES)), st.lists(st.binary(min_size=1, max_size=40) | PIECES, max_size=12))
def test_any_bytes_fail_in_one_way_only(protocol: str, chunks: list[bytes]) -> None:
    dialogue = DIALOGUES[protocol](HOST)
    next(dialogue)
    ended = end(dialogue, [*chunks, b""])
    assert isinstance(ended, Said) or str(ended).isprintable()
