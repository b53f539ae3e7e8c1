"""The kernel's filter, in classic BPF: what passes between the two sides of a link, and nothing else leaves the kernel.

What looks encrypted is kept apart from everything else, so that a full link of ESP never hides the one packet in clear.
The filter sorts by the outermost headers alone; `decode` then says what each packet is.
"""

from collections.abc import Iterator, Sequence
from ctypes import addressof, create_string_buffer
from socket import SOL_SOCKET, socket
from struct import pack

from tlsaudit.errors import UserError
from tlsaudit.probe.wire.decode import ESP, IKE_PORT, IPV4, IPV6, MOST_TAGS, NAT_PORT, UDP, VLAN
from tlsaudit.probe.wire.sides import Block, Side

SNAPSHOT = 128
"""Bytes of each packet that leave the kernel: Ethernet, two tags, and the headers of a tunnel and of what is in it."""

_ATTACH_FILTER = 26  # SO_ATTACH_FILTER, which Python's socket does not name
_MOST_INSTRUCTIONS = 4096  # BPF_MAXINSNS

# Codes of <linux/filter.h>: what a load takes is at X + operand, or at the operand itself.
_WORD, _HALF, _BYTE, _HALF_AT = 0x40, 0x48, 0x50, 0x28
_LOAD, _IMMEDIATE, _STORE = 0x60, 0x00, 0x02
_INDEX, _TO_INDEX, _FROM_INDEX, _ADD_INDEX = 0x01, 0x07, 0x87, 0x0C
_ADD, _AND, _OR, _SHIFT_LEFT = 0x04, 0x54, 0x44, 0x64
_JUMP, _IF_EQUAL, _IF_ANY_BIT = 0x05, 0x15, 0x45
_RETURN = 0x06

Instruction = tuple[int, int, int, int]
"""Code, how far to jump if it is so, and if it is not, operand: struct sock_filter."""

_Line = str | tuple[int, str, str, int]
"""A label, or an instruction that jumps to labels; an empty one is the next line."""

_SOURCE, _DESTINATION = 0, 1  # words of memory: whose address it is, by these bits of the two sides
_BEHIND, _GATEWAYS = (1, 2), (4, 8)


def attach(packets: socket, sides: tuple[Side, Side], *, ethernet: bool, encrypted: bool) -> None:
    """Have a packet socket take what is between these sides: what is encrypted, else everything else. Raises UserError
    where there are too many prefixes for one filter."""
    program = assemble(sides, ethernet=ethernet, encrypted=encrypted)
    if len(program) > _MOST_INSTRUCTIONS:
        raise UserError(f"the link has too many prefixes for the kernel's filter: {len(program)} steps of 4096")
    code = create_string_buffer(b"".join(pack("=HBBI", *instruction) for instruction in program))
    packets.setsockopt(SOL_SOCKET, _ATTACH_FILTER, pack("@HP", len(program), addressof(code)))


def assemble(sides: tuple[Side, Side], *, ethernet: bool, encrypted: bool) -> list[Instruction]:
    """The program, with or without Ethernet headers before IP."""
    lines = [
        *(_behind_ethernet() if ethernet else _by_version()),
        *_between(4, sides, (9, 12, 16), encrypted=encrypted),
        *_between(6, sides, (6, 8, 24), encrypted=encrypted),
    ]
    return _resolve(lines)


def _resolve(lines: Sequence[_Line]) -> list[Instruction]:
    places: dict[str, int] = {}
    code: list[tuple[int, str, str, int]] = []
    for item in lines:
        if isinstance(item, str):
            places[item] = len(code)
        else:
            code.append(item)
    resolved = []
    for at, (operation, if_so, if_not, operand) in enumerate(code, 1):
        so, otherwise = (places.get(label, at) - at for label in (if_so, if_not))
        resolved.append((operation, 0, 0, so) if operation == _JUMP else (operation, so, otherwise, operand))
    return resolved


def _do(operation: int, operand: int = 0) -> _Line:
    return (operation, "", "", operand)


def _go(label: str) -> _Line:
    return (_JUMP, label, "", 0)


def _by_version() -> Iterator[_Line]:
    yield from (_do(_INDEX, 0), _do(_BYTE, 0), _do(_AND, 0xF0))
    yield from ((_IF_EQUAL, "is 4", "not 4", 0x40), "is 4", _go("4"), "not 4")
    yield from ((_IF_EQUAL, "is 6", "neither", 0x60), "neither", _do(_RETURN, 0), "is 6", _go("6"))


def _behind_ethernet() -> Iterator[_Line]:
    """Put where IP begins into X."""
    for tags in range(MOST_TAGS + 1):
        here = f"{tags} tags"
        yield from (here, _do(_HALF_AT, 12 + 4 * tags), _do(_INDEX, 14 + 4 * tags))
        yield from ((_IF_EQUAL, "", f"not 4, {here}", IPV4), _go("4"), f"not 4, {here}")
        yield from ((_IF_EQUAL, "", f"not 6, {here}", IPV6), _go("6"), f"not 6, {here}")
        if tags < MOST_TAGS:
            yield from ((_IF_EQUAL, f"{tags + 1} tags", "", tag) for tag in VLAN)
        yield _do(_RETURN, 0)


def _between(version: int, sides: tuple[Side, Side], at: tuple[int, int, int], *, encrypted: bool) -> Iterator[_Line]:
    """`at` is where the protocol, the source and the destination are in the IP header."""
    protocol, source, destination = at
    yield from (str(version), _do(_IMMEDIATE, 0), _do(_STORE, _SOURCE), _do(_STORE, _DESTINATION))
    for word, address in ((_SOURCE, source), (_DESTINATION, destination)):
        for side, behind, gateway in zip(sides, _BEHIND, _GATEWAYS, strict=True):
            for blocks, bit in ((side.prefixes, behind), (side.gateways, gateway)):
                for number, block in enumerate(blocks):
                    if block.version == version:
                        yield from _mark(block, word, address, bit, f"{version} {word} {bit} {number}")
    for bits, label in ((_GATEWAYS, "gateways"), (_BEHIND, "behind")):
        for here, there in (bits, bits[::-1]):
            no = f"{version} not {here} to {there}"
            yield from (_do(_LOAD, _SOURCE), (_IF_ANY_BIT, "", no, here))
            yield from (_do(_LOAD, _DESTINATION), (_IF_ANY_BIT, "", no, there), _go(f"{version} {label}"), no)
    yield _do(_RETURN, 0)
    yield f"{version} gateways"
    yield _do(_BYTE, protocol)
    yield (_IF_EQUAL, "", f"{version} not UDP", UDP)
    yield from _ports(version)
    yield f"{version} behind"
    yield _do(_BYTE, protocol)
    yield f"{version} not UDP"
    yield (_IF_EQUAL, f"{version} encrypted", "", ESP)
    yield _do(_RETURN, 0 if encrypted else SNAPSHOT)
    yield f"{version} encrypted"
    yield _do(_RETURN, SNAPSHOT if encrypted else 0)


def _mark(block: Block, word: int, address: int, bit: int, end: str) -> Iterator[_Line]:
    """Set the bit of an address that is in the block."""
    for at, mask, value in _words(block):
        yield from (_do(_WORD, address + at), _do(_AND, mask), (_IF_EQUAL, "", end, value))
    yield from (_do(_LOAD, word), _do(_OR, bit), _do(_STORE, word), end)


def _words(block: Block) -> Iterator[tuple[int, int, int]]:
    """The words of an address that decide: where, by which bits, and what these must be."""
    for shift in range(0, 32 if block.version == 4 else 128, 32)[::-1]:
        mask, value = (number >> shift & 0xFFFFFFFF for number in (block.mask, block.value))
        if mask:
            yield (0 if block.version == 4 else 12 - shift // 8), mask, value


def _ports(version: int) -> Iterator[_Line]:
    """Ports of IKE and of what it has in UDP are those that count as encrypted; a later fragment has none."""
    clear = f"{version} other ports"
    if version == 4:
        yield from (_do(_HALF, 6), (_IF_ANY_BIT, clear, "", 0x1FFF))
        yield from (_do(_BYTE, 0), _do(_AND, 0xF), _do(_SHIFT_LEFT, 2), _do(_ADD_INDEX), _do(_TO_INDEX))
    else:
        yield from (_do(_FROM_INDEX), _do(_ADD, 40), _do(_TO_INDEX))
    for at in (0, 2):
        yield _do(_HALF, at)
        yield from ((_IF_EQUAL, f"{version} encrypted", "", port) for port in (IKE_PORT, NAT_PORT))
    yield from (clear, _do(_IMMEDIATE, UDP), _go(f"{version} not UDP"))
