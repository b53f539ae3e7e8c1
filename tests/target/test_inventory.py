"""Targets out of files that an operator keeps anyway."""

import json
from contextlib import suppress
from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlsaudit.target import INVENTORY_FORMATS, Endpoint, TargetsError, read_inventory

ZONE = """\
$ORIGIN example.org.
$TTL 3600
@       IN SOA ns1 hostmaster (1 7200 900
                               1209600 86400)
        IN NS  ns1
        IN MX  10 mx
        IN MX  20 mx.elsewhere.example.
        IN A   192.0.2.1
ns1     IN A   192.0.2.2
www  60 IN CNAME @  ; the site
api     IN HTTPS 1 . alpn=h2 port=8443
*.apps  IN A   192.0.2.3
_dmarc  IN TXT "v=DMARC1"
_x.www  IN A   192.0.2.4
mx      IN AAAA 2001:db8::25
"""

MANIFESTS = """\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: shop, namespace: web}
spec:
  tls: [{hosts: [shop.example.org]}]
  rules:
    - host: shop.example.org
    - host: plain.example.org
    - http: {}
---
apiVersion: v1
kind: List
items:
  - apiVersion: gateway.networking.k8s.io/v1
    kind: Gateway
    metadata: {name: edge, namespace: infra}
    spec:
      listeners:
        - {name: a, protocol: HTTP, port: 80, hostname: old.example.org}
        - {name: b, protocol: HTTPS, port: 8443, hostname: "*.example.org"}
        - {name: c, protocol: TLS, port: 443, hostname: pass.example.org}
  - apiVersion: gateway.networking.k8s.io/v1
    kind: HTTPRoute
    metadata: {name: api, namespace: web}
    spec: {parentRefs: [{name: edge, namespace: infra}], hostnames: [api.example.org]}
---
apiVersion: route.openshift.io/v1
kind: Route
metadata: {name: console}
spec: {host: console.example.org}
---
apiVersion: traefik.io/v1alpha1
kind: IngressRoute
metadata: {name: t}
spec: {routes: [{match: "(Host(`t1.example.org`) || Host(`t2.example.org`)) && PathPrefix(`/x`)"}]}
---
apiVersion: v1
kind: Service
metadata: {name: no, namespace: web}
spec: {ports: [{port: 443}]}
"""


def ids(text: str, name: str = "it", format: str | None = None) -> list[str]:  # noqa: A002 the word
    return [endpoint.id for endpoint in read_inventory(text, name, format).endpoints]


def complaint(text: str, name: str, format: str | None = None) -> list[str]:  # noqa: A002 the word
    with pytest.raises(TargetsError) as caught:
        read_inventory(text, name, format)
    return str(caught.value).splitlines()


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_of_a_table_end_as_on_any_system(end: str) -> None:
    """Those within quotes are counted, too, so that a row is found where it is written."""
    text = end.join(["host,note", 'a.example.org,"one', 'two"', "", "b.example.org,"])
    found = read_inventory(text, "hosts.csv").endpoints
    assert [(each.host, each.location and each.location.line) for each in found] == [
        ("a.example.org", 3),
        ("b.example.org", 5),
    ]


def test_a_table_names_hosts_and_whose_they_are() -> None:
    text = dedent("""\
        Hostname;Port;Team;Service;IP Address;Serial
        www.example.org;;web@example.org;wiki;192.0.2.1 2001:db8::1;x1
        WWW.example.org.;443;;;192.0.2.2;x2

        mx.example.org;25;;;;
        2001:db8::5;8443;"ops, all";;;
        """)
    found = read_inventory(text, "hosts.csv").endpoints
    assert [endpoint.id for endpoint in found] == ["www.example.org:443", "mx.example.org:25", "[2001:db8::5]:8443"]
    www, _, last = found
    assert (www.owner, www.service, last.owner) == ("web@example.org", "wiki", "ops, all")
    assert www.addresses == ("192.0.2.1", "2001:db8::1", "192.0.2.2")
    assert www.location is not None
    assert (www.location.file, www.location.line) == ("hosts.csv", 2)


@pytest.mark.parametrize(
    ("row", "found"),
    [
        ("a.example.org,,", "a.example.org:443"),
        ("a.example.org,8443,https", "a.example.org:8443"),
        ("a.example.org:8443,,", "a.example.org:8443"),
        ("https://a.example.org/x,,", "a.example.org:443"),
        ("a.example.org,,smtp", "smtp://a.example.org:25"),
        ("a.example.org,587,SMTP", "smtp://a.example.org:587"),
        ("imap://a.example.org,,", "imap://a.example.org:143"),
        ('"a.example.org"', "a.example.org:443"),
    ],
)
def test_a_row(row: str, found: str) -> None:
    assert ids(f"host,port,protocol\n{row}\n", "hosts.csv") == [found]


def test_a_site_makes_an_endpoint_of_its_own() -> None:
    text = "host\tsite\taddress\na.example.org\teast\t192.0.2.1\na.example.org\twest\t192.0.2.2\n"
    assert ids(text, "hosts.tsv") == ["a.example.org:443@east", "a.example.org:443@west"]


def test_a_zone_has_hosts_and_exchangers() -> None:
    inventory = read_inventory(ZONE, "example.org.zone")
    assert [(each.id, each.location and each.location.line) for each in inventory.endpoints] == [
        ("example.org:443", 8),
        ("ns1.example.org:443", 9),
        ("www.example.org:443", 10),
        ("api.example.org:443", 11),
        ("mx.example.org:443", 15),
        ("smtp://mx.example.org:25", 6),
    ]
    assert inventory.wildcards == 1


@pytest.mark.parametrize("name", ["example.org.zone", "db.example.org", "zones/example.org.db"])
def test_a_zone_is_that_of_its_file_where_it_says_nothing(name: str) -> None:
    assert ids("@ 60 IN A 192.0.2.1\nwww 60 IN A 192.0.2.1\n", name, "zone") == [
        "example.org:443",
        "www.example.org:443",
    ]


def test_manifests_name_what_is_answered_for() -> None:
    inventory = read_inventory(MANIFESTS, "all.yaml")
    assert [(each.id, each.service) for each in inventory.endpoints] == [
        ("shop.example.org:443", "web/shop"),
        ("plain.example.org:443", "web/shop"),
        ("old.example.org:443", "infra/edge"),
        ("old.example.org:8443", "infra/edge"),
        ("pass.example.org:443", "infra/edge"),
        ("api.example.org:443", "web/api"),
        ("api.example.org:8443", "web/api"),
        ("console.example.org:443", "console"),
        ("t1.example.org:443", "t"),
        ("t2.example.org:443", "t"),
    ]
    assert inventory.wildcards == 1
    assert {each.location.line for each in inventory.endpoints if each.location} == {7, 8, 19, 21, 25, 30, 35}


def test_what_kubectl_prints_as_json_is_read() -> None:
    ingress = {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "spec": {"rules": [{"host": "a.example.org"}]}}
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": [ingress]}, indent=4)
    assert ids(text, "all.json") == ["a.example.org:443"]


CERTIFICATES = [
    {"common_name": "a.example.org", "name_value": "a.example.org\n*.example.org\nsomebody@example.org"},
    {"dns_names": ["b.example.org", "A.example.org"], "not_after": "2001-01-01T00:00:00Z"},
    {"parsed": {"names": ["c.example.org"], "subject": {"common_name": ["d.example.org"]}}},
]


@pytest.mark.parametrize(
    "text", [json.dumps(CERTIFICATES), "\n".join(map(json.dumps, CERTIFICATES)), json.dumps(CERTIFICATES, indent=1)]
)
def test_certificates_name_hosts(text: str) -> None:
    inventory = read_inventory(text, "export.json")
    assert [each.id for each in inventory.endpoints] == [f"{letter}.example.org:443" for letter in "abcd"]
    assert inventory.wildcards == 1


@pytest.mark.parametrize(
    ("text", "name", "format", "said"),
    [
        ("adress,port\n", "x.csv", None, "x.csv:1:1: no column is called host: name the col"),
        ("hots,port\n", "x.csv", None, "x.csv:1:1: no column is called host: did you mean host?"),
        ("", "x.csv", None, "x.csv:1:1: no column is called host: name the col"),
        ("host,port\na b,\nc.example.org,99999\n", "x.csv", None, "x.csv:2:1: a b: a host name has no spaces"),
        ('host,port\n"a.example.org,\n', "x.csv", None, "x.csv:2:1: this is no table: unexpected end of data"),
        ("host,ip\na.example.org,1.2.3\n", "x.csv", None, "x.csv:2:1: 1.2.3 is no IP address"),
        ("www 60 IN A 192.0.2.1\n", "zonefile", "zone", "zonefile:1:1: of which zone is this?"),
        ("$ORIGIN example.org.\n$INCLUDE other\n", "x.zone", None, "x.zone:2:1: $INCLUDE is not followed"),
        ("$ORIGIN example.org.\nwww 60 IN A 192.0.2\n", "x.zone", None, "x.zone:2:1: this is no zone file:"),
        ("apiVersion: v1\nx: {{ .Values.kind }}\nx: }\n", "x.yaml", None, "x.yaml:3:4: this is no YAML:"),
        ("apiVersion: v1\nx: " + "[" * 200, "x.yaml", None, "x.yaml:2:103: nested too deeply"),
        ('[{"dns_names": ["a.example.org"]},\n  nothing]', "x.json", None, "x.json:2:3: this is no JSON:"),
        ('{"dns_names": []}\n{"dns_names": [}\n', "x.jsonl", None, "x.jsonl:2:1: this is no JSON:"),
        ('{"dns_names": ' + "[" * 100_000, "x.json", None, "x.json: nested too deeply"),
    ],
)  # fmt: skip
def test_a_fault_is_told_with_its_place(text: str, name: str, format: str | None, said: str) -> None:  # noqa: A002
    assert complaint(text, name, format)[0].startswith(said)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("www.example.org\nmail.example.org:993\n", "www.example.org:443"),
        ("host,owner\nwww.example.org,x\n", "www.example.org:443"),
        ("$ORIGIN example.org.\nwww 1 IN A 192.0.2.1\n", "www.example.org:443"),
        ("apiVersion: route.openshift.io/v1\nkind: Route\nspec: {host: www.example.org}\n", "www.example.org:443"),
        ('[{"common_name": "www.example.org"}]', "www.example.org:443"),
    ],
)
def test_what_a_file_is_shows(text: str, found: str) -> None:
    assert ids(text)[0] == found


@given(
    st.sampled_from(sorted(INVENTORY_FORMATS)),
    st.text()
    | st.sampled_from([ZONE, MANIFESTS]).flatmap(
        lambda text: st.tuples(st.integers(0, len(text)), st.text(max_size=3)).map(
            lambda cut: text[: cut[0]] + cut[1] + text[cut[0] + 1 :]
        )
    ),
)
def test_any_text_has_endpoints_or_faults(format: str, text: str) -> None:  # noqa: A002 the word
    with suppress(TargetsError):
        found = read_inventory(text, "it.example.org", format).endpoints
        assert all(isinstance(endpoint, Endpoint) for endpoint in found)
        assert len({endpoint.id for endpoint in found}) == len(found)
