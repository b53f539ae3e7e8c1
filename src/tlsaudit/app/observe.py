"""Probe endpoints and judge each as it completes: what a scan and an audit have in common."""

import gc
from array import array
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from random import Random
from typing import TYPE_CHECKING, NamedTuple

from tlsaudit import engine
from tlsaudit.app.applicable import applies
from tlsaudit.app.memory import give_back
from tlsaudit.app.parents import Parents, Probe
from tlsaudit.app.places import probe_at_places
from tlsaudit.app.prober import prober, wanted_by
from tlsaudit.app.remote import RemoteProbe
from tlsaudit.app.settings import ProbeSettings
from tlsaudit.check import Finding, Rule, SubjectKind, judge_endpoint
from tlsaudit.evidence import (
    DNS,
    WEB,
    AddressObservation,
    DeepScan,
    EndpointObservation,
    Evidence,
    EvidenceType,
    HttpExchange,
    SiteIndex,
    StartTlsOffer,
    is_ip_address,
)
from tlsaudit.probe import deep
from tlsaudit.target import Endpoint, Roster

if TYPE_CHECKING:
    from tlsaudit.app.resume import Begun

_SWEPT = 100
"""Endpoints after which what they left in cycles is cleared away. What was under way when Python last looked for
garbage would be looked at again only thousands of endpoints later, and its native memory is not counted.
"""

Earlier = Callable[[str, str, EvidenceType, str | None], Sequence[Evidence]]
"""What was seen before, of one type, at an address of an endpoint, from one of several vantages; newest first."""


def no_past(_endpoint: str, _address: str, _kind: EvidenceType, _vantage: str | None) -> Sequence[Evidence]:
    """Where nothing is recorded, nothing was seen before."""
    return ()


class Observed(NamedTuple):
    """One endpoint, what was seen of it, and what the endpoint checks say."""

    endpoint: Endpoint
    observation: EndpointObservation
    findings: list[Finding]


async def observe(
    endpoints: Sequence[Endpoint],
    rules: Sequence[Rule],
    settings: ProbeSettings,
    earlier: Earlier = no_past,
    probe: Probe | None = None,
    *,
    begun: "Begun | None" = None,
) -> AsyncGenerator[Observed, None]:
    """Yield endpoints as they complete, and as the domains above them do where a rule takes those into account. `probe`
    is that of the rules, made here where there is none. What the audit that has `begun` has already is left out.

    A rule that cannot apply to an endpoint is not held against it. Close it where it is left early.
    """
    # In one order, but not in theirs: those of one network or owner mostly stand together.
    order = array("I", range(len(endpoints)))
    Random(0).shuffle(order)  # noqa: S311
    parents = Parents(Roster.of(endpoints).picked(order), rules)
    if begun:
        parents.recall(begun.had(), begun.evidence)
    if settings.cluster:
        remote = RemoteProbe.of(wanted_by(rules), settings, parents.order)
        asked = probe_at_places(remote, parents.order, settings, parents.has_room)
    else:
        patient = parents.patient(probe or prober(wanted_by(rules), settings))
        asked = engine.map(patient, parents.order, concurrency=settings.at_a_time)
    own = [rule for rule in rules if rule.check.subject_kind is SubjectKind.ENDPOINT]
    completions = 0
    gc.freeze()  # all that is loaded by now stays: nobody need look through it for garbage again and again
    give_back()
    try:
        async with aclosing(asked) as completed:
            async for completion in completed:
                completions += 1
                if completions % _SWEPT == 0:
                    gc.collect()
                for endpoint, observation in parents.take(*completion):
                    asked_of = [rule for rule in own if applies(rule.check, endpoint)]
                    judged = partial(judge, endpoint, observation, asked_of, earlier, parents)
                    yield await begun.patient(judged) if begun else judged()
    finally:
        gc.unfreeze()


def judge(
    endpoint: Endpoint, observation: EndpointObservation, rules: Sequence[Rule], earlier: Earlier, parents: Parents
) -> Observed:
    """What endpoint rules say of what was seen, which the parents have let pass."""

    def past(seen: AddressObservation, kind: EvidenceType) -> Sequence[Evidence]:
        return earlier(endpoint.id, seen.address, kind, seen.vantage)

    above = partial(parents.above, endpoint)
    return Observed(endpoint, observation, [judge_endpoint(rule, observation, past, above) for rule in rules])


@dataclass(slots=True)
class _Some:
    """How many endpoints, and the name of the first."""

    count: int = 0
    first: str = ""

    def add(self, endpoint: Endpoint) -> None:
        self.count += 1
        self.first = self.first or endpoint.name


def left_out(endpoints: Iterable[Endpoint], rules: Sequence[Rule]) -> list[str]:
    """What is not asked of whom, said once for all endpoints. That an https server was not asked about STARTTLS goes
    without saying, unless nothing else was to be asked.
    """
    tls, no_http, without, unsampled, shallow, addresses = (_Some() for _ in range(6))
    for endpoint in endpoints:
        if not endpoint.starttls:
            tls.add(endpoint)
        elif endpoint.starttls not in deep.STARTTLS:
            shallow.add(endpoint)
        if not endpoint.speaks_http:
            no_http.add(endpoint)
        else:
            if endpoint.http_port is None:
                without.add(endpoint)
            if not endpoint.sample:
                unsampled.add(endpoint)
        if is_ip_address(endpoint.host):
            addresses.add(endpoint)
    about_http = [rule for rule in rules if WEB & _required(rule)]
    about_clear = [rule for rule in rules if HttpExchange in _required(rule)]
    about_pages = [rule for rule in rules if SiteIndex in rule.check.evidence]
    about_names = [rule for rule in rules if DNS.intersection(rule.check.evidence)]
    in_depth = [rule for rule in rules if DeepScan in rule.check.evidence]
    about_starttls = [rule for rule in rules if StartTlsOffer in rule.check.evidence]
    return [
        *_not_asked(about_http, no_http, "speaks no HTTP", "speak no HTTP"),
        *_not_asked(about_clear, without, "has no plain-http port", "have no plain-http port"),
        *_not_asked(about_pages, unsampled, "has no sample of its pages", "have no sample of their pages"),
        *_not_asked(about_names, addresses, "is no name", "are no names"),
        *_not_asked(in_depth, shallow, "--deep cannot reach"),
        *_not_asked(
            about_starttls if len(about_starttls) == len(rules) else [], tls, "begins with TLS", "begin with TLS"
        ),
    ]


def _required(rule: Rule) -> frozenset[EvidenceType]:
    return frozenset(rule.check.evidence) - rule.check.optional


def _not_asked(rules: Sequence[Rule], of: _Some, why: str, of_several: str | None = None) -> Iterator[str]:
    if rules and of.count:
        who = of.first if of.count == 1 else f"{of.first} and {of.count - 1:,} more"
        which = why if of.count == 1 else of_several or why
        yield f"{', '.join(rule.check.id for rule in rules)}: not asked of {who}, which {which}"
