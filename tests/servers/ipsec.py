"""Two real strongSwan gateways, each in a network namespace of its own, joined by a pair of virtual interfaces.

Each holds all the connections of the lab, as a gateway does that has tunnels to several sites. ESP is done by charon
itself (kernel-libipsec): not every kernel has it. So `ip xfrm` shows nothing there, and UDP encapsulation is always on.
"""

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.servers.daemon import daemon
from tests.servers.programs import missing, require

CHARON = Path("/usr/lib/ipsec/charon")
SITES = ("east", "west")

_DEADLINE_S = 30.0
_LOAD = (
    "random nonce aes sha1 sha2 hmac kdf pem pkcs1 x509 curve25519 gmp openssl gcm kernel-libipsec kernel-netlink "
    "socket-default vici updown"
)


class LabError(Exception):
    """A gateway did not do what it was told; the message holds what was said."""


@dataclass(frozen=True)
class Tunnel:
    """A connection of both gateways. `number` makes its addresses: gateways 192.0.2.N and 198.51.100.N, and the
    networks 10.N.0.0/24 in the east and 10.N.128.0/24 in the west. `start` is swanctl's start_action.
    """

    number: int
    name: str
    ike: str = "aes256gcm16-prfsha384-x25519"
    esp: str = "aes256gcm16-x25519"
    start: str = "trap"
    up: bool = True
    version: int = 2

    @property
    def gateways(self) -> tuple[str, str]:
        return f"192.0.2.{self.number}", f"198.51.100.{self.number}"

    @property
    def networks(self) -> tuple[str, str]:
        return f"10.{self.number}.0.0/24", f"10.{self.number}.128.0/24"

    @property
    def hosts(self) -> tuple[str, str]:
        """An address in each network, which the gateway itself has."""
        return f"10.{self.number}.0.1", f"10.{self.number}.128.1"

    @property
    def nobody(self) -> str:
        """An address in the west to which packets are swallowed."""
        return f"10.{self.number}.128.9"


GOOD = Tunnel(1, "good")
WEAK = Tunnel(2, "weak", ike="aes128-sha1-modp1024", esp="aes128-sha1", start="none")
TRAPPED = Tunnel(3, "trapped", up=False)
OPEN = Tunnel(4, "open", start="none", up=False)
ONE_WAY = Tunnel(5, "one-way")
OLD = Tunnel(6, "old", ike="aes256-sha256-modp2048", version=1)
TUNNELS = (GOOD, WEAK, TRAPPED, OPEN, ONE_WAY, OLD)
"""Good; with what is broken; down with a trap and without; and those that are good but for their traffic, and IKEv1."""


@dataclass(frozen=True)
class Gateway:
    """`vici` is its socket, reachable from here; `enter` goes before a command that shall run where it runs."""

    site: str
    vici: Path
    enter: tuple[str, ...]

    def swanctl(self, *arguments: str) -> str:
        """What swanctl prints. Raises LabError."""
        return _run(require("swanctl", "strongswan-swanctl"), *arguments, "--uri", f"unix://{self.vici}")


@dataclass(frozen=True)
class Lab:
    """The two gateways."""

    east: Gateway
    west: Gateway

    def exchange(self, tunnel: Tunnel) -> None:
        """Some packets from east to west, and some back. Raises LabError where they cannot be sent."""
        east, west = tunnel.hosts
        _send(self.east, east, west)
        _send(self.west, west, east)

    def send(self, tunnel: Tunnel) -> None:
        """Some packets from east to west, to which there is no answer."""
        _send(self.east, tunnel.hosts[0], tunnel.nobody)


def _send(gateway: Gateway, source: str, target: str) -> None:
    code = (
        "import socket; sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); "
        f"sender.bind(({source!r}, 0)); [sender.sendto(b'x', ({target!r}, 9)) for _ in range(3)]"
    )
    _run(*gateway.enter, sys.executable, "-S", "-c", code)


@contextlib.contextmanager
def ipsec_lab(tunnels: Sequence[Tunnel] = TUNNELS) -> Iterator[Lab]:
    """Both gateways, their tunnels up or down as they should be, until the block ends. Where this machine cannot, the
    test fails if CI=true, else is skipped.
    """
    if os.geteuid() != 0:
        missing("network namespaces take root")
    if not CHARON.exists():
        missing("charon is not installed: apt-get install strongswan-charon, or scripts/install-test-servers")
    if not Path("/dev/net/tun").exists():
        missing("there is no /dev/net/tun")
    # Beside pytest's folders: the path of a socket has 107 bytes at most.
    folder = Path(tempfile.mkdtemp(prefix="ipsec-"))
    with contextlib.ExitStack() as running:
        running.callback(shutil.rmtree, folder, ignore_errors=True)
        east, west = (running.enter_context(_namespace()) for _ in SITES)
        _join(east, west, tunnels)
        gateways = [
            running.enter_context(_gateway(folder / site, site, inside, tunnels))
            for site, (inside, _) in zip(SITES, (east, west), strict=True)
        ]
        for gateway in reversed(gateways):
            gateway.swanctl("--load-all", "--file", str(folder / gateway.site / "swanctl.conf"))
        for tunnel in tunnels:
            if tunnel.up:
                gateways[0].swanctl("--initiate", "--child", tunnel.name, "--timeout", "10")
        yield Lab(*gateways)


_Namespace = tuple[tuple[str, ...], int]


@contextlib.contextmanager
def _namespace() -> Iterator[_Namespace]:
    """A network and mount namespace: what to put before a command to run it there, and a process in it."""
    enter, unshare = require("nsenter", "util-linux"), require("unshare", "util-linux")
    keeper = subprocess.Popen([unshare, "--net", "--mount", "cat"], stdin=subprocess.PIPE)  # it ends with this process
    try:
        outside = Path("/proc/self/ns/mnt").readlink()
        deadline = time.monotonic() + _DEADLINE_S
        while Path(f"/proc/{keeper.pid}/ns/mnt").readlink() == outside:
            if keeper.poll() is not None or time.monotonic() > deadline:
                missing("no network namespace can be made here")
            time.sleep(0.002)
        yield (enter, f"--net=/proc/{keeper.pid}/ns/net", f"--mount=/proc/{keeper.pid}/ns/mnt"), keeper.pid
    finally:
        keeper.terminate()
        keeper.communicate(timeout=_DEADLINE_S)


def _join(east: _Namespace, west: _Namespace, tunnels: Sequence[Tunnel]) -> None:
    ip = require("ip", "iproute2")
    _run(*east[0], ip, "link", "add", "wan", "type", "veth", "peer", "name", "wan", "netns", str(west[1]))
    for number, (inside, _) in enumerate((east, west)):
        lines = ["link set lo up", "link set wan up"]
        for tunnel in tunnels:
            lines.append(f"address add {tunnel.gateways[number]}/32 dev wan")
            lines.append(f"address add {tunnel.hosts[number]}/32 dev lo")
        if number:
            lines += [f"route add blackhole {tunnel.nobody}" for tunnel in tunnels]
        lines.append(f"route add {'192.0.2.0/24' if number else '198.51.100.0/24'} dev wan")
        # A way to the other side for what is not encrypted, as over a leased line.
        lines += [f"route add {tunnel.networks[1 - number]} dev wan src {tunnel.hosts[number]}" for tunnel in tunnels]
        _run(*inside, ip, "-batch", "-", said="\n".join(lines) + "\n")


@contextlib.contextmanager
def _gateway(folder: Path, site: str, inside: tuple[str, ...], tunnels: Sequence[Tunnel]) -> Iterator[Gateway]:
    folder.mkdir()
    socket = folder / "vici"
    strongswan = folder / "strongswan.conf"
    strongswan.write_text(
        f"charon {{\n load = {_LOAD}\n plugins {{ vici {{ socket = unix://{socket} }} }}\n}}\n", encoding="utf-8"
    )
    mine = SITES.index(site)
    connections = "\n".join(_connection(tunnel, mine) for tunnel in tunnels)
    secrets = "secrets { ike-lab { secret = not-a-secret } }"
    (folder / "swanctl.conf").write_text(f"connections {{\n{connections}\n}}\n{secrets}\n", encoding="utf-8")
    run = folder / "run"
    run.mkdir()
    _run(*inside, require("mount", "mount"), "--bind", str(run), str(Path("/var/run").resolve()))
    gateway = Gateway(site, socket, inside)
    environment = (require("env", "coreutils"), f"STRONGSWAN_CONF={strongswan}")
    with daemon([*inside, *environment, str(CHARON)], socket.exists, folder / "log"):
        yield gateway


def _connection(tunnel: Tunnel, mine: int) -> str:
    here, there = tunnel.gateways[mine], tunnel.gateways[1 - mine]
    local, remote = tunnel.networks[mine], tunnel.networks[1 - mine]
    child = f"local_ts = {local}\n remote_ts = {remote}\n esp_proposals = {tunnel.esp}\n start_action = {tunnel.start}"
    return f"""{tunnel.name} {{
 version = {tunnel.version}
 local_addrs = {here}
 remote_addrs = {there}
 proposals = {tunnel.ike}
 local {{ auth = psk
 id = {here} }}
 remote {{ auth = psk
 id = {there} }}
 children {{ {tunnel.name} {{
 {child}
 }} }}
}}"""


def _run(*command: str, said: str | None = None) -> str:
    """What a command prints. Raises LabError where it fails."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=_DEADLINE_S, check=False, input=said)
    if done.returncode:
        raise LabError(f"{command!r} ended with {done.returncode}: {done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.stdout
