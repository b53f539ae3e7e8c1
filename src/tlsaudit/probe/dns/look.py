"""What is asked of the DNS about one endpoint, and how it is told."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import astuple, replace
from datetime import datetime
from typing import Any

from tlsaudit.evidence import (
    CaaRecords,
    CaaSet,
    Dnssec,
    Evidence,
    EvidenceType,
    HostRecords,
    HttpsRecord,
    HttpsRecords,
    NotObserved,
    Reason,
    TlsaRecords,
    is_ip_address,
)
from tlsaudit.probe.bounded import Bounded
from tlsaudit.probe.dns.answer import Answer, text
from tlsaudit.probe.dns.records import caa_record, https_record, tlsa_record
from tlsaudit.probe.dns.resolver import Resolver
from tlsaudit.target import Endpoint

_HTTPS_PORT = 443
_MOST_ALIASES = 8
_MOST_RECORDS = 32

Addresses = tuple[str, ...] | NotObserved


class DnsProbe:
    """One object serves a whole audit. Of the evidence, only what is `wanted` is asked for; `clock` stamps it."""

    def __init__(self, resolver: Resolver, wanted: frozenset[EvidenceType], clock: Callable[[], datetime]) -> None:
        self._resolver = resolver
        self._clock = clock
        looks: Mapping[EvidenceType, Callable[[Endpoint], Awaitable[Evidence | NotObserved]]] = {
            HostRecords: self._host,
            CaaRecords: self._caa,
            TlsaRecords: self._tlsa,
            HttpsRecords: self._https,
        }
        self._looks = {kind: look for kind, look in looks.items() if kind in wanted}

    async def look(self, endpoint: Endpoint, bounded: Bounded) -> dict[EvidenceType, Evidence | NotObserved]:
        """What is wanted. Of an endpoint that is an address there is nothing to ask."""
        if is_ip_address(endpoint.host):
            return dict.fromkeys(self._looks, NotObserved(Reason.NOT_PROBED, "an address has no name"))
        found = await asyncio.gather(*(bounded(look(endpoint)) for look in self._looks.values()))
        return dict(zip(self._looks, found, strict=True))

    async def _host(self, endpoint: Endpoint) -> HostRecords | NotObserved:
        host = endpoint.host
        ipv4, ipv6 = await asyncio.gather(self._resolver.ask(host, "A"), self._resolver.ask(host, "AAAA"))
        pinned = endpoint.route.sockets(host, endpoint.port) is not None
        answers = [answer for answer in (ipv4, ipv6) if isinstance(answer, Answer)]
        if not answers:
            assert isinstance(ipv4, NotObserved)
            circle = await self._circle(host) if ipv4.reason is Reason.DNS else ()
            if not circle:
                return ipv4
            return HostRecords(self._clock(), host, pinned, circle, True, True, None, (), (), ipv4)
        first = answers[0]
        return HostRecords(
            observed_at=self._clock(),
            host=host,
            pinned=pinned,
            aliases=first.aliases,
            loop=False,
            exists=first.exists,
            zone=None if first.exists else first.zone,
            ipv4=_addresses(ipv4),
            ipv6=_addresses(ipv6),
            dnssec=await self._worst(answers),
        )

    async def _worst(self, answers: list[Answer]) -> Dnssec | NotObserved:
        states = [await self._resolver.dnssec(answer) for answer in answers]
        return next((state for state in (Dnssec.BOGUS, Dnssec.INSECURE) if state in states), states[0])

    async def _circle(self, host: str) -> tuple[str, ...]:
        """The aliases of a name that lead back to one of them; resolvers say no more than that they failed."""
        names = [host]
        while len(names) <= _MOST_ALIASES:
            answer = await self._resolver.ask(names[-1], "CNAME")
            if isinstance(answer, NotObserved) or not answer.records:
                return ()
            target = text(answer.records[0].target)
            if target in names:
                return (*names[1:], target)
            names.append(target)
        return ()

    async def _caa(self, endpoint: Endpoint) -> CaaRecords | NotObserved:
        host = endpoint.host
        own = await self._nearest(host)
        if isinstance(own, NotObserved):
            return own
        above = await self._above(host) if own and own.name == host else own
        if isinstance(above, NotObserved):
            return above
        return CaaRecords(self._clock(), host, own, above)

    async def _nearest(self, name: str) -> CaaSet | NotObserved | None:
        """RFC 8659 section 3: the records of the name itself, else of the nearest name above that has any."""
        answer = await self._resolver.ask(name, "CAA")
        if isinstance(answer, NotObserved):
            return answer
        if not answer.records:
            return await self._above(name)
        records = sorted(map(caa_record, answer.records), key=lambda each: (each.tag, each.value))
        return CaaSet(name, tuple(records[:_MOST_RECORDS]))

    async def _above(self, name: str) -> CaaSet | NotObserved | None:
        parent = name.partition(".")[2]
        return await self._nearest(parent) if parent else None

    async def _tlsa(self, endpoint: Endpoint) -> TlsaRecords | NotObserved:
        found: TlsaRecords | NotObserved = NotObserved(Reason.DNS)
        for base in await self._bases(endpoint.host):
            name = f"_{endpoint.port}._tcp.{base}"
            answer = await self._resolver.ask(name, "TLSA")
            if isinstance(answer, NotObserved):
                return answer
            records = sorted(map(tlsa_record, answer.records), key=astuple)[:_MOST_RECORDS]
            dnssec = await self._resolver.dnssec(answer)
            found = TlsaRecords(self._clock(), name, endpoint.starttls, tuple(records), dnssec)
            if records:
                break
        return found

    async def _bases(self, host: str) -> list[str]:
        """The names whose TLSA records count, the first that has any (RFC 7671 section 7)."""
        answer = await self._resolver.ask(host, "A")
        if isinstance(answer, NotObserved) or not answer.aliases:
            return [host]
        secure = await self._resolver.dnssec(answer) is Dnssec.SECURE
        return [answer.aliases[-1], host] if secure else [host]

    async def _https(self, endpoint: Endpoint) -> HttpsRecords | NotObserved:
        host, port = endpoint.host, endpoint.port
        name = host if port == _HTTPS_PORT else f"_{port}._https.{host}"  # RFC 9460 section 9.1
        aliases: list[str] = []
        while len(aliases) <= _MOST_ALIASES:
            answer = await self._resolver.ask(name, "HTTPS")
            if isinstance(answer, NotObserved):
                return answer
            owner = answer.aliases[-1] if answer.aliases else name
            leads = next((text(each.target) for each in answer.records if each.priority == 0), None)
            if not leads:
                services = sorted((each for each in answer.records if each.priority), key=lambda each: each.priority)
                read = await asyncio.gather(*(self._service(each, owner) for each in services[:_MOST_RECORDS]))
                return HttpsRecords(self._clock(), owner, port, tuple(aliases), tuple(read))
            aliases.append(leads)
            name = leads
        return NotObserved(Reason.DNS, f"HTTPS records of {host} in AliasMode lead on and on: {', '.join(aliases)}")

    async def _service(self, record: Any, owner: str) -> HttpsRecord:
        read = https_record(record, owner)
        return replace(read, addresses=await self._of(read.target))

    async def _of(self, name: str) -> Addresses:
        """All addresses of a name."""
        answers = await asyncio.gather(self._resolver.ask(name, "A"), self._resolver.ask(name, "AAAA"))
        found: list[str] = []
        for addresses in map(_addresses, answers):
            if isinstance(addresses, NotObserved):
                return addresses
            found += addresses
        return tuple(found)


def _addresses(answer: Answer | NotObserved) -> Addresses:
    return answer if isinstance(answer, NotObserved) else tuple(sorted(each.address for each in answer.records))
