"""A real key share, for servers that do not answer HelloRetryRequest."""

from collections.abc import Sequence
from functools import cache

_CURVES = {0x0017: "SECP256R1", 0x0018: "SECP384R1", 0x0019: "SECP521R1"}
_MONTGOMERY = frozenset({0x001D, 0x001E})


def key_share(groups: Sequence[int]) -> tuple[tuple[int, bytes], ...]:
    """A share of the first of these groups that one can be made of; empty where there is none."""
    group = next((group for group in groups if group in _MONTGOMERY or group in _CURVES), None)
    return () if group is None else ((group, _public_value(group)),)


@cache  # no handshake is ever completed with it, so one for the whole run gives nothing away
def _public_value(group: int) -> bytes:
    from cryptography.hazmat.primitives.asymmetric import ec, x448, x25519
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    if group in _CURVES:
        point = ec.generate_private_key(getattr(ec, _CURVES[group])()).public_key()
        return point.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    private = x25519.X25519PrivateKey if group == 0x001D else x448.X448PrivateKey
    return private.generate().public_key().public_bytes_raw()
