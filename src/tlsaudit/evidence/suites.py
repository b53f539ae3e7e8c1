"""Cipher suites by their IANA names, and what a name says about the key exchange."""

from dataclasses import dataclass
from functools import cache
from importlib import resources

_SIGNALLING = frozenset({0x0000, 0x00FF, 0x5600})  # never a suite to negotiate
_TLS13 = frozenset({0x00C6, 0x00C7, 0xC0B4, 0xC0B5, 0xC103, 0xC104, 0xC105, 0xC106})  # beside 0x13xx


@dataclass(frozen=True, slots=True)
class CipherSuite:
    """One entry of IANA's registry "TLS Cipher Suites".

    `key_exchange` is the part before `_WITH_`, such as `ECDHE_RSA`; empty for TLS 1.3 suites, where the
    suite does not name it (RFC 8446 appendix B.4).
    """

    code: int
    name: str
    key_exchange: str

    @property
    def tls13(self) -> bool:
        return not self.key_exchange

    @property
    def forward_secret(self) -> bool:
        """Whether a recorded session stays secret when the server's long-term key leaks later.

        Anonymous exchanges are: what they lack is authentication, not forward secrecy. Static `DH_` and
        `ECDH_` are not. A TLS 1.3 handshake with (EC)DHE always is; psk_ke is not seen in the suite.
        """
        ephemeral = ("DHE_", "PSK_DHE", "ECDHE_", "DH_anon", "ECDH_anon", "SRP_", "ECCPWD")
        return self.tls13 or self.key_exchange.startswith(ephemeral)

    @property
    def anonymous(self) -> bool:
        """Whether the server proves nothing about who it is."""
        return "_anon" in self.key_exchange

    @property
    def authentication(self) -> str:
        """`RSA`, `ECDSA`, `DSS`, `PSK`, `anon`, ...: what the server authenticates with; empty for TLS 1.3."""
        return self.key_exchange.removesuffix("_EXPORT").rpartition("_")[2]


# SSL 2.0's cipher kinds (K. Hickman, "The SSL Protocol", 1995, appendix C.4), named as OpenSSL's headers name them.
SSL2_KINDS = {
    code: CipherSuite(code, name, "RSA_EXPORT" if "EXPORT" in name else "RSA")
    for code, name in {
        0x010080: "SSL_CK_RC4_128_WITH_MD5",
        0x020080: "SSL_CK_RC4_128_EXPORT40_WITH_MD5",
        0x030080: "SSL_CK_RC2_128_CBC_WITH_MD5",
        0x040080: "SSL_CK_RC2_128_CBC_EXPORT40_WITH_MD5",
        0x050080: "SSL_CK_IDEA_128_CBC_WITH_MD5",
        0x060040: "SSL_CK_DES_64_CBC_WITH_MD5",
        0x0700C0: "SSL_CK_DES_192_EDE3_CBC_WITH_MD5",
    }.items()
}


@cache
def suites() -> dict[int, CipherSuite]:
    """Every suite that a server can pick, by code point, in ascending order."""
    text = resources.files("tlsaudit.evidence").joinpath("suites.txt").read_text("ascii")
    table: dict[int, CipherSuite] = {}
    for line in text.splitlines():
        if line.startswith("#"):
            continue
        code, name = line.split()
        number = int(code, 16)
        if number in _SIGNALLING:
            continue
        tls13 = number >> 8 == 0x13 or number in _TLS13
        exchange = "" if tls13 else name.removeprefix("TLS_").partition("_WITH_")[0]
        table[number] = CipherSuite(number, name, exchange)
    return table


def suite(code: int) -> CipherSuite:
    """The suite with this code point, or SSL 2.0's cipher kind; one that is not listed is named by its number."""
    known = suites().get(code) or SSL2_KINDS.get(code)
    return known or CipherSuite(code, f"0x{code:04X}", "unknown")
