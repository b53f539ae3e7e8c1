"""Services of targets.yaml whose hosts are in an inventory."""

from itertools import chain
from pathlib import Path

import pytest

from tlsaudit.app.goalposts import digest_of
from tlsaudit.app.inventory import read_file
from tlsaudit.target import Endpoint, Targets, TargetsError, load_targets

TARGETS = """\
version: 1
defaults: {{owner: ops@example.org}}
sites: {{east: , west: }}
services:
  {services}
"""

TABLE = """\
host,port,service,owner,site,address
www.example.org,,,,,
shop.example.org,8443,Web Shop,shop@example.org,,
pay.example.org,,Web Shop,,,192.0.2.7
login.example.org,,login,,east,192.0.2.8
"""


def load(folder: Path, services: str, **files: str) -> Targets:
    for name, text in files.items():
        (folder / name.replace("_", ".")).write_text(text)
    (folder / "targets.yaml").write_text(TARGETS.format(services=services))
    return load_targets(folder / "targets.yaml", read_file)


def fault(folder: Path, services: str, **files: str) -> str:
    with pytest.raises(TargetsError) as caught:
        load(folder, services, **files)
    return str(caught.value).replace(f"{folder}/", "")


def by_id(targets: Targets) -> dict[str, Endpoint]:
    return {endpoint.id: endpoint for endpoint in targets.endpoints}


def test_a_table_says_whose_and_where_hosts_are(tmp_path: Path) -> None:
    targets = load(
        tmp_path, "fleet: {inventory: hosts.csv, pages: [/about], owner: fleet@example.org}", hosts_csv=TABLE
    )
    found = by_id(targets)
    assert {name: (each.service, each.owner) for name, each in found.items()} == {
        "www.example.org:443": ("fleet", "fleet@example.org"),
        "shop.example.org:8443": ("Web-Shop", "shop@example.org"),
        "pay.example.org:443": ("Web-Shop", "shop@example.org"),
        "login.example.org:443@east": ("login", "fleet@example.org"),
    }
    assert {name: service.owner for name, service in targets.services.items()} == {
        "fleet": "fleet@example.org",
        "Web-Shop": "shop@example.org",
        "login": "fleet@example.org",
    }
    assert all(each.pages == ("/", "/about") for each in targets.endpoints)
    pay, login = found["pay.example.org:443"], found["login.example.org:443@east"]
    assert pay.route.sockets("pay.example.org", 443) == (("192.0.2.7", 443),)
    assert login.route.sockets("login.example.org", 443) == (("192.0.2.8", 443),)
    assert found["www.example.org:443"].route.sockets("www.example.org", 443) is None
    assert pay.location == (str(tmp_path / "hosts.csv"), 4, 1)
    assert targets.locations["service", "Web-Shop"] == (str(tmp_path / "hosts.csv"), 3, 1)


def test_services_have_their_parts_of_all_endpoints(tmp_path: Path) -> None:
    targets = load(
        tmp_path, "{a: {hosts: [x.example.org], inventory: hosts.csv}, login: [y.example.org]}", hosts_csv=TABLE
    )
    parts = [[each.host for each in service.endpoints] for service in targets.services.values()]
    assert parts == [
        ["x.example.org", "www.example.org"],
        ["y.example.org", "login.example.org"],
        ["shop.example.org", "pay.example.org"],
    ]
    assert [each.host for each in targets.endpoints] == list(chain.from_iterable(parts))


def test_the_settings_of_a_service_hold_for_rows_that_name_it(tmp_path: Path) -> None:
    services = "{a: {inventory: hosts.csv}, login: {hosts: [y.example.org], owner: login@example.org, pages: [/in]}}"
    login = by_id(load(tmp_path, services, hosts_csv=TABLE))["login.example.org:443@east"]
    assert (login.owner, login.pages) == ("login@example.org", ("/", "/in"))


def test_rows_without_a_site_are_at_the_sites_of_their_service(tmp_path: Path) -> None:
    services = "{a: {inventory: hosts.txt, at: {east: 192.0.2.1, west: {address: 192.0.2.2, ports: {443: 8443}}}}}"
    found = by_id(load(tmp_path, services, hosts_txt="www.example.org\nimap://mail.example.org\n"))
    assert {name: each.route.sockets(each.host, each.port) for name, each in found.items()} == {
        "www.example.org:443@east": (("192.0.2.1", 443),),
        "www.example.org:443@west": (("192.0.2.2", 8443),),
        "imap://mail.example.org:143@east": (("192.0.2.1", 143),),
        "imap://mail.example.org:143@west": (("192.0.2.2", 143),),
    }


def test_an_endpoint_counts_once_as_it_stands_in_targets_yaml(tmp_path: Path) -> None:
    services = "{a: {inventory: [hosts.txt, more.txt]}, b: {hosts: [www.example.org], owner: b@example.org}}"
    targets = load(
        tmp_path, services, hosts_txt="www.example.org\nx.example.org\n", more_txt="x.example.org\ny.example.org\n"
    )
    assert [(each.host, each.service) for each in targets.endpoints] == [
        ("x.example.org", "a"),
        ("y.example.org", "a"),
        ("www.example.org", "b"),
    ]
    assert by_id(targets)["x.example.org:443"].location == (str(tmp_path / "hosts.txt"), 2, 1)


def test_any_inventory_will_do(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    nginx = "http { server { listen 8443 ssl; server_name www.example.org *.example.org; } }\n"
    (tmp_path / "etc/nginx.conf").write_text(nginx)
    zone = "$ORIGIN example.org.\n$TTL 1\n@ IN SOA a b 1 1 1 1 1\nns IN A 192.0.2.1\n* IN A 192.0.2.1\n"
    services = "{a: {inventory: [etc, {file: zone.txt, from: zone}]}}"
    targets = load(tmp_path, services, zone_txt=zone)
    assert list(by_id(targets)) == ["www.example.org:8443", "ns.example.org:443"]
    assert [note.replace(f"{tmp_path}/", "") for note in targets.notes] == [
        "etc: 1 wildcard is no host and left out",
        "zone.txt: 1 wildcard is no host and left out",
    ]


def test_names_in_an_inventory_can_be_in_a_scope(tmp_path: Path) -> None:
    services = (
        "fleet: {inventory: hosts.csv}\n"
        "objectives:\n  a:\n    checks: [hsts-max-age]\n    milestones: {2027-01-01: 100%}\n    scope: "
    )
    assert load(tmp_path, f"{services}[www.example.org, 'pay.example.org:443', login@east, Web-Shop]", hosts_csv=TABLE)
    assert fault(tmp_path, f"{services}[Web-Shops]", hosts_csv=TABLE) == (
        "targets.yaml:10:13: Web-Shops is no service, host or link of this file: did you mean Web-Shop?"
    )


@pytest.mark.parametrize(
    ("services", "table", "said"),
    [
        ("a: {inventory: none.csv}", "", "targets.yaml:5:18: none.csv: cannot be read: No such file or directory"),
        ("a: {inventory: [hosts.csv]}", "host\n", "targets.yaml:5:19: hosts.csv: no host is named there"),
        ("a: {inventory: hosts.csv}", "host\na b\n", "hosts.csv:2:1: a b: a host name has no spaces"),
        (
            "a: {inventory: hosts.csv}",
            "host,site\nx,eats\n",
            "hosts.csv:2:1: site eats is not defined: did you mean east?",
        ),
        ("a: {inventory: []}", "", "targets.yaml:5:18: inventory is empty: name at least one, or leave the key out"),
        ("a: {inventory: {from: csv}}", "", "targets.yaml:5:7: the inventory has no file: write file: hosts.csv"),
        (
            "a: {owner: me}",
            "",
            "targets.yaml:5:3: the service names no hosts: write hosts: [www.example.org], or inventory: hosts.csv",
        ),
    ],
)
def test_a_fault_is_told_where_it_is(tmp_path: Path, services: str, table: str, said: str) -> None:
    assert fault(tmp_path, services, hosts_csv=table) == said


def test_an_edited_inventory_is_another_target(tmp_path: Path) -> None:
    services = "fleet: {inventory: hosts.csv}"
    before = digest_of(load(tmp_path, services, hosts_csv=TABLE))
    assert digest_of(load(tmp_path, services, hosts_csv=TABLE.replace(",east,", ",west,"))) != before
    assert digest_of(load(tmp_path, services, hosts_csv=TABLE)) == before
