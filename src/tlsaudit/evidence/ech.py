"""Configurations of Encrypted Client Hello (RFC 9849 section 4): with which key a client encrypts the host's name."""

import base64
import binascii
import re
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from tlsaudit.evidence.base import NotObserved, Sample

ECH_VERSION = 0xFE0D

KEMS = {
    0x0010: "DHKEM(P-256, HKDF-SHA256)",
    0x0011: "DHKEM(P-384, HKDF-SHA384)",
    0x0012: "DHKEM(P-521, HKDF-SHA512)",
    0x0020: "DHKEM(X25519, HKDF-SHA256)",
    0x0021: "DHKEM(X448, HKDF-SHA512)",
}
KDFS = {0x0001: "HKDF-SHA256", 0x0002: "HKDF-SHA384", 0x0003: "HKDF-SHA512"}
AEADS = {0x0001: "AES-128-GCM", 0x0002: "AES-256-GCM", 0x0003: "ChaCha20Poly1305"}
"""The algorithms of HPKE by code point (RFC 9180 section 7)."""

_KEY_BYTES = {0x0010: 65, 0x0011: 97, 0x0012: 133, 0x0020: 32, 0x0021: 56}
_MANDATORY = 0x8000
_MOST_CONFIGS = 32

_LABEL = re.compile(r"[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?")
_NUMBER = re.compile(r"[0-9]+|0[xX][0-9a-fA-F]*")


class EchError(ValueError):
    """What is no ECHConfigList; the message says why."""


@dataclass(frozen=True, slots=True)
class EchConfig:
    """One configuration. `suites` are its (KDF, AEAD), `extensions` the types of its extensions.

    `fault` says why clients pass it over, None where they need not (RFC 9849 sections 4.1 and 4.2). `raw` is the whole
    of it as it was written. Of another version than 0xfe0d nothing else is known.
    """

    version: int
    raw: bytes = field(repr=False)
    config_id: int = 0
    kem: int = 0
    public_key: bytes = b""
    suites: tuple[tuple[int, int], ...] = ()
    maximum_name_length: int = 0
    public_name: str = ""
    extensions: tuple[int, ...] = ()

    @property
    def fault(self) -> str | None:
        if self.version != ECH_VERSION:
            return f"version 0x{self.version:04x}, not 0x{ECH_VERSION:04x}"
        if self.kem not in KEMS:
            return f"unknown KEM 0x{self.kem:04x}"
        if len(self.public_key) != _KEY_BYTES[self.kem]:
            return f"a public key of {len(self.public_key)} bytes for {KEMS[self.kem]}"
        if not any(kdf in KDFS and aead in AEADS for kdf, aead in self.suites):
            return "no known pair of KDF and AEAD"
        if not _is_host_name(self.public_name):
            return f"public_name {self.public_name!r} is no host name"
        mandatory = next((kind for kind in self.extensions if kind & _MANDATORY), None)
        return None if mandatory is None else f"unknown mandatory extension 0x{mandatory:04x}"


class EchOutcome(StrEnum):
    """What a server makes of an encrypted hello.

    `accepted`: it has read it. `rejected`: it has another key, and hands that out (retry_configs). `ignored`: it goes
    on as if there were none. `refused`: it ends the handshake.
    """

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    IGNORED = "ignored"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class EchAttempt:
    """What became of a hello that was encrypted with the key of one `ech`. `public_name` is what the network saw.

    `detail` says how it was refused. `distrust` says why a client cannot believe a server that has not read its hello:
    what is wrong with the certificate for the public name (RFC 9849 section 6.1.6). It is None where nothing is.
    """

    public_name: str
    outcome: EchOutcome
    detail: str = ""
    distrust: str | None = None


@dataclass(frozen=True, slots=True)
class EncryptedHellos:
    """Attempts at one address, one for each distinct `ech` in the HTTPS records that lead to it; none where no record
    has any.
    """

    host: str
    observed_at: Sample[datetime]
    attempts: tuple[EchAttempt | NotObserved, ...]


def parse_ech(text: str) -> tuple[EchConfig, ...]:
    """The configurations in the `ech` of an HTTPS record, in base64 (RFC 9848 section 3). Raises EchError."""
    try:
        return pull_ech_configs(base64.b64decode(text, validate=True))
    except binascii.Error:
        raise EchError("it is no base64") from None


def pull_ech_configs(data: bytes) -> tuple[EchConfig, ...]:
    """An ECHConfigList. Raises EchError."""
    reader = _Reader(data)
    listed = _Reader(reader.opaque(2))
    reader.end()
    found: list[EchConfig] = []
    while listed.left:
        if len(found) == _MOST_CONFIGS:
            raise EchError(f"more than {_MOST_CONFIGS} configurations")
        found.append(_pull_config(listed))
    if not found:
        raise EchError("no configuration in it")
    return tuple(found)


def _pull_config(listed: "_Reader") -> EchConfig:
    before = listed.rest
    version = listed.uint(2)
    contents = _Reader(listed.opaque(2))
    raw = before[: len(before) - listed.left]
    if version != ECH_VERSION:
        return EchConfig(version, raw)
    config_id, kem, public_key = contents.uint(1), contents.uint(2), contents.opaque(2)
    pairs = _Reader(contents.opaque(2))
    suites: list[tuple[int, int]] = []
    while pairs.left:
        suites.append((pairs.uint(2), pairs.uint(2)))
    longest, name = contents.uint(1), contents.opaque(1)
    block = _Reader(contents.opaque(2))
    contents.end()
    extensions: list[int] = []
    while block.left:
        extensions.append(block.uint(2))
        block.opaque(2)
    public_name = name.decode("ascii", "backslashreplace")
    return EchConfig(version, raw, config_id, kem, public_key, tuple(suites), longest, public_name, tuple(extensions))


class _Reader:
    """Reads from bytes, front to back. Every read past the end raises EchError."""

    def __init__(self, data: bytes) -> None:
        self.rest = data

    @property
    def left(self) -> int:
        return len(self.rest)

    def uint(self, size: int) -> int:
        return int.from_bytes(self._take(size), "big")

    def opaque(self, size: int) -> bytes:
        return self._take(self.uint(size))

    def end(self) -> None:
        if self.rest:
            raise EchError("it is longer than its content")

    def _take(self, length: int) -> bytes:
        if length > self.left:
            raise EchError("it is cut short")
        taken, self.rest = self.rest[:length], self.rest[length:]
        return taken


def _is_host_name(name: str) -> bool:
    """RFC 9849 section 4: labels of letters, digits and hyphens, and nothing that reads as an IPv4 address."""
    labels = name.split(".")
    return all(map(_LABEL.fullmatch, labels)) and not _NUMBER.fullmatch(labels[-1])
