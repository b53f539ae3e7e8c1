"""Run a server with a configuration, and hold what it does against the checks: each verdict at the line behind it."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from tlsaudit.app.applicable import applicable
from tlsaudit.app.gate.source import Source
from tlsaudit.app.observe import observe
from tlsaudit.app.records import endpoint_record
from tlsaudit.app.settings import ProbeSettings
from tlsaudit.check import Check, Finding, Outcome, Rule, Setting, SubjectKind
from tlsaudit.evidence import QuicOffer
from tlsaudit.registry import rule
from tlsaudit.report.document import EndpointRecord
from tlsaudit.server import Decision, Place, Served, VirtualHost
from tlsaudit.server.nginx import served
from tlsaudit.target import Endpoint, Route

_STOOD_IN = frozenset({Setting.CERTIFICATE, Setting.PAGE})
"""What a stand-in shows: nothing of that is the configuration's."""

_FIRST = (
    Setting.HSTS, Setting.REDIRECT, Setting.DH_PARAMETERS, Setting.SESSIONS, Setting.EARLY_DATA, Setting.CIPHER_SUITES,
    Setting.NAMED_GROUPS, Setting.PROTOCOLS,
)  # fmt: skip
"""Of several that a check names, the one that is most to the point where it is set."""


class Judged(NamedTuple):
    """A finding, and the line that decides it where one is known."""

    finding: Finding
    place: Place | None


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a configuration comes to. `judged_with` names the server that ran."""

    endpoints: Sequence[EndpointRecord]
    findings: Sequence[Judged]
    rules: Sequence[Rule]
    judged_with: str
    notes: Sequence[str]


async def judge(source: Source, checks: Sequence[Check], settings: ProbeSettings) -> Judgement:
    """Raises ConfigurationError, and MissingDaemonError where its server is not installed."""
    with (
        tempfile.TemporaryDirectory(prefix="tlsaudit-gate-") as folder,
        served(source.files, source.tree, Path(folder), source.daemon, allow=source.allow) as running,
    ):
        rules = [rule(check, {}) for check in checks if _of_configuration(check)]
        settings = replace(settings, ca_file=running.ca_file)
        chosen = applicable(rules, settings)
        hosts = {f"{host.name}:{host.port}": host for host in running.hosts}
        endpoints = _endpoints(running.hosts)
        seen = {observed.endpoint.id: observed async for observed in observe(endpoints, chosen.rules, settings)}
        ordered = [seen[endpoint.id] for endpoint in endpoints]
        settled = {one.check.id: one.check.settings for one in chosen.rules}
        return Judgement(
            endpoints=[endpoint_record(each.endpoint, each.observation) for each in ordered],
            findings=[
                _located(finding, settled[finding.check], hosts[each.endpoint.authority], running)
                for each in ordered
                for finding in each.findings
            ],
            rules=chosen.rules,
            judged_with=running.version,
            notes=[*running.notes, *_not_judged(checks)],
        )


def _of_configuration(check: Check) -> bool:
    return (
        check.subject_kind is SubjectKind.ENDPOINT
        and not (check.settings and check.settings <= _STOOD_IN)
        and QuicOffer not in check.evidence
    )


def _not_judged(checks: Sequence[Check]) -> list[str]:
    stood_in = [check.id for check in checks if check.settings and check.settings <= _STOOD_IN]
    return [f"{', '.join(stood_in)}: not asked: certificates and pages are stand-ins here"] if stood_in else []


def _endpoints(hosts: Sequence[VirtualHost]) -> list[Endpoint]:
    pins = {(host.name, port): tuple(sockets) for host in hosts for port, sockets in host.sockets.items()}
    route = Route(pins=pins, closed=True)
    return [Endpoint(host.name, host.port, host.http_port, route=route) for host in hosts]


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
    return Judged(shown, decided.place)


def _decided(
    settings: frozenset[Setting], host: VirtualHost, address: str | None, path: str, running: Served
) -> Decision | None:
    """By the first setting that a directive decides, else by the first that has a default."""
    found = [made for one in _FIRST if one in settings and (made := running.decide(one, host, address, path))]
    return next((made for made in found if made.directive), found[0] if found else None)
