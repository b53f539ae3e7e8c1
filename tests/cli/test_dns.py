"""--dns and `resolver:`: what real name servers say of hosts is judged beside what real servers show."""

import json
from collections.abc import Iterator
from hashlib import sha256, sha512
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.cli.command import at, tlsaudit
from tests.servers import CertificateAuthority, Chain, Server, free_port, nginx
from tests.servers.dns import ADDRESS, NameServers, Signed, Zone, name_servers
from tests.servers.starttls import postfix

HOSTS = ("www.example.org", "old.example.org")

ZONE = """\
@ CAA 0 issue "ca.example.org"
www A {address}
www HTTPS 1 .
_443._tcp.www TLSA 3 0 2 {whole}
_443._tcp.www TLSA 3 1 2 {other}{other}
_25._tcp.www TLSA 3 1 1 {key}
old CNAME www
_443._tcp.old TLSA 3 1 1 {other}
"""

TARGETS = """\
version: 1
defaults: {{resolver: "{resolver}"}}
services:
  web: [www.example.org]
  gone: [shop.invalid]
checks:
  dns-caa: {{own: [ca.example.org]}}
objectives:
  dane: {{checks: [dns-tlsa], milestones: {{2099-06-30: 100%}}}}
"""


@pytest.fixture(scope="module")
def chain(ca: CertificateAuthority) -> Chain:
    return ca.leaf(HOSTS)


@pytest.fixture(scope="module")
def server(ca: CertificateAuthority, chain: Chain) -> Iterator[Server]:
    with nginx(ca=ca, names=HOSTS, chains=[chain]) as running:
        yield running


@pytest.fixture(scope="module")
def dns(chain: Chain, server: Server) -> Iterator[NameServers]:
    """The zone of the server, and one without signatures of which an alias was left behind."""
    whole = chain.certificates[0].public_bytes(Encoding.DER)
    key = chain.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    digests = {"whole": sha512(whole).hexdigest(), "key": sha256(key).hexdigest(), "other": "ab" * 32}
    records = ZONE.format(address=server.address, **digests)
    zones = [Zone("example.org", records), Zone("invalid", "shop CNAME www.nobody.example.", Signed.NO)]
    with name_servers(zones) as running:
        yield running


def said(document: dict[str, Any], host: str) -> dict[str, tuple[str, str]]:
    return {
        finding["check"]: (finding["outcome"], finding["message"])
        for finding in document["findings"]
        if finding["endpoint"] == f"{host}:443"
    }


def test_a_scan_holds_records_against_what_is_served(server: Server, dns: NameServers, ca_file: Path) -> None:
    ways = [option for name in HOSTS for option in at(server, name)]
    command = ("scan", *HOSTS, *ways, "--ca-file", ca_file, "--resolver", dns.resolver, "--format", "json")
    document = tlsaudit(*command, "--select", "dns").document
    www, old = (said(document, name) for name in HOSTS)
    assert www == {
        "dns-addresses": ("pass", "IPv4 alone: no AAAA record"),
        "dns-alias": ("not_applicable", "no CNAME record"),
        "dns-caa": (
            "unknown",
            "CAA at example.org allows ca.example.org; which of them CN=Test root is, is not known here",
        ),
        "dns-tlsa": ("pass", "TLSA 3 0 2 matches"),
        "dnssec-signed": ("pass", "signed, and the signatures are valid"),
        "dnssec-valid": ("pass", "the signatures are valid"),
        "ech-published": ("not_applicable", "no HTTPS record has ech"),
        "https-record": ("pass", "HTTPS records agree with the server"),
        "https-record-http3": ("not_applicable", "no HTTP/3 in HTTPS records"),
    }
    assert old["dns-alias"] == ("pass", "an alias of www.example.org")
    # RFC 7671 section 7: at the end of a chain of aliases that is signed.
    assert old["dns-tlsa"] == ("pass", "TLSA 3 0 2 matches")
    addresses = {(each["check"], each["address"]) for each in document["findings"]}
    assert {("dns-alias", None), ("dns-tlsa", server.address)} <= addresses


def test_a_mail_server_s_certificate_is_that_of_its_record(
    ca: CertificateAuthority, dns: NameServers, ca_file: Path
) -> None:
    with postfix(ca) as listener:  # leaves have one key
        there = f"www.example.org:25:{listener.address}:{listener.port}"
        options = ("--connect-to", there, "--ca-file", ca_file, "--resolver", dns.resolver, "--format", "json")
        done = tlsaudit("scan", "smtp://www.example.org", *options, "--select", "dns-tlsa", "--select", "https-record")
    (finding,) = done.document["findings"]
    assert (finding["check"], finding["outcome"], finding["message"]) == ("dns-tlsa", "pass", "TLSA 3 1 1 matches")


@pytest.fixture(scope="module")
def audited(server: Server, dns: NameServers, ca_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("audited")
    (folder / "targets.yaml").write_text(TARGETS.format(resolver=dns.resolver), "utf-8")
    done = tlsaudit("audit", *at(server, "www.example.org"), "--ca-file", ca_file, cwd=folder)
    assert done.code == 0, done.err
    return folder


def test_an_audit_asks_the_resolver_of_the_targets_file(audited: Path) -> None:
    document = json.loads((audited / "reports" / "audit.json").read_text("utf-8"))
    assert said(document, "www.example.org")["dns-caa"] == ("pass", "CAA at example.org allows CN=Test root")
    (objective,) = document["objectives"]
    assert objective["counts"]["pass"] == 1
    gone = said(document, "shop.invalid")
    assert gone["dns-alias"] == ("fail", "an alias of www.nobody.example, and anybody can register nobody.example")
    assert gone["tls-versions"][0] == "unknown"
    unreached = next(each for each in document["endpoints"] if each["host"] == "shop.invalid")
    assert (unreached["reachable"], unreached["reason"].partition(":")[0]) == (False, "the name does not resolve")
    assert "anybody can register" in (audited / "reports" / "report.html").read_text("utf-8")


def test_what_was_recorded_is_judged_again_as_it_was(audited: Path) -> None:
    done = tlsaudit("history", "rejudge", "--format", "json", "-o", "again.json", cwd=audited)
    assert done.code == 0, done.err
    before, again = (json.loads((audited / name).read_text("utf-8")) for name in ("reports/audit.json", "again.json"))
    for name in ("www.example.org", "shop.invalid"):
        assert said(again, name) == said(before, name)


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (("--select", "dns-caa"), "dns-caa: cannot be judged: add --dns"),
        (("--dns", "--proxy", "socks5://127.0.0.1:1080"), "--dns: it does not go through --proxy"),
        (
            ("--resolver", "dns.example.org"),
            "dns.example.org is no resolver: write its IP address, such as 192.0.2.53 or [::1]:5353",
        ),
    ],
)
def test_what_cannot_be_asked_is_one_clear_line(options: tuple[str, ...], complaint: str) -> None:
    done = tlsaudit("scan", "example.org", *options)
    assert (done.code, done.out, done.err) == (2, "", f"tlsaudit: {complaint}\n")


def test_a_resolver_that_is_not_there_costs_a_line_and_no_verdict_on_tls(server: Server, ca_file: Path) -> None:
    nobody = f"{ADDRESS}:{free_port(ADDRESS)}"
    done = tlsaudit(
        *("scan", "192.0.2.1", "www.example.org", *at(server, "www.example.org"), "--ca-file", ca_file),
        *("--connect-to", f"192.0.2.1:443:{ADDRESS}:{free_port(ADDRESS)}", "--resolver", nobody, "--format", "json"),
        *("--select", "tls-versions", "--select", "dns-caa", "--select", "dnssec-valid"),
    )
    assert done.err == f"tlsaudit: the resolver {nobody} does not answer: DNS is not asked any more in this run\n"
    found = said(done.document, "www.example.org")
    assert found["tls-versions"][0] == "pass"
    assert {outcome for name, (outcome, _) in found.items() if name.startswith("dns")} == {"unknown"}
    assert found["dns-caa"][1].startswith("timed out: the resolver")
    assert set(said(done.document, "192.0.2.1")) == {"tls-versions"}
    assert "dns-caa, dnssec-valid: not asked of 192.0.2.1:443, which is no name" in done.document["notes"]
