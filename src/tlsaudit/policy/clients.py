"""Reference clients: what real software offers in its ClientHello, and what it would get from a server.

The data file `clients.json` beside this module says for each client where its hello comes from.
"""

import json
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from tlsaudit.evidence import HelloTemplate, TlsVersion

ALPN, SIGNATURE_ALGORITHMS, SUPPORTED_GROUPS, SUPPORTED_VERSIONS, KEY_SHARE = 0x10, 0x0D, 0x0A, 0x2B, 0x33

CODE_LISTS: Mapping[int, int] = {
    SUPPORTED_GROUPS: 2,
    SIGNATURE_ALGORITHMS: 2,
    0x22: 2,  # delegated_credentials
    SUPPORTED_VERSIONS: 1,
    0x32: 2,  # signature_algorithms_cert
}
"""Extensions that are one list of 16-bit code points, and in how many bytes its length is told."""

_SIGNALLING = frozenset({0x00FF, 0x5600})  # RFC 5746, RFC 7507


@dataclass(frozen=True, slots=True)
class ReferenceClient:
    """The parts of a client's hello that decide what it gets, without GREASE and signalling values, in its own order.

    `origin` says how the hello was obtained, with a date. `groups` is None where the client names none, `shares` are
    the groups that it sends a key share for.
    """

    name: str
    origin: str
    versions: tuple[TlsVersion, ...]
    suites: tuple[int, ...]
    groups: tuple[int, ...] | None
    shares: tuple[int, ...]
    hello: HelloTemplate

    def __hash__(self) -> int:  # names tell them apart, and a hello takes long to hash
        return hash(self.name)


ReferenceClients = tuple[ReferenceClient, ...]


def client_of(entry: Mapping[str, Any]) -> ReferenceClient:
    """The client that an entry of the data file describes."""
    extensions = entry["extensions"]
    block = None if extensions is None else tuple(_extension(text) for text in extensions)
    suites = _codes(entry["suites"].split())
    hello = HelloTemplate(
        record=int(entry["record"], 16),
        version=int(entry["version"], 16),
        session_id=entry["session_id"],
        suites=suites,
        compressions=bytes.fromhex(entry["compressions"]),
        extensions=block,
    )
    found = dict(block or ())
    return ReferenceClient(
        name=entry["name"],
        origin=entry["origin"],
        versions=_versions(hello.version, int(entry.get("lowest", "0301"), 16), _listed(found, SUPPORTED_VERSIONS)),
        suites=tuple(code for code in suites if code not in _SIGNALLING and not _grease(code)),
        groups=_listed(found, SUPPORTED_GROUPS),
        shares=_uint16s(found.get(KEY_SHARE, b"")),
        hello=hello,
    )


def _versions(highest: int, lowest: int, listed: tuple[int, ...] | None) -> tuple[TlsVersion, ...]:
    # Without supported_versions a hello tells its highest version alone.
    known = sorted(TlsVersion, reverse=True)
    return tuple(version for version in known if (version in listed if listed else lowest <= version <= highest))


def _extension(text: str) -> tuple[int, bytes]:
    kind, *said = text.split(" ")
    number = int(kind, 16)
    if number == KEY_SHARE:
        return number, _push_uint16s(said)
    if number == ALPN:
        names = b"".join(bytes((len(name),)) + name.encode("ascii") for name in said)
        return number, struct.pack(">H", len(names)) + names
    data = bytes.fromhex("".join(said))
    if number in CODE_LISTS:
        return number, len(data).to_bytes(CODE_LISTS[number], "big") + data
    return number, data


def _listed(found: Mapping[int, bytes], kind: int) -> tuple[int, ...] | None:
    return _uint16s(found[kind][CODE_LISTS[kind] :]) if kind in found else None


def _uint16s(data: bytes) -> tuple[int, ...]:
    return tuple(code for code in struct.unpack(f">{len(data) // 2}H", data) if not _grease(code))


def _codes(texts: Iterable[str]) -> tuple[int, ...]:
    return tuple(int(text, 16) for text in texts)


def _push_uint16s(texts: Iterable[str]) -> bytes:
    return b"".join(struct.pack(">H", code) for code in _codes(texts))


def _grease(code: int) -> bool:
    return code & 0x0F0F == 0x0A0A and code >> 8 == code & 0xFF


@cache
def reference_clients() -> ReferenceClients:
    """The clients shipped with this version."""
    text = resources.files("tlsaudit.policy").joinpath("clients.json").read_text("utf-8")
    return tuple(client_of(entry) for entry in json.loads(text)["clients"])
