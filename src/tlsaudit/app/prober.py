"""What asks endpoints for the evidence that rules judge."""

from collections.abc import Sequence

from tlsaudit.app.settings import ProbeSettings, utc_now
from tlsaudit.check import Rule
from tlsaudit.evidence import DNS, ClientSessions, EvidenceType
from tlsaudit.policy import ReferenceClient, reference_clients
from tlsaudit.probe.certificate import TrustStores
from tlsaudit.probe.clients import ClientTemplate
from tlsaudit.probe.endpoint import EndpointProbe
from tlsaudit.probe.http import HttpProbe
from tlsaudit.probe.pace import Pace
from tlsaudit.probe.proxy import Tunnel


def wanted_by(rules: Sequence[Rule]) -> frozenset[EvidenceType]:
    """The evidence that the rules judge."""
    return frozenset(kind for rule in rules for kind in rule.check.evidence)


def prober(wanted: frozenset[EvidenceType], settings: ProbeSettings, sharing: int = 1) -> EndpointProbe:
    """What asks for the evidence that is wanted, and for nothing else; it is one of as many that are `sharing` this
    process. Raises UserError for what the user can mend.
    """
    limits, pace = settings.limits, Pace(settings.rate)
    tunnel = Tunnel(settings.proxy, limits.answer_s) if settings.proxy else None
    trust = TrustStores.load(*settings.ca_files)
    http = HttpProbe(
        limits,
        [file.path for file in settings.ca_files],
        settings.contact,
        tunnel,
        settings.client_certificate,
        clock=None if settings.clock is utc_now else settings.clock,
        pace=pace,
    )
    dns = None
    if DNS & wanted:
        from tlsaudit.probe.dns import DnsProbe, Resolver

        dns = DnsProbe(Resolver(settings.resolver), wanted, settings.clock)
    clients = [template_of(client) for client in reference_clients()] if ClientSessions in wanted else []
    return EndpointProbe(
        wanted,
        limits,
        trust,
        http,
        family=settings.family,
        tunnel=tunnel,
        clients=clients,
        client_certificate=settings.client_certificate,
        dns=dns,
        clock=settings.clock,
        pace=pace,
        sharing=sharing,
    )


def template_of(client: ReferenceClient) -> ClientTemplate:
    """The hello of a reference client, to be replayed."""
    return ClientTemplate(client.name, client.versions, client.hello)
