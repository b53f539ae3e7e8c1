"""Scans and audits of what begins in clear, beside https."""

import json
from collections.abc import Callable
from pathlib import Path

from tests.cli.command import at, tlsaudit
from tests.servers import CertificateAuthority, Server, Shape
from tests.servers.stacks import NAME, Listener
from tests.servers.starttls import postfix, slapd

HTTP_CHECKS = {"canonical-https", "hsts-max-age", "redirect-https"}
OF_SMTP = {"starttls", "starttls-before-login"}


def there(port: int, listener: Listener) -> tuple[str, str]:
    return "--connect-to", f"{NAME}:{port}:{listener.address}:{listener.port}"


def test_a_mail_server_as_it_should_be(ca: CertificateAuthority, ca_file: Path) -> None:
    with postfix(ca) as listener:
        done = tlsaudit("scan", f"smtp://{NAME}", *there(25, listener), "--ca-file", ca_file, "--format", "json")
    (endpoint,) = done.document["endpoints"]
    assert (endpoint["id"], endpoint["starttls"]) == (f"smtp://{NAME}:25", "smtp")
    outcomes = done.outcomes()
    assert set(outcomes) >= OF_SMTP | {"certificate-name", "certificate-trust", "tls-versions"}
    assert not set(outcomes) & HTTP_CHECKS
    assert outcomes["certificate-name"] == "pass"
    assert {outcomes[check] for check in OF_SMTP} == {"pass"}
    (note,) = (note for note in done.document["notes"] if note.endswith("which speaks no HTTP"))
    assert all(check in note for check in HTTP_CHECKS)


def test_the_terminal_names_the_protocol(ca: CertificateAuthority, ca_file: Path) -> None:
    selected = ("--select", "starttls", "--select", "starttls-before-login")
    with postfix(ca, before_tls=True) as listener:
        done = tlsaudit("scan", f"smtp://{NAME}", *there(25, listener), "--ca-file", ca_file, *selected)
    assert done.code == 1
    assert done.out.startswith(f"smtp://{NAME}:25")
    assert "announced before TLS: AUTH PLAIN, AUTH LOGIN" in " ".join(done.out.split())
    assert "postfix: smtpd_tls_auth_only = yes" in done.out


def test_without_tls_the_rest_is_unknown(ca: CertificateAuthority, ca_file: Path) -> None:
    with slapd(ca, tls=False) as listener:
        done = tlsaudit("scan", f"ldap://{NAME}", *there(389, listener), "--ca-file", ca_file, "--format", "json")
    by_check = {finding["check"]: finding for finding in done.document["findings"]}
    assert done.code == 1
    assert by_check["starttls"]["outcome"] == "fail"
    assert by_check["starttls-before-login"]["outcome"] == "not_applicable"
    assert (by_check["tls-versions"]["outcome"], by_check["tls-versions"]["message"]) == (
        "unknown",
        "STARTTLS is not offered",
    )


def test_https_is_not_asked_about_starttls(shared_server: Callable[[str, Shape], Server], ca_file: Path) -> None:
    server = shared_server("nginx", Shape.MODERN)
    done = tlsaudit("scan", server.name, *at(server), "--select", "starttls", "--format", "json")
    assert done.document["findings"] == []
    assert done.document["notes"] == [
        f"starttls, starttls-before-login: not asked of {server.name}:443, which begins with TLS"
    ]


def test_ports_of_other_protocols_that_begin_with_tls_are_asked_for_no_pages(
    shared_server: Callable[[str, Shape], Server], ca_file: Path
) -> None:
    """What listens at the port speaks HTTP indeed: it must not be asked."""
    server = shared_server("nginx", Shape.MODERN)
    there = ("--connect-to", f"{server.name}:465:{server.address}:{server.https_port}")
    done = tlsaudit("scan", f"{server.name}:465", *there, "--ca-file", ca_file, "--format", "json", "--sample", "3")
    outcomes = done.outcomes()
    assert outcomes["certificate-name"] == outcomes["tls-versions"] == "pass"
    assert not set(outcomes) & {*HTTP_CHECKS, "cookies-secure", "http3", "https-latency", "sitemap-https"}
    (note,) = (note for note in done.document["notes"] if server.name in note)
    assert all(check in note for check in HTTP_CHECKS)
    assert note.endswith(f"not asked of {server.name}:465, which speaks no HTTP")


def test_an_audit_of_both(
    shared_server: Callable[[str, Shape], Server], ca: CertificateAuthority, ca_file: Path, tmp_path: Path
) -> None:
    web = shared_server("nginx", Shape.MODERN)
    targets = f"""\
version: 1
services:
  web: [{NAME}]
  directory: ["ldap://{NAME}"]
objectives:
  hsts: {{checks: [hsts-max-age], milestones: {{2099-06-30: 100%}}}}
  upgrade: {{checks: [starttls], scope: ["ldap://{NAME}"], milestones: {{2099-06-30: 100%}}}}
  all: {{checks: [starttls], milestones: {{2099-06-30: 100%}}}}
"""
    (tmp_path / "targets.yaml").write_text(targets, "utf-8")
    with slapd(ca) as listener:
        roads = (*at(web), *there(389, listener))
        done = tlsaudit("audit", *roads, "--ca-file", ca_file, cwd=tmp_path)
    assert done.code == 0, done.err
    document = json.loads((tmp_path / "reports" / "audit.json").read_text("utf-8"))
    assert [(each["id"], each["starttls"]) for each in document["endpoints"]] == [
        (f"ldap://{NAME}:389", "ldap"),
        (f"{NAME}:443", None),
    ]
    counts = {each["id"]: each["counts"] for each in document["objectives"]}
    nothing = {"pass": 0, "fail": 0, "unknown": 0, "not_applicable": 0, "waived": 0}
    assert counts["hsts"] == nothing | {"fail": 1, "not_applicable": 1}
    assert counts["upgrade"] == nothing | {"pass": 1}
    assert counts["all"] == nothing | {"pass": 1, "not_applicable": 1}
