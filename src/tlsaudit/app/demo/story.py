"""What the demo's fleet served at four dates: one operator's way to HTTPS, much shortened."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Literal

_YEAR_S = 31_536_000


@dataclass(frozen=True, slots=True)
class Site:
    """How the web site of one host answers. `redirect` is the status over http, None: the page is served there too.

    `canonical` is the scheme that pages name as their own; `blocked` answers 403 to everything.
    """

    redirect: Literal[301, 302] | None = None
    canonical: Literal["http", "https"] = "http"
    hsts_s: int | None = None
    blocked: bool = False


@dataclass(frozen=True, slots=True)
class Frontend:
    """The load balancer of one service at one site, and the hosts behind it."""

    forward_secrecy: bool
    hosts: Mapping[str, Site]


Fleet = Mapping[tuple[str, str], Frontend]
"""(service, site) -> what serves it there."""

WWW, MOBILE, LOGIN = HOSTS = ["www.example.org", "m.example.org", "login.example.org"]

_OLD = Site()
_MOVED = Site(canonical="https")
_LOGIN_FIRST = Site(redirect=302, canonical="https")
_LOGIN_LATER = Site(redirect=301, canonical="https", hsts_s=_YEAR_S)

_JULY: Fleet = {
    ("wiki", "east"): Frontend(True, {WWW: _OLD, MOBILE: _OLD}),
    ("wiki", "west"): Frontend(True, {WWW: _OLD, MOBILE: _OLD}),
    ("login", "east"): Frontend(False, {LOGIN: _LOGIN_FIRST}),
    ("login", "west"): Frontend(False, {LOGIN: _LOGIN_FIRST}),
}
_DECEMBER = {**_JULY, ("login", "east"): Frontend(True, {LOGIN: _LOGIN_FIRST})}
_FEBRUARY = {
    **_DECEMBER,
    ("wiki", "east"): Frontend(True, {WWW: _MOVED, MOBILE: _OLD}),
    ("login", "east"): Frontend(True, {LOGIN: _LOGIN_LATER}),
    ("login", "west"): Frontend(False, {LOGIN: _LOGIN_LATER}),
}
_MARCH = {
    **_FEBRUARY,
    ("wiki", "west"): Frontend(True, {WWW: _MOVED, MOBILE: replace(_OLD, blocked=True)}),
}

STORY: tuple[tuple[datetime, Fleet], ...] = (
    (datetime(2014, 7, 31, 2, 10, tzinfo=UTC), _JULY),
    (datetime(2014, 12, 31, 2, 10, tzinfo=UTC), _DECEMBER),
    (datetime(2015, 2, 1, 2, 10, tzinfo=UTC), _FEBRUARY),
    (datetime(2015, 3, 1, 2, 10, tzinfo=UTC), _MARCH),
)

TARGETS = """\
# The timetable of the demo. The ports are those of its servers; a real file has none: see the sample
# targets.yaml of the project.
version: 1
defaults: {{owner: ops@example.org}}
history: sqlite:///history.db
sites:
  east: {{title: East data centre, region: us-east}}
  west: {{title: West data centre, region: us-west}}
services:
  wiki:
    owner: web@example.org
    hosts: [www.example.org, m.example.org]
    at:
      east: {{address: 127.0.0.1, ports: {wiki_east}}}
      west: {{address: 127.0.0.1, ports: {wiki_west}}}
    pages: [/, /wiki/Encryption]
  login:
    owner: web@example.org
    hosts: [login.example.org]
    at:
      east: {{address: 127.0.0.1, ports: {login_east}}}
      west: {{address: 127.0.0.1, ports: {login_west}}}
objectives:
  forward-secrecy:
    title: Recorded traffic stays secret if a key leaks
    owner: web@example.org
    checks: [pfs-suites, pfs-clients]
    milestones: {{2014-07-31: 50%, 2014-12-31: 100%}}
  canonical:
    title: Search engines index us under HTTPS
    owner: web@example.org
    scope: [wiki]
    checks: [canonical-https]
    milestones: {{2015-02-28: 25%, 2015-06-16: 100%}}
  login-forced:
    title: Passwords never travel in clear
    owner: web@example.org
    scope: [login]
    checks: [redirect-https, hsts-max-age]
    milestones: {{2015-02-28: 100%}}
  parity:
    title: Either data centre can take over
    checks: [site-parity]
    milestones: {{2015-06-30: 100%}}
  force-https:
    title: Decide whether HTTPS is forced for everyone
    decision: undecided
    owner: cto@example.org
    checks: [certificate-trust, certificate-name, certificate-validity, canonical-https]
    milestones: {{2015-06-30: decided}}
waivers:
  - check: pfs-suites
    on: [login@west]
    reason: Old load balancer, replaced in March
    owner: web@example.org
    expires: 2015-03-31
  - check: pfs-clients
    on: [login@west]
    reason: Old load balancer, replaced in March
    owner: web@example.org
    expires: 2015-03-31
"""
