"""What a ClientHello can offer: every suite and group there is, in the order of our own preference.

A server that follows its client's order shows this one, so what is strong stands first.
"""

from functools import cache

from tlsaudit.evidence import CipherSuite, suites

FINITE_FIELDS = (0x0100, 0x0101, 0x0102, 0x0103, 0x0104)  # ffdhe

TLS13_GROUPS = (
    *(0x11EC, 0x11EB, 0x11ED, 0x6399),  # hybrids with ML-KEM, and with its draft
    *(0x001D, 0x0017, 0x001E, 0x0018, 0x0019),  # x25519, P-256, x448, P-384, P-521
    *(0x0200, 0x0201, 0x0202),  # ML-KEM alone
    *(0x001F, 0x0020, 0x0021, 0x0029),  # brainpool*tls13, SM2
    *FINITE_FIELDS,
)

# Without the ffdhe groups: a server that knows RFC 7919 but none of them would then hide its DHE suites.
# P-256 stands last because an ECDSA certificate on it is only shown while it is on offer (RFC 8422 section 5.1).
CURVES = (
    *(0x001D, 0x001E, 0x0018, 0x0019),  # x25519, x448, P-384, P-521
    *(0x001A, 0x001B, 0x001C),  # brainpool
    *range(0x0001, 0x0017),  # sect*, secp160* to secp256k1
    0x0017,
)


@cache
def tls13_suites() -> tuple[int, ...]:
    codes = (entry.code for entry in suites().values() if entry.tls13)
    return tuple(sorted(codes, key=lambda code: (code >> 8 != 0x13, code)))  # 0x13xx are those of RFC 8446


@cache
def older_suites() -> tuple[int, ...]:
    """All suites of SSL 3.0 to TLS 1.2: broken stacks pick those of a later version, too."""
    return tuple(entry.code for entry in sorted(suites().values(), key=_weakness) if not entry.tls13)


def _weakness(entry: CipherSuite) -> tuple[bool, bool, bool, bool, int]:
    broken = entry.anonymous or any(word in entry.name for word in ("NULL", "EXPORT", "RC4", "DES", "RC2"))
    authenticated = entry.name.endswith(("_SHA256", "_SHA384")) and "CBC" not in entry.name
    return broken, not entry.forward_secret, not authenticated, not over_curve(entry), entry.code


def over_curve(entry: CipherSuite) -> bool:
    """Whether the key exchange runs over an ephemeral key on a named group, told in ServerKeyExchange."""
    return entry.key_exchange.startswith(("ECDHE_", "ECDH_anon"))


def over_finite_field(entry: CipherSuite) -> bool:
    """Whether the key exchange runs over an ephemeral key in a finite field."""
    return entry.key_exchange.startswith(("DHE_", "DH_anon"))


@cache
def by_ecdsa() -> frozenset[int]:
    """The suites whose certificate holds an elliptic-curve key."""
    return frozenset(entry.code for entry in suites().values() if entry.authentication == "ECDSA")


@cache
def by_rsa() -> frozenset[int]:
    """The suites whose certificate holds an RSA key."""
    return frozenset(entry.code for entry in suites().values() if entry.authentication == "RSA")


# What most servers of any age have something in common with, for those that fail on a long hello.
COMMON_SUITES = (
    *(0xC02F, 0xC02B, 0xC030, 0xC02C, 0xCCA8, 0xCCA9),  # ECDHE with AEAD
    *(0xC013, 0xC009, 0xC014, 0xC00A, 0x0033, 0x0039),  # ECDHE and DHE with AES-CBC
    *(0x009C, 0x009D, 0x002F, 0x0035, 0x000A, 0x0005, 0x0004),  # static RSA
)
COMMON_GROUPS = (0x001D, 0x0018, 0x0019, 0x0017)
COMMON_SCHEMES = (0x0403, 0x0804, 0x0401, 0x0503, 0x0501, 0x0807, 0x0203, 0x0201)
