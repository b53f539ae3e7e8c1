"""The structure of targets.yaml, as pydantic checks it and as its JSON Schema describes it."""

import ipaddress
import re
from collections.abc import Callable
from datetime import date, timedelta
from fractions import Fraction
from typing import Annotated, Any, Literal, NamedTuple, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    StringConstraints,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from tlsaudit.target.defaults import MOST_SAMPLED, MOST_WEIGHT
from tlsaudit.target.endpoint import SocketAddress
from tlsaudit.target.name import parse_address, parse_authority, parse_page, parse_port
from tlsaudit.target.notify import PAGE_FOR, VARIABLE_PATTERN, Topic, parse_variable
from tlsaudit.target.objective import (
    DURATION_PATTERN,
    TARGET_PATTERN,
    DecisionOutcome,
    Metric,
    MilestoneTarget,
    parse_duration,
    parse_milestone_target,
)
from tlsaudit.target.period import PERIOD_PATTERN, Period, parse_period
from tlsaudit.target.problem import TargetError, shown
from tlsaudit.target.resolver import parse_resolver
from tlsaudit.target.starttls import STARTTLS_PORTS, parse_starttls, scheme_of
from tlsaudit.target.targets import is_history_url

T = TypeVar("T")

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_METRIC = re.compile(r"([a-z][a-z0-9-]*)/([a-z][a-z0-9_]*)")
_SSH_PATTERN = r"([A-Za-z_][A-Za-z0-9._-]{0,31}@)?[A-Za-z0-9:][A-Za-z0-9:.-]{0,252}"  # no option, nothing for a shell
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")

Scalar = str | int | float | bool | None


class HostPort(NamedTuple):
    host: str
    port: int
    starttls: str | None = None


def fault(message: str) -> PydanticCustomError:
    """A problem in plain words; `faults` passes it on as it is."""
    return PydanticCustomError("plain", "{message}", {"message": message})


def _text(parse: Callable[[str], T]) -> PlainValidator:
    """A validator for text that a function of this package reads."""

    def validate(value: object) -> T:
        if not isinstance(value, str):
            raise PydanticCustomError("string_type", "text")
        try:
            return parse(value)
        except TargetError as error:
            raise fault(str(error)) from None

    return PlainValidator(validate)


def _id(text: str) -> str:
    if not _ID.fullmatch(text):
        raise TargetError(f"{shown(text)} is no name: use letters, digits, dots and dashes")
    return text


def _day(text: str) -> date:
    try:
        if not _DAY.fullmatch(text):
            raise ValueError
        return date.fromisoformat(text)
    except ValueError:
        raise TargetError(f"{shown(text)} is no date: write YYYY-MM-DD") from None


def _metric(text: str) -> Metric:
    matched = _METRIC.fullmatch(text)
    if not matched:
        raise TargetError(f"{shown(text)} is no metric: write check/fact, such as page-size-exposure/recognisable")
    return Metric(*matched.groups())


def _host_port(text: str) -> HostPort:
    if scheme_of(text):
        protocol, host, port = parse_starttls(text)
        return HostPort(host, port, protocol)
    host, number = parse_authority(text)
    return HostPort(host, 443 if number is None else number)


def _prefix(text: str) -> str:
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise TargetError(f"{shown(text)} is no prefix: write one such as 10.64.0.0/16") from None
    if "/" not in text or str(network.network_address) != str(ipaddress.ip_interface(text).ip):
        raise TargetError(f"{shown(text)} is no prefix: write {network}")
    return str(network)


def _ssh_host(text: str) -> str:
    if not re.fullmatch(_SSH_PATTERN, text):
        raise TargetError(f"{shown(text)} is no host for ssh: write gw.example.org or user@gw.example.org")
    return text


def _history(text: str) -> str:
    if not is_history_url(text):
        raise TargetError(f"{shown(text)} is no history: write sqlite:///history.db or postgresql://host/name")
    return text


def _port_number(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 65535:
        return value
    raise fault(f"{shown(value)} is no port: write a number from 1 to 65535")


def _sample_size(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MOST_SAMPLED:
        return value
    raise fault(f"{shown(value)} is no sample: write a number of pages from 0 to {MOST_SAMPLED}")


def _weight(value: object) -> Fraction:
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= MOST_WEIGHT:
        return Fraction(value)
    raise fault(f"{shown(value)} is no weight: write a number from 0 to {MOST_WEIGHT:.0e}")


def _version(value: object) -> int:
    if value == "1":
        raise fault("version is a number: write version: 1, without quotes")
    if value != 1 or not isinstance(value, int) or isinstance(value, bool):
        raise fault(f"version {shown(value)} is not known to this release: write version: 1")
    return value


def _option(value: object) -> Scalar | list[Scalar]:
    plain = value if isinstance(value, list) else [value]
    if not all(item is None or isinstance(item, str | int | float | bool) for item in plain):
        raise fault("an option is a plain value, such as minimum: 180d, or a list of them")
    return value  # type: ignore[return-value]


def _two_sites(sites: list[str]) -> list[str]:
    if len(set(sites)) != 2 or len(sites) != 2:
        raise fault("a link joins two sites: write sites: [east, west]")
    return sites


def _hosts_only(value: object) -> object:
    if value is None:
        return {}
    return {"hosts": value} if isinstance(value, list) else value


def _host_only(value: object) -> object:
    return value if isinstance(value, dict) else {"host": value}


def _target_only(value: object) -> object:
    return value if isinstance(value, dict) else {"target": value}


def _address_only(value: object) -> object:
    return {"address": value} if isinstance(value, str | list) else value


def _file_only(value: object) -> object:
    return {"file": value} if isinstance(value, str) else value


def _or_list(value: object) -> object:
    return value if isinstance(value, list) else [value]


def _or_one(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _one_mapping(value: object) -> object:
    return [value] if isinstance(value, dict) else value


def _or_nothing(value: object) -> object:
    return {} if value is None else value


def _schema(description: str, pattern: str | None = None, **more: Any) -> WithJsonSchema:
    schema = {"type": "string", "description": description, **more}
    return WithJsonSchema(schema | {"pattern": f"^{pattern}$"} if pattern else schema)


_PORT_SCHEMA = {"type": "integer", "minimum": 1, "maximum": 65535}
_SAMPLE_SCHEMA = {
    "type": "integer",
    "minimum": 0,
    "maximum": MOST_SAMPLED,
    "description": "How many pages of the sitemap are judged beside those listed; 0: none, and no sitemap is read",
}
_WEIGHT_SCHEMA = {"type": "number", "minimum": 0, "maximum": MOST_WEIGHT}
_DAY_PATTERN = "[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
_TARGET_PATTERN = rf"(measured|decided|{TARGET_PATTERN})"

Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Id = Annotated[str, _text(_id), _schema("A name of your choice", _ID.pattern)]
Day = Annotated[date, _text(_day), _schema("A day, UTC: YYYY-MM-DD", _DAY_PATTERN, format="date")]
Host = Annotated[
    HostPort,
    _text(_host_port),
    _schema(
        "name, name:port, IP address or [IPv6]:port; a bare host means https on 443 and http on 80; for STARTTLS "
        + ", ".join(f"{name}://" for name in STARTTLS_PORTS)
        + " before it",
        rf"(({'|'.join(STARTTLS_PORTS)})://)?[^\s/*]+",
    ),
]
Address = Annotated[str, _text(parse_address), _schema("An IPv4 or IPv6 address", r"[0-9A-Fa-f:.\[\]]+")]
Addresses = Annotated[list[Address], Field(min_length=1)]
Prefix = Annotated[str, _text(_prefix), _schema("Such as 10.64.0.0/16", r"[0-9A-Fa-f:.]+/[0-9]{1,3}")]
SshHost = Annotated[
    str,
    _text(_ssh_host),
    _schema("Host, or user@host, where swanctl lists what it has; fixed commands are run", _SSH_PATTERN),
]
Page = Annotated[str, _text(parse_page), _schema("A path on the host", r"/[^\s#]*")]
Window = Annotated[timedelta, _text(parse_duration), _schema("Such as 7d or 12h", DURATION_PATTERN)]
History = Annotated[
    str,
    _text(_history),
    _schema("Database URL; sqlite is relative to this file", r"(sqlite(\+\w+)?:///|postgresql(\+\w+)?://)[^\s?].*"),
]
Resolver = Annotated[
    SocketAddress,
    _text(parse_resolver),
    _schema("The DNS resolver to ask, as address, address:port or [IPv6]:port: DNS is judged then", r"[^\s/]+"),
]
Sample = Annotated[int, PlainValidator(_sample_size), WithJsonSchema(_SAMPLE_SCHEMA)]
Weights = Annotated[
    dict[Id, Annotated[Fraction, PlainValidator(_weight), WithJsonSchema(_WEIGHT_SCHEMA)]],
    Field(description="How much of something it has, such as page-views: 1200000, for objectives that are weighted"),
]
Port = Annotated[int, PlainValidator(_port_number), WithJsonSchema(_PORT_SCHEMA)]
PortMap = Annotated[
    dict[Annotated[int, _text(parse_port)], Port],
    WithJsonSchema(
        {
            "type": "object",
            "propertyNames": {"pattern": "^[0-9]{1,5}$"},
            "additionalProperties": _PORT_SCHEMA,
            "description": "Public port: the port that is really listened on",
        }
    ),
]
Variable = Annotated[
    str,
    _text(parse_variable),
    _schema("$NAME: the environment variable that holds the address, as an Apprise URL", VARIABLE_PATTERN),
]
Variables = Annotated[
    Annotated[list[Variable], Field(min_length=1)],
    BeforeValidator(_or_one, json_schema_input_type=Variable | Annotated[list[Variable], Field(min_length=1)]),
]
Option = Annotated[
    Scalar | list[Scalar],
    PlainValidator(_option),
    WithJsonSchema({"type": ["string", "number", "boolean", "null", "array"]}),
]


class Section(BaseModel):
    """A part of the file."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


Target = Annotated[
    MilestoneTarget, _text(parse_milestone_target), _schema("95%, <= 45%, measured or decided", _TARGET_PATTERN)
]


class MilestoneSection(Section):
    """A milestone with something to say of it; where there is nothing, its target alone will do."""

    target: Target
    every: Annotated[Period, _text(parse_period), _schema("Such as 3 months or 1 year", PERIOD_PATTERN)] | None = None


Milestones = Annotated[
    dict[
        Day,
        Annotated[MilestoneSection, BeforeValidator(_target_only, json_schema_input_type=Target | MilestoneSection)],
    ],
    Field(min_length=1, description="Date: what must be true by the end of that day, UTC"),
]


class DefaultsSection(Section):
    """What holds where an entry does not say otherwise."""

    owner: Words | None = Field(None, description="Who answers for what names no owner")
    sample: Sample = 0
    dns: bool = Field(False, description="Whether DNS is judged, too, as with --dns")
    resolver: Resolver | None = None


class SiteSection(Section):
    """A data centre or point of presence."""

    title: Words | None = Field(None, description="What people call it")
    region: Words | None = Field(None, description="Where it is")
    prefixes: list[Prefix] = Field([], description="The networks behind it")


class VantageSection(Section):
    """A place that tlsaudit looks from, as --vantage names it."""

    title: Words | None = Field(None, description="What people call it")
    region: Words | None = Field(None, description="Where it is")


class PlaceSection(Section):
    """Where a service's hosts answer at one site."""

    address: Annotated[Addresses, BeforeValidator(_or_one, json_schema_input_type=Address | Addresses)]
    ports: PortMap = {}


Place = Annotated[
    PlaceSection,
    BeforeValidator(_address_only, json_schema_input_type=Address | Addresses | PlaceSection),
]


class HostSection(Section):
    """A host with something to say of it; where there is nothing, its name alone will do."""

    # Defaults are made anew: pydantic copies one that is given, which takes longer, for each of ten thousand hosts.
    host: Host
    weights: Weights = Field(default_factory=dict)
    was: Annotated[list[Host], BeforeValidator(_or_one, json_schema_input_type=Host | list[Host])] = Field(
        default_factory=list,
        description="What stood here before the host was renamed; several where it was renamed more than once",
    )


HostList = Annotated[
    list[Annotated[HostSection, BeforeValidator(_host_only, json_schema_input_type=Host | HostSection)]],
    Field(min_length=1),
]


class InventorySection(Section):
    """A file that names hosts, with what it is where its looks do not say it; mostly its path alone will do."""

    file: Words = Field(description="Its path, relative to this file")
    format: Literal["list", "csv", "zone", "kubernetes", "ct", "nginx", "apache", "haproxy"] | None = Field(
        None, alias="from", description="What it is, as --from says it on the command line"
    )


InventoryEntry = Annotated[
    InventorySection, BeforeValidator(_file_only, json_schema_input_type=Words | InventorySection)
]
Inventories = Annotated[list[InventoryEntry], Field(min_length=1)]


class DrillSection(Section):
    """A fail-over of a service that was tried."""

    day: Day
    origin: Id = Field(alias="from", description="The site that answered before")
    to: Id = Field(description="The site that took over")
    result: Literal["ok", "failed"] = Field(description="Whether readers were served as before")
    record: Words | None = Field(None, description="URL of what was written about it")


class ServiceSection(Section):
    """What users call it: an owner and the hosts behind it."""

    hosts: HostList = Field(default_factory=list, description="The hosts that make the service")
    inventory: (
        Annotated[Inventories, BeforeValidator(_or_list, json_schema_input_type=InventoryEntry | Inventories)] | None
    ) = Field(None, description="Files that name hosts: see docs/inventory.md. Rows with a service are of that one")
    owner: Words | None = Field(None, description="Who answers for it")
    at: dict[Id, Place] | None = Field(
        None,
        description="Site: the address or addresses of the hosts there. Without it, whatever DNS says",
        min_length=1,
    )
    pages: list[Page] = Field(
        default_factory=list, description="Paths whose redirects and canonical links are judged; / always is"
    )
    sample: Sample | None = None
    drills: list[DrillSection] = Field(
        default_factory=list, description="The fail-overs that were tried, for failover-drill/share"
    )

    model_config = ConfigDict(json_schema_extra={"anyOf": [{"required": ["hosts"]}, {"required": ["inventory"]}]})


class EvidenceSection(Section):
    """Where the state of a link can be read: a control socket, a host, or files with saved output."""

    site: Id | None = Field(None, description="The site of whose gateway it tells; without it, the link's first")
    vici: Words | None = Field(None, description="Path of strongSwan's vici socket")
    ssh: SshHost | None = None
    swanctl_sas: Words | None = Field(None, description="File with the output of swanctl --list-sas --raw")
    swanctl_conns: Words | None = Field(None, description="File with the output of swanctl --list-conns --raw")
    swanctl_pols: Words | None = Field(None, description="File with the output of swanctl --list-pols --raw")
    libreswan_status: Words | None = Field(None, description="File with the output of ipsec whack --status")
    libreswan_traffic: Words | None = Field(None, description="File with the output of ipsec trafficstatus")
    xfrm_state: Words | None = Field(None, description="File with the output of ip -s xfrm state list nokeys")
    xfrm_policy: Words | None = Field(None, description="File with the output of ip xfrm policy")

    @property
    def kinds(self) -> list[str]:
        """Which of them it names: vici, ssh, swanctl, libreswan, xfrm. One is to be named."""
        named = (name.partition("_")[0] for name in self.model_fields_set - {"site"} if getattr(self, name))
        return sorted(set(named))

    def parts(self, kind: str) -> dict[str, str]:
        """What it says of one: a path or host by what is there, such as `sas`; empty for a socket or host itself."""
        named = (name for name in type(self).model_fields if name.partition("_")[0] == kind)
        return {name.partition("_")[2]: getattr(self, name) for name in named if getattr(self, name)}


class LinkSection(Section):
    """Two sites whose traffic to one another is to be encrypted."""

    sites: Annotated[list[Id], AfterValidator(_two_sites)] = Field(
        description="The two sites", json_schema_extra={"minItems": 2, "maxItems": 2, "uniqueItems": True}
    )
    owner: Words | None = Field(None, description="Who answers for it")
    gateways: dict[
        Id,
        Annotated[Addresses, BeforeValidator(_or_one, json_schema_input_type=Address | Addresses)],
    ] = Field({}, description="Site: the address or addresses between which its tunnels run")
    prefixes: dict[Id, Annotated[list[Prefix], Field(min_length=1)]] = Field(
        {}, description="Site: the networks behind it whose traffic is to be encrypted, where they are not the site's"
    )
    evidence: Annotated[
        list[EvidenceSection],
        BeforeValidator(_one_mapping, json_schema_input_type=EvidenceSection | list[EvidenceSection]),
    ] = Field([], description="Where its state can be read; several sources are held against each other")
    weights: Weights = {}


class ObjectiveSection(Section):
    """A goal: checks that pass, a metric, or a decision, held against dated milestones."""

    title: Words | None = Field(None, description="The goal in the words of those who set it")
    owner: Words | None = Field(None, description="Who answers for it")
    scope: list[Words] | None = Field(
        None,
        description="service, service@site, host, host@site, host:port or link; without it, everything",
        min_length=1,
    )
    checks: list[Id] | None = Field(
        None,
        description="Ids of checks that must pass (tlsaudit explain lists them); with a decision, they show readiness",
        min_length=1,
    )
    metric: (
        Annotated[Metric, _text(_metric), _schema("check/fact or recorded/fact: a number", _METRIC.pattern)] | None
    ) = None
    weighted: Id | None = Field(None, description="The name of the weights by which the share is taken")
    decision: DecisionOutcome | None = Field(None, description="The decision as it stands")
    decided: Day | None = Field(None, description="The day of the decision")
    record: Words | None = Field(None, description="URL of the decision's record")
    window: Window | None = Field(
        None, description="How old an observation may be; 7d, or the longest period where every milestone repeats"
    )
    milestones: Milestones

    model_config = ConfigDict(
        json_schema_extra={
            "oneOf": [
                {"required": ["checks"], "not": {"required": ["decision"]}},
                {"required": ["metric"]},
                {"required": ["decision"]},
            ]
        }
    )


class WaiverSection(Section):
    """Excuses failures for a time. It never raises a share."""

    check: Id = Field(description="The check whose failures are excused")
    on: list[Words] = Field(description="service, service@site, host, host@site, host:port or link", min_length=1)
    reason: Words = Field(description="Why, for whoever reads the report")
    owner: Words | None = Field(None, description="Who answers for it")
    ticket: Words | None = Field(None, description="URL of the ticket")
    expires: Day = Field(description="The last day on which it holds, UTC")


class ChannelsSection(Section):
    """Where notices go."""

    page: Variables | None = Field(None, description="What cannot wait, by page_for")
    mail: Variables | None = Field(None, description="Everything else; also what cannot wait where page is not set")


class NotifySection(ChannelsSection):
    """Who is told of what changes, by tlsaudit audit --notify and tlsaudit notify."""

    owners: dict[Words, ChannelsSection] = Field({}, description="Owners who are told elsewhere than everybody")
    page_for: list[Topic] = Field(
        list(PAGE_FOR), description="What goes to page: failures by their severity, and what else there is to tell"
    )
    report: Words | None = Field(None, description="URL or path of the report, for whoever reads a notice")
    stale_after: Window | None = Field(
        None, description="An audit is missed when the last one is older; else after twice the usual time between two"
    )


Site = Annotated[SiteSection, BeforeValidator(_or_nothing, json_schema_input_type=SiteSection | None)]
Vantage = Annotated[VantageSection, BeforeValidator(_or_nothing, json_schema_input_type=VantageSection | None)]
Service = Annotated[ServiceSection, BeforeValidator(_hosts_only, json_schema_input_type=HostList | ServiceSection)]
Options = dict[str, Option]


class TargetsFile(Section):
    """What tlsaudit audits, and the timetable it is held against. Only `version` is required."""

    version: Annotated[int, PlainValidator(_version), WithJsonSchema({"const": 1})]
    defaults: DefaultsSection = DefaultsSection(owner=None, sample=0, dns=False)
    history: History | None = None
    sites: dict[Id, Site] = Field({}, description="Data centres and points of presence, by a name of your choice")
    vantages: dict[Id, Vantage] = Field(
        {},
        description="Where tlsaudit looks from, by the name that --vantage gives: the name of the machine without it",
    )
    control: Annotated[list[Host], BeforeValidator(_or_one, json_schema_input_type=Host | list[Host])] = Field(
        [], description="What always answers: where none of it does, light looks count against no service"
    )
    services: dict[Id, Service] = Field({}, description="What is audited, by a name of your choice")
    links: dict[Id, LinkSection] = Field({}, description="Traffic between two sites that is to be encrypted")
    objectives: dict[Id, ObjectiveSection] = Field({}, description="The timetable")
    waivers: list[WaiverSection] = Field([], description="What is excused, why, and until when")
    checks: dict[Id, Options] = Field(
        {},
        description="Options of checks, such as {hsts-max-age: {minimum: 180d}}; what is opt-in is run if named",
    )
    notify: NotifySection | None = None
