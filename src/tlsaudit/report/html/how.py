"""How each number was made: what was counted, by which checks, when, and what of it is not known."""

import datetime
from collections.abc import Iterator, Mapping
from typing import Any

from tlsaudit.report import sentences, text, wording
from tlsaudit.report.document import CheckRecord, Header, ObjectiveRecord, PinnedObjectiveRecord

Line = tuple[str, str]
"""What it tells, and the telling."""


def numbers(header: Header, objectives: list[ObjectiveRecord]) -> list[dict[str, Any]]:
    """Each goal with the lines that say how its number was made."""
    asked = {item.id: item for item in header.timetable.objectives} if header.timetable else {}
    return [{"title": item.title, "lines": list(_lines(item, asked.get(item.id), header))} for item in objectives]


def _lines(item: ObjectiveRecord, asked: PinnedObjectiveRecord | None, header: Header) -> Iterator[Line]:
    if item.kind == "decision" and item.share is None:
        yield "The number", "none: it is decided or not"
        yield "Readiness", "each question by the last audit that asked it, of those by which it may still be answered"
        return
    yield "The number", _number(item, asked)
    if item.measurement is None:
        yield "Made of", _made_of(item)
        yield "Judged", _judged(item)
    if item.weighted:
        yield "Weighted", f"each counts by its {item.weighted}, as targets.yaml has them"
    if asked:
        yield "Counts", ", ".join(asked.scope) or "everything that the checks are about"
        names = [asked.metric.partition("/")[0]] if asked.metric else asked.checks
        if names and item.measurement is None:
            yield "Checks", "; ".join(_check(name, header.checks) for name in names)
        yield "Measured", f"{_measured(item, header)}; a figure counts for {_window(asked.window_s)}"
    else:
        yield "Measured", _measured(item, header)
    yield "Compared", _compared(item)


def _number(item: ObjectiveRecord, asked: PinnedObjectiveRecord | None) -> str:
    recorded = item.measurement
    if recorded:
        unknown = f", {recorded.unknown:,} of which could not be told" if recorded.unknown else ""
        return (
            f"a share of {text.plural(recorded.denominator, recorded.unit, recorded.unit)}{unknown}, recorded from "
            f"{recorded.source}"
        )
    if item.kind == "metric":
        return f"the worst figure of {asked.metric if asked else 'its check'} among all that count"
    share = "how many pass all of the checks, divided by how many count"
    if item.weighted:
        share = f"the {item.weighted} of those that pass all of the checks, divided by the {item.weighted} of all"
    return f"none but whether it is decided; how ready things are is {share}" if item.kind == "decision" else share


def _made_of(item: ObjectiveRecord) -> str:
    counts = item.counts
    parts = {"pass": counts.passed, "fail": counts.fail, "unknown": counts.unknown, "excused": counts.waived}
    total = text.denominator(counts)
    left_out = f"; {counts.not_applicable:,} to which it does not apply left out" if counts.not_applicable else ""
    if not total:
        return f"nothing{left_out}"
    return f"{' + '.join(f'{count:,} {name}' for name, count in parts.items())} = {total:,} that count{left_out}"


def _judged(item: ObjectiveRecord) -> str:
    total = text.denominator(item.counts)
    if not total or item.coverage is None:
        return "nothing"
    of = f" of the {item.weighted}" if item.weighted else ""
    said = f"{total - item.counts.unknown:,} of {total:,}, {text.percent(item.coverage)}{of}"
    return said + ("; what is unknown counts as not done" if item.counts.unknown else "")


def _check(name: str, ran: list[CheckRecord]) -> str:
    found = next((check for check in ran if check.id == name), None)
    if found is None:
        return f"{name}, not run by the last audit"
    # Whole days are written with the time that they do not have.
    options = [f"{option} {str(value).removesuffix(', 0:00:00')}" for option, value in found.options.items()]
    return ", ".join([name, *options, f"rule {found.digest}"])


def _measured(item: ObjectiveRecord, header: Header) -> str:
    if item.measurement:
        first, last = item.measurement.first_day, item.measurement.last_day
        return text.long_date(last) if first == last else f"{text.long_date(first)} to {text.long_date(last)}"
    if item.measured_at is None:
        return "by no audit of late"
    by = sentences.audited_at(item.measured_at)
    if item.measured_at == header.started_at:
        return f"by the audit that began on {by}"
    return f"by an earlier audit, that of {by}, the last that ran all of these checks, as they were then"


def _window(seconds: float) -> str:
    span = datetime.timedelta(seconds=seconds)
    return text.plural(span.days, "day") if span.days and not span.seconds else text.duration(seconds)


def _compared(item: ObjectiveRecord) -> str:
    if item.previous is None:
        return "with nothing: there is no earlier figure"
    was = wording.measure(item, item.previous)
    if item.changes is None:
        return f"with {was}, of which it is not known why it was another" if wording.differs(item) else f"with {was}"
    why = wording.why(item)
    return f"with {was} by the audit of {sentences.audited_at(item.changes.since)}" + (f": {why}" if why else "")


def policies(policy: Mapping[str, Any]) -> list[str]:
    """The published knowledge in use, each with its version."""
    return [f"{name.replace('_', ' ')}: {_version(value)}" for name, value in policy.items()]


def _version(value: Any) -> str:
    if not isinstance(value, dict):
        return str(value)
    if "dated" in value:
        return f"of {value['dated']}, {value.get('entries', 0):,} entries"
    return f"{len(value)}, each with its origin in the JSON report"
