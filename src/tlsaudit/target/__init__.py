"""targets.yaml and command-line targets -> services, sites, links, endpoints, objectives, waivers."""

from tlsaudit.target.commandline import parse_connect_to, parse_resolve, parse_target, with_pins
from tlsaudit.target.endpoint import (
    BY_DNS,
    Drill,
    Endpoint,
    Link,
    LinkSource,
    Location,
    Route,
    Service,
    Site,
    SocketAddress,
)
from tlsaudit.target.inventory import (
    INVENTORY_FORMATS,
    Inventory,
    InventoryEntry,
    collect,
    read_hosts,
    read_inventory,
)
from tlsaudit.target.notify import Channels, NotifySpec, Topic
from tlsaudit.target.objective import (
    Decision,
    Metric,
    Milestone,
    MilestoneTarget,
    ObjectiveSpec,
    WaiverSpec,
    parse_duration,
    parse_milestone_target,
)
from tlsaudit.target.period import Period, parse_period
from tlsaudit.target.problem import Problem, TargetError, TargetsError
from tlsaudit.target.proxy import Proxy, parse_proxy
from tlsaudit.target.resolver import parse_resolver
from tlsaudit.target.roster import Roster
from tlsaudit.target.routes import routed
from tlsaudit.target.schema import targets_schema
from tlsaudit.target.scope import Names, canonical, names_of
from tlsaudit.target.services import Services
from tlsaudit.target.targets import Targets, as_called, is_history_url, load_history, load_targets, sqlite_url

__all__ = [
    "BY_DNS",
    "INVENTORY_FORMATS",
    "Channels",
    "Decision",
    "Drill",
    "Endpoint",
    "Inventory",
    "InventoryEntry",
    "Link",
    "LinkSource",
    "Location",
    "Metric",
    "Milestone",
    "MilestoneTarget",
    "Names",
    "NotifySpec",
    "ObjectiveSpec",
    "Period",
    "Problem",
    "Proxy",
    "Roster",
    "Route",
    "Service",
    "Services",
    "Site",
    "SocketAddress",
    "TargetError",
    "Targets",
    "TargetsError",
    "Topic",
    "WaiverSpec",
    "as_called",
    "canonical",
    "collect",
    "is_history_url",
    "load_history",
    "load_targets",
    "names_of",
    "parse_connect_to",
    "parse_duration",
    "parse_milestone_target",
    "parse_period",
    "parse_proxy",
    "parse_resolve",
    "parse_resolver",
    "parse_target",
    "read_hosts",
    "read_inventory",
    "routed",
    "sqlite_url",
    "targets_schema",
    "with_pins",
]
