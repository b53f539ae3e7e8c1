"""What a check is told of the past, end to end: a real server that is audited again, and one that changed since."""

import json
from pathlib import Path

from tests.cli.command import at, tlsaudit
from tests.servers import CertificateAuthority, Server, Shape, serve

TARGETS = """\
version: 1
sites: {{east: {{}}}}
services:
  web:
    hosts: [www.example.org]
    at: {{east: {{address: 127.0.0.1, ports: {{80: {server.http_port}, 443: {server.https_port}}}}}}}
"""

CHECK = '''"""No version is dropped unnoticed.

## Rationale
A version that was served yesterday may have users.

## Remediation
Serve it again.
"""

from collections.abc import Iterator

from tlsaudit.check import Past, Severity, Verdict, check, failed, passed
from tlsaudit.evidence import TlsOffer


@check(title="No version is dropped unnoticed", severity=Severity.LOW)
def versions_dropped(tls: TlsOffer, past: Past[TlsOffer]) -> Iterator[Verdict]:
    served = {offer.version for offer in tls.versions}
    earlier = list(past)
    assert all(offer.observed_at < tls.observed_at for offer in earlier)
    dropped = {offer.version.label for seen in earlier for offer in seen.versions} - {each.label for each in served}
    if dropped:
        yield failed(f"no longer served: {', '.join(sorted(dropped))}", looks=len(earlier))
    else:
        yield passed("nothing was dropped", looks=len(earlier))
'''


def _audit(folder: Path, server: Server, ca_file: Path) -> tuple[str, str, int]:
    """Audit the server with the check above; its outcome, message, and how many earlier looks it was told of."""
    (folder / "targets.yaml").write_text(TARGETS.format(server=server), "utf-8")
    options = ("--checks-dir", "checks", "--select", "versions-dropped", "--ca-file", ca_file, "-q")
    done = tlsaudit("audit", *options, cwd=folder)
    assert done.code == 0, done.err
    (finding,) = json.loads((folder / "reports" / "audit.json").read_text("utf-8"))["findings"]
    return finding["outcome"], finding["message"], finding["facts"]["looks"]


def test_a_server_is_judged_by_what_it_served_before(tmp_path: Path, ca: CertificateAuthority, ca_file: Path) -> None:
    (tmp_path / "checks").mkdir()
    (tmp_path / "checks" / "versions_dropped.py").write_text(CHECK, "utf-8")
    with serve("nginx", ca=ca) as server:
        assert _audit(tmp_path, server, ca_file) == ("pass", "nothing was dropped", 0)
        # The second is told of the first; the third of the second alone, because the first is too near to it.
        assert _audit(tmp_path, server, ca_file) == ("pass", "nothing was dropped", 1)
    with serve("nginx", Shape.TLS13_ONLY, ca=ca) as server:
        assert _audit(tmp_path, server, ca_file) == ("fail", "no longer served: TLS 1.2", 1)
        options = ("--checks-dir", tmp_path / "checks", "--select", "versions-dropped", "--format", "json")
        scanned = tlsaudit("scan", server.name, *at(server), *options)
    assert scanned.outcomes() == {"versions-dropped": "pass"}  # a scan knows no past
