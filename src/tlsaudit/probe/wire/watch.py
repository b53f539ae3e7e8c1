"""Watch an interface with packet sockets (packet(7)): Linux, and CAP_NET_RAW."""

import errno
import selectors
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from struct import pack, unpack

from tlsaudit.errors import UserError
from tlsaudit.evidence.wire import WireFlow, WireKind, WireLook, WireWay
from tlsaudit.probe.wire.decode import Packet, read_packet
from tlsaudit.probe.wire.filter import SNAPSHOT, attach
from tlsaudit.probe.wire.sides import Side

# Of <linux/if_packet.h> and <linux/if_arp.h>, which Python's socket does not name.
_SOL_PACKET, _ADD_MEMBERSHIP, _STATISTICS, _PROMISCUOUS = 263, 1, 6, 1
_ETHERNET, _LOOPBACK = 1, 772
_EVERY_PROTOCOL = 0x0003

_BUFFER = 4 << 20
_AT_ONCE = 256
_MOST_FLOWS = 1000
_SHOWN_FLOWS = 5

_Flow = tuple[str, str, int]


@dataclass(slots=True)
class _Tally:
    """What was seen, by way, kind, and whether it was addressed to this machine's own interface."""

    sides: tuple[Side, Side]
    counts: Counter[tuple[int, WireKind, bool]] = field(default_factory=Counter)
    flows: Counter[tuple[int, bool, _Flow]] = field(default_factory=Counter)

    def take(self, packet: Packet, *, received: bool) -> None:
        self.counts[packet.way, packet.kind, received] += 1
        key = (packet.way, received, (packet.source, packet.destination, packet.protocol))
        if packet.kind is WireKind.CLEAR and (key in self.flows or len(self.flows) < _MOST_FLOWS):
            self.flows[key] += 1

    def way(self, number: int) -> WireWay:
        counts = {kind: self.counts[number, kind, False] + self.counts[number, kind, True] for kind in WireKind}
        own = self.counts[number, WireKind.CLEAR, True] if self._decrypts(number) else 0
        counts[WireKind.CLEAR] -= own
        sender, receiver = self.sides if number == 0 else self.sides[::-1]
        return WireWay(sender.site, receiver.site, counts, own)

    def shown(self) -> tuple[WireFlow, ...]:
        certain = Counter[_Flow]()
        for (way, received, flow), packets in self.flows.items():
            if not (received and self._decrypts(way)):
                certain[flow] += packets
        return tuple(WireFlow(*flow, packets) for flow, packets in certain.most_common(_SHOWN_FLOWS))

    def _decrypts(self, way: int) -> bool:
        """Whether this machine may decrypt what goes this way: it was handed something encrypted."""
        return self.counts[way, WireKind.ENCRYPTED, True] > 0


def watch(
    link: str,
    interface: str,
    sides: tuple[Side, Side],
    *,
    seconds: float,
    packets: int,
    now: Callable[[], datetime],
) -> WireLook:
    """Count what passes between two sides of a link for so many seconds, or until so many packets in clear were seen.
    Of encrypted ones no more than that are counted, since they are all alike.

    Raises UserError where there is no such interface, or this process may not look.
    """
    if not hasattr(socket, "AF_PACKET"):
        raise UserError("packets are watched on Linux alone, which has packet sockets")
    tally = _Tally(sides)
    started_at, started = now(), time.monotonic()
    with ExitStack() as stack:
        clear = stack.enter_context(_listen(interface, sides, encrypted=False))
        encrypted = stack.enter_context(_listen(interface, sides, encrypted=True))
        selector = stack.enter_context(selectors.DefaultSelector())
        left = {clear: packets, encrypted: packets}
        for each in left:
            selector.register(each, selectors.EVENT_READ)
        while left[clear] > 0 and (remaining := started + seconds - time.monotonic()) > 0:
            for key, _ in selector.select(remaining):
                ready = next(each for each in left if each is key.fileobj)
                left[ready] -= _drain(ready, interface, tally, min(left[ready], _AT_ONCE))
                if left[ready] <= 0:
                    selector.unregister(ready)
        _, dropped = unpack("=II", clear.getsockopt(_SOL_PACKET, _STATISTICS, 8))
    return WireLook(
        link=link,
        interface=interface,
        started_at=started_at,
        seconds=round(time.monotonic() - started, 1),
        ways=(tally.way(0), tally.way(1)),
        dropped=dropped,
        flows=tally.shown(),
    )


def _drain(packets: socket.socket, interface: str, tally: _Tally, most: int) -> int:
    """Take what waits, some of it where there is much; how many there were."""
    for number in range(most):
        try:
            frame, (_, _, kind, hardware, *_) = packets.recvfrom(SNAPSHOT)
        except BlockingIOError:
            return number
        except OSError as error:
            raise _fault(interface, error) from error
        packet = read_packet(frame, tally.sides, ethernet=_has_ethernet(hardware))
        if packet:
            tally.take(packet, received=kind == socket.PACKET_HOST)
    return most


@contextmanager
def _listen(interface: str, sides: tuple[Side, Side], *, encrypted: bool) -> Iterator[socket.socket]:
    """A packet socket with its filter. It is bound to protocols only after it has that, so that nothing else gets in.

    On interfaces without Ethernet headers the kernel takes off whatever they have instead.
    """
    try:
        ethernet = _has_ethernet(_hardware(interface))
        style = socket.SOCK_RAW if ethernet else socket.SOCK_DGRAM
        with socket.socket(socket.AF_PACKET, style, 0) as packets:
            attach(packets, sides, ethernet=ethernet, encrypted=encrypted)
            packets.setblocking(False)
            packets.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
            packets.bind((interface, _EVERY_PROTOCOL))
            membership = pack("=iHH8x", socket.if_nametoindex(interface), _PROMISCUOUS, 0)
            packets.setsockopt(_SOL_PACKET, _ADD_MEMBERSHIP, membership)
            yield packets
    except OSError as error:
        raise _fault(interface, error) from error


def _hardware(interface: str) -> int:
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as packets:
        packets.bind((interface, 0))
        return int(packets.getsockname()[3])


def _has_ethernet(hardware: int) -> bool:
    return hardware in (_ETHERNET, _LOOPBACK)


def _fault(interface: str, error: OSError) -> UserError:
    if isinstance(error, PermissionError):
        return UserError("to watch packets takes root, or CAP_NET_RAW: run it with sudo")
    if error.errno == errno.ENODEV:
        there = ", ".join(name for _, name in socket.if_nameindex())
        return UserError(f"--interface {interface}: there is none of this name; there is {there}")
    if error.errno == errno.ENETDOWN:
        return UserError(f"--interface {interface}: it is down")
    return UserError(f"--interface {interface}: {error.strerror or error}")
