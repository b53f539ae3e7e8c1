"""Probe endpoints and judge each as it completes: what a scan and an audit have in common."""

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import aclosing
from functools import partial
from typing import NamedTuple

from tlsaudit import engine
from tlsaudit.app.settings import ProbeSettings
from tlsaudit.check import Finding, Rule, SubjectKind, judge_endpoint
from tlsaudit.evidence import EndpointObservation, Evidence, EvidenceType, HttpExchange
from tlsaudit.probe.certificate import TrustStore
from tlsaudit.probe.endpoint import EndpointProbe
from tlsaudit.probe.http import HttpProbe
from tlsaudit.probe.proxy import Tunnel
from tlsaudit.target import Endpoint

Earlier = Callable[[str, str, EvidenceType], Sequence[Evidence]]
"""What was seen before, of one type, at an address of an endpoint, newest first."""


def no_past(_endpoint: str, _address: str, _kind: EvidenceType) -> Sequence[Evidence]:
    """Where nothing is recorded, nothing was seen before."""
    return ()


class Observed(NamedTuple):
    """One endpoint, what was seen of it, and what the endpoint checks say."""

    endpoint: Endpoint
    observation: EndpointObservation
    findings: list[Finding]


async def observe(
    endpoints: Iterable[Endpoint], rules: Sequence[Rule], settings: ProbeSettings, earlier: Earlier = no_past
) -> AsyncIterator[Observed]:
    """Yield endpoints as they complete. Only what the rules judge is asked for.

    A rule about plain http is not applied to an endpoint that has no plain-http port.
    """
    wanted: frozenset[EvidenceType] = frozenset(kind for rule in rules for kind in rule.check.evidence)
    own = [rule for rule in rules if rule.check.subject_kind is SubjectKind.ENDPOINT]
    limits = settings.limits
    tunnel = Tunnel(settings.proxy, limits.answer_s) if settings.proxy else None
    http = HttpProbe(limits, settings.ca_file, settings.contact, tunnel)
    trust = TrustStore.load(settings.ca_file)
    probe = EndpointProbe(wanted, limits, trust, http, family=settings.family, tunnel=tunnel, clock=settings.clock)
    async with aclosing(engine.map(probe, endpoints, concurrency=settings.concurrency)) as completed:
        async for endpoint, observation in completed:
            past = partial(earlier, endpoint.id)
            findings = [judge_endpoint(rule, observation, past) for rule in own if _applies(rule, endpoint)]
            yield Observed(endpoint, observation, findings)


def _applies(rule: Rule, endpoint: Endpoint) -> bool:
    return endpoint.http_port is not None or HttpExchange not in rule.check.evidence


def left_out(endpoints: Sequence[Endpoint], rules: Sequence[Rule]) -> list[str]:
    """What is not asked of whom, said once for all endpoints."""
    asked_of_http = [rule.check.id for rule in rules if HttpExchange in rule.check.evidence]
    without = [endpoint.authority for endpoint in endpoints if endpoint.http_port is None]
    if not asked_of_http or not without:
        return []
    who = without[0] if len(without) == 1 else f"{without[0]} and {len(without) - 1} more"
    return [f"{', '.join(asked_of_http)}: not asked of {who}, which has no plain-http port"]
