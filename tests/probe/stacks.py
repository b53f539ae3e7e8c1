"""What a server of each TLS stack must serve, and how it is started.

The tables were written down from nmap and sslscan, openssl and gnutls-cli, and the stacks' own documentation;
test_stacks.py asks at least two of these again. What is known by another way is said beside it.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from tests.probe.peers import SSL2, SSL3, TLS1_0, TLS1_1, TLS1_2, TLS1_3, At
from tests.servers import CertificateAuthority, KeyKind, Shape, serve
from tests.servers.caddy import caddy
from tests.servers.plan import DH_512
from tests.servers.stacks import gnutls, jsse, lighttpd, node, selfserv
from tlsaudit.evidence import Order, TlsVersion

SERVER, CLIENT, ONLY_ONE = Order.SERVER, Order.CLIENT, Order.ONLY_ONE


@dataclass(frozen=True)
class Row:
    """One version. Groups are in the server's order where that decides."""

    suites: frozenset[str]
    order: Order
    groups: tuple[str, ...] = ()
    group_order: Order = ONLY_ONE


@dataclass(frozen=True)
class Stack:
    """`start` gives something with an `address`, and a `port` or an `https_port`. `dh_bits` are the sizes of the primes
    of TLS 1.2 and older, `missed` the suites that a client cannot see in one version.
    """

    start: Callable[[CertificateAuthority], AbstractContextManager[Any]]
    serves: Mapping[TlsVersion, Row]
    dh_bits: tuple[int, ...] = ()
    missed: Mapping[tuple[str, TlsVersion], frozenset[str]] = field(default_factory=dict)

    @contextmanager
    def running(self, ca: CertificateAuthority) -> Iterator[At]:
        with self.start(ca) as server:
            yield At(server.address, server.https_port if hasattr(server, "https_port") else server.port)


def names(**ciphers: str) -> frozenset[str]:
    """Suites by their key exchange: RSA="AES_128_CBC_SHA ..." is TLS_RSA_WITH_AES_128_CBC_SHA and so on."""
    return frozenset(f"TLS_{exchange}_WITH_{cipher}" for exchange, text in ciphers.items() for cipher in text.split())


def tls13(ciphers: str) -> frozenset[str]:
    return frozenset(f"TLS_{cipher}" for cipher in ciphers.split())


def groups(text: str) -> tuple[str, ...]:
    return tuple(text.split())


FFDHE = "ffdhe2048 ffdhe3072 ffdhe4096 ffdhe6144 ffdhe8192"
TLS13_COMMON = tls13("AES_128_GCM_SHA256 AES_256_GCM_SHA384 CHACHA20_POLY1305_SHA256")

# GnuTLS 3.7.9. The client's order unless told otherwise, all groups in NORMAL.
_GNUTLS_CURVES = "secp256r1 secp384r1 secp521r1 x25519 x448"
_GNUTLS13 = Row(TLS13_COMMON | tls13("AES_128_CCM_SHA256"), CLIENT, groups(f"{_GNUTLS_CURVES} {FFDHE}"), CLIENT)
_GNUTLS_OLD = Row(
    names(
        ECDHE_ECDSA="AES_128_CBC_SHA AES_256_CBC_SHA",
        ECDHE_RSA="AES_128_CBC_SHA AES_256_CBC_SHA",
        DHE_RSA="AES_128_CBC_SHA AES_256_CBC_SHA",
        RSA="AES_128_CBC_SHA AES_256_CBC_SHA",
    ),
    CLIENT,
    groups(_GNUTLS_CURVES),
    CLIENT,
)
GNUTLS = Stack(
    gnutls,
    {
        TLS1_3: _GNUTLS13,
        TLS1_2: Row(
            names(
                ECDHE_ECDSA="AES_128_CBC_SHA AES_128_CCM AES_128_GCM_SHA256 AES_256_CBC_SHA AES_256_CCM "
                "AES_256_GCM_SHA384 CHACHA20_POLY1305_SHA256",
                ECDHE_RSA="AES_128_CBC_SHA AES_128_GCM_SHA256 AES_256_CBC_SHA AES_256_GCM_SHA384 "
                "CHACHA20_POLY1305_SHA256",
                DHE_RSA="AES_128_CBC_SHA AES_128_CCM AES_128_GCM_SHA256 AES_256_CBC_SHA AES_256_CCM "
                "AES_256_GCM_SHA384 CHACHA20_POLY1305_SHA256",
                RSA="AES_128_CBC_SHA AES_128_CCM AES_128_GCM_SHA256 AES_256_CBC_SHA AES_256_CCM AES_256_GCM_SHA384",
            ),
            CLIENT,
            groups(_GNUTLS_CURVES),
            CLIENT,
        ),
        TLS1_1: _GNUTLS_OLD,
        TLS1_0: _GNUTLS_OLD,
    },
    dh_bits=(2048,),
)

# With anonymous suites on offer it serves no TLS 1.3. The server's order.
_GNUTLS_ALL = (
    "NORMAL:+ARCFOUR-128:+3DES-CBC:+NULL:+MD5:+SHA256:+SHA384:+ANON-DH:+ANON-ECDH:+AES-128-CCM-8:+AES-256-CCM-8:"
    "+CAMELLIA-256-CBC:+CAMELLIA-128-CBC:+CAMELLIA-256-GCM:+CAMELLIA-128-GCM:%SERVER_PRECEDENCE"
)
_GNUTLS_ALL_OLD = Row(
    names(
        ECDHE_ECDSA="AES_256_CBC_SHA AES_128_CBC_SHA RC4_128_SHA 3DES_EDE_CBC_SHA NULL_SHA",
        ECDHE_RSA="AES_256_CBC_SHA AES_128_CBC_SHA RC4_128_SHA 3DES_EDE_CBC_SHA NULL_SHA",
        RSA="AES_256_CBC_SHA AES_128_CBC_SHA RC4_128_SHA RC4_128_MD5 3DES_EDE_CBC_SHA NULL_SHA NULL_MD5 "
        "CAMELLIA_256_CBC_SHA CAMELLIA_128_CBC_SHA",
        DHE_RSA="AES_256_CBC_SHA AES_128_CBC_SHA 3DES_EDE_CBC_SHA CAMELLIA_256_CBC_SHA CAMELLIA_128_CBC_SHA",
        DH_anon="AES_256_CBC_SHA AES_128_CBC_SHA RC4_128_MD5 3DES_EDE_CBC_SHA CAMELLIA_256_CBC_SHA "
        "CAMELLIA_128_CBC_SHA",
        ECDH_anon="AES_256_CBC_SHA AES_128_CBC_SHA RC4_128_SHA 3DES_EDE_CBC_SHA NULL_SHA",
    ),
    SERVER,
    groups(_GNUTLS_CURVES),
    SERVER,
)
GNUTLS_ALL = Stack(
    partial(gnutls, priority=_GNUTLS_ALL),
    {
        TLS1_2: Row(
            names(
                ECDHE_ECDSA="AES_256_GCM_SHA384 CHACHA20_POLY1305_SHA256 AES_256_CCM AES_256_CBC_SHA "
                "AES_256_CBC_SHA384 AES_128_GCM_SHA256 AES_128_CCM AES_128_CBC_SHA AES_128_CBC_SHA256 RC4_128_SHA "
                "3DES_EDE_CBC_SHA NULL_SHA AES_128_CCM_8 AES_256_CCM_8 CAMELLIA_256_CBC_SHA384 "
                "CAMELLIA_128_CBC_SHA256 CAMELLIA_256_GCM_SHA384 CAMELLIA_128_GCM_SHA256",
                ECDHE_RSA="AES_256_GCM_SHA384 CHACHA20_POLY1305_SHA256 AES_256_CBC_SHA AES_256_CBC_SHA384 "
                "AES_128_GCM_SHA256 AES_128_CBC_SHA AES_128_CBC_SHA256 RC4_128_SHA 3DES_EDE_CBC_SHA NULL_SHA "
                "CAMELLIA_256_CBC_SHA384 CAMELLIA_128_CBC_SHA256 CAMELLIA_256_GCM_SHA384 CAMELLIA_128_GCM_SHA256",
                RSA="AES_256_GCM_SHA384 AES_256_CCM AES_256_CBC_SHA AES_256_CBC_SHA256 AES_128_GCM_SHA256 AES_128_CCM "
                "AES_128_CBC_SHA AES_128_CBC_SHA256 RC4_128_SHA RC4_128_MD5 3DES_EDE_CBC_SHA NULL_SHA NULL_MD5 "
                "NULL_SHA256 AES_128_CCM_8 AES_256_CCM_8 CAMELLIA_256_CBC_SHA CAMELLIA_256_CBC_SHA256 "
                "CAMELLIA_128_CBC_SHA CAMELLIA_128_CBC_SHA256 CAMELLIA_256_GCM_SHA384 CAMELLIA_128_GCM_SHA256",
                DHE_RSA="AES_256_GCM_SHA384 CHACHA20_POLY1305_SHA256 AES_256_CCM AES_256_CBC_SHA AES_256_CBC_SHA256 "
                "AES_128_GCM_SHA256 AES_128_CCM AES_128_CBC_SHA AES_128_CBC_SHA256 3DES_EDE_CBC_SHA AES_128_CCM_8 "
                "AES_256_CCM_8 CAMELLIA_256_CBC_SHA CAMELLIA_256_CBC_SHA256 CAMELLIA_128_CBC_SHA "
                "CAMELLIA_128_CBC_SHA256 CAMELLIA_256_GCM_SHA384 CAMELLIA_128_GCM_SHA256",
                DH_anon="AES_256_GCM_SHA384 AES_256_CBC_SHA AES_256_CBC_SHA256 AES_128_GCM_SHA256 AES_128_CBC_SHA "
                "AES_128_CBC_SHA256 RC4_128_MD5 3DES_EDE_CBC_SHA CAMELLIA_256_CBC_SHA CAMELLIA_256_CBC_SHA256 "
                "CAMELLIA_128_CBC_SHA CAMELLIA_128_CBC_SHA256 CAMELLIA_256_GCM_SHA384 CAMELLIA_128_GCM_SHA256",
                ECDH_anon="AES_256_CBC_SHA AES_128_CBC_SHA RC4_128_SHA 3DES_EDE_CBC_SHA NULL_SHA",
            ),
            SERVER,
            groups(_GNUTLS_CURVES),
            SERVER,
        ),
        TLS1_1: _GNUTLS_ALL_OLD,
        TLS1_0: _GNUTLS_ALL_OLD,
    },
    dh_bits=(2048,),
)

# GnuTLS without Diffie-Hellman parameters of its own serves DHE over a group of RFC 7919 alone, and so only to clients
# that offer one (section 4). sslscan does not, gnutls-cli does.
_BY_FFDHE = names(
    DHE_RSA="AES_128_CBC_SHA AES_128_CCM AES_128_GCM_SHA256 AES_256_CBC_SHA AES_256_CCM AES_256_CCM_8 "
    "AES_256_GCM_SHA384 CHACHA20_POLY1305_SHA256"
)
LIGHTTPD_GNUTLS = Stack(
    partial(lighttpd, stack="gnutls"),
    {
        TLS1_3: _GNUTLS13,
        TLS1_2: Row(
            _BY_FFDHE
            | names(
                ECDHE_RSA="AES_128_CBC_SHA AES_128_GCM_SHA256 AES_256_CBC_SHA AES_256_GCM_SHA384 "
                "CHACHA20_POLY1305_SHA256",
                RSA="AES_128_CBC_SHA AES_128_CCM AES_128_GCM_SHA256 AES_256_CBC_SHA AES_256_CCM AES_256_CCM_8 "
                "AES_256_GCM_SHA384",
            ),
            CLIENT,
            groups(_GNUTLS_CURVES),
            CLIENT,
        ),
    },
    dh_bits=(2048,),
    missed={("sslscan", TLS1_2): _BY_FFDHE},
)

# NSS 3.87.1. The server's order, which is that of its table of suites.
_NSS_CURVES = "x25519 secp256r1 secp384r1 secp521r1"
_NSS13 = Row(TLS13_COMMON, SERVER, groups(f"{_NSS_CURVES} {FFDHE}"), SERVER)
_NSS_OLD = Row(
    names(
        ECDHE_RSA="AES_128_CBC_SHA AES_256_CBC_SHA",
        DHE_RSA="AES_128_CBC_SHA AES_256_CBC_SHA 3DES_EDE_CBC_SHA",
        RSA="AES_128_CBC_SHA AES_256_CBC_SHA 3DES_EDE_CBC_SHA RC4_128_SHA RC4_128_MD5",
    ),
    SERVER,
    groups(_NSS_CURVES),
    SERVER,
)


def _selfserv(ca: CertificateAuthority, *options: str) -> AbstractContextManager[Any]:
    return selfserv(ca, "-H", "1", *options)  # with DHE


NSS = Stack(
    lambda ca: _selfserv(ca, "-V", "tls1.0:"),
    {
        TLS1_3: _NSS13,
        TLS1_2: Row(
            names(
                ECDHE_RSA="AES_128_GCM_SHA256 CHACHA20_POLY1305_SHA256 AES_256_GCM_SHA384 AES_128_CBC_SHA "
                "AES_128_CBC_SHA256 AES_256_CBC_SHA",
                DHE_RSA="AES_128_GCM_SHA256 CHACHA20_POLY1305_SHA256 AES_256_GCM_SHA384 AES_128_CBC_SHA "
                "AES_128_CBC_SHA256 AES_256_CBC_SHA AES_256_CBC_SHA256 3DES_EDE_CBC_SHA",
                RSA="AES_128_GCM_SHA256 AES_256_GCM_SHA384 AES_128_CBC_SHA AES_128_CBC_SHA256 AES_256_CBC_SHA "
                "AES_256_CBC_SHA256 3DES_EDE_CBC_SHA RC4_128_SHA RC4_128_MD5",
            ),
            SERVER,
            groups(_NSS_CURVES),
            SERVER,
        ),
        TLS1_1: _NSS_OLD,
        TLS1_0: _NSS_OLD,
    },
    dh_bits=(2048,),
)

_NSS_SSL3 = names(
    DHE_RSA="AES_128_CBC_SHA AES_256_CBC_SHA",
    RSA="AES_128_CBC_SHA AES_256_CBC_SHA 3DES_EDE_CBC_SHA RC4_128_SHA RC4_128_MD5 DES_CBC_SHA NULL_SHA NULL_MD5",
)
_NSS_SSL3_TLS = Row(
    _NSS_SSL3 | names(ECDHE_RSA="AES_128_CBC_SHA AES_256_CBC_SHA 3DES_EDE_CBC_SHA RC4_128_SHA NULL_SHA"),
    SERVER,
    groups(_NSS_CURVES),
    SERVER,
)
NSS_SSL3 = Stack(
    lambda ca: _selfserv(
        ca,
        *("-V", "ssl3:tls1.2"),
        *("-c", ":0001:0002:0004:0005:0009:000A:002F:0033:0035:0039:003B:C010:C011:C012:C013:C014:C02F:C030:CCA8"),
    ),
    {
        TLS1_2: Row(
            _NSS_SSL3_TLS.suites
            | names(ECDHE_RSA="AES_128_GCM_SHA256 CHACHA20_POLY1305_SHA256 AES_256_GCM_SHA384", RSA="NULL_SHA256"),
            SERVER,
            groups(_NSS_CURVES),
            SERVER,
        ),
        TLS1_1: _NSS_SSL3_TLS,
        TLS1_0: _NSS_SSL3_TLS,
        SSL3: Row(_NSS_SSL3, SERVER),
    },
    dh_bits=(2048,),
)

_LIGHTTPD_NSS_OLD = Row(
    names(
        ECDHE_RSA="AES_128_CBC_SHA AES_256_CBC_SHA 3DES_EDE_CBC_SHA RC4_128_SHA",
        DHE_RSA="AES_128_CBC_SHA CAMELLIA_128_CBC_SHA AES_256_CBC_SHA CAMELLIA_256_CBC_SHA 3DES_EDE_CBC_SHA "
        "DES_CBC_SHA",
        RSA="AES_128_CBC_SHA CAMELLIA_128_CBC_SHA AES_256_CBC_SHA CAMELLIA_256_CBC_SHA 3DES_EDE_CBC_SHA RC4_128_SHA "
        "RC4_128_MD5 DES_CBC_SHA",
    ),
    SERVER,
    groups(_NSS_CURVES),
    SERVER,
)
LIGHTTPD_NSS = Stack(
    partial(lighttpd, stack="nss", MinProtocol="None", CipherString="ALL"),
    {
        TLS1_3: _NSS13,
        TLS1_2: Row(
            _LIGHTTPD_NSS_OLD.suites
            | names(
                ECDHE_RSA="AES_128_GCM_SHA256 CHACHA20_POLY1305_SHA256 AES_256_GCM_SHA384 AES_128_CBC_SHA256 "
                "AES_256_CBC_SHA384",
                DHE_RSA="AES_128_GCM_SHA256 CHACHA20_POLY1305_SHA256 AES_256_GCM_SHA384 AES_128_CBC_SHA256 "
                "AES_256_CBC_SHA256",
                RSA="AES_128_GCM_SHA256 AES_256_GCM_SHA384 AES_128_CBC_SHA256 AES_256_CBC_SHA256",
            ),
            SERVER,
            groups(_NSS_CURVES),
            SERVER,
        ),
        TLS1_1: _LIGHTTPD_NSS_OLD,
        TLS1_0: _LIGHTTPD_NSS_OLD,
    },
    dh_bits=(2048,),
)

# mbedTLS 2.28.3 as lighttpd sets it up. It reads the first eleven groups it knows of those a client offers.
MBEDTLS = Stack(
    partial(lighttpd, stack="mbedtls"),
    {
        TLS1_2: Row(
            names(
                ECDHE_RSA="AES_256_GCM_SHA384 AES_128_GCM_SHA256 CHACHA20_POLY1305_SHA256",
                DHE_RSA="CHACHA20_POLY1305_SHA256",
            ),
            SERVER,
            groups(
                "secp521r1 brainpoolP512r1 secp384r1 brainpoolP384r1 secp256r1 secp256k1 brainpoolP256r1 secp224r1 "
                "secp224k1 secp192r1 secp192k1 x25519 x448"
            ),
            SERVER,
        )
    },
    dh_bits=(2048,),
)

# JSSE of Java 17 with nothing disabled. Its own order of suites, the client's order of groups. EXPORT suites end with
# TLS 1.0 (RFC 4346 appendix A.5), DES with TLS 1.1 (RFC 5246 section 1.2).
_JSSE_CURVES = "x25519 secp256r1 secp384r1 secp521r1 x448"
_JSSE_TLS1_1 = names(
    ECDHE_RSA="AES_256_CBC_SHA AES_128_CBC_SHA 3DES_EDE_CBC_SHA RC4_128_SHA NULL_SHA",
    DHE_RSA="AES_256_CBC_SHA AES_128_CBC_SHA 3DES_EDE_CBC_SHA DES_CBC_SHA",
    RSA="AES_256_CBC_SHA AES_128_CBC_SHA 3DES_EDE_CBC_SHA RC4_128_SHA RC4_128_MD5 DES_CBC_SHA NULL_SHA NULL_MD5",
    ECDH_anon="AES_256_CBC_SHA AES_128_CBC_SHA 3DES_EDE_CBC_SHA RC4_128_SHA NULL_SHA",
    DH_anon="AES_256_CBC_SHA AES_128_CBC_SHA 3DES_EDE_CBC_SHA RC4_128_MD5 DES_CBC_SHA",
)
_JSSE_TLS1_0 = _JSSE_TLS1_1 | names(
    RSA_EXPORT="DES40_CBC_SHA RC4_40_MD5", DHE_RSA_EXPORT="DES40_CBC_SHA", DH_anon_EXPORT="DES40_CBC_SHA RC4_40_MD5"
)
JSSE = Stack(
    jsse,
    {
        TLS1_3: Row(TLS13_COMMON, SERVER, groups(f"{_JSSE_CURVES} {FFDHE}"), CLIENT),
        TLS1_2: Row(
            names(
                ECDHE_RSA="AES_256_GCM_SHA384 CHACHA20_POLY1305_SHA256 AES_128_GCM_SHA256 AES_256_CBC_SHA384 "
                "AES_128_CBC_SHA256 AES_256_CBC_SHA AES_128_CBC_SHA 3DES_EDE_CBC_SHA RC4_128_SHA NULL_SHA",
                DHE_RSA="AES_256_GCM_SHA384 CHACHA20_POLY1305_SHA256 AES_128_GCM_SHA256 AES_256_CBC_SHA256 "
                "AES_128_CBC_SHA256 AES_256_CBC_SHA AES_128_CBC_SHA 3DES_EDE_CBC_SHA",
                RSA="AES_256_GCM_SHA384 AES_128_GCM_SHA256 AES_256_CBC_SHA256 AES_128_CBC_SHA256 AES_256_CBC_SHA "
                "AES_128_CBC_SHA 3DES_EDE_CBC_SHA RC4_128_SHA RC4_128_MD5 NULL_SHA256 NULL_SHA NULL_MD5",
                DH_anon="AES_256_GCM_SHA384 AES_128_GCM_SHA256 AES_256_CBC_SHA256 AES_256_CBC_SHA AES_128_CBC_SHA256 "
                "AES_128_CBC_SHA 3DES_EDE_CBC_SHA RC4_128_MD5",
                ECDH_anon="AES_256_CBC_SHA AES_128_CBC_SHA 3DES_EDE_CBC_SHA RC4_128_SHA NULL_SHA",
            ),
            SERVER,
            groups(_JSSE_CURVES),
            CLIENT,
        ),
        TLS1_1: Row(_JSSE_TLS1_1, SERVER, groups(_JSSE_CURVES), CLIENT),
        TLS1_0: Row(_JSSE_TLS1_0, SERVER, groups(_JSSE_CURVES), CLIENT),
        # Where no extension says what the client knows, x25519 is the server's guess; OpenSSL 1.0 does not know it.
        # testssl.sh 3.0.8 (testssl -E, 2026-11-24) lists the same 32 suites, x25519 among them.
        SSL3: Row(_JSSE_TLS1_0, SERVER, groups("x25519")),
    },
    dh_bits=(512, 768),
    missed={("old openssl", SSL3): frozenset(name for name in _JSSE_TLS1_0 if "_ECDH" in name)},
)

# Go 1.19 in caddy 2.6.2, with a P-256 certificate. Its own order of suites, but ChaCha20 first for a client that puts
# it first; in TLS 1.2 the client's order of groups, in TLS 1.3 its own.
GO = Stack(
    caddy,
    {
        TLS1_3: Row(TLS13_COMMON, SERVER, groups("x25519 secp256r1"), SERVER),
        TLS1_2: Row(
            names(ECDHE_ECDSA="AES_128_GCM_SHA256 AES_256_GCM_SHA384 CHACHA20_POLY1305_SHA256"),
            SERVER,
            groups("x25519 secp256r1"),
            CLIENT,
        ),
    },
)

# OpenSSL 1.0.0m in node 0.8.28: no elliptic curves, no DHE, the client's order. EXPORT suites over RSA take a key of at
# most 512 bits.
_SSL3_RSA512 = names(
    RSA_EXPORT="DES40_CBC_SHA RC2_CBC_40_MD5 RC4_40_MD5",
    RSA="3DES_EDE_CBC_SHA AES_128_CBC_SHA AES_256_CBC_SHA DES_CBC_SHA NULL_MD5 NULL_SHA RC4_128_MD5 RC4_128_SHA",
)
OPENSSL_1_0_0 = Stack(
    partial(node, version="0.8.28", kind=KeyKind.RSA512, ciphers="ALL:COMPLEMENTOFALL"),
    {
        TLS1_0: Row(_SSL3_RSA512, CLIENT),
        SSL3: Row(_SSL3_RSA512, CLIENT),
        SSL2: Row(
            frozenset(
                f"SSL_CK_{kind}"
                for kind in (
                    *("RC4_128_WITH_MD5", "RC4_128_EXPORT40_WITH_MD5", "RC2_128_CBC_WITH_MD5"),
                    *("RC2_128_CBC_EXPORT40_WITH_MD5", "DES_64_CBC_WITH_MD5", "DES_192_EDE3_CBC_WITH_MD5"),
                )
            ),
            CLIENT,
        ),
    },
)

# OpenSSL 1.0.1e in node 0.10.0, told to speak SSL 3.0 alone.
OPENSSL_1_0_1_SSL3 = Stack(
    partial(node, version="0.10.0", ciphers="ALL:COMPLEMENTOFALL", secureProtocol="SSLv3_method"),
    {
        SSL3: Row(
            names(
                RSA="3DES_EDE_CBC_SHA AES_128_CBC_SHA AES_256_CBC_SHA CAMELLIA_128_CBC_SHA CAMELLIA_256_CBC_SHA "
                "DES_CBC_SHA IDEA_CBC_SHA NULL_MD5 NULL_SHA RC4_128_MD5 RC4_128_SHA SEED_CBC_SHA"
            ),
            CLIENT,
        )
    },
)

# OpenSSL 1.0.1l in node 0.12.0 with a prime of 512 bits. One curve: OpenSSL 1.0.1 takes one.
_DH_512_OLD = names(
    DHE_RSA_EXPORT="DES40_CBC_SHA",
    DHE_RSA="3DES_EDE_CBC_SHA AES_128_CBC_SHA AES_256_CBC_SHA CAMELLIA_128_CBC_SHA CAMELLIA_256_CBC_SHA DES_CBC_SHA "
    "SEED_CBC_SHA",
    DH_anon_EXPORT="DES40_CBC_SHA RC4_40_MD5",
    DH_anon="3DES_EDE_CBC_SHA AES_128_CBC_SHA AES_256_CBC_SHA CAMELLIA_128_CBC_SHA CAMELLIA_256_CBC_SHA DES_CBC_SHA "
    "RC4_128_MD5 SEED_CBC_SHA",
    ECDHE_RSA="3DES_EDE_CBC_SHA AES_128_CBC_SHA AES_256_CBC_SHA NULL_SHA RC4_128_SHA",
    ECDH_anon="3DES_EDE_CBC_SHA AES_128_CBC_SHA AES_256_CBC_SHA NULL_SHA RC4_128_SHA",
    RSA="3DES_EDE_CBC_SHA AES_128_CBC_SHA AES_256_CBC_SHA CAMELLIA_128_CBC_SHA CAMELLIA_256_CBC_SHA DES_CBC_SHA "
    "IDEA_CBC_SHA NULL_MD5 NULL_SHA RC4_128_MD5 RC4_128_SHA SEED_CBC_SHA",
)
OPENSSL_1_0_1_DH_512 = Stack(
    partial(node, version="0.12.0", ciphers="ALL:COMPLEMENTOFALL", dhparam=str(DH_512)),
    {
        TLS1_2: Row(
            _DH_512_OLD
            | names(
                DHE_RSA="AES_128_CBC_SHA256 AES_128_GCM_SHA256 AES_256_CBC_SHA256 AES_256_GCM_SHA384",
                DH_anon="AES_128_CBC_SHA256 AES_128_GCM_SHA256 AES_256_CBC_SHA256 AES_256_GCM_SHA384",
                ECDHE_RSA="AES_128_CBC_SHA256 AES_128_GCM_SHA256 AES_256_CBC_SHA384 AES_256_GCM_SHA384",
                RSA="AES_128_CBC_SHA256 AES_128_GCM_SHA256 AES_256_CBC_SHA256 AES_256_GCM_SHA384 NULL_SHA256",
            ),
            CLIENT,
            groups("secp256r1"),
        ),
        TLS1_1: Row(_DH_512_OLD, CLIENT, groups("secp256r1")),
        TLS1_0: Row(_DH_512_OLD, CLIENT, groups("secp256r1")),
    },
    dh_bits=(512,),
)

# OpenSSL 1.0.2o in node 4.9.1, static RSA alone; node prefers its own order.
_RSA_OLD = names(
    RSA="AES_256_CBC_SHA CAMELLIA_256_CBC_SHA AES_128_CBC_SHA SEED_CBC_SHA CAMELLIA_128_CBC_SHA IDEA_CBC_SHA "
    "RC4_128_SHA RC4_128_MD5 3DES_EDE_CBC_SHA"
)
OPENSSL_1_0_2_RSA = Stack(
    partial(node, version="4.9.1", ciphers="RSA:!NULL"),
    {
        TLS1_2: Row(
            _RSA_OLD | names(RSA="AES_256_GCM_SHA384 AES_256_CBC_SHA256 AES_128_GCM_SHA256 AES_128_CBC_SHA256"), SERVER
        ),
        TLS1_1: Row(_RSA_OLD, SERVER),
        TLS1_0: Row(_RSA_OLD, SERVER),
    },
)

# OpenSSL 3.5.8 in node 24.21.0. The hybrids are of TLS 1.3 alone; a client of Go 1.27.0 (tls.Dial with each of the
# three as its only CurvePreferences, 2026-11-24) agrees on them, too.
_ECDH = "x25519 secp256r1 x448 secp384r1 secp521r1"
OPENSSL_3_5 = Stack(
    partial(
        node,
        version="24.21.0",
        ecdhCurve="X25519MLKEM768:SecP256r1MLKEM768:SecP384r1MLKEM1024:X25519:P-256:X448:P-384:P-521:"
        "brainpoolP256r1tls13:ffdhe2048",
    ),
    {
        TLS1_3: Row(
            TLS13_COMMON,
            SERVER,
            groups(f"X25519MLKEM768 SecP256r1MLKEM768 SecP384r1MLKEM1024 {_ECDH} brainpoolP256r1tls13 ffdhe2048"),
            SERVER,
        ),
        TLS1_2: Row(
            names(
                ECDHE_RSA="AES_128_GCM_SHA256 AES_256_GCM_SHA384 AES_128_CBC_SHA256 AES_256_CBC_SHA384 "
                "CHACHA20_POLY1305_SHA256 ARIA_256_GCM_SHA384 ARIA_128_GCM_SHA256 AES_256_CBC_SHA AES_128_CBC_SHA",
                RSA="AES_256_GCM_SHA384 AES_256_CCM ARIA_256_GCM_SHA384 AES_128_GCM_SHA256 AES_128_CCM "
                "ARIA_128_GCM_SHA256 AES_256_CBC_SHA256 AES_128_CBC_SHA256 AES_256_CBC_SHA AES_128_CBC_SHA",
            ),
            SERVER,
            groups(_ECDH),
            SERVER,
        ),
    },
)

# OpenSSL 3.0 in nginx, Apache and HAProxy, with all that it still has, an RSA and a P-256 certificate.
_OPENSSL_3_ANON_OLD = names(
    DH_anon="AES_128_CBC_SHA AES_256_CBC_SHA CAMELLIA_128_CBC_SHA CAMELLIA_256_CBC_SHA",
    ECDH_anon="AES_128_CBC_SHA AES_256_CBC_SHA",
)
_OPENSSL_3_ECDSA_OLD = names(ECDHE_ECDSA="AES_128_CBC_SHA AES_256_CBC_SHA")
_OPENSSL_3_OLD = names(
    DHE_RSA="AES_128_CBC_SHA AES_256_CBC_SHA CAMELLIA_128_CBC_SHA CAMELLIA_256_CBC_SHA",
    ECDHE_RSA="AES_128_CBC_SHA AES_256_CBC_SHA",
    RSA="AES_128_CBC_SHA AES_256_CBC_SHA CAMELLIA_128_CBC_SHA CAMELLIA_256_CBC_SHA",
)
_OPENSSL_3_ANON = _OPENSSL_3_ANON_OLD | names(
    DH_anon="AES_128_CBC_SHA256 AES_128_GCM_SHA256 AES_256_CBC_SHA256 AES_256_GCM_SHA384 CAMELLIA_128_CBC_SHA256 "
    "CAMELLIA_256_CBC_SHA256"
)
_OPENSSL_3 = (
    _OPENSSL_3_OLD
    | _OPENSSL_3_ECDSA_OLD
    | names(
        DHE_RSA="AES_128_CBC_SHA256 AES_128_CCM AES_128_CCM_8 AES_128_GCM_SHA256 AES_256_CBC_SHA256 AES_256_CCM "
        "AES_256_CCM_8 AES_256_GCM_SHA384 ARIA_128_GCM_SHA256 ARIA_256_GCM_SHA384 CAMELLIA_128_CBC_SHA256 "
        "CAMELLIA_256_CBC_SHA256 CHACHA20_POLY1305_SHA256",
        ECDHE_ECDSA="AES_128_CBC_SHA256 AES_128_CCM AES_128_CCM_8 AES_128_GCM_SHA256 AES_256_CBC_SHA384 AES_256_CCM "
        "AES_256_CCM_8 AES_256_GCM_SHA384 ARIA_128_GCM_SHA256 ARIA_256_GCM_SHA384 CAMELLIA_128_CBC_SHA256 "
        "CAMELLIA_256_CBC_SHA384 CHACHA20_POLY1305_SHA256",
        ECDHE_RSA="AES_128_CBC_SHA256 AES_128_GCM_SHA256 AES_256_CBC_SHA384 AES_256_GCM_SHA384 ARIA_128_GCM_SHA256 "
        "ARIA_256_GCM_SHA384 CAMELLIA_128_CBC_SHA256 CAMELLIA_256_CBC_SHA384 CHACHA20_POLY1305_SHA256",
        RSA="AES_128_CBC_SHA256 AES_128_CCM AES_128_CCM_8 AES_128_GCM_SHA256 AES_256_CBC_SHA256 AES_256_CCM "
        "AES_256_CCM_8 AES_256_GCM_SHA384 ARIA_128_GCM_SHA256 ARIA_256_GCM_SHA384 CAMELLIA_128_CBC_SHA256 "
        "CAMELLIA_256_CBC_SHA256",
    )
)


def _openssl_3(program: str, order: Order, tls12: frozenset[str], older: frozenset[str]) -> Stack:
    curves = groups("x25519 secp256r1 x448 secp521r1 secp384r1")
    return Stack(
        partial(_legacy, program),
        {
            TLS1_3: Row(TLS13_COMMON, order, (*curves, *groups(FFDHE)), SERVER),
            TLS1_2: Row(tls12, order, curves, order),
            TLS1_1: Row(older, order, curves, order),
            TLS1_0: Row(older, order, curves, order),
        },
        dh_bits=(2048,),
    )


def _legacy(program: str, ca: CertificateAuthority) -> AbstractContextManager[Any]:
    return serve(program, Shape.LEGACY, ca=ca)


NGINX = _openssl_3(
    "nginx", CLIENT, _OPENSSL_3 | _OPENSSL_3_ANON, _OPENSSL_3_OLD | _OPENSSL_3_ECDSA_OLD | _OPENSSL_3_ANON_OLD
)
APACHE = _openssl_3("apache", CLIENT, _OPENSSL_3, _OPENSSL_3_OLD | _OPENSSL_3_ECDSA_OLD)  # it adds !aNULL

# It shows its ECDSA certificate to whoever offers an ECDSA suite and a group for it, and then has no RSA suite to pick:
# sslscan never stops offering what it did not see accepted. Before TLS 1.2 it shows the RSA certificate alone.
HAPROXY = replace(
    _openssl_3("haproxy", SERVER, _OPENSSL_3 | _OPENSSL_3_ANON, _OPENSSL_3_OLD | _OPENSSL_3_ANON_OLD),
    missed={("sslscan", TLS1_2): frozenset(name for name in _OPENSSL_3 if "_RSA_" in name)},
)

STACKS: dict[str, Stack] = {
    "GnuTLS": GNUTLS,
    "GnuTLS, everything": GNUTLS_ALL,
    "GnuTLS in lighttpd": LIGHTTPD_GNUTLS,
    "NSS": NSS,
    "NSS with SSL 3.0": NSS_SSL3,
    "NSS in lighttpd": LIGHTTPD_NSS,
    "mbedTLS": MBEDTLS,
    "JSSE": JSSE,
    "Go": GO,
    "OpenSSL 1.0.0": OPENSSL_1_0_0,
    "OpenSSL 1.0.1, SSL 3.0": OPENSSL_1_0_1_SSL3,
    "OpenSSL 1.0.1, DH-512": OPENSSL_1_0_1_DH_512,
    "OpenSSL 1.0.2, RSA": OPENSSL_1_0_2_RSA,
    "OpenSSL 3.5": OPENSSL_3_5,
    "nginx": NGINX,
    "Apache": APACHE,
    "HAProxy": HAPROXY,
}
