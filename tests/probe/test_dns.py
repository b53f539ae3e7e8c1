"""What real name servers say of names becomes evidence: Knot serves zones and signs them, Unbound validates."""

import asyncio
import base64
import contextlib
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from threading import Thread
from typing import Any

import dns.flags
import dns.message
import dns.rcode
import pytest

from tests.servers.dns import ADDRESS, NameServers, Signed, Zone, name_servers
from tlsaudit.evidence import (
    DNS,
    CaaRecord,
    CaaRecords,
    CaaSet,
    Dnssec,
    EndpointObservation,
    Evidence,
    EvidenceType,
    HostRecords,
    HttpsRecord,
    HttpsRecords,
    NotObserved,
    Reason,
    TlsaRecord,
    TlsaRecords,
    TlsOffer,
)
from tlsaudit.probe.bounded import Bounded
from tlsaudit.probe.certificate import TrustStores
from tlsaudit.probe.dns import DnsProbe, Resolver
from tlsaudit.probe.dns.resolver import system_servers
from tlsaudit.probe.endpoint import EndpointProbe
from tlsaudit.probe.http import HttpProbe
from tlsaudit.probe.limits import Limits
from tlsaudit.target import Endpoint, Route

NOW = datetime(2026, 11, 28, tzinfo=UTC)
ECH = base64.b64encode(b"\x00\x04\xfe\x0d\x00\x00").decode("ascii")
DIGEST = "ab" * 32
SHORT = (0.1, 0.2)

SIGNED = f"""\
@ CAA 0 issue "authority.example"
@ CAA 0 iodef "mailto:security@example.org"
www A 192.0.2.2
www A 192.0.2.1
www AAAA 2001:db8::1
www HTTPS 2 pool.example.org. port=8443 no-default-alpn alpn=h2 mandatory=alpn,port
www HTTPS 1 . alpn=h3,h2 ipv4hint=192.0.2.1 ipv6hint=2001:db8::1 ech={ECH} key65000=x
pool A 192.0.2.9
own CAA 128 ISSUE ";"
own CAA 0 unheard "of"
apex HTTPS 0 alias.example.org.
alias CNAME www
away CNAME www.unsigned.example.
abandoned CNAME shop.unsigned.example.
unclaimed CNAME www.nobody.example.
circle CNAME round
round CNAME circle
long CAA 0 issue "{"a" * 200}.example"
{chr(10).join(f'long CAA 0 issue "{number:03}.{"b" * 180}.example"' for number in range(20))}
_25._tcp.mx TLSA 3 1 1 {DIGEST}
_25._tcp.mx TLSA 2 0 2 {DIGEST * 2}
mx A 192.0.2.25
mail CNAME mx
_8443._https.www HTTPS 1 www.example.org.
"""
ZONES = [
    Zone("example.org", SIGNED),
    Zone("unsigned.example", f"www A 192.0.2.3\n_443._tcp.www TLSA 3 1 1 {DIGEST}", Signed.NO),
    Zone("bogus.example", "www A 192.0.2.4", Signed.WRONGLY),
]


@pytest.fixture(scope="module")
def servers() -> Iterator[NameServers]:
    with name_servers(ZONES) as running:
        yield running


@pytest.fixture(scope="module")
def ask(servers: NameServers) -> Callable[..., Any]:
    return partial(look, (ADDRESS, servers.resolver_port))


def look(resolver: tuple[str, int], kind: EvidenceType, endpoint: Endpoint) -> Evidence | NotObserved:
    (found,) = looks(resolver, kind, [endpoint])
    return found


def looks(
    resolver: tuple[str, int],
    kind: EvidenceType,
    endpoints: Sequence[Endpoint],
    attempts_s: Sequence[float] = (5.0, 20.0),
) -> list[Evidence | NotObserved]:
    async def all_of_them() -> list[Evidence | NotObserved]:
        probe = DnsProbe(Resolver(resolver, attempts_s=attempts_s), frozenset({kind}), lambda: NOW)
        found = await asyncio.gather(*(probe.look(endpoint, Bounded.within(30)) for endpoint in endpoints))
        return [each[kind] for each in found]

    return asyncio.run(all_of_them())


def test_a_name_tells_its_addresses_of_both_families(ask: Callable[..., Any]) -> None:
    found = ask(HostRecords, Endpoint("www.example.org"))
    assert found == HostRecords(
        observed_at=NOW,
        host="www.example.org",
        pinned=False,
        aliases=(),
        loop=False,
        exists=True,
        zone=None,
        ipv4=("192.0.2.1", "192.0.2.2"),
        ipv6=("2001:db8::1",),
        dnssec=Dnssec.SECURE,
    )


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("alias.example.org", (("www.example.org",), True, None, ("192.0.2.1", "192.0.2.2"), Dnssec.SECURE)),
        ("away.example.org", (("www.unsigned.example",), True, None, ("192.0.2.3",), Dnssec.INSECURE)),
        ("abandoned.example.org", (("shop.unsigned.example",), False, "unsigned.example", (), Dnssec.INSECURE)),
        ("unclaimed.example.org", (("www.nobody.example",), False, "", (), Dnssec.SECURE)),
        ("missing.example.org", ((), False, "example.org", (), Dnssec.SECURE)),
        ("www.unsigned.example", ((), True, None, ("192.0.2.3",), Dnssec.INSECURE)),
        ("www.bogus.example", ((), True, None, ("192.0.2.4",), Dnssec.BOGUS)),
    ],
)
def test_where_a_name_leads_and_who_vouches_for_it(
    ask: Callable[..., Any], host: str, expected: tuple[object, ...]
) -> None:
    found = ask(HostRecords, Endpoint(host))
    assert (found.aliases, found.exists, found.zone, found.ipv4, found.dnssec) == expected
    assert not found.loop


def test_aliases_in_a_circle_are_followed_once_round(ask: Callable[..., Any]) -> None:
    found = ask(HostRecords, Endpoint("circle.example.org"))
    assert (found.loop, found.aliases) == (True, ("round.example.org", "circle.example.org"))
    assert found.dnssec == NotObserved(Reason.DNS, "SERVFAIL for A of circle.example.org")


def test_caa_records_are_those_of_the_nearest_name(ask: Callable[..., Any]) -> None:
    above = CaaSet(
        "example.org",
        (
            CaaRecord(critical=False, tag="iodef", value="mailto:security@example.org"),
            CaaRecord(critical=False, tag="issue", value="authority.example"),
        ),
    )
    assert ask(CaaRecords, Endpoint("a.b.www.example.org")) == CaaRecords(NOW, "a.b.www.example.org", above, above)
    own = CaaSet(
        "own.example.org",
        (CaaRecord(critical=True, tag="issue", value=";"), CaaRecord(critical=False, tag="unheard", value="of")),
    )
    assert ask(CaaRecords, Endpoint("own.example.org")) == CaaRecords(NOW, "own.example.org", own, above)
    nothing = ask(CaaRecords, Endpoint("www.unsigned.example"))
    assert (nothing.own, nothing.above) == (None, None)


def test_what_does_not_fit_into_a_datagram_comes_over_tcp(ask: Callable[..., Any]) -> None:
    found = ask(CaaRecords, Endpoint("long.example.org"))
    assert found.own.name == "long.example.org"
    assert len(found.own.records) == 21


def test_tlsa_records_are_asked_for_at_the_port_and_at_the_end_of_aliases(ask: Callable[..., Any]) -> None:
    records = (TlsaRecord(2, 0, 2, DIGEST * 2), TlsaRecord(3, 1, 1, DIGEST))
    expected = TlsaRecords(NOW, "_25._tcp.mx.example.org", "smtp", records, Dnssec.SECURE)
    assert ask(TlsaRecords, Endpoint("mx.example.org", 25, None, starttls="smtp")) == expected
    assert ask(TlsaRecords, Endpoint("mail.example.org", 25, None, starttls="smtp")) == expected
    found = ask(TlsaRecords, Endpoint("www.unsigned.example"))
    assert (found.records, found.dnssec) == ((TlsaRecord(3, 1, 1, DIGEST),), Dnssec.INSECURE)
    assert ask(TlsaRecords, Endpoint("www.example.org")).records == ()


def test_https_records_tell_all_that_a_client_reads_in_them(ask: Callable[..., Any]) -> None:
    found = ask(HttpsRecords, Endpoint("www.example.org"))
    assert (found.name, found.port, found.aliases) == ("www.example.org", 443, ())
    assert found.records == (
        HttpsRecord(
            priority=1,
            target="www.example.org",
            alpn=("h3", "h2"),
            no_default_alpn=False,
            port=None,
            ipv4_hints=("192.0.2.1",),
            ipv6_hints=("2001:db8::1",),
            mandatory=(),
            ech=ECH,
            addresses=("192.0.2.1", "192.0.2.2", "2001:db8::1"),
        ),
        HttpsRecord(
            priority=2,
            target="pool.example.org",
            alpn=("h2",),
            no_default_alpn=True,
            port=8443,
            ipv4_hints=(),
            ipv6_hints=(),
            mandatory=(1, 3),
            ech=None,
            addresses=("192.0.2.9",),
        ),
    )


def test_https_records_of_other_ports_and_behind_aliases_have_names_of_their_own(ask: Callable[..., Any]) -> None:
    found = ask(HttpsRecords, Endpoint("www.example.org", 8443))
    assert (found.name, [each.target for each in found.records]) == (
        "_8443._https.www.example.org",
        ["www.example.org"],
    )
    found = ask(HttpsRecords, Endpoint("apex.example.org"))
    assert (found.name, found.aliases, len(found.records)) == ("www.example.org", ("alias.example.org",), 2)


def test_a_name_that_has_no_room_for_a_port_has_no_records_of_it(ask: Callable[..., Any]) -> None:
    host = ".".join(["a" * 62] * 4)
    expected = f"DNS does not say: a name that is too long for TLSA of _443._tcp.{host}"
    assert str(ask(TlsaRecords, Endpoint(host))) == expected


def test_an_address_has_no_records(ask: Callable[..., Any]) -> None:
    assert ask(CaaRecords, Endpoint("192.0.2.1")) == NotObserved(Reason.NOT_PROBED, "an address has no name")


def test_a_server_that_does_not_validate_is_not_believed(servers: NameServers) -> None:
    found = look((ADDRESS, servers.authority_port), HostRecords, Endpoint("www.example.org"))
    assert isinstance(found, HostRecords)
    assert found.ipv4 == ("192.0.2.1", "192.0.2.2")
    assert found.dnssec == NotObserved(
        Reason.NOT_PROBED, f"the resolver {ADDRESS}:{servers.authority_port} does not validate: name one that does"
    )


class Answering:
    """A resolver of the tests on a thread: `answer` gets each question and says the bytes to send, or nothing."""

    def __init__(self, answer: Callable[[bytes], bytes | None]) -> None:
        self.questions: list[str] = []
        self._answer = answer
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((ADDRESS, 0))
        self.address: tuple[str, int] = self._socket.getsockname()
        self._thread = Thread(target=self._serve)

    def _serve(self) -> None:
        while True:
            data, client = self._socket.recvfrom(4096)
            if not data:
                return
            (asked,) = dns.message.from_wire(data).question
            self.questions.append(f"{asked.name} {asked.rdtype.name}")
            if answer := self._answer(data):
                self._socket.sendto(answer, client)

    def __enter__(self) -> "Answering":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
            last.sendto(b"", self.address)
        self._thread.join()
        self._socket.close()


def _reply(data: bytes, rcode: dns.rcode.Rcode = dns.rcode.NOERROR) -> dns.message.Message:
    answer = dns.message.make_response(dns.message.from_wire(data), recursion_available=True)
    answer.set_rcode(rcode)
    return answer


def test_a_resolver_that_is_silent_is_asked_no_more(caplog: pytest.LogCaptureFixture) -> None:
    endpoints = [Endpoint(f"host{number}.example.org") for number in range(200)]
    with Answering(lambda _: None) as silent:
        begun = time.monotonic()
        found = looks(silent.address, CaaRecords, endpoints, SHORT)
        took = time.monotonic() - begun
    where = f"the resolver {ADDRESS}:{silent.address[1]}"
    assert {str(each) for each in found if "asked for" not in str(each)} == {f"timed out: {where} does not answer"}
    assert [each.getMessage() for each in caplog.records] == [
        f"{where} does not answer: DNS is not asked any more in this run"
    ]
    assert len(silent.questions) < 100
    assert took < 10


def test_names_that_a_resolver_is_silent_about_do_not_cost_the_others_theirs() -> None:
    def answer(data: bytes) -> bytes | None:
        return None if b"\x04lame" in data else _reply(data).to_wire()

    lame = [Endpoint(f"host{number}.lame.example") for number in range(5)]
    with Answering(answer) as resolver:

        async def one_after_the_other() -> list[Evidence | NotObserved]:
            probe = DnsProbe(Resolver(resolver.address, attempts_s=(0.5, 1.0)), frozenset({HostRecords}), lambda: NOW)
            await asyncio.gather(*(probe.look(endpoint, Bounded.within(30)) for endpoint in lame))
            return list((await probe.look(Endpoint("www.example.org"), Bounded.within(30))).values())

        (after,) = asyncio.run(one_after_the_other())
    assert isinstance(after, HostRecords)


def test_each_question_of_a_run_is_asked_once() -> None:
    endpoints = [Endpoint(f"host{number}.example.org", port) for number in range(5) for port in (443, 8443)]
    with Answering(lambda data: _reply(data).to_wire()) as resolver:
        looks(resolver.address, CaaRecords, endpoints)
    names = {f"host{number}.example.org." for number in range(5)} | {"example.org.", "org."}
    assert sorted(resolver.questions) == sorted(f"{name} CAA" for name in names)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (lambda data: _reply(data, dns.rcode.REFUSED).to_wire(), "DNS does not say: REFUSED for A of www.example.org"),
        (
            lambda data: _reply(data, dns.rcode.SERVFAIL).to_wire(),
            "DNS does not say: SERVFAIL for A of www.example.org",
        ),
        (
            lambda data: _reply(data).to_wire()[:-3],
            "DNS does not say: an answer that cannot be read for A of www.example.org",
        ),
        (
            lambda data: data[:2] + b"\x81\x80\xff\xff" * 4,
            "DNS does not say: an answer that cannot be read for A of www.example.org",
        ),
    ],
)
def test_what_is_no_answer_is_named(answer: Callable[[bytes], bytes], expected: str) -> None:
    with Answering(answer) as resolver:
        assert str(look(resolver.address, HostRecords, Endpoint("www.example.org"))) == expected


def test_a_stranger_s_answer_is_passed_over() -> None:
    """One with another number: whoever sends it has not seen the question."""
    with Answering(lambda data: bytes([data[0] ^ 1]) + _reply(data).to_wire()[1:]) as stranger:
        (found,) = looks(stranger.address, CaaRecords, [Endpoint("org")], SHORT)
    assert isinstance(found, NotObserved)
    assert found.reason is Reason.TIMED_OUT


def test_a_port_where_nobody_listens_is_noticed_at_once() -> None:
    with contextlib.closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as taken:
        taken.bind((ADDRESS, 0))
        address = taken.getsockname()
    begun = time.monotonic()
    found = looks(address, HostRecords, [Endpoint(f"host{number}.example.org") for number in range(50)])
    assert all(isinstance(each, NotObserved) and each.reason is Reason.TIMED_OUT for each in found)
    assert time.monotonic() - begun < 4.5  # less than to wait once


@pytest.mark.parametrize(
    ("text", "servers"),
    [
        ("nameserver 192.0.2.53\nnameserver 2001:db8::53\n", [("192.0.2.53", 53), ("2001:db8::53", 53)]),
        ("# nameserver 192.0.2.53\nsearch example.org\nnameserver\nnameserver nonsense\n", [("127.0.0.1", 53)]),
        ("\n".join(f"nameserver 192.0.2.{n}" for n in range(1, 6)), [(f"192.0.2.{n}", 53) for n in range(1, 4)]),
        (None, [("127.0.0.1", 53)]),
    ],
)
def test_the_system_s_resolvers_are_those_of_resolv_conf(
    tmp_path: Path, text: str | None, servers: list[tuple[str, int]]
) -> None:
    file = tmp_path / "resolv.conf"
    if text is not None:
        file.write_text(text, "utf-8")
    assert system_servers(file) == servers


def test_there_is_a_look_for_each_kind_of_evidence_about_names(servers: NameServers) -> None:
    async def everything() -> frozenset[EvidenceType]:
        probe = DnsProbe(Resolver((ADDRESS, servers.resolver_port)), DNS, lambda: NOW)
        found = await probe.look(Endpoint("www.example.org"), Bounded.within(30))
        return frozenset(kind for kind, item in found.items() if isinstance(item, kind))

    assert asyncio.run(everything()) == DNS


def observed(servers: NameServers, endpoint: Endpoint, wanted: frozenset[EvidenceType]) -> EndpointObservation:
    """What all probes together bring back, over IPv4 alone."""

    async def run() -> EndpointObservation:
        limits = Limits()
        records = DnsProbe(Resolver((ADDRESS, servers.resolver_port)), wanted, lambda: NOW)
        probe = EndpointProbe(
            wanted, limits, TrustStores.load(), HttpProbe(limits, []), family=socket.AF_INET, dns=records
        )
        return await probe(endpoint)

    return asyncio.run(run())


def test_what_is_said_of_a_name_is_told_at_each_of_its_addresses(servers: NameServers) -> None:
    route = Route(addresses={"www.example.org": ("127.0.0.1", "127.0.0.2")})
    seen = observed(servers, Endpoint("www.example.org", route=route), frozenset({HostRecords}))
    first, second = (each.evidence[HostRecords] for each in seen.addresses)
    assert first == second
    assert isinstance(first, HostRecords)
    assert first.pinned
    assert seen.reachable  # all that was asked for was answered


@pytest.mark.parametrize("address", [None, "::1"])
def test_a_name_without_an_address_to_try_keeps_what_is_said_of_it(servers: NameServers, address: str | None) -> None:
    host = "abandoned.example.org" if address else "abandoned.invalid"
    route = Route(addresses={host: (address,)} if address else {})
    seen = observed(servers, Endpoint(host, route=route), frozenset({HostRecords, TlsOffer}))
    (place,) = seen.addresses
    assert place.address == host
    told = place.evidence[HostRecords]
    assert isinstance(told, HostRecords)
    assert not told.exists
    assert place.evidence[TlsOffer] == (seen.unresolved or NotObserved(Reason.NOT_PROBED, "no address could be tried"))
    assert (seen.reachable, seen.reason) == (False, place.evidence[TlsOffer])
