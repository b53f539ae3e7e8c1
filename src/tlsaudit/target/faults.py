"""What pydantic says of targets.yaml -> problems in plain words, each with its line and what to do."""

from collections.abc import Callable
from typing import Any, NamedTuple

from pydantic import ValidationError

from tlsaudit.target import model
from tlsaudit.target.problem import Problem, did_you_mean, shown
from tlsaudit.target.source import KEY, Source
from tlsaudit.target.targets import Place

_SECTIONS: dict[str | int, type[model.Section]] = {
    "sites": model.SiteSection,
    "services": model.ServiceSection,
    "links": model.LinkSection,
    "objectives": model.ObjectiveSection,
    "waivers": model.WaiverSection,
}

_WITHIN: dict[tuple[str | int, str | int], type[model.Section]] = {
    ("services", "hosts"): model.HostSection,
    ("services", "inventory"): model.InventorySection,
    ("services", "at"): model.PlaceSection,
    ("services", "drills"): model.DrillSection,
    ("links", "evidence"): model.EvidenceSection,
    ("objectives", "milestones"): model.MilestoneSection,
}

_MISSING = {
    "version": "no version: start the file with version: 1",
    "host": "no host: write host: www.example.org",
    "file": "the inventory has no file: write file: hosts.csv",
    "day": "the drill has no day: write day: 2027-03-12",
    "from": "the drill does not say which site answered before: write from: and its name",
    "to": "the drill does not say which site took over: write to: and its name",
    "result": "the drill has no result: write result: ok or result: failed",
    "address": "no address: write address: 192.0.2.10",
    "sites": "the link names no sites: write sites: [east, west]",
    "milestones": "no milestones: write at least one, such as milestones: {2027-06-30: 100%}",
    "target": "no target: write target: 95% or target: measured",
    "check": "the waiver names no check: write check: and its id",
    "on": "the waiver does not say what it is for: write on: and a list of services or hosts",
    "reason": "the waiver gives no reason: write reason: and why",
    "expires": "the waiver has no expiry: write the last day on which it holds, such as expires: 2027-06-30",
}


class _Fault(NamedTuple):
    key: str
    place: Place
    value: Any
    context: dict[str, Any]


def problems_of(error: ValidationError, source: Source) -> list[Problem]:
    """One problem for each fault, at the place where it stands."""
    problems = []
    for item in error.errors(include_url=False):
        place: Place = item["loc"]
        at_key = item["type"] in {"extra_forbidden", "missing"}
        line, column = source.position(place, key=at_key)
        named = (step for step in reversed(place) if isinstance(step, str) and step != KEY)
        fault = _Fault(next(named, "the file"), place, item["input"], item.get("ctx", {}))
        problems.append(Problem(line, column, _IN_WORDS.get(item["type"], _unfitting)(fault)))
    return problems


def _plain(fault: _Fault) -> str:
    return str(fault.context["message"])


def _unknown_key(fault: _Fault) -> str:
    known = [field.alias or name for name, field in _model_at(fault.place[:-1]).model_fields.items()]
    near = did_you_mean(fault.key, known)
    return f"unknown key {shown(fault.key)}" + (near or f": known here are {', '.join(known)}")


def _model_at(place: Place) -> type[model.Section]:
    match tuple(place):
        case ("defaults",):
            return model.DefaultsSection
        case ("notify", *owner):
            return model.ChannelsSection if owner else model.NotifySection
        case (section, _):
            return _SECTIONS[section]
        case (section, _, within, *_):
            return _WITHIN[section, within]
    return model.TargetsFile


def _missing(fault: _Fault) -> str:
    return _MISSING[fault.key]


def _no_choice(fault: _Fault) -> str:
    return f"{fault.key}: {_written(fault.value)} is not one of {fault.context['expected'].replace(chr(39), '')}"


def _no_text(fault: _Fault) -> str:
    if isinstance(fault.value, list | dict):
        return f"{shown(fault.key)} takes plain text, not a {'list' if isinstance(fault.value, list) else 'mapping'}"
    if fault.value is None:
        return _empty_text(fault)
    return f"{shown(fault.key)}: {_written(fault.value)} is not taken as text: put it in quotes"


def _no_list(fault: _Fault) -> str:
    example = f"write [{shown(fault.value)}]" if isinstance(fault.value, str) else "such as [a, b]"
    return f"{shown(fault.key)} takes a list: {example}"


def _no_mapping(fault: _Fault) -> str:
    if fault.place[:1] == ("services",) and len(fault.place) == 2:
        return f"{shown(fault.key)}: write a list of hosts, such as [www.example.org], or a mapping with hosts:"
    return f"{shown(fault.key)} takes a mapping: such as {{key: value}}"


def _empty(fault: _Fault) -> str:
    return f"{shown(fault.key)} is empty: name at least one, or leave the key out"


def _empty_text(fault: _Fault) -> str:
    return f"{shown(fault.key)} is empty: write something, or leave the key out"


def _unfitting(fault: _Fault) -> str:
    return f"{shown(fault.key)}: {_written(fault.value)} does not fit here"


def _written(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else "nothing" if value is None else shown(value)


_IN_WORDS: dict[str, Callable[[_Fault], str]] = {
    "plain": _plain,
    "extra_forbidden": _unknown_key,
    "missing": _missing,
    "literal_error": _no_choice,
    "string_type": _no_text,
    "list_type": _no_list,
    "dict_type": _no_mapping,
    "model_type": _no_mapping,
    "too_short": _empty,
    "string_too_short": _empty_text,
}
