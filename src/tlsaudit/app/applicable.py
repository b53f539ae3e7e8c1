"""Which rules apply in this run. One that cannot apply is not selected, and that is said once: it is not unknown."""

from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from tlsaudit.app.settings import ProbeSettings
from tlsaudit.check import Check, Rule
from tlsaudit.errors import UserError
from tlsaudit.evidence import (
    DNS,
    WEB,
    ClientSessions,
    DeepScan,
    EvidenceType,
    HttpExchange,
    QuicOffer,
    SiteIndex,
    StartTlsOffer,
    WebLatency,
    is_ip_address,
)
from tlsaudit.policy import PreloadList
from tlsaudit.probe import deep
from tlsaudit.probe.extra import Extra
from tlsaudit.target import Endpoint

_OPTIONS: Mapping[EvidenceType, str] = {
    DeepScan: "--deep",
    ClientSessions: "--clients",
    SiteIndex: "--sample N",
    **dict.fromkeys(DNS, "--dns"),
}
"""Evidence that is looked for only where it is asked for, and how that is done."""

_PRELOAD_LIST = "--preload-list FILE"

_EXTRAS: Mapping[EvidenceType, Extra] = {DeepScan: deep.EXTRA, QuicOffer: Extra("quic", "aioquic")}

_NOT_PROXIED: Mapping[EvidenceType, str] = {
    DeepScan: "it does not go through --proxy",
    QuicOffer: "it does not go through --proxy",
    WebLatency: "through --proxy it would time the proxy",
    **dict.fromkeys(DNS, "it does not go through --proxy"),
}


@dataclass(frozen=True, slots=True)
class Applicable:
    """The rules that apply. `notes` name those that do not though a user would expect them; `lacking` says of each
    rule that does not apply what it would take.
    """

    rules: tuple[Rule, ...]
    notes: tuple[str, ...]
    lacking: Mapping[str, str]


def applicable(
    rules: Sequence[Rule], settings: ProbeSettings, named: Collection[str] = (), endpoints: Iterable[Endpoint] = ()
) -> Applicable:
    """The rules that apply with these settings and what is installed.

    `named` are the checks that the user asked for by their ids; a sample of the pages of one of the `endpoints` asks
    for what is said of samples. Raises UserError where one of them or an option asks for what cannot be had, and where
    no rule applies.
    """
    if any(endpoint.sample for endpoint in endpoints):
        settings = replace(settings, on_demand=settings.on_demand | {SiteIndex})
    for kind in sorted(settings.on_demand, key=_OPTIONS.__getitem__):
        if missing := _missing(kind, settings):
            raise UserError(f"{_OPTIONS[kind]}: {missing}")
    lacking = {rule.check.id: needs for rule in rules if (needs := ", then ".join(_needs(rule, settings)))}
    rest = tuple(rule for rule in rules if rule.check.id not in lacking)
    for name, needs in lacking.items():
        if name in named or not rest:
            raise UserError(f"{name}: cannot be judged: {needs}")
    return Applicable(rest, (*_notes(rules, lacking), *_age_of_list(rest, settings)), lacking)


def _notes(rules: Sequence[Rule], lacking: Mapping[str, str]) -> Iterator[str]:
    """What is lacking, and which checks that are not on demand would take it."""
    expected = [rule.check.id for rule in rules if not option_for(rule.check)]
    for needs in dict.fromkeys(lacking.values()):
        if names := [name for name in expected if lacking.get(name) == needs]:
            yield f"{', '.join(names)}: not asked: {needs}"


def _age_of_list(rules: Sequence[Rule], settings: ProbeSettings) -> Iterator[str]:
    if settings.preload_list and any("preload_list" in rule.policies for rule in rules):
        dated = settings.preload_list.dated
        yield f"the HSTS preload list is of {dated}, {(settings.clock().date() - dated).days} days old"


def option_for(check: Check) -> str | None:
    """The option without which a check is not run; None where it needs none."""
    if PreloadList in check.policies.values():
        return _PRELOAD_LIST
    return next((_OPTIONS[kind] for kind in check.evidence if kind in _OPTIONS), None)


def applies(check: Check, endpoint: Endpoint) -> bool:
    """Whether a check can be held against an endpoint at all: one that is reached by STARTTLS, or has the port
    of another protocol, speaks no HTTP; what begins with TLS has no STARTTLS; plain http takes a port for it; a site's
    index is for those of which a sample is wanted; an address has no records; and not every STARTTLS can be looked at
    in depth.
    """
    required = frozenset(check.evidence) - check.optional
    if WEB & required and not endpoint.speaks_http:
        return False
    if DNS.intersection(check.evidence) and is_ip_address(endpoint.host):
        return False
    if endpoint.starttls:
        return DeepScan not in check.evidence or endpoint.starttls in deep.STARTTLS
    if SiteIndex in required and not endpoint.sample:
        return False
    return StartTlsOffer not in required and (endpoint.http_port is not None or HttpExchange not in required)


def alike(endpoint: Endpoint) -> Hashable:
    """The same of endpoints to which the same checks apply: few differ in a fleet."""
    host = is_ip_address(endpoint.host)
    return endpoint.speaks_http, host, endpoint.starttls, endpoint.sample > 0, endpoint.http_port is None


def _needs(rule: Rule, settings: ProbeSettings) -> Iterator[str]:
    for kind in rule.check.evidence:
        if missing := _missing(kind, settings):
            yield missing
        if kind in _OPTIONS and kind not in settings.on_demand:
            yield f"add {_OPTIONS[kind]}"
    if missing := lacks_preload_list(rule):
        yield missing


def lacks_preload_list(rule: Rule) -> str | None:
    """What it would take to judge by a rule that has no preload list; None where it needs none, or has one."""
    wanted = {name for name, kind in rule.check.policies.items() if kind is PreloadList}
    return None if wanted <= rule.policies.keys() else f"add {_PRELOAD_LIST}"


def _missing(kind: EvidenceType, settings: ProbeSettings) -> str | None:
    if settings.proxy and kind in _NOT_PROXIED:
        return _NOT_PROXIED[kind]
    extra = _EXTRAS.get(kind)
    return f"pip install 'tlsaudit[{extra.name}]'" if extra and not extra.installed else None
