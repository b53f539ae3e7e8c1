"""Run in a network namespace of its own: look at interfaces while packets pass, and print what was counted."""

import fcntl
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from struct import pack

from tests.probe.wire.packets import EAST, ESP_DATA, HERE, HERE6, SIDES, THERE, THERE6, WEST, ethernet, ip, udp
from tlsaudit.evidence.wire import WireLook
from tlsaudit.probe.wire.watch import watch

TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x1, 0x1000
TCP = 6
CLEAR, BACK = ip(HERE, THERE, TCP, bytes(400)), ip(THERE, HERE, TCP, bytes(400))
CLEAR6 = ip(HERE6, THERE6, TCP, bytes(400))
ESP, ESP_BACK = ip(EAST, WEST, 50, ESP_DATA), ip(WEST, EAST, 17, udp(4500, 4500, ESP_DATA))


def run(*command: str) -> None:
    subprocess.run(command, check=True, timeout=60)


def look(*sent: tuple[str, bytes], interface: str = "near", seconds: float = 0.5, packets: int = 10_000) -> WireLook:
    """Look while each of these frames is sent from its interface again and again."""
    over = threading.Event()

    def send() -> None:
        while not over.wait(0.01):
            for name, frame in sent:
                sender.sendto(frame, (name, 0))

    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as sender:
        thread = threading.Thread(target=send)
        thread.start()
        try:
            return watch("link", interface, SIDES, seconds=seconds, packets=packets, now=lambda: datetime.now(UTC))
        finally:
            over.set()
            thread.join()


def main() -> None:
    ip_program = sys.argv[1]
    run(ip_program, "link", "add", "near", "type", "veth", "peer", "name", "far")
    tunnel = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(tunnel, TUNSETIFF, pack("16sH22x", b"bare", IFF_TUN | IFF_NO_PI))
    for name in ("near", "far", "bare"):
        run(ip_program, "link", "set", name, "up")
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as sender:
        sender.bind(("near", 0))
        own = sender.getsockname()[4]
    mine: Callable[[bytes], bytes] = lambda packet: ethernet(packet, far=own)  # noqa: E731
    cases = {
        "nothing": look(seconds=0.1),
        "others": look(("far", ethernet(ip("203.0.113.1", "203.0.113.2", TCP))), seconds=0.1),
        "encrypted": look(("near", ethernet(ESP)), ("far", ethernet(ESP_BACK))),
        "mirrored": look(("far", ethernet(CLEAR, 0x8100)), ("far", ethernet(BACK)), ("far", ethernet(CLEAR6))),
        "tagged on its way out": look(("near", ethernet(CLEAR, 0x88A8, 0x8100)), ("near", ethernet(ESP))),
        "enough": look(("far", ethernet(CLEAR)), seconds=60, packets=3),
        "decrypted": look(("far", mine(ESP_BACK)), ("far", mine(BACK)), ("near", ethernet(ESP))),
        "without ethernet": look(("bare", CLEAR6), ("bare", ESP), interface="bare"),
        "received in clear": look(("far", mine(BACK)), ("near", ethernet(ESP))),
    }
    counted = {name: [dict(way.counts) | {"own": way.own} for way in seen.ways] for name, seen in cases.items()}
    sys.stdout.write(json.dumps(counted))


main()
