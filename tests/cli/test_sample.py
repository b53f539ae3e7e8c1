"""--sample and `sample:`: pages of the sitemap are judged where that is asked for, and nowhere else."""

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command import at, tlsaudit
from tests.servers import CertificateAuthority, Server, VirtualHost, nginx
from tlsaudit.store.codec import unpack

ROOT = "https://www.example.org"
SITEMAP = "".join(f"<url><loc>{ROOT}/page/{number}</loc></url>" for number in range(50))
CONFIG = f"""
    location = /robots.txt {{ return 200 'Sitemap: {ROOT}/sitemap.xml'; }}
    location = /sitemap.xml {{ return 200 '<urlset>{SITEMAP}</urlset>'; }}
    location / {{ return 200 '<link rel=canonical href="https://$host$uri">'; }}
"""
CHECKS = ("--select", "sitemap-https", "--select", "canonical-https")

TARGETS = """\
version: 1
sites: {{lab: {{}}}}
services:
  web: {{hosts: [www.example.org], at: {{lab: {where}}}, pages: [/, /listed], sample: 4}}
  plain: {{hosts: [m.example.org], at: {{lab: {where}}}}}
objectives:
  sitemaps: {{checks: [sitemap-https], milestones: {{2099-06-30: 100%}}}}
"""


@pytest.fixture
def server(ca: CertificateAuthority) -> Iterator[Server]:
    pages = {"/unused": ""}
    other = VirtualHost(("m.example.org",), pages=pages)
    with nginx(ca=ca, pages=pages, https_config=CONFIG, http_config=CONFIG, others=[other]) as running:
        yield running


def findings(document: dict[str, Any], check: str) -> dict[str, tuple[str, str]]:
    return {
        finding["endpoint"]: (finding["outcome"], finding["message"])
        for finding in document["findings"]
        if finding["check"] == check
    }


def test_a_scan_samples_only_where_it_is_asked_to(server: Server, ca_file: Path) -> None:
    command = ("scan", server.name, *at(server), "--ca-file", ca_file, "--format", "json")
    plain = tlsaudit(*command, "--select", "canonical").document
    assert set(findings(plain, "canonical-https").values()) == {("pass", f"canonical is {ROOT}/")}
    assert not findings(plain, "sitemap-https")
    assert plain["notes"] == []
    assert not any(asked in line for line in server.access_log() for asked in ("robots.txt", "sitemap.xml", "page"))
    sampled = tlsaudit(*command, "--select", "canonical", "--sample", "3").document
    [finding] = (finding for finding in sampled["findings"] if finding["check"] == "sitemap-https")
    assert (finding["outcome"], finding["message"]) == ("pass", "50 locations in 1 sitemap")
    assert finding["facts"]["sampled_pages"] == 3
    [(outcome, message)] = findings(sampled, "canonical-https").values()
    assert (outcome, message) == ("pass", f"/: canonical is {ROOT}/")


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (("--select", "sitemap-https"), "tlsaudit: sitemap-https: cannot be judged: add --sample N\n"),
        (("--select", "sitemap-https", "--sample", "0"), "tlsaudit: sitemap-https: cannot be judged: add --sample N\n"),
        (("--sample", "101"), "101 is not in the range 0<=x<=100"),
        (("--sample", "ten"), "'ten' is not a valid integer"),
    ],
)
def test_what_cannot_be_sampled_is_one_clear_line(options: tuple[str, ...], complaint: str) -> None:
    done = tlsaudit("scan", "example.org", *options)
    assert (done.code, done.out) == (2, "")
    assert complaint in done.err


def test_an_audit_samples_the_services_that_say_so(server: Server, ca_file: Path, tmp_path: Path) -> None:
    where = f"{{address: {server.address}, ports: {{80: {server.http_port}, 443: {server.https_port}}}}}"
    (tmp_path / "targets.yaml").write_text(TARGETS.format(where=where), "utf-8")

    def audit(*options: str) -> dict[str, Any]:
        done = tlsaudit("audit", "--ca-file", ca_file, *CHECKS, *options, cwd=tmp_path)
        assert done.code == 0, done.err
        document: dict[str, Any] = json.loads((tmp_path / "reports" / "audit.json").read_text("utf-8"))
        return document

    first = audit()
    passed = ("pass", "50 locations in 1 sitemap")
    assert findings(first, "sitemap-https") == {"www.example.org:443@lab": passed}
    assert "sitemap-https: not asked of m.example.org:443, which has no sample of its pages" in first["notes"]
    [objective] = first["objectives"]
    assert (objective["counts"]["pass"], objective["counts"]["not_applicable"]) == (1, 1)
    audit()
    # What was chosen then is chosen now: nothing new is recorded of the pages.
    with sqlite3.connect(tmp_path / "history.db") as history:
        rows = history.execute("SELECT body FROM evidence WHERE kind = 'CanonicalLinks'")
        bodies = [json.loads(unpack(body)) for (body,) in rows]
    [pages] = (body["pages"] for body in bodies if len(body["pages"]) > 1)  # m.example.org has no sample
    paths = [page["path"] for page in pages]
    assert paths[:2] == ["/", "/listed"]
    assert len(set(paths)) == 6
    everywhere = audit("--sample", "1")
    assert findings(everywhere, "sitemap-https") == {
        "www.example.org:443@lab": passed,
        "m.example.org:443@lab": ("not_applicable", "no sitemap"),
    }
    nowhere = tlsaudit("audit", "--select", "canonical-https", "--sample", "0", cwd=tmp_path)
    assert nowhere.code == 0
