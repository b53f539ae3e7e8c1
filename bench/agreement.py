"""Whether the tools answer alike: the cipher suites of one server, version by version."""

import re
import subprocess
from typing import TYPE_CHECKING

from bench.tls import nmap
from tests.probe.test_handshake_peers import UNKNOWN_TO_SSLYZE, Suites, by_sslscan, by_sslyze, look, suites_of
from tlsaudit.evidence import TlsVersion

if TYPE_CHECKING:
    from tests.servers import Server

_NMAP = re.compile(r"\|   (SSLv3|TLSv1\.[0-3]): |\|       (TLS_\w+)")
_VERSIONS = {
    "SSLv3": TlsVersion.SSL3,
    **{f"TLSv1.{item.label[-1]}": item for item in TlsVersion if "TLS" in item.label},
}


def agree(server: "Server") -> int:
    """How many suites all have found. Ends the program where they differ."""
    ours = suites_of(look(server))
    without = {version: names - UNKNOWN_TO_SSLYZE for version, names in ours.items()}
    for tool, found, expected in (
        ("sslyze", by_sslyze(server), without),
        ("sslscan", by_sslscan(server), ours),
        ("nmap", by_nmap(server), ours),
    ):
        if found != expected:
            differing = {version.label: names ^ expected.get(version, set()) for version, names in found.items()}
            raise SystemExit(f"tlsaudit and {tool} differ: {differing}")
    return sum(map(len, ours.values()))


def by_nmap(server: "Server") -> Suites:
    output = subprocess.run(nmap(server, [server.address]), check=True, capture_output=True, text=True).stdout
    found: Suites = {}
    version = TlsVersion.SSL2
    for label, name in _NMAP.findall(output):
        if label:
            version = _VERSIONS[label]
        else:
            found.setdefault(version, set()).add(name.replace("TLS_AKE_WITH_", "TLS_"))
    return found
