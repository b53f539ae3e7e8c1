"""The targets.yaml of the demo, as it stood on each day of the story."""

from collections.abc import Mapping
from datetime import date

Ports = Mapping[tuple[str, str], Mapping[int, int]]
"""(service, site) -> public port -> the port really listened on."""

_GOALS = date(2014, 5, 23)
_EXCUSED = date(2014, 7, 29)
_POSTPONED = date(2015, 1, 12)
_DECIDED = date(2015, 6, 12)


def targets(day: date, ports: Ports) -> str:
    """The text of targets.yaml on a day."""
    own = {f"{service}_{site}": dict(mapped) for (service, site), mapped in ports.items()}
    text = _FLEET.format(heading=HEADING, **own)
    if day >= _GOALS:
        decision = _FORCE if day >= _DECIDED else "undecided"
        text += _YEAR.format(first="2015-02-28" if day >= _POSTPONED else "2014-12-31", decision=decision)
    if day >= _DECIDED:
        text += _FORCED
    return text + (_WAIVERS if day >= _EXCUSED else "")


HEADING = "# The timetable of the demo."
"""How the file begins, by which it is told from another's."""

_FLEET = """\
{heading} The ports are those of its servers, which run no more; a real file has none, and no
# window either: 7 days is right for daily audits. See the sample targets.yaml of the project.
version: 1
defaults: {{owner: ops@example.org}}
history: sqlite:///history.db
sites:
  east: {{title: East data centre, region: us-east}}
  west: {{title: West data centre, region: us-west}}
services:
  wiki:
    owner: web@example.org
    hosts: [en.example.org, eo.example.org]
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
  media:
    hosts: [media.example.org]
    at:
      east: {{address: 127.0.0.1, ports: {media_east}}}
      west: {{address: 127.0.0.1, ports: {media_west}}}
objectives:
  login:
    title: Passwords never travel in clear
    owner: web@example.org
    scope: [login]
    checks: [redirect-https]
    window: 365d
    milestones: {{2013-08-21: 100%}}
"""

_YEAR = """\
  canonical:
    title: Search engines index us under HTTPS
    owner: web@example.org
    scope: [wiki]
    checks: [canonical-https]
    window: 365d
    milestones: {{{first}: 25%, 2015-06-30: 100%}}
  forward-secrecy:
    title: Recorded traffic stays secret if a key leaks
    checks: [pfs-suites, pfs-clients]
    window: 365d
    milestones: {{2014-07-31: 50%, 2014-12-31: 100%}}
  force-https:
    title: Decide whether HTTPS is forced for everyone
    owner: cto@example.org
    decision: {decision}
    checks: [redirect-https, hsts-max-age]
    window: 365d
    milestones: {{2015-06-30: decided}}
  parity:
    title: The data centres can stand in for one another
    checks: [site-parity, failover-ready]
    window: 365d
    milestones: {{2015-06-30: 100%}}
"""

_FORCE = """\
force
    decided: 2015-06-12
    record: https://wiki.example.org/minutes/2015-06-12"""

_FORCED = """\
  https-for-all:
    title: Everyone is sent to HTTPS
    owner: web@example.org
    checks: [redirect-https]
    window: 365d
    milestones: {2015-06-30: 100%}
  hsts:
    title: Browsers insist on HTTPS for a year
    owner: web@example.org
    checks: [hsts-max-age]
    window: 365d
    milestones: {2015-07-31: 100%}
"""

_WAIVERS = """\
waivers:
  - check: pfs-suites
    on: [login@west]
    reason: Old load balancer, to be replaced by the end of the year
    expires: 2014-12-31
  - check: pfs-clients
    on: [login@west]
    reason: Old load balancer, to be replaced by the end of the year
    expires: 2014-12-31
"""
