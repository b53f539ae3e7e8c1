"""A decision in words: whether it is taken, and what its readiness sheet says to those who take it."""

import datetime
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Literal, NamedTuple

from tlsaudit.report.document import AnswerRecord, Counts, ObjectiveRecord, WaiverRecord
from tlsaudit.report.text import denominator, joined, long_date, milliseconds, place, plural, spoken_date

State = Literal["ready", "open", "not measured", "does not apply"]

_DECIDED = {"force": "HTTPS is forced", "do-not-force": "HTTPS is not forced"}
NOT_KNOWN = "not known where it may apply"
"""How what is now begins where no answer is known of any endpoint that the question applies to."""

_STEPS = ("not for a day", "for 1 day", "for 1 week", "for 1 month", "for 6 months", "for 1 year", "for 2 years")
_NAMED = 3
_CLIENTS_NAMED = 6


class Line(NamedTuple):
    """A line of the sheet. `of` is how much was looked at, `meaning` what follows for whoever decides."""

    state: State
    question: str
    now: str
    of: str
    meaning: str


def decision_sentence(item: ObjectiveRecord, at: datetime.date) -> str:
    """`Late by 9 days: it was due 30 June, and nothing is decided.`"""
    decision = item.decision
    if decision and decision.outcome != "undecided":
        day = f" on {long_date(decision.decided)}" if decision.decided else ""
        return f"Decided{day}: {_DECIDED[decision.outcome]}."
    if item.due is None:
        return "Undecided."
    due = spoken_date(item.due, at)
    if decision and decision.days_late:
        return f"Late by {plural(decision.days_late, 'day')}: it was due {due}, and nothing is decided."
    left = (item.due - at).days
    return f"Undecided: due {due}, in {plural(left, 'day')}." if left > 0 else f"Undecided: due {due}, today."


def sheet(item: ObjectiveRecord, at: datetime.date) -> list[Line]:
    """The readiness sheet, nothing where there is none."""
    if item.readiness is None:
        return []
    lines = [_line(answer) for answer in item.readiness.answers]
    return [*lines, _exceptions(item.readiness.exceptions, at)]


def ready(item: ObjectiveRecord) -> str | None:
    """`3 of 6 questions`: how many of those that apply are settled; None where nothing was measured."""
    states = [state(answer) for answer in item.readiness.answers] if item.readiness else []
    asked = [each for each in states if each != "does not apply"]
    if all(each == "not measured" for each in asked):
        return None
    return f"{asked.count('ready')} of {plural(len(asked), 'question')}"


def state(answer: AnswerRecord) -> State:
    """Ready is where all that applies passes: what is unknown or excused is still open. Of what was not measured
    nothing is known at all, not even that it does not apply.
    """
    counts = answer.counts
    total = denominator(counts)
    if total == 0:
        return "does not apply"
    if total == counts.unknown and not counts.not_applicable:
        return "not measured"
    return "ready" if counts.passed == total else "open"


def _line(answer: AnswerRecord) -> Line:
    question, tell, meaning = _QUESTIONS[answer.question]
    standing = state(answer)
    if standing in {"not measured", "does not apply"}:
        return Line(standing, question, standing, _endpoints(answer.counts), "")
    counts = answer.counts
    now = tell(answer)
    if denominator(counts) == counts.unknown:
        now = f"{NOT_KNOWN}, at {_endpoints(counts)}"
    return Line(standing, question, now, _of(answer), " ".join(meaning(answer)))


def _endpoints(counts: Counts) -> str:
    return plural(denominator(counts) or counts.not_applicable, "endpoint")


def _of(answer: AnswerRecord) -> str:
    """What was looked at, and of how much of it nothing is known."""
    total = denominator(answer.counts)
    known = total - answer.counts.unknown if answer.measured is None else answer.measured
    what = _endpoints(answer.counts)
    if answer.references:
        what = f"{plural(answer.references.pages, 'page')} at {what}"
    if known < total:
        what += f", {total - known:,} not measured"
    spared = answer.counts.not_applicable
    return f"{what}; does not apply to {spared:,} more" if spared else what


def _named(ids: Sequence[str], count: int) -> str:
    """The first of `count` endpoints."""
    names = [place(each) for each in ids[: min(_NAMED, count)]]
    more = count - len(names)
    return joined([*names, f"{more:,} more"] if more else names)


def _failing(answer: AnswerRecord) -> str:
    return _named(answer.open, answer.counts.fail + answer.counts.waived)


def _share(what: str) -> Callable[[AnswerRecord], str]:
    return lambda answer: f"{answer.counts.passed:,} of {denominator(answer.counts):,} {what}"


def _enforced(answer: AnswerRecord) -> Iterator[str]:
    if names := _failing(answer):
        yield f"Forcing it changes things for visitors of {names}."
    elif not answer.counts.unknown:
        yield "Forcing it changes nothing for anybody."


def _remembered(answer: AnswerRecord) -> str:
    total = denominator(answer.counts)
    if not answer.steps:
        return f"{answer.counts.passed:,} of {total:,} have browsers remember it long enough"
    steps = sorted(answer.steps.items(), reverse=True)
    first, *others = [f"{_STEPS[min(max(step, 0), len(_STEPS) - 1)]} on {count:,}" for step, count in steps]
    return f"browsers remember it {', '.join([f'{first} of {total:,}', *others])}"


def _hsts(answer: AnswerRecord) -> Iterator[str]:  # noqa: ARG001 it is the same for any
    yield "What browsers remember (HSTS) cannot be taken back before it ends: it is raised step by step."


def _breaking(answer: AnswerRecord) -> str:
    found = answer.references
    if found is None:
        return f"{answer.counts.passed:,} of {denominator(answer.counts):,} load nothing by http"
    parts = [
        plural(count, noun, nouns)
        for count, noun, nouns in (
            (found.active, "script, style or other active part", "scripts, styles or other active parts"),
            (found.forms, "form", "forms"),
            (found.passive, "image, audio or video", "images, audio or videos"),
        )
        if count
    ]
    nothing = "nothing uses http" + (" where that is known" if answer.counts.unknown else "")
    still = "still uses" if found.active + found.forms + found.passive == 1 else "still use"
    return f"{joined(parts)} {still} http" if parts else nothing


def _mixed_content(answer: AnswerRecord) -> Iterator[str]:
    found = answer.references
    if found is None:
        return
    if found.active:
        yield "Browsers block active parts by http on an https page, so that it breaks."
    if found.forms:
        yield "What is typed into such forms is sent in clear."
    if found.passive:
        yield "Browsers ask for images by https instead, and leave out those that are not there."
    if found.endpoints:
        yield f"To mend at {_named(found.where, found.endpoints)}."


def _cookies(answer: AnswerRecord) -> Iterator[str]:
    if names := _failing(answer):
        yield f"Cookies of {names} are sent in clear as well: who listens can take over a session."


def _locked_out(answer: AnswerRecord) -> str:
    found = answer.locked_out
    if found is None:
        return f"{answer.counts.passed:,} of {denominator(answer.counts):,} serve enough of them"
    count = f"{len(found.names):,}" if found.names else "none"
    return f"{count} of {plural(found.clients, 'reference client')} would be locked out"


def _clients(answer: AnswerRecord) -> Iterator[str]:
    names = answer.locked_out.names if answer.locked_out else []
    shown, more = names[:_CLIENTS_NAMED], len(names) - _CLIENTS_NAMED
    if names:
        yield f"Cannot connect to at least one endpoint: {joined([*shown, f'{more} more'] if more > 0 else shown)}."


def _added(answer: AnswerRecord) -> str:
    added = answer.times_ms.get("added_ms")
    if added is None:
        return "how much longer a first visit takes was not measured"
    return f"a first visit takes {f'{milliseconds(added.median)} longer' if added.median > 0 else 'no longer'}"


def _latency(answer: AnswerRecord) -> Iterator[str]:
    times, added = answer.times_ms, answer.times_ms.get("added_ms")
    if added and added.least_at != added.most_at:
        ends = ((added.least, added.least_at), (added.most, added.most_at))
        yield f"The median; from {' to '.join(f'{milliseconds(ms)} at {place(where)}' for ms, where in ends)}."
    for scheme, parts in (("http", _HTTP), ("https", _HTTPS)):
        if all(name in times for name in parts):
            said = [f"{milliseconds(times[name].median)} {what}" for name, what in parts.items()]
            yield f"By {scheme}: {', '.join(said)}."


_HTTP = {"http_connect_ms": "to connect", "http_first_byte_ms": "to the first byte"}
_HTTPS = {
    "https_connect_ms": "to connect",
    "https_tls_ms": "for TLS",
    "https_first_byte_ms": "to the first byte",
}

Tell = Callable[[AnswerRecord], str]
Meaning = Callable[[AnswerRecord], Iterator[str]]

_QUESTIONS: Mapping[str, tuple[str, Tell, Meaning]] = {
    "enforced": ("Is it forced already?", _share("already force https"), _enforced),
    "hsts": ("Do browsers keep to it?", _remembered, _hsts),
    "mixed-content": ("What would break?", _breaking, _mixed_content),
    "cookies": ("Do cookies stay off http?", _share("keep cookies off http"), _cookies),
    "clients": ("Who would be locked out?", _locked_out, _clients),
    "latency": ("What does it cost?", _added, _latency),
}


def _exceptions(waivers: Sequence[WaiverRecord], at: datetime.date) -> Line:
    question = "What is excused?"
    if not waivers:
        return Line("ready", question, "nothing is excused", "", "")
    reasons = " ".join(_exception(waiver, at) for waiver in waivers)
    return Line("open", question, f"{plural(len(waivers), 'exception')} granted", "", reasons)


def _exception(waiver: WaiverRecord, at: datetime.date) -> str:
    until = spoken_date(waiver.expires, at)
    return f"{waiver.check} on {joined(waiver.on)} until {until}: {waiver.reason} ({waiver.owner})."
