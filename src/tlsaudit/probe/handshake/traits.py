"""What the answers to an enumeration say beside the server's choices: extensions, key shares, certificates."""

import hashlib
from datetime import datetime

from tlsaudit.evidence import EphemeralKeys, TlsFeatures, TlsVersion, suite
from tlsaudit.probe.hello import ServerHello, ServerKeyExchange
from tlsaudit.probe.hello.client import ENCRYPT_THEN_MAC, EXTENDED_MASTER_SECRET, RENEGOTIATION_INFO

_PRIMES = 8  # an honest server has one or two, and each is tested
_FINITE_FIELD = 0  # among the groups of KeyShares

# RFC 8446 section 4.1.3: the end of the random of a server that knows TLS 1.3, in TLS 1.2 and in what is older.
_SENTINELS = {TlsVersion.TLS1_2: b"DOWNGRD\x01"}
_OLDER_SENTINEL = b"DOWNGRD\x00"

# id-ecPublicKey (RFC 5480 section 2.1.1), and the curves that follow it in a SubjectPublicKeyInfo, by named group.
_EC_KEY = bytes.fromhex("06072a8648ce3d0201")
_CURVES = {
    bytes.fromhex("06082a8648ce3d030107"): 0x0017,  # P-256
    bytes.fromhex("06052b81040022"): 0x0018,  # P-384
    bytes.fromhex("06052b81040023"): 0x0019,  # P-521
    bytes.fromhex("06092b2403030208010107"): 0x001A,  # brainpoolP256r1
    bytes.fromhex("06092b240303020801010b"): 0x001B,  # brainpoolP384r1
    bytes.fromhex("06092b240303020801010d"): 0x001C,  # brainpoolP512r1
}


def certificate_curve(der: bytes) -> int | None:
    """The named group of a certificate's own key; None where it has none of those in use."""
    at = der.find(_EC_KEY)
    if at < 0:
        return None
    parameters = der[at + len(_EC_KEY) : at + len(_EC_KEY) + 11]
    return next((group for oid, group in _CURVES.items() if parameters.startswith(oid)), None)


_DIGITS = 16  # an accidental match among the million shares of a large fleet is one in thirty million


class KeyShares:
    """The ephemeral public values of a server, as they come."""

    def __init__(self) -> None:
        self._digests: dict[int, list[str]] = {}

    def add(self, group: int, public: bytes) -> None:
        """One more; `group` is 0 for a finite field."""
        self._digests.setdefault(group, []).append(hashlib.sha256(public).hexdigest()[:_DIGITS])

    def keys(self, observed_at: datetime) -> EphemeralKeys:
        """All that were added."""
        seen = sorted(self._digests.items())
        return EphemeralKeys(
            observed_at,
            shares=tuple(dict.fromkeys(digest for _, digests in seen for digest in digests)),
            compared=tuple(group for group, digests in seen if len(digests) > 1),
            reused=tuple(group for group, digests in seen if len(set(digests)) < len(digests)),
        )


class Traits:
    """Learns from one answer after the other."""

    def __init__(self) -> None:
        self.primes: set[int] = set()
        self._said: dict[str, bool] = {}
        self._compression = False
        self._older = False
        self.shares = KeyShares()

    def learn(self, hello: ServerHello, exchanged: ServerKeyExchange | None) -> None:
        if hello.version <= TlsVersion.TLS1_2:
            self._older = True
            self._compression |= hello.compression != 0
            self._note("sentinel", hello.random.endswith(_SENTINELS.get(hello.version, _OLDER_SENTINEL)))
            self._extensions(hello)
        if exchanged and exchanged.prime and len(self.primes) < _PRIMES:
            self.primes.add(exchanged.prime)
        if exchanged and exchanged.public:
            self.shares.add(_FINITE_FIELD if exchanged.group is None else exchanged.group, exchanged.public)

    def _extensions(self, hello: ServerHello) -> None:
        sent = {kind for kind, _ in hello.extensions}
        if hello.version > TlsVersion.SSL3:
            self._note("extended master secret", EXTENDED_MASTER_SECRET in sent)
            self._note("secure renegotiation", RENEGOTIATION_INFO in sent)
            if "_CBC_" in suite(hello.suite).name:
                self._note("encrypt then mac", ENCRYPT_THEN_MAC in sent)

    def _note(self, what: str, holds: bool) -> None:
        # One answer without it is enough for an attacker.
        self._said[what] = self._said.get(what, True) and holds

    def features(self, observed_at: datetime, *, tls13: bool, fallback_scsv: bool | None) -> TlsFeatures:
        """`tls13`: that is served, too, so that what is older can be a downgrade."""
        return TlsFeatures(
            observed_at,
            extended_master_secret=self._said.get("extended master secret"),
            secure_renegotiation=self._said.get("secure renegotiation"),
            encrypt_then_mac=self._said.get("encrypt then mac"),
            compression=self._compression if self._older else None,
            fallback_scsv=fallback_scsv,
            downgrade_sentinel=self._said.get("sentinel") if tls13 else None,
            alpn=(),
        )
