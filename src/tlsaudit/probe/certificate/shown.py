"""What a server shows of itself in a handshake, before anything of it is read."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ShownChain:
    """A chain as sent: DER, leaf first; empty where the server showed none. `ocsp` is the response that was stapled to
    the leaf, `timestamps` counts those that came in an extension of their own.
    """

    der: tuple[bytes, ...] = ()
    ocsp: bytes | None = None
    timestamps: int = 0
