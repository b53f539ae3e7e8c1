"""Configurations of Encrypted Client Hello for tests, right and wrong (RFC 9849 section 4)."""

import base64
from collections.abc import Sequence

X25519_KEY = bytes(range(1, 33))


def ech_config(
    public_key: bytes = X25519_KEY,
    *,
    config_id: int = 7,
    kem: int = 0x0020,
    suites: Sequence[tuple[int, int]] = ((1, 1),),
    public_name: str = "front.example.org",
    extensions: bytes = b"",
    version: int = 0xFE0D,
) -> bytes:
    pairs = b"".join(_uint(code) for pair in suites for code in pair)
    name = public_name.encode("ascii")
    contents = b"".join(
        (
            bytes((config_id,)),
            _uint(kem),
            _opaque(public_key),
            _opaque(pairs),
            bytes((0, len(name))),
            name,
            _opaque(extensions),
        )
    )
    return _uint(version) + _opaque(contents)


def ech_list(*configs: bytes) -> bytes:
    return _opaque(b"".join(configs))


def ech_text(*configs: bytes) -> str:
    """As an HTTPS record has it."""
    return base64.b64encode(ech_list(*configs)).decode("ascii")


def _uint(value: int) -> bytes:
    return value.to_bytes(2, "big")


def _opaque(data: bytes) -> bytes:
    return _uint(len(data)) + data
