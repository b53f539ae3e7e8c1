"""Key shares that a server can compute with. No handshake is ever completed with them."""

import secrets
from collections.abc import Sequence
from functools import cache

_CURVES = {0x0017: "SECP256R1", 0x0018: "SECP384R1", 0x0019: "SECP521R1"}
_MONTGOMERY = frozenset({0x001D, 0x001E})

_ML_KEM_RANK = {0x0201: 3, 0x0202: 4}
_PARTS = {
    **{group: (group,) for group in (*_CURVES, *_MONTGOMERY, *_ML_KEM_RANK)},
    0x11EB: (0x0017, 0x0201),  # SecP256r1MLKEM768
    0x11EC: (0x0201, 0x001D),  # X25519MLKEM768
    0x11ED: (0x0018, 0x0202),  # SecP384r1MLKEM1024
    0x6399: (0x001D, 0x0201),  # X25519Kyber768Draft00, whose keys are of the same form
}


def key_share(groups: Sequence[int]) -> tuple[tuple[int, bytes], ...]:
    """A share of the first of these groups that one can be made of; empty where there is none."""
    group = next((group for group in groups if group in _MONTGOMERY or group in _CURVES), None)
    return () if group is None else ((group, _public_value(group)),)


@cache  # one for the whole run gives nothing away
def share_of(group: int) -> bytes:
    """A public value of a group that reference clients send one of; a byte for GREASE (RFC 8701 section 3.1).

    Raises KeyError for any other group.
    """
    if group & 0x0F0F == 0x0A0A:
        return bytes(1)
    return b"".join(_public_value(part) if part not in _ML_KEM_RANK else _ml_kem(part) for part in _PARTS[group])


def _ml_kem(parameters: int) -> bytes:
    """An encapsulation key that passes the server's check (FIPS 203 section 7.2): coefficients below q in 12 bits
    each, and a seed. Nobody knows the key that opens what is encapsulated to it.
    """
    coefficients = (secrets.randbelow(3329) for _ in range(256 * _ML_KEM_RANK[parameters]))
    packed = sum(value << 12 * at for at, value in enumerate(coefficients))
    return packed.to_bytes(384 * _ML_KEM_RANK[parameters], "little") + secrets.token_bytes(32)


@cache
def _public_value(group: int) -> bytes:
    from cryptography.hazmat.primitives.asymmetric import ec, x448, x25519
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    if group in _CURVES:
        point = ec.generate_private_key(getattr(ec, _CURVES[group])()).public_key()
        return point.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    private = x25519.X25519PrivateKey if group == 0x001D else x448.X448PrivateKey
    return private.generate().public_key().public_bytes_raw()
