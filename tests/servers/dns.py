"""Real name servers on loopback: Knot serves zones and signs them, Unbound resolves and validates.

with name_servers([Zone("example.org", "www A 192.0.2.1"), Zone("example.net", "www A 192.0.2.2", Signed.NO)]) as dns:
    ...  # dns.resolver is ADDRESS:PORT; the root is signed, too, and delegates to each zone
"""

import contextlib
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from tests.servers.daemon import daemon, free_port
from tests.servers.programs import require

ADDRESS = "127.0.0.1"

# A question for the root's SOA (RFC 1035 section 4), to see whether somebody answers.
_QUESTION = bytes.fromhex("00010100000100000000000000000600 01".replace(" ", ""))


class Signed(Enum):
    """Whether a zone is signed, and the delegation says so. WRONGLY: by another key than the delegation names."""

    YES = "yes"
    NO = "no"
    WRONGLY = "wrongly"


@dataclass(frozen=True)
class Zone:
    """`records` are the lines of a zone file (RFC 1035 section 5), below the name, without SOA and NS."""

    name: str
    records: str
    signed: Signed = Signed.YES


@dataclass(frozen=True)
class NameServers:
    """Where the validating resolver listens, and where the server that knows the zones does."""

    resolver_port: int
    authority_port: int

    @property
    def resolver(self) -> str:
        """As for --resolver."""
        return f"{ADDRESS}:{self.resolver_port}"


@contextlib.contextmanager
def name_servers(zones: Sequence[Zone]) -> Iterator[NameServers]:
    with tempfile.TemporaryDirectory(prefix="tlsaudit-test-") as name, contextlib.ExitStack() as running:
        folder = Path(name)
        ports = NameServers(free_port(ADDRESS), free_port(ADDRESS))
        knot = _knot(folder, zones, ports.authority_port)
        running.enter_context(daemon(knot, lambda: _answers(ports.authority_port), folder / "knot.log"))
        unbound = _unbound(folder, zones, ports)
        running.enter_context(daemon(unbound, lambda: _answers(ports.resolver_port), folder / "unbound.log"))
        yield ports


def _knot(folder: Path, zones: Sequence[Zone], port: int) -> list[str]:
    """Write all that Knot reads, with the keys made; its command line."""
    conf = folder / "knot.conf"
    signed = [Zone(".", ""), *zones]
    lines = [
        f'server:\n  rundir: "{folder}"\n  listen: {ADDRESS}@{port}',
        "  udp-workers: 1\n  tcp-workers: 1\n  background-workers: 1",
        f'database:\n  storage: "{folder}"',
        "log:\n  - target: stderr\n    any: warning",
        "policy:\n  - id: one\n    single-type-signing: on",
        "zone:",
        *(
            f'  - domain: {zone.name.rstrip(".")}.\n    storage: "{folder}"\n    file: {_file(zone)}\n'
            "    journal-content: none\n    zonefile-load: whole"
            + ("" if zone.signed is Signed.NO else "\n    dnssec-signing: on\n    dnssec-policy: one")
            for zone in signed
        ),
    ]
    conf.write_text("\n".join(lines) + "\n", "utf-8")
    delegations = []
    for zone in zones:
        delegations += [f"{zone.name}. NS ns.{zone.name}.", f"ns.{zone.name}. A {ADDRESS}"]
        if zone.signed is not Signed.NO:
            delegations.append(_delegated(zone, _key(conf, zone)))
        (folder / _file(zone)).write_text(_zone_file(zone.name + ".", zone.records), "utf-8")
    root = Zone(".", "\n".join(delegations))
    (folder / "anchor.ds").write_text(_key(conf, root) + "\n", "utf-8")
    (folder / _file(root)).write_text(_zone_file(".", root.records), "utf-8")
    return [require("knotd", "knot"), "-c", str(conf)]


def _file(zone: Zone) -> str:
    return f"{zone.name.strip('.') or 'root'}.zone"


def _zone_file(origin: str, records: str) -> str:
    below = "" if origin == "." else origin
    head = f"$ORIGIN {origin}\n$TTL 60\n@ SOA ns.{below} hostmaster.{below} 1 3600 600 86400 60\n@ NS ns.{below}\n"
    return f"{head}ns.{below} A {ADDRESS}\n{records}\n"


def _key(conf: Path, zone: Zone) -> str:
    """Make the key that signs a zone; its DS record with SHA-256."""
    keymgr = [require("keymgr", "knot"), "-c", str(conf), zone.name.rstrip(".") + "."]
    made = [*keymgr, "generate", "algorithm=ECDSAP256SHA256", "ksk=yes", "zsk=yes"]
    subprocess.run(made, check=True, capture_output=True)
    records = subprocess.run([*keymgr, "ds"], check=True, capture_output=True, text=True).stdout.splitlines()
    return next(line for line in records if line.split()[4] == "2")


def _delegated(zone: Zone, ds: str) -> str:
    if zone.signed is Signed.WRONGLY:
        ds, digest = ds.rsplit(maxsplit=1)
        return f"{ds} {digest[::-1]}"
    return ds


def _unbound(folder: Path, zones: Sequence[Zone], ports: NameServers) -> list[str]:
    conf = folder / "unbound.conf"
    lines = [
        "server:",
        *(
            f"  {line}"
            for line in (
                f"interface: {ADDRESS}@{ports.resolver_port}",
                f'directory: "{folder}"',
                'chroot: ""',
                'username: ""',
                'pidfile: ""',
                "use-syslog: no",
                "do-daemonize: no",
                "do-ip6: no",
                "num-threads: 1",
                "do-not-query-localhost: no",
                f'trust-anchor-file: "{folder / "anchor.ds"}"',
                "ede: yes",
                "val-bogus-ttl: 1",
                "cache-max-negative-ttl: 1",
                "minimal-responses: no",
                # Some names are not for the open net, and have an empty zone of its own in each Unbound.
                *(f'local-zone: "{zone.name}." nodefault' for zone in zones),
            )
        ),
        "remote-control:\n  control-enable: no",
        *(
            f'stub-zone:\n  name: "{name}"\n  stub-addr: {ADDRESS}@{ports.authority_port}'
            for name in (".", *(zone.name for zone in zones))
        ),
    ]
    conf.write_text("\n".join(lines) + "\n", "utf-8")
    return [require("unbound", "unbound"), "-d", "-c", str(conf)]


def _answers(port: int) -> bool:
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(1)
        client.connect((ADDRESS, port))
        client.send(_QUESTION)
        return client.recv(512)[3] & 0x0F == 0  # NOERROR
    return False
