"""What stands beside a decision about forcing https: the questions of those who decide, answered by findings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import chain, islice
from statistics import median

from tlsaudit.check import Finding, Outcome, Subject
from tlsaudit.goal.tally import Counts, Findings, Standings, count, figure
from tlsaudit.goal.waivers import Waivers
from tlsaudit.target import ObjectiveSpec, WaiverSpec


class Question(StrEnum):
    """What is asked, in the order of the sheet."""

    ENFORCED = "enforced"
    HSTS = "hsts"
    MIXED_CONTENT = "mixed-content"
    COOKIES = "cookies"
    CLIENTS = "clients"
    LATENCY = "latency"


READINESS: Mapping[Question, str] = {
    Question.ENFORCED: "redirect-https",
    Question.HSTS: "hsts-max-age",
    Question.MIXED_CONTENT: "mixed-content",
    Question.COOKIES: "cookies-secure",
    Question.CLIENTS: "clients-served",
    Question.LATENCY: "https-latency",
}
"""The check whose findings answer each."""

TIMES_MS = (
    "added_ms", "http_connect_ms", "http_first_byte_ms", "https_connect_ms", "https_tls_ms", "https_first_byte_ms",
)  # fmt: skip
"""Facts of https-latency."""

MOST_NAMED = 50
"""Endpoints that one figure names: a fleet's worth of them would be stored with every audit."""


@dataclass(frozen=True, slots=True)
class References:
    """By plain http, added up over the sampled `pages`; `endpoints` have something active or a form, `where` are the
    first of them."""

    active: int
    passive: int
    forms: int
    pages: int
    endpoints: int
    where: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LockedOut:
    """Who of so many `clients` cannot connect to at least one endpoint."""

    clients: int
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Spread:
    """A figure over several endpoints, and the endpoints of the least and the most."""

    median: float
    least: float
    least_at: str
    most: float
    most_at: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What the findings of one check say of the endpoints in scope.

    `counts` are their outcomes; `open` the first of those that do not pass, failures first. `measured` is how many
    have the figures that only some questions have, None for one that has none: what is missing is never counted as
    nothing. `steps` is how many endpoints are on each step of the ladder of HSTS (0: none), `times_ms` each of TIMES_MS
    that was measured.
    """

    question: Question
    check: str
    counts: Counts
    open: tuple[Subject, ...]
    measured: int | None = None
    steps: Mapping[int, int] = field(default_factory=dict)
    references: References | None = None
    locked_out: LockedOut | None = None
    times_ms: Mapping[str, Spread] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Readiness:
    """The sheet: an answer to each question, and the waivers in force that excuse what these find fault with."""

    answers: tuple[Answer, ...]
    exceptions: tuple[WaiverSpec, ...]


def readiness(
    objective: ObjectiveSpec, endpoints: Sequence[Subject], findings: Findings, waivers: Waivers
) -> Readiness | None:
    """The sheet over these endpoints; None where none of it applies to any of them."""
    answers = tuple(_answer(question, check, endpoints, findings) for question, check in READINESS.items())
    if not any(answer.counts.applicable for answer in answers):
        return None
    return Readiness(answers, waivers.concerning([*READINESS.values(), *objective.checks], endpoints))


def _answer(question: Question, check: str, endpoints: Sequence[Subject], findings: Findings) -> Answer:
    found = Standings([check], endpoints, findings)
    answer = Answer(question, check, count(found), _open(found))
    said = {item.subject: finding for item in found for finding in item.said if finding}
    match question:
        case Question.HSTS:
            return _with_steps(answer, said)
        case Question.MIXED_CONTENT:
            return _with_references(answer, said)
        case Question.CLIENTS:
            return _with_clients(answer, said)
        case Question.LATENCY:
            return _with_times(answer, said)
    return answer


def _open(found: Standings) -> tuple[Subject, ...]:
    standings = chain.from_iterable(map(found.with_outcome, (Outcome.FAIL, Outcome.UNKNOWN)))
    return tuple(item.subject for item in islice(standings, MOST_NAMED))


Said = Mapping[Subject, Finding]


def _with_steps(answer: Answer, said: Said) -> Answer:
    steps = [int(step) for finding in said.values() if (step := figure(finding, "step")) is not None]
    return replace(answer, measured=len(steps), steps={step: steps.count(step) for step in sorted(set(steps))})


def _with_references(answer: Answer, said: Said) -> Answer:
    names = ("active", "passive", "forms", "pages")
    seen = {subject: [figure(finding, name) for name in names] for subject, finding in said.items()}
    whole = {subject.id: [int(each) for each in numbers if each is not None] for subject, numbers in seen.items()}
    whole = {subject: numbers for subject, numbers in whole.items() if len(numbers) == len(names)}
    if not whole:
        return replace(answer, measured=0)
    active, passive, forms, pages = map(sum, zip(*whole.values(), strict=True))
    where = [subject for subject, numbers in whole.items() if numbers[0] or numbers[2]]
    references = References(active, passive, forms, pages, len(where), tuple(where[:MOST_NAMED]))
    return replace(answer, measured=len(whole), references=references)


def _with_clients(answer: Answer, said: Said) -> Answer:
    seen = [
        (int(clients), names)
        for finding in said.values()
        if (clients := figure(finding, "clients")) is not None
        and isinstance(names := finding.facts.get("locked_out"), list | tuple)
    ]
    if not seen:
        return replace(answer, measured=0)
    names = tuple(dict.fromkeys(str(name) for _, each in seen for name in each))
    locked_out = LockedOut(max(clients for clients, _ in seen), names)
    return replace(answer, measured=len(seen), locked_out=locked_out)


def _with_times(answer: Answer, said: Said) -> Answer:
    spreads = {name: _spread(said, name) for name in TIMES_MS}
    measured = sum(figure(finding, "added_ms") is not None for finding in said.values())
    times = {name: spread for name, spread in spreads.items() if spread}
    return replace(answer, measured=measured, times_ms=times)


def _spread(said: Said, fact: str) -> Spread | None:
    by_time = sorted((ms, subject.id) for subject, finding in said.items() if (ms := figure(finding, fact)) is not None)
    if not by_time:
        return None
    return Spread(median(ms for ms, _ in by_time), *by_time[0], *by_time[-1])
