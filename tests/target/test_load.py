"""targets.yaml: what it may say, and what a person is told who got it wrong."""

import json
import time
from datetime import date, timedelta
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tlsaudit.target import Decision, LinkSource, Targets, TargetsError, load_history, load_targets, targets_schema
from tlsaudit.target.source import read_source

ROOT = Path(__file__).parents[2]

SMALLEST = """\
version: 1
services:
  www: [www.example.org]
objectives:
  hsts: {checks: [hsts-max-age], milestones: {2027-06-30: 100%}}
"""

MISSION = """\
version: 1
defaults: {owner: ops@example.org}
history: sqlite:///history.db
sites:
  east: {title: East data centre, region: us-east, prefixes: [10.64.0.0/16]}
  west: {title: West data centre, region: us-west, prefixes: [10.192.0.0/16]}
services:
  wiki:
    owner: web@example.org
    hosts: [www.example.org, m.example.org]
    at: {east: 192.0.2.10, west: 198.51.100.10}
    pages: [/, /wiki/Encryption]
  login:
    hosts: [login.example.org]
    at: {east: 192.0.2.11, west: 198.51.100.11}
links:
  east-west: {sites: [east, west], owner: net@example.org, evidence: {vici: /run/charon.vici}}
objectives:
  canonical:
    title: Search engines index us under HTTPS
    scope: [wiki]
    checks: [canonical-https]
    milestones: {2015-02-28: 25%, 2015-06-16: 100%}
  ipsec:
    scope: [east-west]
    checks: [ipsec-established, ipsec-coverage, ipsec-forward-secrecy]
    milestones: {2015-01-31: measured, 2015-02-28: 100%}
  traffic-analysis:
    metric: page-size-exposure/recognisable
    milestones: {2014-12-31: measured, 2015-06-30: <= 45%}
  force-https:
    decision: undecided
    owner: cto@example.org
    milestones: {2015-06-30: decided}
waivers:
  - check: pfs-clients
    on: [login@west]
    reason: Old load balancer, replaced in March
    owner: web@example.org
    ticket: https://tickets.example.org/4711
    expires: 2015-03-31
checks: {hsts-max-age: {minimum: 180d}}
"""

EXTENDED = """\
version: 1
sites:
  east: {}
  west:
  NO: {region: NO}
services:
  www:
    hosts: [WWW.Example.ORG., "www.example.org:8443", "[2001:DB8::1]:443", bücher.example]
    at:
      east: [192.0.2.10, "2001:db8::10"]
      west: {address: 127.0.0.1, ports: {80: 18080, 443: 18443}}
      NO: {address: ["127.0.0.2", "127.0.0.3"]}
"""


STARTTLS = """\
version: 1
sites: {east: , west: }
services:
  mail:
    hosts: [smtp://MX.example.org, "imap://mail.example.org:1143", mx.example.org]
    at: {east: 192.0.2.25, west: {address: 127.0.0.1, ports: {25: 10025}}}
  chat: [xmpp://example.org, xmpp-server://example.org, "ldap://[2001:db8::1]"]
objectives:
  upgrade:
    checks: [starttls]
    scope: [smtp://mx.example.org, "imap://mail.example.org:1143@west", "ldap://[2001:DB8::1]:389", mx.example.org]
    milestones: {2027-06-30: 100%}
"""


SAMPLED = """\
version: 1
defaults: {sample: 10}
services:
  www: [www.example.org]
  shop: {hosts: [shop.example.org], sample: 25}
  app: {hosts: [app.example.org], sample: 0}
  mail: [smtp://mx.example.org]
"""


RESOLVED = """\
version: 1
defaults: {resolver: "[::1]:5353"}
"""


WEIGHED = """\
version: 1
sites: {east: , west: }
services:
  www:
    hosts: [{host: www.example.org, weights: {page-views: 1200000, eur: 0.5}}, {host: m.example.org}, "a.example.org"]
    at: {east: 192.0.2.10, west: 198.51.100.10}
links: {east-west: {sites: [east, west], weights: {gbps: 40}}}
objectives:
  views: {scope: [east-west], checks: [ipsec-established], weighted: gbps, milestones: {2027-06-30: 100%}}
"""


RENAMED = """\
version: 1
sites: {east: , west: }
services:
  www:
    hosts:
      - {host: www.example.org, was: w3.example.org}
      - {host: "m.example.org:8443", was: [mobile.example.org, "wap.example.org:8443"]}
    at: {east: 192.0.2.10, west: 198.51.100.10}
  mail: [{host: smtp://mx.example.org, was: smtp://Mail.example.org}]
"""

REPEATING = """\
version: 1
objectives:
  failover: {checks: [site-parity], milestones: {2026-03-31: {target: 100%, every: 3 months}}}
  both: {checks: [a], milestones: {2026-01-31: 90%, 2026-12-31: {target: measured, every: 1 year}, 2027-01-31: 95%}}
  set: {checks: [a], window: 12h, milestones: {2026-03-31: {target: 100%, every: 2 weeks}, 2026-12-31: {target: 100%}}}
"""


@cache
def validator() -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(targets_schema())


def load(folder: Path, text: str) -> Targets:
    path = folder / "targets.yaml"
    path.write_text(text, encoding="utf-8")
    return load_targets(path)


def complaint(folder: Path, text: str | bytes) -> str:
    path = folder / "targets.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(TargetsError) as caught:
        load_targets(path)
    return str(caught.value).replace(f"{path}:", "")


@pytest.mark.parametrize("text", [SMALLEST, MISSION, EXTENDED, STARTTLS, "version: 1\nservices:\nwaivers:\n"])
def test_what_is_documented_loads(tmp_path: Path, text: str) -> None:
    load(tmp_path, text)


@pytest.mark.parametrize(
    "text",
    [
        SMALLEST,
        MISSION,
        EXTENDED,
        STARTTLS,
        SAMPLED,
        RESOLVED,
        WEIGHED,
        REPEATING,
        RENAMED,
        (ROOT / "targets.yaml").read_text(),
    ],
)
def test_the_schema_takes_what_loads(tmp_path: Path, text: str) -> None:
    assert_schema(tmp_path, text)


def assert_schema(folder: Path, text: str) -> None:
    path = folder / "targets.yaml"
    path.write_text(text, encoding="utf-8")
    values = json.loads(json.dumps(read_source(path).values))
    validator().validate(values)


def test_the_schema_is_valid_and_has_every_section() -> None:
    schema = targets_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    sections = "version defaults history sites vantages control services links objectives waivers checks notify"
    assert set(schema["properties"]) == set(sections.split())


def test_the_sample_carries_the_mission() -> None:
    targets = load_targets(ROOT / "targets.yaml")
    assert {"canonical", "forward-secrecy", "ipsec", "traffic-analysis", "force-https"} <= {
        item.id for item in targets.objectives
    }
    assert len(list(targets.endpoints)) == 6


def test_the_mission_in_full(tmp_path: Path) -> None:
    targets = load(tmp_path, MISSION)
    assert [endpoint.id for endpoint in targets.endpoints] == [
        "www.example.org:443@east",
        "www.example.org:443@west",
        "m.example.org:443@east",
        "m.example.org:443@west",
        "login.example.org:443@east",
        "login.example.org:443@west",
    ]
    wiki, login = targets.services["wiki"], targets.services["login"]
    assert (wiki.owner, login.owner) == ("web@example.org", "ops@example.org")
    assert wiki.endpoints[0].pages == ("/", "/wiki/Encryption")
    assert targets.sites["east"].title == "East data centre"
    assert targets.sites["west"].prefixes == ("10.192.0.0/16",)
    assert targets.links["east-west"].sites == ("east", "west")
    assert targets.links["east-west"].sources == (LinkSource("vici", "east", {"": "/run/charon.vici"}),)
    assert targets.check_options == {"hsts-max-age": {"minimum": "180d"}}
    assert targets.waivers[0].expires == date(2015, 3, 31)
    kinds = {item.id: item.kind for item in targets.objectives}
    assert kinds == {"canonical": "share", "ipsec": "share", "traffic-analysis": "metric", "force-https": "decision"}
    canonical, _, traffic, force = targets.objectives
    assert canonical.owner == "ops@example.org"
    assert [(item.due, item.target.figure) for item in canonical.milestones] == [
        (date(2015, 2, 28), Fraction(1, 4)),
        (date(2015, 6, 16), Fraction(1)),
    ]
    assert [item.target.text for item in traffic.milestones] == ["measured", "<= 45%"]
    assert traffic.window == timedelta(days=7)
    assert force.decision == Decision("undecided", None, None)


def test_a_redirect_to_a_sibling_stays_at_the_site(tmp_path: Path) -> None:
    east, west = (endpoint.route for endpoint in load(tmp_path, MISSION).services["wiki"].endpoints[:2])
    assert east.sockets("login.example.org", 443) == (("192.0.2.11", 443),)
    assert west.sockets("m.example.org", 80) == (("198.51.100.10", 80),)
    assert east.sockets("elsewhere.example.org", 443) is None


def test_without_at_only_dns_knows(tmp_path: Path) -> None:
    (endpoint,) = load(tmp_path, SMALLEST).endpoints
    assert (endpoint.id, endpoint.http_port) == ("www.example.org:443", 80)
    assert endpoint.route.sockets("www.example.org", 443) is None


def test_hosts_addresses_and_ports_in_every_form(tmp_path: Path) -> None:
    targets = load(tmp_path, EXTENDED)
    endpoints = {endpoint.id: endpoint for endpoint in targets.endpoints}
    assert {endpoint.authority: endpoint.http_port for endpoint in endpoints.values()} == {
        "www.example.org:443": 80,
        "www.example.org:8443": None,
        "[2001:db8::1]:443": 80,
        "xn--bcher-kva.example:443": 80,
    }
    east, west, third = (endpoints[f"www.example.org:443@{site}"].route for site in ("east", "west", "NO"))
    assert east.sockets("www.example.org", 443) == (("192.0.2.10", 443), ("2001:db8::10", 443))
    assert west.sockets("www.example.org", 443) == (("127.0.0.1", 18443),)
    assert west.sockets("www.example.org", 80) == (("127.0.0.1", 18080),)
    assert west.sockets("www.example.org", 8443) == (("127.0.0.1", 8443),)
    assert west.listening_port("www.example.org", 443, "127.0.0.1") == 18443
    assert third.sockets("www.example.org", 80) == (("127.0.0.2", 80), ("127.0.0.3", 80))
    assert targets.sites["NO"].region == "NO"


def test_what_begins_in_clear(tmp_path: Path) -> None:
    endpoints = {endpoint.id: endpoint for endpoint in load(tmp_path, STARTTLS).endpoints}
    assert list(endpoints) == [
        "smtp://mx.example.org:25@east",
        "smtp://mx.example.org:25@west",
        "imap://mail.example.org:1143@east",
        "imap://mail.example.org:1143@west",
        "mx.example.org:443@east",
        "mx.example.org:443@west",
        "xmpp://example.org:5222",
        "xmpp-server://example.org:5269",
        "ldap://[2001:db8::1]:389",
    ]
    mail = endpoints["smtp://mx.example.org:25@west"]
    assert (mail.starttls, mail.http_port) == ("smtp", None)
    assert mail.route.sockets("mx.example.org", 25) == (("127.0.0.1", 10025),)
    assert endpoints["mx.example.org:443@west"].starttls is None


def test_services_with_their_own_ports_at_one_site(tmp_path: Path) -> None:
    text = """\
version: 1
sites: {lab: {}}
services:
  one: {hosts: [one.example.org], at: {lab: {address: 127.0.0.1, ports: {443: 10443}}}}
  two: {hosts: [two.example.org], at: {lab: {address: 127.0.0.1, ports: {443: 20443}}}}
  other: {hosts: ["one.example.org:8443"], at: {lab: 127.0.0.9}}
"""
    for route in [endpoint.route for endpoint in load(tmp_path, text).endpoints]:
        assert route.sockets("one.example.org", 443) == (("127.0.0.1", 10443),)
        assert route.sockets("two.example.org", 443) == (("127.0.0.1", 20443),)
        assert route.sockets("one.example.org", 8443) == (("127.0.0.9", 8443),)


def test_a_renamed_host_says_what_it_was(tmp_path: Path) -> None:
    assert {endpoint.id: endpoint.was for endpoint in load(tmp_path, RENAMED).endpoints if endpoint.site != "east"} == {
        "www.example.org:443@west": ("w3.example.org:443@west",),
        "m.example.org:8443@west": ("mobile.example.org:443@west", "wap.example.org:8443@west"),
        "smtp://mx.example.org:25": ("smtp://mail.example.org:25",),
    }


def test_milestones_may_repeat(tmp_path: Path) -> None:
    objectives = load(tmp_path, REPEATING).objectives
    said = [
        [(str(item.due), item.every.text if item.every else None) for item in each.milestones] for each in objectives
    ]
    assert said == [
        [("2026-03-31", "3 months")],
        [("2026-01-31", None), ("2026-12-31", "year"), ("2027-01-31", None)],
        [("2026-03-31", "2 weeks"), ("2026-12-31", None)],
    ]
    # What is to be shown once a quarter is not asked for every week.
    assert [each.window for each in objectives] == [timedelta(days=93), timedelta(days=7), timedelta(hours=12)]


def test_what_is_behind_a_link(tmp_path: Path) -> None:
    sites = "sites: {east: {prefixes: [10.64.0.0/16]}, west: {prefixes: [10.192.0.0/16]}}"
    gateways = "{east: 192.0.2.1, west: [198.51.100.1, '2001:db8::1']}"
    link = f"{{sites: [east, west], gateways: {gateways}, prefixes: {{west: [10.200.0.0/16]}}}}"
    found = load(tmp_path, f"version: 1\n{sites}\nlinks: {{east-west: {link}}}\n").links["east-west"]
    assert found.gateways == {"east": ("192.0.2.1",), "west": ("198.51.100.1", "2001:db8::1")}
    assert found.prefixes == {"east": ("10.64.0.0/16",), "west": ("10.200.0.0/16",)}


def test_a_host_may_say_more_than_its_name(tmp_path: Path) -> None:
    targets = load(tmp_path, WEIGHED)
    assert [(endpoint.id, dict(endpoint.weights)) for endpoint in targets.endpoints][1:3] == [
        ("www.example.org:443@west", {"page-views": 600000, "eur": Fraction(1, 4)}),
        ("m.example.org:443@east", {}),
    ]
    assert targets.links["east-west"].weights == {"gbps": 40}
    assert targets.objectives[0].weighted == "gbps"


def test_a_link_says_where_its_state_can_be_read(tmp_path: Path) -> None:
    evidence = "[{vici: /run/charon.vici}, {ssh: root@gw, site: west}, {swanctl_sas: a.txt, swanctl_pols: b.txt}]"
    sources = load(tmp_path, linked(evidence)).links["far"].sources
    assert [(item.name, item.where) for item in sources] == [
        ("vici of east", {"": "/run/charon.vici"}),
        ("ssh of west", {"": "root@gw"}),
        ("swanctl of east", {"sas": f"{tmp_path}/a.txt", "pols": f"{tmp_path}/b.txt"}),
    ]


def test_a_service_says_how_large_a_sample_is_or_the_defaults_do(tmp_path: Path) -> None:
    sizes = {endpoint.host: endpoint.sample for endpoint in load(tmp_path, SAMPLED).endpoints}
    assert sizes == {"www.example.org": 10, "shop.example.org": 25, "app.example.org": 0, "mx.example.org": 0}
    assert [endpoint.sample for endpoint in load(tmp_path, SMALLEST).endpoints] == [0]


@pytest.mark.parametrize(
    ("defaults", "dns", "resolver"),
    [
        ("", False, None),
        ("dns: true", True, None),
        ("resolver: 192.0.2.53", True, ("192.0.2.53", 53)),
        ("resolver: 192.0.2.53:5353", True, ("192.0.2.53", 5353)),
        ('resolver: "2001:DB8::53"', True, ("2001:db8::53", 53)),
        ('resolver: "[::1]:5353", dns: true', True, ("::1", 5353)),
    ],
)
def test_the_defaults_say_whether_dns_is_judged_and_whom_to_ask(
    tmp_path: Path, defaults: str, dns: bool, resolver: tuple[str, int] | None
) -> None:
    targets = load(tmp_path, f"version: 1\ndefaults: {{{defaults}}}\n")
    assert (targets.dns, targets.resolver) == (dns, resolver)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("sqlite:///history.db", "sqlite:///{folder}/history.db"),
        ("sqlite:///data/h.db?timeout=5", "sqlite:///{folder}/data/h.db?timeout=5"),
        ("sqlite:////var/lib/h.db", "sqlite:////var/lib/h.db"),
        ("postgresql://db.example.org/tls", "postgresql://db.example.org/tls"),
    ],
)
def test_history_is_relative_to_the_file(tmp_path: Path, written: str, meant: str) -> None:
    targets = load(tmp_path, f"version: 1\nhistory: {written}\n")
    assert targets.history == load_history(targets.path) == meant.format(folder=tmp_path)


def test_where_the_history_is_can_be_read_beside_a_fault(tmp_path: Path) -> None:
    path = tmp_path / "targets.yaml"
    path.write_text("version: 1\nhistory: sqlite:///h.db\nservices: {www: []}\n")
    assert load_history(path) == f"sqlite:///{tmp_path}/h.db"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("version: 1\nhistroy: sqlite:///h.db\nservices: {www: []}\n", "histroy"),
        ("version: 1\nhistory: h.db\n", "no history"),
        ("version: 1\nhistory: sqlite:///h.db\nhistory: sqlite:///i.db\n", "stands twice"),
        ("version: 2\nhistory: sqlite:///h.db\n", "version 2"),
    ],
)
def test_where_the_history_is_must_be_said_plainly(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "targets.yaml"
    path.write_text(text)
    with pytest.raises(TargetsError, match=said):
        load_history(path)


def objective(line: str) -> str:
    return f"version: 1\nobjectives:\n  goal: {line}\n"


def linked(evidence: str) -> str:
    return (
        f"version: 1\nsites: {{east: {{}}, west: {{}}}}\nlinks:\n  far: {{sites: [east, west], evidence: {evidence}}}\n"
    )


def dated(milestones: str, measures: str = "checks: [a]") -> str:
    return objective(f"{{{measures}, milestones: {{{milestones}}}}}")


def host(entry: str) -> str:
    return f"version: 1\nservices:\n  www: [{entry}]\n"


DAY = "milestones: {2027-06-30: 100%}"
WAIVER = "version: 1\nwaivers:\n  - {check: pfs-clients, on: [www], reason: old, owner: web, expires: 2027-01-31"

# What is written, what is said, and whether the JSON Schema can tell, too.
REFUSED: list[tuple[str, str, bool]] = [
    ("version: 2\n", "1:10: version 2 is not known to this release: write version: 1", True),
    ("version: '1'\n", "1:10: version is a number: write version: 1, without quotes", True),
    ("services: {}\n", "1:1: no version: start the file with version: 1", True),
    ("version: 1\nservces: {}\n", "2:1: unknown key servces: did you mean services?", True),
    (
        "version: 1\nservices:\n  www: {hosts: [a.example.org], owwner: x}\n",
        "3:33: unknown key owwner: did you mean owner?",
        True,
    ),
    (
        "version: 1\ndefaults: {zzz: 1}\n",
        "2:12: unknown key zzz: known here are owner, sample, dns, resolver",
        True,
    ),
    (
        "version: 1\ndefaults: {resolver: dns.example.org}\n",
        "2:22: dns.example.org is no resolver: write its IP address, such as 192.0.2.53 or [::1]:5353",
        False,
    ),
    (
        "version: 1\nservices:\n  www:\n",
        "3:3: the service names no hosts: write hosts: [www.example.org], or inventory: hosts.csv",
        True,
    ),
    (
        "version: 1\nservices:\n  www: {owner: me}\n",
        "3:3: the service names no hosts: write hosts: [www.example.org], or inventory: hosts.csv",
        True,
    ),
    ("version: 1\nservices:\n  www: []\n", "3:8: hosts is empty: name at least one, or leave the key out", True),
    (
        "version: 1\nservices:\n  www: www.example.org\n",
        "3:8: www: write a list of hosts, such as [www.example.org], or a mapping with hosts:",
        True,
    ),
    (
        "version: 1\nservices:\n  www: {hosts: www.example.org}\n",
        "3:16: hosts takes a list: write [www.example.org]",
        True,
    ),
    (
        "version: 1\nservices:\n  www: ['*.example.org']\n",
        "3:9: *.example.org: a wildcard is no host: name each host",
        True,
    ),
    (
        "version: 1\nservices:\n  mail: [smpt://mx.example.org]\n",
        "3:10: smpt://mx.example.org: smpt:// is not known: did you mean smtp://?",
        True,
    ),
    (
        "version: 1\nservices:\n  www: [https://www.example.org]\n",
        "3:9: https://www.example.org: leave out https://: a bare host means https, and http beside it",
        True,
    ),
    (
        "version: 1\nservices:\n  mail: [smtp://mx.example.org, 'smtp://mx.example.org:25']\n",
        "3:33: smtp://mx.example.org:25 stands twice in mail: keep one",
        False,
    ),
    (
        "version: 1\nservices:\n  www: ['a.example.org:0']\n",
        "3:9: 0 is no port: write a number from 1 to 65535",
        False,
    ),
    (
        "version: 1\nservices:\n  www: {hosts: [a.example.org], sample: -1}\n",
        "3:41: -1 is no sample: write a number of pages from 0 to 100",
        True,
    ),
    (
        "version: 1\ndefaults: {sample: ten}\n",
        "2:20: ten is no sample: write a number of pages from 0 to 100",
        True,
    ),
    (
        "version: 1\nservices:\n  w w: [a.example.org]\n",
        "3:3: w w is no name: use letters, digits, dots and dashes",
        True,
    ),
    (
        "version: 1\nsites: {east: {}}\nservices:\n  www: {hosts: [a.example.org], at: {eest: 192.0.2.1}}\n",
        "4:38: site eest is not defined: did you mean east?",
        False,
    ),
    (
        "version: 1\nservices:\n  www: {hosts: [a.example.org], at: {moon: 192.0.2.1}}\n",
        "3:38: site moon is not defined: add it under sites:",
        False,
    ),
    (
        "version: 1\nsites: {east: }\nservices:\n  www: {hosts: [a.example.org], at: {east: 192.0.2.256}}\n",
        "4:44: 192.0.2.256 is no IP address: write one such as 192.0.2.10 or 2001:db8::10",
        False,
    ),
    (
        "version: 1\nsites: {a: }\nservices:\n  www: {hosts: [a.b], at: {a: {address: 192.0.2.1, ports: {443: 0}}}}\n",
        "4:65: 0 is no port: write a number from 1 to 65535",
        True,
    ),
    (
        "version: 1\nservices:\n  one: [a.example.org]\n  two: [b.example.org, A.example.org]\n",
        "4:24: a.example.org:443 is in two services, one and two: keep it in one",
        False,
    ),
    (
        "version: 1\nservices:\n  one: [a.example.org, 'a.example.org:443']\n",
        "3:24: a.example.org:443 stands twice in one: keep one",
        False,
    ),
    (
        "version: 1\nsites: {east: {prefixes: [10.64.0.1/16]}}\n",
        "2:27: 10.64.0.1/16 is no prefix: write 10.64.0.0/16",
        False,
    ),
    (
        "version: 1\nsites: {east: {}}\nlinks:\n  lonely: {sites: [east]}\n",
        "4:19: a link joins two sites: write sites: [east, west]",
        True,
    ),
    (
        "version: 1\nsites: {east: {}, west: {}}\nlinks:\n  far: {sites: [east, wst]}\n",
        "4:23: site wst is not defined: did you mean west?",
        False,
    ),
    (
        "version: 1\nsites: {east: {}, west: {}}\nlinks:\n  far: {sites: [east, west], gateways: {wst: 192.0.2.1}}\n",
        "4:41: site wst is not one of the link's: east and west",
        False,
    ),
    (linked("{vici: a, ssh: gw}"), "4:40: evidence names ssh and vici: make each an entry of a list", False),
    (linked("{}"), "4:40: evidence is empty: name vici, ssh, or files such as swanctl_sas", False),
    (
        linked("[{vici: a}, {vici: b}]"),
        "4:52: a second vici of east: write site: where it is of the other gateway, or keep one",
        False,
    ),
    (linked("{vici: a, site: north}"), "4:56: site north is not one of the link's: east and west", False),
    (
        linked("{libreswan_traffic: a}"),
        "4:40: libreswan_traffic alone does not say what its bytes are of: add libreswan_status",
        False,
    ),
    (linked("{vicy: a}"), "4:41: unknown key vicy: did you mean vici?", True),
    *(
        (
            linked(f"{{ssh: '{host}'}}"),
            f"4:46: {host} is no host for ssh: write gw.example.org or user@gw.example.org",
            True,
        )
        for host in ("-oProxyCommand=x", "gw;id", "gw -oProxyCommand=x", "$HOST", "a@-b", "gw/x")
    ),
    (
        "version: 1\nhistory: history.db\n",
        "2:10: history.db is no history: write sqlite:///history.db or postgresql://host/name",
        True,
    ),
    (objective("{checks: [a], milestones: {2026-13-40: 100%}}"), "3:36: 2026-13-40 is no date: write YYYY-MM-DD", True),
    (
        objective("{checks: [a], milestones: {2026-02-30: 100%}}"),
        "3:36: 2026-02-30 is no date: write YYYY-MM-DD",
        False,
    ),
    (objective("{checks: [a], milestones: {30.6.2027: 100%}}"), "3:36: 30.6.2027 is no date: write YYYY-MM-DD", True),
    (
        objective("{checks: [a], milestones: {2027-06-30: 101%}}"),
        "3:48: 101% is more than everything: write at most 100%",
        False,
    ),
    (
        objective("{checks: [a], milestones: {2027-06-30: most}}"),
        "3:48: most is no target: write 95%, <= 45%, measured or decided",
        True,
    ),
    (
        objective("{checks: [a], milestones: {2027-06-30: 100}}"),
        "3:48: target: 100 is not taken as text: put it in quotes",
        True,
    ),
    (
        objective("{checks: [a], milestones: {2027-06-30: '100'}}"),
        "3:48: >= 100 is no share: write a share of what passes, such as 95%",
        False,
    ),
    (
        objective("{checks: [a], milestones: {2027-06-30: <= 45%}}"),
        "3:48: <= 45% is no share: write a share of what passes, such as 95%",
        False,
    ),
    (
        objective("{checks: [a], milestones: {2027-06-30: decided}}"),
        "3:48: decided is a milestone of decisions only: write 95% or measured",
        False,
    ),
    (
        objective("{decision: undecided, milestones: {2027-06-30: 50%}}"),
        "3:56: 50% is no milestone of a decision: write decided",
        False,
    ),
    (
        objective("{checks: [a]}"),
        "3:3: no milestones: write at least one, such as milestones: {2027-06-30: 100%}",
        True,
    ),
    (
        objective(f"{{{DAY}}}"),
        "3:9: goal measures nothing: write checks: [...], metric: check/fact or decision: undecided",
        True,
    ),
    (
        objective(f"{{metric: a/b, checks: [c], {DAY}}}"),
        "3:18: goal has both metric and checks: make two objectives of it",
        True,
    ),
    (
        objective("{metric: a/b, milestones: {2027-01-01: <= 5, 2027-02-01: '>= 7'}}"),
        "3:35: these milestones point both ways: use <= or >= for all of them",
        False,
    ),
    (
        objective(f"{{metric: a, {DAY}}}"),
        "3:18: a is no metric: write check/fact, such as page-size-exposure/recognisable",
        True,
    ),
    (
        objective("{decision: maybe, milestones: {2027-06-30: decided}}"),
        "3:20: decision: maybe is not one of undecided, force or do-not-force",
        True,
    ),
    (
        objective("{decision: force, record: 'https://example.org/1', milestones: {2027-06-30: decided}}"),
        "3:20: a decision has a day: add decided: and its date",
        False,
    ),
    (
        objective("{decision: force, decided: 2027-01-01, milestones: {2027-06-30: decided}}"),
        "3:20: a decision has a record: add record: and the URL of its minutes",
        False,
    ),
    (dated("2027-06-30: 101%"), "3:48: 101% is more than everything: write at most 100%", False),
    (
        dated("2027-06-30: 50%, 2026-06-30: 90%"),
        "3:48: 2027-06-30 asks for less (50%) than 2026-06-30 does (90%): put them in order",
        False,
    ),
    (
        dated("2026-01-31: 90%, 2026-02-28: {target: measured, every: 1 month}, 2026-03-31: 89%"),
        "3:113: 2026-03-31 asks for less (89%) than 2026-01-31 does (90%): put them in order",
        False,
    ),
    (
        dated("2026-01-31: 90%, 2026-03-31: measured"),
        "3:65: 2026-03-31 asks for less (measured) than 2026-01-31 does (90%): put them in order",
        False,
    ),
    (
        dated("2026-01-31: <= 45%, 2026-03-31: <= 50%", "metric: a/b"),
        "3:68: 2026-03-31 asks for less (<= 50%) than 2026-01-31 does (<= 45%): put them in order",
        False,
    ),
    (dated("2027-06-30: 50%, 2027-06-30: 90%"), "3:53: 2027-06-30 stands twice, first on line 3: keep one", False),
    (
        dated("2027-06-30: {target: 90%, every: quarter}"),
        "3:69: quarter is no period: write 3 months, 1 year, 2 weeks or 90 days",
        True,
    ),
    (
        dated("2027-06-30: {target: 90%, every: 0 days}"),
        "3:69: 0 days is no period: write 3 months, 1 year, 2 weeks or 90 days",
        True,
    ),
    (dated("2027-06-30: {every: 1 year}"), "3:36: no target: write target: 95% or target: measured", True),
    (dated("2027-06-30: {target: 90%, evry: 1 year}"), "3:62: unknown key evry: did you mean every?", True),
    (
        dated("2027-06-30: {target: decided, every: 1 year}", "decision: undecided"),
        "3:56: a decision is made once: leave every out",
        False,
    ),
    (
        objective("{decision: undecided, decided: 2027-01-01, milestones: {2027-06-30: decided}}"),
        "3:40: decided stands without a decision: write decision: force or decision: do-not-force",
        False,
    ),
    (
        objective(f"{{checks: [a], scope: [wiki], {DAY}}}"),
        "3:31: wiki is no service, host or link of this file: add it, or correct the name",
        False,
    ),
    (
        "version: 1\nservices: {wiki: [a.example.org]}\n" + objective(f"{{checks: [a], scope: [wikki], {DAY}}}")[11:],
        "4:31: wikki is no service, host or link of this file: did you mean wiki?",
        False,
    ),
    (
        host("{host: a.example.org, weights: {page-views: many}}"),
        "3:53: many is no weight: write a number from 0 to 1e+18",
        True,
    ),
    (
        host("{host: a.example.org, weights: {page-views: -1}}"),
        "3:53: -1 is no weight: write a number from 0 to 1e+18",
        True,
    ),
    (
        host("{host: a.example.org, wights: {}}"),
        "3:31: unknown key wights: did you mean weights?",
        True,
    ),
    (
        host("{host: a.example.org, was: 'http://b'}"),
        "3:36: http://b: leave out http://: a bare host means https, and http beside it",
        True,
    ),
    (
        host("{host: a.example.org, was: b.example.org}, b.example.org"),
        "3:36: b.example.org:443 is still listed: take it out, or leave was out",
        False,
    ),
    (
        host("{host: a.example.org, was: [b.example.org]}, {host: c.example.org, was: [x.example.org, b.example.org]}"),
        "3:81: b.example.org:443 is what two hosts are said to have been: keep one",
        False,
    ),
    (host("{weights: {page-views: 1}}"), "3:9: no host: write host: www.example.org", True),
    (host("7"), "3:9: host: 7 is not taken as text: put it in quotes", True),
    (
        objective(f"{{checks: [a], weighted: page-views, {DAY}}}"),
        "3:33: nothing has weights called page-views: write them beside each host, such as weights: {page-views: 1200}",
        False,
    ),
    (
        host("{host: a.example.org, weights: {page-views: 1}}")
        + objective(f"{{checks: [a], weighted: page-vews, {DAY}}}")[11:],
        "5:33: nothing has weights called page-vews: did you mean page-views?",
        False,
    ),
    (
        host("{host: a.example.org, weights: {eur: 1}}") + objective(f"{{metric: a/b, weighted: eur, {DAY}}}")[11:],
        "5:33: weighted is for a share: leave it out, or write checks: [...]",
        False,
    ),
    (objective(f"{{checks: [a], window: soon, {DAY}}}"), "3:31: soon is no duration: write 7d, 12h or 30m", True),
    (
        WAIVER.replace(", expires: 2027-01-31", "}"),
        "3:5: the waiver has no expiry: write the last day on which it holds, such as expires: 2027-06-30",
        True,
    ),
    (
        WAIVER.replace("owner: web, ", "") + "}",
        "3:5: the waiver has no owner: write owner: and who answers for it",
        False,
    ),
    (WAIVER.replace("[www]", "[]") + "}", "3:30: on is empty: name at least one, or leave the key out", True),
    (WAIVER.replace("old", "''") + "}", "3:45: reason is empty: write something, or leave the key out", True),
    (WAIVER.replace("old", "2") + "}", "3:45: reason: 2 is not taken as text: put it in quotes", True),
    (
        "version: 1\nchecks: {hsts-max-age: {minimum: {a: b}}}\n",
        "2:34: an option is a plain value, such as minimum: 180d, or a list of them",
        True,
    ),
    ("version: 1\nchecks: {hsts-max-age: 180d}\n", "2:24: hsts-max-age takes a mapping: such as {key: value}", True),
]


@pytest.mark.parametrize(("text", "said", "schema_tells"), REFUSED)
def test_each_fault_is_one_clear_line(tmp_path: Path, text: str, said: str, schema_tells: bool) -> None:
    assert complaint(tmp_path, text) == said
    values = json.loads(json.dumps(read_source(tmp_path / "targets.yaml").values))
    assert validator().is_valid(values) is not schema_tells


LAUGHS = "version: 1\na0: &a0 [x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 12)
)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"", "1:1: the file is empty: start it with version: 1"),
        (b"# nothing yet\n", "1:1: the file is empty: start it with version: 1"),
        (b"- a\n", "1:1: the file must hold sections (version:, services:, ...): start it with version: 1"),
        (b"version: 1\nname: caf\xe9\n", "2:10: not UTF-8: save the file as UTF-8"),
        ("version: 1".encode("utf-16"), "1:1: not UTF-8: save the file as UTF-8"),
        (b"version: 1\nhistory: \x07\n", "2:10: a control character: remove it"),
        ("version: 1\n# a\u2028waivers: []\n".encode(), "2:4: a line break that YAML 1.2 does not know: remove it"),
        ("version: 1\n# a\x85waivers: []\n".encode(), "2:4: a line break that YAML 1.2 does not know: remove it"),
        (b"version: 1\nsites:\n\teast: {}\n", "3:1: a tab where YAML wants spaces"),
        (b"version: 1\nsites: {east: @x}\n", "2:15: a value cannot start with @ in YAML: put it in quotes"),
        (b"version: 1\nsites: {\n", "3:1: this is no YAML: did not find expected node content"),
        (
            b"version: 1\nhistory: a: b\n",
            "2:11: a second colon on this line: put a value that contains ': ' in quotes, or check the indentation",
        ),
        (b"version: 1\nsites: *nowhere\n", "2:8: this is no YAML: found undefined alias"),
        (b"version: 1\n---\nversion: 1\n", "2:1: this is no YAML: but found another document"),
        (b"version: 1\nversion: 1\n", "2:1: version stands twice, first on line 1: keep one"),
        (b"version: 1\n<<: {}\n", "2:1: merge keys (<<) are not part of YAML 1.2: repeat the entries"),
        (b"version: 1\n? [a]\n: b\n", "2:3: a key must be plain text"),
        (
            b"version: 1\ndefaults: {owner: !!python/name:os.system x}\n",
            "2:19: the tag tag:yaml.org,2002:python/name:os.system is not known here: write plain values",
        ),
        (b"version: 1\nsites: &a {east: *a}\n", "2:8: an alias (*) leads back into itself: write the values out"),
        (LAUGHS.encode(), "2:10: aliases (*) repeat too much here: write the values out"),
        (b"a: " + b"[" * 1_000_000, "1:23: nested more than 20 levels deep"),
        (b"- " * 1_000_000, "1:41: nested more than 20 levels deep"),
    ],
    ids=lambda value: repr(value[:30]),
)
def test_what_is_no_targets_file_at_all(tmp_path: Path, text: bytes, said: str) -> None:
    lines = complaint(tmp_path, text).splitlines()
    assert lines[0] == said


def test_a_missing_file_and_a_directory(tmp_path: Path) -> None:
    with pytest.raises(TargetsError, match=r"nowhere\.yaml: no such file"):
        load_targets(tmp_path / "nowhere.yaml")
    with pytest.raises(TargetsError, match=r"this is a directory: name the file in it"):
        load_targets(tmp_path)


def test_several_problems_at_once_by_line(tmp_path: Path) -> None:
    text = """\
version: 1
sites: {east: {}}
services:
  wiki: {hosts: [www.example.org], at: {west: 192.0.2.1}}
  mail: {hosts: [mail.example.org], ownr: me}
objectives:
  canonical: {scope: [mail], checks: [canonical-https], milestones: {2026-13-40: 100%}}
  hsts: {checks: [hsts-max-age], milestones: {2027-06-30: decided}}
waivers:
  - {check: hsts-max-age, on: [mail], reason: old, owner: me}
"""
    assert complaint(tmp_path, text).splitlines() == [
        "4:41: site west is not defined: did you mean east?",
        "5:37: unknown key ownr: did you mean owner?",
        "7:70: 2026-13-40 is no date: write YYYY-MM-DD",
        "8:59: decided is a milestone of decisions only: write 95% or measured",
        "10:5: the waiver has no expiry: write the last day on which it holds, such as expires: 2027-06-30",
    ]


def test_values_are_quoted_without_control_characters(tmp_path: Path) -> None:
    said = complaint(tmp_path, 'version: 1\nhistory: "\\e[31m\\nred' + "x" * 500 + '"\n')
    assert "\x1b" not in said
    assert "\n" not in said
    assert len(said) < 200


def test_a_problem_found_later_is_said_at_its_place(tmp_path: Path) -> None:
    targets = load(tmp_path, MISSION)
    for place, text in [
        (("waivers", 0, "check"), "pfs-clients"),
        (("objectives", "canonical", "checks", 0), "canonical-https"),
        (("objectives", "force-https"), "force-https:"),
        (("checks", "hsts-max-age"), "hsts-max-age:"),
        (("checks", "hsts-max-age", "minimum"), "180d"),
        (("waivers", 0, "no such key"), "check: pfs-clients"),
    ]:
        (problem,) = targets.problem_at(place, "unknown check").problems
        assert MISSION.splitlines()[problem.line - 1][problem.column - 1 :].startswith(text)


def test_ten_thousand_targets_load_in_time(tmp_path: Path) -> None:
    services = "".join(
        f"  s{n}: {{owner: web@example.org, hosts: [h{n}.example.org], at: {{east: 10.0.{n // 250}.{n % 250}}}}}\n"
        for n in range(10_000)
    )
    text = f"version: 1\nsites: {{east: {{}}}}\nservices:\n{services}"
    text += "objectives: {all: {scope: [s9], checks: [pfs-suites], milestones: {2027-06-30: 100%}}}\n"
    started = time.process_time()
    targets = load(tmp_path, text)
    assert time.process_time() - started < 30
    assert sum(1 for _ in targets.endpoints) == 10_000


def test_ten_thousand_faults_are_told_in_time(tmp_path: Path) -> None:
    services: Any = "".join(f"  s{n}: {{hosts: [h{n}.example.org], ownr: x}}\n" for n in range(10_000))
    started = time.process_time()
    assert len(complaint(tmp_path, f"version: 1\nservices:\n{services}").splitlines()) == 10_000
    assert time.process_time() - started < 50
