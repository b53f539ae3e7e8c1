"""Hold what a server does with a configuration against the checks: each verdict at the line behind it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from tlsaudit.app.applicable import applicable
from tlsaudit.app.observe import observe
from tlsaudit.app.records import endpoint_record
from tlsaudit.app.settings import ProbeSettings
from tlsaudit.check import Check, Finding, Outcome, Rule, Setting, SubjectKind
from tlsaudit.evidence import QuicOffer
from tlsaudit.probe.certificate import RootFile
from tlsaudit.registry import rule
from tlsaudit.report.document import EndpointRecord
from tlsaudit.server import Decision, Place, Served, VirtualHost
from tlsaudit.target import Endpoint, Route

_STOOD_IN = frozenset({Setting.CERTIFICATE, Setting.PAGE})
"""What a stand-in shows: nothing of that is the configuration's."""

_ORDER = (
    Setting.HSTS, Setting.REDIRECT, Setting.DH_PARAMETERS, Setting.SESSIONS, Setting.EARLY_DATA, Setting.CIPHER_SUITES,
    Setting.NAMED_GROUPS, Setting.PROTOCOLS,
)  # fmt: skip
"""Of several settings that a check names, the one that is most to the point comes first."""


class Judged(NamedTuple):
    """A finding, and the line that decides it where one is known."""

    finding: Finding
    place: Place | None


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a configuration comes to."""

    endpoints: Sequence[EndpointRecord]
    findings: Sequence[Judged]


def rules_of(
    checks: Sequence[Check], settings: ProbeSettings, options: Mapping[str, Mapping[str, object]] | None = None
) -> tuple[Sequence[Rule], list[str]]:
    """Those that a configuration can be held against, with the options of checks, and notes on the others."""
    stood_in = [check.id for check in checks if check.settings and check.settings <= _STOOD_IN]
    chosen = [
        rule(check, (options or {}).get(check.id, {}))
        for check in checks
        if check.subject_kind is SubjectKind.ENDPOINT and check.id not in stood_in and QuicOffer not in check.evidence
    ]
    found = applicable(chosen, settings)
    said = [f"{', '.join(stood_in)}: not asked: certificates and pages are stand-ins here"] if stood_in else []
    return found.rules, [*found.notes, *said]


async def judge(
    running: Served, wanted: Collection[VirtualHost], rules: Sequence[Rule], settings: ProbeSettings
) -> Judgement:
    """The wanted virtual hosts of a configuration that is being served."""
    hosts = {host.id: host for host in running.hosts if host in wanted}
    endpoints = _endpoints(list(hosts.values()), running)
    trusting = replace(settings, ca_files=(RootFile("ours", running.ca_file),))
    seen = {observed.endpoint.id: observed async for observed in observe(endpoints, rules, trusting)}
    settled = {one.check.id: one.check.settings for one in rules}
    ordered = [seen[endpoint.id] for endpoint in endpoints]
    return Judgement(
        endpoints=[endpoint_record(each.endpoint, each.observation) for each in ordered],
        findings=[
            _located(finding, settled[finding.check], hosts[each.endpoint.id], running)
            for each in ordered
            for finding in each.findings
        ],
    )


def _endpoints(hosts: Sequence[VirtualHost], running: Served) -> list[Endpoint]:
    """Redirects may lead to any host of the configuration, and nowhere else."""
    pins = {(host.name, port): tuple(sockets) for host in running.hosts for port, sockets in host.sockets.items()}
    route = Route(pins=pins, closed=True)
    return [Endpoint(host.name, host.port, host.http_port, route=route, web=host.web) for host in hosts]


def _located(finding: Finding, settings: frozenset[Setting], host: VirtualHost, running: Served) -> Judged:
    """At the line that decides. What nothing here decides, and an application behind might, is unknown."""
    path = str(finding.facts.get("path") or "/")
    decided = _decided(settings, host, finding.address, path, running)
    public = running.sockets.public(finding.address) if finding.address else None
    shown = replace(finding, address=f"{public}:{host.port}" if public else None)
    if decided is None:
        return Judged(shown, None)
    if finding.outcome is Outcome.FAIL and decided.directive is None and decided.application:
        message = f"{finding.message}: nothing here decides that; the application at {decided.application.place} may"
        return Judged(replace(shown, outcome=Outcome.UNKNOWN, message=message), decided.application.place)
    if finding.outcome is Outcome.FAIL and decided.why:
        shown = replace(shown, message=f"{finding.message}: {decided.why}")
    return Judged(shown, decided.place)


def _decided(
    settings: frozenset[Setting], host: VirtualHost, address: str | None, path: str, running: Served
) -> Decision | None:
    """By the first setting that a directive decides, else by the first that has a default."""
    found = [made for one in _ORDER if one in settings and (made := running.decide(one, host, address, path))]
    return next((made for made in found if made.directive), found[0] if found else None)
