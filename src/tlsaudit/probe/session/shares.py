"""Ephemeral key shares of which both halves are known (RFC 8446 section 4.2.8)."""

from collections.abc import Callable

from cryptography.hazmat.primitives.asymmetric import ec, x448, x25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tlsaudit.probe.hello import HelloError

_CURVES: dict[int, type[ec.EllipticCurve]] = {0x0017: ec.SECP256R1, 0x0018: ec.SECP384R1, 0x0019: ec.SECP521R1}
_MONTGOMERY: dict[int, tuple[type[x25519.X25519PrivateKey], type[x25519.X25519PublicKey]]] = {
    0x001D: (x25519.X25519PrivateKey, x25519.X25519PublicKey),
    0x001E: (x448.X448PrivateKey, x448.X448PublicKey),  # type: ignore[dict-item]  # they look alike
}

GROUPS = frozenset({*_CURVES, *_MONTGOMERY})
"""The groups over which a key can be agreed."""


class Share:
    """A fresh key of one of GROUPS. `public` is its public value as sent."""

    def __init__(self, group: int) -> None:
        self.group = group
        self.public, self._agree = _over_curve(group) if group in _CURVES else _montgomery(group)

    def agree(self, peer: bytes) -> bytes:
        """The secret shared with the peer of this public value. Raises HelloError."""
        try:
            return self._agree(peer)
        except ValueError:
            raise HelloError("the server's key share is no point of its group") from None


_Key = tuple[bytes, Callable[[bytes], bytes]]


def _over_curve(group: int) -> _Key:
    curve = _CURVES[group]()
    private = ec.generate_private_key(curve)

    def agree(peer: bytes) -> bytes:
        return private.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(curve, peer))

    return private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint), agree


def _montgomery(group: int) -> _Key:
    kind, peers = _MONTGOMERY[group]
    private = kind.generate()
    return private.public_key().public_bytes_raw(), lambda peer: private.exchange(peers.from_public_bytes(peer))
