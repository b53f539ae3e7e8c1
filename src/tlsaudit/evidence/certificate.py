"""The certificates a server shows, and whether they chain to a trusted root."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from tlsaudit.evidence.base import NotObserved, Sample

UNDETAILED = "recorded by a version that looked at less: the next audit will tell"
"""What there is to say of a chain that is not `detailed`."""


class KeyFault(StrEnum):
    """Why a key is weak though it is long enough."""

    SMALL_EXPONENT = "small-exponent"
    EVEN_EXPONENT = "even-exponent"
    LARGE_EXPONENT = "large-exponent"
    SMALL_FACTOR = "small-factor"
    CLOSE_PRIMES = "close-primes"
    ROCA = "roca"


class Lint(StrEnum):
    """What is odd about how a certificate is made."""

    VERSION = "version"
    SERIAL_NOT_POSITIVE = "serial-not-positive"
    SERIAL_TOO_LONG = "serial-too-long"
    TIME_ENCODING = "time-encoding"
    DATES_REVERSED = "dates-reversed"
    ISSUER_EMPTY = "issuer-empty"
    SUBJECT_EMPTY = "subject-empty"
    ALGORITHMS_DIFFER = "algorithms-differ"
    DUPLICATE_EXTENSION = "duplicate-extension"
    EXTENSIONS_UNREADABLE = "extensions-unreadable"
    NAMES_MISSING = "names-missing"
    COMMON_NAME_NOT_LISTED = "common-name-not-listed"
    NAME_NOT_ASCII = "name-not-ascii"
    NAME_UNDERSCORE = "name-underscore"
    NAME_IS_ADDRESS = "name-is-address"
    NAME_MALFORMED = "name-malformed"
    WILDCARD_MISPLACED = "wildcard-misplaced"
    SERVER_AUTH_MISSING = "server-auth-missing"
    LEAF_MAY_SIGN = "leaf-may-sign"
    LEAF_MAY_NOT_SIGN = "leaf-may-not-sign"
    AUTHORITY_MAY_NOT_SIGN = "authority-may-not-sign"
    AUTHORITY_NOT_CRITICAL = "authority-not-critical"


@dataclass(frozen=True, slots=True)
class Certificate:
    """The facts of one X.509 certificate (RFC 5280) that a verdict may need.

    `dns_names` and `ip_addresses` are the subject alternative names, as written. `key_type` is `RSA`,
    `ECDSA`, `Ed25519`, ...; `key_bits` is the modulus or field size. Times are UTC. Digests are of SHA-256, in hex:
    `sha256` of the whole, `spki_sha256` of the key (SubjectPublicKeyInfo). `der_bytes` is its size.

    `curve` is the name of an ECDSA key's curve, such as `secp256r1`; `rsa_exponent` is None where there is none or it
    has more than 32 bits; `key_faults` are KeyFault codes. `signature_hash` is `sha256` and the like, None where the
    algorithm has none of its own (EdDSA) or is not known. `subject_key_id` and `authority_key_id` are in hex, empty
    where there are none. `name_constraints` says whether it has any, `must_staple` whether it demands a stapled OCSP
    response (RFC 7633), `embedded_logs` how many different logs have signed a timestamp in it (RFC 6962 section 3.3).
    `ocsp_urls`, `crl_urls` and `issuer_urls` are where its status, its list of revoked ones, and its issuer can be
    fetched. `usages` are the extended key usages, such as `serverAuth`; None where it is not limited to any. `lints`
    are Lint codes.

    What was recorded before all this was looked at is not `detailed`.
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
    der_bytes: int = 0
    spki_sha256: str = ""
    curve: str | None = None
    rsa_exponent: int | None = None
    key_faults: tuple[str, ...] = ()
    signature_hash: str | None = None
    is_ca: bool = False
    subject_key_id: str = ""
    authority_key_id: str = ""
    name_constraints: bool = False
    must_staple: bool = False
    embedded_logs: int = 0
    ocsp_urls: tuple[str, ...] = ()
    crl_urls: tuple[str, ...] = ()
    issuer_urls: tuple[str, ...] = ()
    usages: tuple[str, ...] | None = None
    lints: tuple[str, ...] = ()

    @property
    def detailed(self) -> bool:
        return bool(self.spki_sha256)

    @property
    def readable(self) -> bool:
        """Whether its extensions are; where not, it seems to have none."""
        return Lint.EXTENSIONS_UNREADABLE not in self.lints


class Role(StrEnum):
    """What a certificate that was sent is good for."""

    PATH = "path"
    ROOT = "root"
    CROSS_SIGN = "cross-sign"
    DUPLICATE = "duplicate"
    UNRELATED = "unrelated"


@dataclass(frozen=True, slots=True)
class CertificateChain:
    """One chain as the server sent it, leaf first. Never empty.

    `trust_error` is None where the chain leads to a trusted root, whatever its names; the path is
    checked at a time at which the leaf is valid, so that expiry is told apart from distrust. `stores` are the trust
    stores that it was held against, each with its own error; one that has none is enough. `public` says whether it
    leads to a root of Mozilla's.
    `ocsp` is the stapled response's word on the leaf (RFC 6066 section 8): `good`, `revoked`, `unknown`, `expired`,
    `unreadable`, or None where none is stapled. `timestamps` counts the SCTs in the handshake's own extension (RFC 6962
    section 3.3), `stapled_logs` the different logs of those in the stapled response. `sha512` are the
    digests of each certificate and of its key, in hex, where TLSA records are looked at.

    `path` are the places in `certificates` of those that lead to `root`, the leaf's 0 first; `root` is the subject of
    the trusted root at its end, sent or not, and None where the path leads to none. `roles` has one Role for each
    certificate: a cross-sign is another certificate for a key on the path, or above such a one.

    What was recorded before these were looked at has no `path`.
    """

    certificates: tuple[Certificate, ...]
    trust_error: str | None
    ocsp: str | None = None
    timestamps: int = 0
    stapled_logs: int = 0
    stores: tuple[tuple[str, str | None], ...] = ()
    public: bool = False
    root: str | None = None
    path: tuple[int, ...] = ()
    roles: tuple[str, ...] = ()
    sha512: tuple[tuple[str, str], ...] = ()

    @property
    def leaf(self) -> Certificate:
        return self.certificates[0]

    @property
    def signed(self) -> tuple[Certificate, ...]:
        """Those on the path, the leaf first and without a root: whose keys and signatures clients rely on."""
        return tuple(self.certificates[place] for place in self.path if self.roles[place] == Role.PATH)

    @property
    def detailed(self) -> bool:
        return bool(self.path) and self.leaf.detailed


@dataclass(frozen=True, slots=True)
class Certificates:
    """The distinct chains that one address shows for `host` (an RSA and an ECDSA one, say). Never empty.

    `nameless` are those that a client gets that names no host, where they are others; they are nobody's `host`.
    `incomplete` says why there may be more, as with TlsOffer.
    """

    host: str
    observed_at: Sample[datetime]
    chains: tuple[CertificateChain, ...]
    nameless: tuple[CertificateChain, ...] = ()
    incomplete: NotObserved | None = None

    def labelled(self) -> Iterator[tuple[str, CertificateChain]]:
        """Each chain with what its messages begin with: nothing for an only one, else `RSA certificate: `."""
        for chain in self.chains:
            yield ("" if len(self.chains) == 1 else f"{chain.leaf.key_type} certificate: "), chain


def covers(pattern: str, host: str) -> bool:
    """Whether a DNS name in a certificate, such as `*.example.org`, is one of the host (RFC 9525 section 6.3)."""
    pattern, host = pattern.lower(), host.lower()
    if not pattern.startswith("*."):
        return pattern == host
    _, dot, parent = host.partition(".")
    # No client accepts a wildcard below which there is only one label, such as `*.org`.
    return bool(dot) and pattern.removeprefix("*.") == parent and "." in parent
