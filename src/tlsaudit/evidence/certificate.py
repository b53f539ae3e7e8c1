"""The certificates a server shows, and whether they chain to a trusted root."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from tlsaudit.evidence.base import Sample


@dataclass(frozen=True, slots=True)
class Certificate:
    """The facts of one X.509 certificate (RFC 5280) that a verdict may need.

    `dns_names` and `ip_addresses` are the subject alternative names, as written. `key_type` is `RSA`,
    `ECDSA`, `Ed25519`, ...; `key_bits` is the modulus or field size. Times are UTC.
    """

    sha256: str
    subject: str
    issuer: str
    serial: str
    not_before: datetime
    not_after: datetime
    dns_names: tuple[str, ...]
    ip_addresses: tuple[str, ...]
    key_type: str
    key_bits: int
    signature_algorithm: str
    self_issued: bool


@dataclass(frozen=True, slots=True)
class CertificateChain:
    """One chain as the server sent it, leaf first. Never empty.

    `trust_error` is None where the chain leads to a trusted root, whatever its names; the path is
    checked at a time at which the leaf is valid, so that expiry is told apart from distrust.
    `ocsp` is the stapled response's word on the leaf (RFC 6066 section 8): `good`, `revoked`, `unknown`, `expired`,
    `unreadable`, or None where none is stapled. `timestamps` counts the SCTs in the handshake's own extension (RFC 6962
    section 3.3).
    """

    certificates: tuple[Certificate, ...]
    trust_error: str | None
    ocsp: str | None = None
    timestamps: int = 0

    @property
    def leaf(self) -> Certificate:
        return self.certificates[0]


@dataclass(frozen=True, slots=True)
class Certificates:
    """The distinct chains that one address shows for `host` (an RSA and an ECDSA one, say). Never empty.

    `nameless` are those that a client gets that names no host, where they are others; they are nobody's `host`.
    """

    host: str
    observed_at: Sample[datetime]
    chains: tuple[CertificateChain, ...]
    nameless: tuple[CertificateChain, ...] = ()

    def labelled(self) -> Iterator[tuple[str, CertificateChain]]:
        """Each chain with what its messages begin with: nothing for an only one, else `RSA certificate: `."""
        for chain in self.chains:
            yield ("" if len(self.chains) == 1 else f"{chain.leaf.key_type} certificate: "), chain
