"""Everything that reads what a server sent, as functions of bytes: what the fuzzer feeds, and what it starts from.

A target returns, or raises the errors it is allowed; whatever else comes out of it is a defect.
"""

import datetime as dt
import gzip
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from itertools import cycle, islice, repeat
from typing import Any

import dns.exception
import dns.flags
import dns.message
import dns.rdatatype
import dns.rrset

from tests.ech import ech_config, ech_list
from tests.probe.accesslog.lines import FIREFOX, combined
from tests.probe.wire.packets import PACKETS, SIDES, ethernet
from tests.servers import CertificateAuthority
from tlsaudit.evidence import EchError, TlsVersion, UrlError, absolute_url, parse_alt_svc, parse_hsts, suite, suites
from tlsaudit.evidence.ech import pull_ech_configs
from tlsaudit.policy import crawlers, search_engines
from tlsaudit.probe.accesslog.notation import LogFormatError
from tlsaudit.probe.accesslog.ranges import Ranges, RangesError, parse_ranges
from tlsaudit.probe.accesslog.recognise import Wishes, recognise, w3c_sections
from tlsaudit.probe.accesslog.tally import Counter, Rules
from tlsaudit.probe.accesslog.who import Known
from tlsaudit.probe.certificate import ShownChain, TrustStores, certificates, name_text
from tlsaudit.probe.certificate.staple import Staple
from tlsaudit.probe.dns.answer import Answer, read
from tlsaudit.probe.dns.records import caa_record, https_record, tlsa_record
from tlsaudit.probe.handshake.keyshare import key_share
from tlsaudit.probe.handshake.plan import Dialogue, Picked, Refused, ask_older, ask_tls13, first_hello
from tlsaudit.probe.hello import (
    Alert,
    Certificate,
    ClientHello,
    Flight,
    HelloError,
    Message,
    ServerHello,
    ServerKeyExchange,
    Ssl2Reader,
    Ssl2ServerHello,
    pull_certificate,
    pull_client_hello,
    pull_server_hello,
    pull_server_key_exchange,
    push_alert,
    push_certificate,
    push_client_hello,
    push_record,
    push_server_hello,
    push_server_hello_done,
    push_server_key_exchange,
)
from tlsaudit.probe.hello.server import RETRY_RANDOM
from tlsaudit.probe.hello.ssl2 import push_ssl2_server_hello
from tlsaudit.probe.pages import is_html, link_field, read_document, refresh, secret_fields, upgrades
from tlsaudit.probe.preamble import Unanswered
from tlsaudit.probe.proxy.connect import http_connect
from tlsaudit.probe.proxy.socks5 import socks5
from tlsaudit.probe.robots import sitemaps_of
from tlsaudit.probe.session import messages as m
from tlsaudit.probe.session.older import Reading
from tlsaudit.probe.sitemap import SitemapError, SitemapReader
from tlsaudit.probe.starttls import DIALOGUES, preamble
from tlsaudit.probe.wire.decode import read_packet

_ALERT, _HANDSHAKE = 21, 22
_HEADER_BYTES = 4
_MOST_QUESTIONS = 600  # as many as Limits has connections
_VERSIONS = (TlsVersion.TLS1_3, TlsVersion.TLS1_2, TlsVersion.SSL3)
_CODES = sorted(suites())
_COUNTER = Counter(Rules(Known(crawlers(), search_engines()), ranges={"google": Ranges.of([])}))
_URL = "https://www.example.org/a/b?c"


@dataclass(frozen=True)
class Target:
    """`read` may raise `errors` and nothing else. `seeds` are inputs that lead deep into it."""

    read: Callable[[bytes], object]
    seeds: tuple[bytes, ...]
    errors: tuple[type[Exception], ...] = (HelloError,)

    def __call__(self, data: bytes) -> None:
        with suppress(*self.errors):
            self.read(data)


def _packet(data: bytes) -> None:
    """With Ethernet headers and without."""
    read_packet(data, SIDES, ethernet=True)
    read_packet(data, SIDES, ethernet=False)


def _flight(data: bytes) -> None:
    """The first byte says in how many bytes at a time the others arrive, which must make no difference."""
    size = 1 + (data[0] if data else 0)
    whole = _messages([data[1:]])
    assert _messages([data[at : at + size] for at in range(1, len(data), size)]) == whole


def _messages(chunks: list[bytes]) -> tuple[list[Message], str]:
    flight = Flight(1 << 16)
    messages: list[Message] = []
    try:
        for chunk in chunks:
            flight.feed(chunk)
            messages.extend(iter(flight.pull, None))
        flight.end()
    except HelloError as error:
        return messages, str(error)
    return messages, ""


def _client_hello(data: bytes) -> None:
    hello = pull_client_hello(data)
    assert pull_client_hello(push_client_hello(hello, bytes(32))).suites == hello.suites


def _server_message(data: bytes) -> None:
    """The first byte chooses the message, the second and third the suite; what was read must survive being written."""
    choice, code, body = data[:1], int.from_bytes(data[1:3], "big"), data[3:]
    if choice == b"h":
        hello = pull_server_hello(body)
        assert pull_server_hello(push_server_hello(hello)[_HEADER_BYTES:]) == hello
    elif choice == b"c":
        chain = pull_certificate(body)
        assert pull_certificate(push_certificate(chain)[_HEADER_BYTES:]) == chain
    elif choice == b"2":
        answer = Ssl2Reader().receive(body)
        assert answer is None or Ssl2Reader().receive(push_ssl2_server_hello(answer)) == answer
    else:
        picked = suite(_CODES[code % len(_CODES)])
        exchange = pull_server_key_exchange(body, picked)
        again = pull_server_key_exchange(push_server_key_exchange(exchange, picked)[_HEADER_BYTES:], picked)
        assert (again.group, again.prime, again.public) == (exchange.group, exchange.prime, exchange.public)


def _plan(data: bytes) -> None:
    """The first byte chooses what is asked, the others how each hello is answered, over and over."""
    dialogue = _dialogue(data[0] if data else 0)
    turns = cycle(zip(data[1::2], data[2::2], strict=False)) if len(data) > 2 else repeat((0, 0))
    with suppress(StopIteration):
        hello = next(dialogue)
        for how, which in islice(turns, _MOST_QUESTIONS):
            hello = dialogue.send(_answer(hello, how, which))
        raise AssertionError("it asks without end")


def _dialogue(choice: int) -> Dialogue[object]:
    version = _VERSIONS[choice % len(_VERSIONS)]
    if version is TlsVersion.TLS1_3:
        return ask_tls13(None, key_share)
    hello = first_hello(version, None)
    some = hello._replace(suites=hello.suites[::9])  # of each kind; a dialogue over all takes its time
    return ask_older(some, order=bool(choice & 64), groups=bool(choice & 128))


def _answer(hello: ClientHello, how: int, which: int) -> Picked | Refused:
    """`which` is the place on the lists of what is picked; 255 is a suite or a group that was not offered."""
    if how < 32 or not hello.suites:
        return Refused((None, 40, 70, 80)[how % 4])
    group = hello.groups[which % len(hello.groups)] if hello.groups and how & 1 else (None, 23)[how >> 1 & 1]
    picked = 1 if which == 255 else hello.suites[which % len(hello.suites)]
    return Picked(hello.version, picked, group, (None, 23)[how >> 2 & 1], usable=bool(how & 8))


def _proxy(data: bytes) -> None:
    """The first byte chooses the proxy, whether there is a password, and in how many bytes at a time it answers."""
    choice, answer = data[0] if data else 0, data[1:]
    dialogue = http_connect if choice & 1 else socks5
    preamble = dialogue("www.example.org", 443, ("user", "password") if choice & 2 else None)
    size = 1 + (choice >> 2)
    with suppress(StopIteration):
        next(preamble)
        for at in range(0, len(answer), size):
            preamble.send(answer[at : at + size])
        preamble.send(b"")
        raise AssertionError("it goes on though the peer has closed")


def _starttls(data: bytes) -> None:
    """The first byte chooses the protocol; a bar stands between what arrives at a time."""
    protocols = list(DIALOGUES)
    dialogue = preamble(protocols[int.from_bytes(data[:1], "big") % len(protocols)], "www.example.org")
    pieces = [*filter(None, data[1:].split(b"|")), b""]
    with suppress(StopIteration):
        question = next(dialogue)
        while True:
            # Once the server has closed there is nothing to wait for: then this list is empty, and pop an error.
            question = dialogue.send(b"" if isinstance(question, Unanswered) else pieces.pop(0))


def _certificates(data: bytes) -> None:
    certificates("www.example.org", [ShownChain(pull_certificate(data).chain)], _TRUST, _NOW)


def _session_message(data: bytes) -> None:
    """The first byte chooses what is read."""
    readers = (
        m.pull_new_session_ticket,
        m.pull_older_ticket,
        m.pull_shown_chain,
        m.pull_certificate_request,
        lambda body: m.pull_older_certificate_request(body, TlsVersion.TLS1_2),
        lambda body: m.pull_older_certificate_request(body, TlsVersion.TLS1_0),
        m.pull_alpn,
        m.count_timestamps,
        m.pull_certificate_status,
        name_text,
        lambda body: Staple.read(body, [_CA.certificate], _NOW),
        Reading(1 << 16).receive,
    )
    readers[data[0] % len(readers) if data else 0](data[1:])


def _headers(data: bytes) -> None:
    text = data.decode("latin-1")
    parse_hsts(text)
    parse_alt_svc([text])
    link_field([text], _URL)
    refresh(text, _URL)
    upgrades([text])
    is_html(text)
    absolute_url(_URL, text)


def _robots(data: bytes) -> None:
    assert all(sitemaps_of(data, _URL))


def _sitemap(data: bytes) -> None:
    """The first byte says in how many bytes at a time the others arrive, which must make no difference."""
    size = 1 + (data[0] if data else 0)
    whole, found = _locations([data[1:]]), _locations([data[at : at + size] for at in range(1, len(data), size)])
    assert found == whole


def _locations(chunks: list[bytes]) -> list[str] | str:
    reader = SitemapReader()
    try:
        lists = [*(each for chunk in chunks for each in reader.receive(chunk)), *reader.end()]
    except SitemapError as error:
        return str(error.why)
    return [location for each in lists for location in each]


def _access_log(data: bytes) -> None:
    wishes = Wishes(addresses=True)
    for reader, part in w3c_sections(data + b"\n", recognise(data, wishes), wishes):
        _COUNTER.chunk(reader, part)


def _ranges(data: bytes) -> None:
    Ranges.of(parse_ranges(data.decode("utf-8", "replace"))).has("192.0.2.1")


def _page(data: bytes) -> None:
    """The first line is the Content-Type."""
    content_type, _, body = data.partition(b"\n")
    for text in (body, body + b"http:"):  # with which it is read to the end
        read_document(text, _URL, content_type.decode("latin-1"), whole=True)
    secret_fields(body, content_type.decode("latin-1"))


def _record(*messages: bytes) -> bytes:
    return push_record(_HANDSHAKE, b"".join(messages), 0x0303)


def _seeded(code: int, exchange: ServerKeyExchange) -> tuple[bytes, bytes]:
    """A key exchange as the two targets that read one take it: in a flight, and alone."""
    message = push_server_key_exchange(exchange, suite(code))
    hello = push_server_hello(ServerHello(TlsVersion.TLS1_2, code, extensions=((23, b""), (0xFF01, b"\0"))))
    flight = _record(hello, push_certificate(_CHAIN), message, push_server_hello_done())
    return b"\x40" + flight, b"k" + _CODES.index(code).to_bytes(2, "big") + message[_HEADER_BYTES:]


_NOW = dt.datetime.now(dt.UTC)
_CA = CertificateAuthority().intermediate()
_TRUST = TrustStores.of(_CA.root)

_CHAIN = Certificate((b"leaf", b"issuer"))
_HELLOS = (
    ServerHello(TlsVersion.TLS1_3, 0x1301, 0x11EC, b"share", session_id=bytes(32)),
    ServerHello(TlsVersion.TLS1_3, 0x1301, 0x001D, random=RETRY_RANDOM),
    ServerHello(TlsVersion.SSL3, 0x0005, session_id=bytes(32)),
)
_TRANSCRIPTS = {
    "smtp": b"220 mx\r\n|250-mx\r\n250-AUTH PLAIN\r\n250 STARTTLS\r\n|220 go\r\n",
    "imap": b"* OK\r\n|* CAPABILITY IMAP4 AUTH=PLAIN STARTTLS\r\na OK\r\n|b OK\r\n",
    "pop3": b"+OK\r\n|+OK\r\nUSER\r\nSASL PLAIN\r\nSTLS\r\n.\r\n|+OK\r\n",
    "ftp": b"220-a\r\nb\r\n220 c\r\n|234 go\r\n",
    "xmpp": b"<s:s><s:features><starttls/><mechanism>PLAIN</mechanism></s:features>|<proceed/>",
    "ldap": bytes.fromhex("300c 020101 7807 0a0100 0400 0400"),
    "postgres": b"S",
    "mysql": b"\x30\0\0\0\x0a8.0\0" + bytes(13) + b"\xff\xff" + bytes(28),
    "sieve": b'"SASL" "PLAIN LOGIN"\r\n"STARTTLS"\r\nOK\r\n|OK "go"\r\n',
    "nntp": b"200 a\r\n|101 b\r\nSTARTTLS\r\nAUTHINFO USER SASL\r\n.\r\n|382 go\r\n",
}
_EXCHANGES = (
    _seeded(0xC02F, ServerKeyExchange(group=0x001D, public=b"point")),
    _seeded(0x009E, ServerKeyExchange(prime=(1 << 255) - 19, public=b"value")),
    _seeded(0xC035, ServerKeyExchange(group=0x0017, public=b"point")),
)
_CLIENT_HELLOS = (
    ClientHello(TlsVersion.TLS1_3, (0x1301,), (0x11EC, 0x001D), "www.example.org", ((0x001D, b"share"),)),
    ClientHello(TlsVersion.TLS1_2, (0xC02F, 0x002F), (0x001D,), None, extensions=((5, b"\1\0\0\0\0"), (16, b""))),
    ClientHello(TlsVersion.SSL3, (0x0005,)),
)


def _dns(data: bytes) -> None:
    """The first byte picks what was asked for, the others are the answer."""
    kind, told = _DNS_KINDS[data[0] % len(_DNS_KINDS)] if data else _DNS_KINDS[0]
    answer = read(dns.message.from_wire(data[1:]), "www.example.org", kind)
    for record in answer.records if isinstance(answer, Answer) else ():
        if record.rdtype == dns.rdatatype.from_text(kind):
            told(record)


_DNS_KINDS: tuple[tuple[str, Callable[[Any], object]], ...] = (
    ("A", lambda record: record.address),
    ("CAA", caa_record),
    ("TLSA", tlsa_record),
    ("HTTPS", lambda record: https_record(record, "www.example.org")),
)


def _dns_answer(kind: str, *records: str, alias: str = "") -> bytes:
    message = dns.message.make_response(dns.message.make_query("www.example.org", kind, use_edns=0))
    message.flags |= dns.flags.AD
    if alias:
        message.answer.append(dns.rrset.from_text("www.example.org.", 60, "IN", "CNAME", alias))
    message.answer.append(dns.rrset.from_text(alias or "www.example.org.", 60, "IN", kind, *records))
    place = next(place for place, (name, _) in enumerate(_DNS_KINDS) if name == kind)
    return bytes([place]) + message.to_wire()


TARGETS = {
    "dns": Target(
        _dns,
        (
            _dns_answer("A", "192.0.2.1", "192.0.2.2", alias="pool.example.net."),
            _dns_answer("CAA", '0 issue "ca.example; policy=ev"', '128 iodef "mailto:x@example.org"'),
            _dns_answer("TLSA", "3 1 1 " + "ab" * 32),
            _dns_answer(
                "HTTPS",
                "1 . alpn=h3,h2 no-default-alpn port=8443 ipv4hint=192.0.2.1 ipv6hint=2001:db8::1 ech=AAT+DQAA",
                "2 pool.example.net. mandatory=alpn,key65000 alpn=h2 key65000=x",
                "0 alias.example.net.",
            ),
        ),
        (dns.exception.DNSException,),
    ),
    "ech": Target(
        lambda data: [config.fault for config in pull_ech_configs(data)],
        (ech_list(ech_config(extensions=b"\x80\x01\0\0"), ech_config(version=0xFE0C)),),
        (EchError,),
    ),
    "flight": Target(
        _flight,
        (
            *(b"\0" + _record(push_server_hello(hello)) for hello in _HELLOS),
            *(flight for flight, _ in _EXCHANGES),
            b"\1" + push_record(_ALERT, push_alert(Alert(1, 112)) + push_alert(Alert(2, 40)), 0x0303),
            b"\2HTTP/1.1 400 Bad Request\r\n\r\n",
        ),
    ),
    "client hello": Target(_client_hello, tuple(push_client_hello(hello, bytes(32)) for hello in _CLIENT_HELLOS)),
    "server message": Target(
        _server_message,
        (
            *(b"h\0\0" + push_server_hello(hello)[_HEADER_BYTES:] for hello in _HELLOS),
            b"2\0\0" + push_ssl2_server_hello(Ssl2ServerHello((0x010080, 0x0700C0), b"leaf")),
            b"c\0\0" + push_certificate(_CHAIN)[_HEADER_BYTES:],
            *(message for _, message in _EXCHANGES),
        ),
    ),
    "proxy": Target(
        _proxy,
        (
            b"\xfdHTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nVia: x\r\n\r\n220 mail",
            b"\x04\x05\x00\x05\x00\x00\x01\x7f\x00\x00\x01\x01\xbb",
            b"\x06\x05\x02\x01\x00\x05\x00\x00\x03\x01a\x01\xbb",
        ),
    ),
    "starttls": Target(
        _starttls,
        tuple(bytes([list(DIALOGUES).index(name)]) + said for name, said in _TRANSCRIPTS.items()),
    ),
    "plan": Target(
        _plan,
        tuple(
            bytes([choice, *answers])
            for choice in (0, 64 + 1, 128 + 1, 64 + 128 + 2)
            for answers in ((0, 0), (41, 0, 41, 0, 40, 0, 0, 0), (45, 9, 45, 9, 45, 0, 9, 0))
        ),
    ),
    "certificates": Target(_certificates, (push_certificate(Certificate(_CA.leaf().der))[_HEADER_BYTES:],)),
    "session message": Target(
        _session_message,
        (
            b"\0" + m.push_new_session_ticket(m.NewSessionTicket(1, 2, b"nonce", b"ticket", 3))[_HEADER_BYTES:],
            b"\1\0\0\0\1\0\6ticket",
            b"\2" + m.push_shown_chain(ShownChain((b"leaf", b"issuer"), b"response", 2))[_HEADER_BYTES:],
            b"\3" + m.push_certificate_request(m.CertificateRequest((b"name",), b"context"))[_HEADER_BYTES:],
            b"\4\1\1\0\2\4\3\0\6\0\4name",
            b"\5\1\1\0\6\0\4name",
            b"\6" + m.push_alpn(["h2"]),
            b"\7\0\6\0\4time",
            b"\x08\1\0\0\4body",
            b"\x09" + _CA.certificate.subject.public_bytes(),
            b"\x0a\x30\x03\x0a\x01\x06",
            *(b"\x0b" + flight[1:] for flight, _ in _EXCHANGES),
        ),
    ),
    "headers": Target(
        _headers,
        (
            b'h3=":8443"; ma=60; persist=1, h3-29="[::1]:1"',
            b'max-age="31536000"; includeSubDomains; preload',
            b'</a>; rel="canonical other"; anchor="#x", <//b.example:8443/c?d>; rel=canonical',
            b'text/html; charset="utf-8"',
            b"https://[::1]:443/a/../b?c#d",
        ),
        (UrlError,),
    ),
    "robots": Target(
        _robots,
        (b"\xef\xbb\xbfUser-agent: *\r\nSitemap: https://a/#x\rsitemap:/b\n", b"SITEMAP : //c:80/d e"),
        (),
    ),
    "sitemap": Target(
        _sitemap,
        (
            b"\x40<?xml version='1.0' encoding='utf-8'?><urlset xmlns='a'><url><loc>https://a/?b&amp;c</loc></url></urlset>",
            b"\x01<s:sitemapindex xmlns:s='a'><s:sitemap><s:loc><![CDATA[https://a/]]></s:loc></s:sitemap></s:sitemapindex>",
            b"\x02<feed><entry><link rel='alternate' href='https://a/'/></entry></feed>",
            b"\x10<!DOCTYPE a [<!ENTITY b 'c'>]><urlset/>",
            b"\x03https://a/\r\nhttps://b/",
            b"\x07"
            + gzip.compress(gzip.compress(b"<rss><channel><item><link>https://a/</link></item></channel></rss>")),
            b"\x05" + "<urlset><url><loc>https://a/</loc></url></urlset>".encode("utf-16"),
        ),
        (),
    ),
    "access log": Target(
        _access_log,
        (
            f"{combined(tail=' https')}\n{combined(FIREFOX, head='a:443 ', referer='https://www.google.com/')}".encode(),
            b'{"ts":1795608000.1,"request":{"proto":"HTTP/1.1","tls":{},"headers":{"User-Agent":["Googlebot"]}}}',
            b"#Fields: date time s-port cs(User-Agent)\n2026-11-25 12:00:00 443 Googlebot\n#Fields: x\ny",
        ),
        (LogFormatError,),
    ),
    "address ranges": Target(
        _ranges,
        (b'{"prefixes": [{"ipv4Prefix": "192.0.2.0/24"}, {"ipv6Prefix": "2001:db8::/32"}]}', b"192.0.2.1 # one\n::/0"),
        (RangesError,),
    ),
    "packet": Target(_packet, tuple(ethernet(packet, 0x8100) for packet, _ in PACKETS.values()), ()),
    "page": Target(
        _page,
        (
            b'text/html; charset=utf-8\n<!doctype html><head><base href="/x/"><link rel=canonical href=a></head><body>',
            b"\n\xff\xfe<\0l\0i\0n\0k\0>\0",
            b'application/xhtml+xml\n<html xmlns="http://www.w3.org/1999/xhtml"><head><style>@import "a"</style>',
            b"text/html\n<svg><title><img srcset='http://a 1x'></svg><style>@font-face{src:url(//b)}</style><form>",
            b'text/html\n<meta charset="koi8-r"><template><link rel="canonical" href="https://b/"></template>',
        ),
        (),
    ),
}
"""By name."""
