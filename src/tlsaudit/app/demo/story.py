"""What the demo's fleet served at each date: one operator's way to HTTPS. docs/demo.md says what of it is history."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Site:
    """How the web site of one host answers. `redirect` is the status over http, None: the page is served there too.

    `canonical` is the scheme that pages name as their own; `blocked` answers 403 to everything.
    """

    redirect: Literal[301, 302] | None = None
    canonical: Literal["http", "https"] = "http"
    hsts: timedelta | None = None
    blocked: bool = False


@dataclass(frozen=True, slots=True)
class Frontend:
    """The load balancer of one service at one site, and the hosts behind it."""

    forward_secrecy: bool
    hosts: Mapping[str, Site]


Fleet = Mapping[tuple[str, str], Frontend]
"""(service, site) -> what serves it there."""


@dataclass(frozen=True, slots=True)
class Chapter:
    """What happened on a day, and what is served since."""

    moment: datetime
    event: str
    fleet: Fleet


EAST, WEST = _SITES = ("east", "west")
ENGLISH, ESPERANTO = ("en.example.org", "eo.example.org")
LOGIN, MEDIA = ("login.example.org", "media.example.org")
_SERVICES = {"wiki": (ENGLISH, ESPERANTO), "login": (LOGIN,), "media": (MEDIA,)}

HOSTS = [host for hosts in _SERVICES.values() for host in hosts]


def story() -> Iterator[Chapter]:
    """From the first promise to the first year of HSTS. What is tried in the east follows in the west."""
    fleet: Fleet = {
        (service, site): Frontend(False, dict.fromkeys(hosts, Site()))
        for service, hosts in _SERVICES.items()
        for site in _SITES
    }
    yield _chapter("2013-08-22", "login was to be over https by yesterday", fleet)
    fleet = _web(fleet, [LOGIN], redirect=301, canonical="https")
    yield _chapter("2013-08-28", "login goes to https", fleet)
    yield _chapter("2014-05-23", "the goals are written down, with dates", fleet)

    fleet = _forward_secret(fleet, "wiki", EAST)
    yield _chapter("2014-07-01", "forward secrecy for the wiki in the east", fleet)
    fleet = _forward_secret(fleet, "login", EAST)
    yield _chapter("2014-07-08", "forward secrecy for login in the east", fleet)
    fleet = _forward_secret(fleet, "media", EAST)
    yield _chapter("2014-07-15", "forward secrecy for media in the east", fleet)
    fleet = _forward_secret(fleet, "wiki", WEST)
    yield _chapter("2014-07-22", "forward secrecy for the wiki in the west", fleet)
    fleet = _forward_secret(fleet, "media", WEST)
    yield _chapter("2014-07-29", "forward secrecy for media in the west; login is excused", fleet)
    yield _chapter("2015-01-05", "login's excuse has run out", fleet)
    fleet = _forward_secret(fleet, "login", WEST)
    yield _chapter("2015-01-12", "login's old balancer in the west is replaced", fleet)

    fleet = _web(fleet, [ESPERANTO], [EAST], canonical="https")
    fleet = _web(fleet, [ESPERANTO], [WEST], blocked=True)
    yield _chapter("2015-02-25", "one language names https as canonical", fleet)
    fleet = _web(fleet, [ESPERANTO], canonical="https", redirect=302, blocked=False)
    yield _chapter("2015-06-09", "its readers are redirected, as a trial", fleet)
    fleet = _web(fleet, [ENGLISH], [EAST], canonical="https", redirect=302)
    fleet = _web(fleet, HOSTS, [EAST], hsts=timedelta(days=1))
    yield _chapter("2015-06-12", "decided: https for everyone", fleet)
    fleet = _web(fleet, HOSTS, canonical="https", redirect=301, hsts=timedelta(days=1))
    yield _chapter("2015-06-16", "everyone is redirected, permanently", fleet)
    fleet = _web(fleet, HOSTS, [EAST], hsts=timedelta(days=182))
    fleet = _web(fleet, HOSTS, [WEST], hsts=timedelta(days=14))
    yield _chapter("2015-06-26", "HSTS for half a year in the east", fleet)
    fleet = _web(fleet, HOSTS, [EAST], hsts=timedelta(days=365))
    fleet = _web(fleet, HOSTS, [WEST], hsts=timedelta(days=182))
    yield _chapter("2015-07-02", "HSTS for a year; the west lags behind", fleet)


def _chapter(day: str, event: str, fleet: Fleet) -> Chapter:
    return Chapter(datetime.fromisoformat(day).replace(hour=2, minute=10, tzinfo=UTC), event, fleet)


def _forward_secret(fleet: Fleet, service: str, site: str) -> Fleet:
    return {**fleet, (service, site): replace(fleet[service, site], forward_secrecy=True)}


def _web(fleet: Fleet, hosts: Collection[str], sites: Collection[str] = _SITES, **changes: Any) -> Fleet:
    """The fleet with other answers of these hosts at these sites."""
    return {
        (service, site): replace(
            frontend,
            hosts={
                host: replace(answers, **changes) if host in hosts and site in sites else answers
                for host, answers in frontend.hosts.items()
            },
        )
        for (service, site), frontend in fleet.items()
    }
