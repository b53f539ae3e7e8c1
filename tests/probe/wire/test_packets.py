"""What a packet is said to be, and what the kernel's own filter hands over of it."""

import contextlib
import itertools
import socket
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.probe.wire.packets import DATA, EAST, HERE, PACKETS, SIDES, TCP, THERE, ethernet
from tlsaudit.errors import UserError
from tlsaudit.evidence.wire import WireKind
from tlsaudit.probe.wire.decode import read_packet
from tlsaudit.probe.wire.filter import SNAPSHOT, attach
from tlsaudit.probe.wire.sides import side

CLEAR = WireKind.CLEAR
KINDS = pytest.mark.parametrize(("packet", "expected"), PACKETS.values(), ids=PACKETS)
TAGS = pytest.mark.parametrize("tags", [(), (0x8100,), (0x88A8, 0x8100)], ids=["untagged", "tagged", "two tags"])

Filters = dict[tuple[bool, bool], tuple[socket.socket, socket.socket]]


@pytest.fixture(scope="module")
def filters() -> Iterator[Filters]:
    """A socket with each filter of the kernel, and its peer, by whether there is Ethernet and what is let through."""
    made = {}
    with contextlib.ExitStack() as open_sockets:
        for ethernet_headers, encrypted in itertools.product((False, True), repeat=2):
            taken, given = map(open_sockets.enter_context, socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM))
            attach(taken, SIDES, ethernet=ethernet_headers, encrypted=encrypted)
            taken.setblocking(False)
            made[ethernet_headers, encrypted] = taken, given
        yield made


def let_through(filters: Filters, frame: bytes, *, ethernet_headers: bool, encrypted: bool) -> bytes | None:
    taken, given = filters[ethernet_headers, encrypted]
    given.send(frame)
    try:
        return taken.recv(65536)
    except BlockingIOError:
        return None


def seen(frame: bytes, *, ethernet_headers: bool) -> tuple[int, WireKind] | None:
    packet = read_packet(frame, SIDES, ethernet=ethernet_headers)
    return (packet.way, packet.kind) if packet else None


@KINDS
def test_what_a_packet_is(packet: bytes, expected: tuple[int, WireKind] | None) -> None:
    assert seen(packet, ethernet_headers=False) == expected


@TAGS
@KINDS
def test_the_kernel_hands_it_over_once_with_all_that_tells(
    filters: Filters, packet: bytes, tags: tuple[int, ...], expected: tuple[int, WireKind] | None
) -> None:
    frame = ethernet(packet + bytes(1000), *tags)
    handed = [let_through(filters, frame, ethernet_headers=True, encrypted=which) for which in (False, True)]
    got = [part for part in handed if part is not None]
    assert [seen(part, ethernet_headers=True) for part in got] == ([expected] if expected else [])
    assert all(len(part) == SNAPSHOT for part in got)
    if expected and expected[1] is CLEAR:
        assert handed[0]


@pytest.mark.parametrize("name", ["esp", "esp ipv6", "esp in udp", "esp in udp behind nat", "esp in udp ipv6", "ike"])
def test_a_full_link_does_not_fill_the_place_of_what_is_in_clear(filters: Filters, name: str) -> None:
    frame = ethernet(PACKETS[name][0])
    assert let_through(filters, frame, ethernet_headers=True, encrypted=False) is None
    assert let_through(filters, frame, ethernet_headers=True, encrypted=True)


@KINDS
def test_the_same_where_there_is_no_ethernet(
    filters: Filters, packet: bytes, expected: tuple[int, WireKind] | None
) -> None:
    handed = [let_through(filters, packet, ethernet_headers=False, encrypted=which) for which in (False, True)]
    assert [seen(part, ethernet_headers=False) for part in handed if part] == ([expected] if expected else [])


def test_the_inner_addresses_of_a_tunnel_are_told() -> None:
    packet = read_packet(PACKETS["gre"][0], SIDES, ethernet=False)
    assert packet
    assert (packet.source, packet.destination, packet.protocol) == (HERE, THERE, TCP)


def test_what_is_no_ip_is_nothing() -> None:
    assert seen(ethernet(b"\0\x01\x08\0")[:12] + b"\x08\x06" + DATA, ethernet_headers=True) is None
    assert seen(ethernet(PACKETS["tcp"][0], 0x8100, 0x8100, 0x8100), ethernet_headers=True) is None


frames = st.one_of(
    st.binary(max_size=200),
    st.builds(lambda item, cut: item[0][:cut], st.sampled_from(list(PACKETS.values())), st.integers(0, 200)),
    st.builds(
        lambda item, at, byte: item[0][:at] + bytes([byte]) + item[0][at + 1 :],
        st.sampled_from(list(PACKETS.values())),
        st.integers(0, 80),
        st.integers(0, 255),
    ),
)


@given(frames)
def test_whatever_comes_is_handed_over_once_or_is_not_between_the_sides(filters: Filters, packet: bytes) -> None:
    handed = [let_through(filters, packet, ethernet_headers=False, encrypted=which) for which in (False, True)]
    got = [part for part in handed if part is not None]
    assert len(got) <= 1
    if seen(packet, ethernet_headers=False) and len(packet) >= 64:
        assert got
        assert seen(got[0], ethernet_headers=False) == seen(packet[:SNAPSHOT], ethernet_headers=False)
    assert seen(ethernet(packet, 0x8100), ethernet_headers=True) == seen(packet, ethernet_headers=False) or not packet


def test_more_prefixes_than_a_filter_takes_are_told() -> None:
    many = side("east", [EAST], [f"10.{one}.{two * 2}.0/24" for one in range(8) for two in range(120)])
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as taken, pytest.raises(UserError, match="too many prefixes"):
        attach(taken, (many, SIDES[1]), ethernet=True, encrypted=True)
