"""Run a check on evidence, reduce its verdicts to a finding. What is missing or broken is `unknown`, never silence."""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

from tlsaudit.check.definition import Check
from tlsaudit.check.outcome import Finding, Outcome, Subject, SubjectKind, Verdict, unknown, worst
from tlsaudit.check.subject import BySite, ByVantage, Fleet, Parent, Past
from tlsaudit.errors import UserError
from tlsaudit.evidence import (
    DNS,
    AddressObservation,
    EndpointObservation,
    Evidence,
    EvidenceType,
    LinkState,
    NotObserved,
    Reason,
)
from tlsaudit.policy import Policy

log = logging.getLogger(__name__)

ByPlace = BySite[Evidence | NotObserved] | ByVantage[Evidence | NotObserved]
Argument = Evidence | NotObserved | ByPlace | Fleet[Evidence] | Past[Evidence] | Parent[Evidence]

Earlier = Callable[[AddressObservation, EvidenceType], Sequence[Evidence]]
"""What was seen before, of one type, at the same address of the endpoint, from the same vantage, newest first."""

Above = Callable[[EvidenceType], Mapping[str, Sequence[Evidence | NotObserved]]]
"""What was seen, of one type, of the domains above the host that is judged; see Parent."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A check as this audit applies it: with its options set, and the published knowledge that its parameters take."""

    check: Check
    options: Mapping[str, object]
    policies: Mapping[str, Policy]

    def verdicts(self, arguments: Sequence[Argument]) -> list[Verdict]:
        """What the check says. One that raises or says nothing is `unknown`, and logged as the defect it is."""
        try:
            verdicts = list(self.check.function(*arguments, **self.options, **self.policies))
        except UserError:  # what it judges is read meanwhile: that the history fails is no defect of the check
            raise
        except (Exception, SystemExit) as error:  # a third party's check must not end the audit
            log.error("check %s failed: %s: %s", self.check.id, type(error).__name__, error)
            return [unknown(f"the check failed: {type(error).__name__}")]
        if not verdicts:
            log.error("check %s gave no verdict: every check must yield at least one", self.check.id)
            return [unknown("the check gave no verdict")]
        return verdicts


_NOT_ASKED = NotObserved(Reason.NOT_PROBED)


def _no_past(_seen: AddressObservation, _kind: EvidenceType) -> Sequence[Evidence]:
    return ()


def _nobody_above(_kind: EvidenceType) -> Mapping[str, Sequence[Evidence | NotObserved]]:
    return {}


class _Said(NamedTuple):
    """A verdict, and of which address and from which vantage, where that matters."""

    verdict: Verdict
    address: str | None = None
    vantage: str | None = None


def judge_endpoint(
    rule: Rule, observation: EndpointObservation, earlier: Earlier = _no_past, above: Above = _nobody_above
) -> Finding:
    """One finding for all addresses of an endpoint: the worst, its address named, unless it is only about its name, and
    the vantages that it is of, unless it is of all.
    """
    check = rule.check
    about_name = DNS.issuperset(check.evidence)
    said: list[_Said] = []
    if not observation.addresses:
        missing = observation.unresolved
        said.append(_Said(unknown(str(missing) if missing else "no address could be tried")))
    for seen in _first_of_each_vantage(observation) if about_name else observation.addresses:
        # What is optional may be a kind of evidence that such an endpoint is never asked for.
        wanted = [seen.evidence.get(kind, _NOT_ASKED) for kind in check.evidence]
        missing = _missing(check, wanted)
        if missing:
            verdicts = [unknown(str(missing))]
        else:
            beside: list[Argument] = [
                Past(tuple(earlier(seen, kind))) if wrapper is Past else Parent(above(kind))
                for wrapper, kind in check.beside
            ]
            verdicts = _certain(rule.verdicts([*wanted, *beside]), map(_gap, wanted))
        address = None if about_name else seen.address
        said += [_Said(verdict, address, seen.vantage) for verdict in verdicts]
    subject = Subject(SubjectKind.ENDPOINT, observation.endpoint)
    return _reduce(check, subject, said)


def _first_of_each_vantage(observation: EndpointObservation) -> Iterable[AddressObservation]:
    return reversed({seen.vantage: seen for seen in reversed(observation.addresses)}.values())


def _missing(check: Check, wanted: Sequence[Evidence | NotObserved]) -> NotObserved | None:
    """The first of what a check wants, in its order, that it cannot do without."""
    for kind, item in zip(check.evidence, wanted, strict=True):
        if isinstance(item, NotObserved) and kind not in check.optional:
            return item
    return None


def judge_service(
    rule: Rule, service: str, seen: Mapping[str, Mapping[str, Sequence[Evidence | NotObserved]]]
) -> Finding:
    """A finding about a service. `seen` maps host:port -> place -> the evidence the check wants, in its order. A place
    at which something is missing that is not optional is unknown; so is a site at which everything is.
    """
    wrapper = rule.check.across or BySite
    at = "from" if wrapper is ByVantage else "at"
    said: list[_Said] = []
    gaps: list[str] = []
    kinds = rule.check.evidence
    hosts: list[dict[str, dict[str, Evidence | NotObserved]]] = [{} for _ in kinds]
    for host, places in seen.items():
        for place, items in places.items():
            missing = [pair for pair in zip(kinds, items, strict=True) if isinstance(pair[1], NotObserved)]
            required = (
                missing
                if len(missing) == len(kinds) and wrapper is BySite
                else [pair for pair in missing if pair[0] not in rule.check.optional]
            )
            if required:
                said.append(_Said(unknown(f"{host} {at} {place}: {required[0][1]}")))
                continue
            for by_host, item in zip(hosts, items, strict=True):
                by_host.setdefault(host, {})[place] = item
                if gap := _gap(item):
                    gaps.append(f"{host} {at} {place}: {gap}")
    if hosts[0]:
        arguments = [wrapper(service, by_host) for by_host in hosts]
        said.extend(map(_Said, _certain(rule.verdicts(arguments), gaps)))
    return _reduce(rule.check, Subject(SubjectKind.SERVICE, service), said)


def judge_link(rule: Rule, link: str, state: LinkState | NotObserved) -> Finding:
    """A finding about the link between two sites."""
    verdicts = [unknown(str(state))] if isinstance(state, NotObserved) else rule.verdicts([state])
    return _reduce(rule.check, Subject(SubjectKind.LINK, link), [*map(_Said, verdicts)])


def judge_fleet(rule: Rule, evidence: Sequence[Fleet[Evidence]], missing: Iterable[tuple[str, NotObserved]]) -> Finding:
    """A finding about the fleet as a whole; `missing` are the endpoints of which something was not seen, one after the
    other, and why."""
    watched = [_Watched(fleet) for fleet in evidence]
    verdicts = rule.verdicts([Fleet(each) for each in watched])
    said = [*map(_Said, _certain(verdicts, (each.gap for each in watched)))]
    if all(each.verdict.outcome is not Outcome.FAIL for each in said):  # else what is unknown is not told
        said = [*(_Said(unknown(reason)) for reason in _reasons(missing)), *said]
    return _reduce(rule.check, Subject(SubjectKind.FLEET, "fleet"), said)


_NAMED = 5
"""Endpoints of which it is told why something was not seen; there may be a fleet of them."""


def _reasons(missing: Iterable[tuple[str, NotObserved]]) -> Iterator[str]:
    more = 0
    for number, (endpoint, whys) in enumerate(groupby(missing, key=itemgetter(0))):
        if number < _NAMED:
            yield from dict.fromkeys(f"{endpoint}: {why}" for _, why in whys)
        else:
            more += 1
    if more:
        yield f"{more:,} more endpoint{'s' if more > 1 else ''} of which not all was seen"


@dataclass(slots=True)
class _Watched:
    """Notes the first gap of what streams past."""

    fleet: Fleet[Evidence]
    gap: str | None = None

    def __iter__(self) -> Iterator[tuple[str, str, Evidence]]:
        for endpoint, address, item in self.fleet:
            if self.gap is None and (gap := _gap(item)):
                self.gap = f"{endpoint}: {gap}"
            yield endpoint, address, item


def _gap(item: Evidence | NotObserved) -> str | None:
    """Why this evidence may lack something; None where it is whole, or missing."""
    incomplete: NotObserved | None = getattr(item, "incomplete", None)
    return str(incomplete) if incomplete else None


def _certain(verdicts: list[Verdict], gaps: Iterable[str | None]) -> list[Verdict]:
    """What was seen was seen: a failure stands, but what is not failed yet is unknown where evidence has a gap."""
    gap = next(filter(None, gaps), None)
    if gap is None:
        return verdicts
    sure = (Outcome.FAIL, Outcome.UNKNOWN)
    return [verdict if verdict.outcome in sure else unknown(gap) for verdict in verdicts]


def _reduce(check: Check, subject: Subject, said: Sequence[_Said]) -> Finding:
    if len(said) == 1 and said[0].vantage is None:  # most of a fleet
        return _finding(check, subject, said[0], [said[0].verdict.message], {})
    outcome = worst(each.verdict.outcome for each in said)
    decisive = sorted((each for each in said if each.verdict.outcome is outcome), key=lambda each: each.verdict.rank)
    first = decisive[0] if decisive else _Said(Verdict(Outcome.NOT_APPLICABLE, "nothing to judge"))
    outcomes: dict[str, list[Outcome]] = {}
    for each in said:
        if each.vantage is not None:
            outcomes.setdefault(each.vantage, []).append(each.verdict.outcome)
    messages = [*_messages(decisive or [first], [*outcomes])]
    return _finding(check, subject, first, messages, {vantage: worst(found) for vantage, found in outcomes.items()})


def _finding(
    check: Check, subject: Subject, first: _Said, messages: Sequence[str], vantages: Mapping[str, Outcome]
) -> Finding:
    verdict = first.verdict
    return Finding(
        check=check.id,
        subject=subject,
        endpoint=subject.id if subject.kind is SubjectKind.ENDPOINT else None,
        address=first.address,
        outcome=verdict.outcome,
        severity=check.severity,
        message=messages[0],
        facts=verdict.facts,
        also=tuple(messages[1:]),
        samples=check.samples,
        vantages=vantages,
    )


def _messages(said: Sequence[_Said], vantages: Sequence[str]) -> Iterator[str]:
    """Each message once, with the vantages that it is of where that is not all of them."""
    if not vantages:
        yield from dict.fromkeys(each.verdict.message for each in said)
        return
    of: dict[str, set[str | None]] = {}
    for each in said:
        of.setdefault(each.verdict.message, set()).add(each.vantage)
    for message, found in of.items():
        some = [vantage for vantage in vantages if vantage in found]
        yield message if len(some) == len(vantages) else f"from {' and '.join(some)}: {message}"
