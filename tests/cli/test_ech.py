"""ECH from the records of a real name server to the server that reads what is encrypted for it."""

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from tests.cli.command import tlsaudit
from tests.ech import ech_config, ech_text
from tests.servers import CertificateAuthority
from tests.servers.dns import Zone, name_servers
from tests.servers.stacks import ech_server

HOSTS = ("www.example.org", "stale.example.org", "plain.example.org")


def test_a_scan_tells_whether_the_published_key_is_the_server_s(ca: CertificateAuthority, ca_file: Path) -> None:
    key = X25519PrivateKey.generate()
    config = ech_config(key.public_key().public_bytes_raw())
    with ech_server([ca.leaf([*HOSTS, "front.example.org"])], key.private_bytes_raw(), config) as server:
        zone = "\n".join(
            (
                *(f"{host.split('.')[0]} A {server.address}" for host in HOSTS),
                f"www HTTPS 1 . ech={ech_text(config)}",
                f"stale HTTPS 1 . ech={ech_text(ech_config())}",
            )
        )
        with name_servers([Zone("example.org", zone)]) as dns:
            ways = [f"--connect-to={host}:443:{server.address}:{server.port}" for host in HOSTS]
            checks = ("--select", "ech-published", "--select", "ech-accepted")
            options = ("--ca-file", ca_file, "--resolver", dns.resolver, "--format", "json")
            document = tlsaudit("scan", *HOSTS, *ways, *checks, *options).document
    outcomes = {(each["endpoint"].split(".")[0], each["check"]): each["outcome"] for each in document["findings"]}
    assert outcomes == {
        ("www", "ech-published"): "pass",
        ("www", "ech-accepted"): "pass",
        ("stale", "ech-published"): "pass",
        ("stale", "ech-accepted"): "fail",
        ("plain", "ech-published"): "not_applicable",
        ("plain", "ech-accepted"): "not_applicable",
    }
