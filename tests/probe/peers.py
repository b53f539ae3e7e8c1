"""What other clients say of a server, each by an implementation of TLS other than ours."""

import json
import re
import subprocess
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.servers import require
from tests.servers.stacks import NAME, node_program
from tlsaudit.evidence import Order, TlsVersion, suite

Suites = dict[TlsVersion, set[str]]

SSL2, SSL3, TLS1_0, TLS1_1, TLS1_2, TLS1_3 = TlsVersion

LABELS = {"SSLv3": SSL3, "TLSv1.0": TLS1_0, "TLSv1.1": TLS1_1, "TLSv1.2": TLS1_2, "TLSv1.3": TLS1_3}
OPTIONS = {TLS1_0: "-tls1", TLS1_1: "-tls1_1", TLS1_2: "-tls1_2", TLS1_3: "-tls1_3"}

# Our names of groups as the others call them; who does not know one lacks it.
OPENSSL_GROUPS = {
    "x25519": "X25519",
    "x448": "X448",
    "secp256r1": "P-256",
    "secp384r1": "P-384",
    "secp521r1": "P-521",
    **{name: name for name in ("secp192k1", "secp224k1", "secp224r1", "secp256k1", "sect283k1", "sect571r1")},
    "secp192r1": "prime192v1",
    **{name: name for name in ("brainpoolP256r1", "brainpoolP384r1", "brainpoolP512r1")},
    **{name: name for name in ("ffdhe2048", "ffdhe3072", "ffdhe4096", "ffdhe6144", "ffdhe8192")},
}
GNUTLS_GROUPS = {
    "x25519": "X25519",
    "x448": "X448",
    **{name: name.upper() for name in ("secp256r1", "secp384r1", "secp521r1", "secp224r1")},
    **{name: name.upper() for name in ("ffdhe2048", "ffdhe3072", "ffdhe4096", "ffdhe6144", "ffdhe8192")},
}
GNUTLS_CIPHERS = {
    **{
        f"AES_{bits}_{mode}": f"AES-{bits}-{mode.replace('_', '-')}" for bits in (128, 256) for mode in ("CCM", "CCM_8")
    },
    "AES_128_CBC_SHA": "AES-128-CBC",
    "AES_256_CBC_SHA": "AES-256-CBC",
    "3DES_EDE_CBC_SHA": "3DES-CBC",
    "AES_128_GCM_SHA256": "AES-128-GCM",
    "AES_256_GCM_SHA384": "AES-256-GCM",
    "CHACHA20_POLY1305_SHA256": "CHACHA20-POLY1305",
}
FINITE_FIELDS = {name for name in OPENSSL_GROUPS if name.startswith("ffdhe")}
TLS13_OPENSSL_GROUPS = FINITE_FIELDS | {"x25519", "x448", "secp256r1", "secp384r1", "secp521r1"}
NODE_GROUPS = {name: OPENSSL_GROUPS[name] for name in TLS13_OPENSSL_GROUPS} | {
    name: name
    for name in ("X25519MLKEM768", "SecP256r1MLKEM768", "SecP384r1MLKEM1024", "MLKEM768", "brainpoolP256r1tls13")
}

# OpenSSL's names from before TLS 1.2, by what they are called since.
OLD_CIPHERS = {
    f"TLS_{exchange}_WITH_{cipher}": prefix + old
    for exchange, prefix in {"RSA": "", "DHE_RSA": "DHE-RSA-", "DH_anon": "ADH-"}.items()
    for cipher, old in {
        "AES_128_CBC_SHA": "AES128-SHA",
        "AES_256_CBC_SHA": "AES256-SHA",
        "CAMELLIA_128_CBC_SHA": "CAMELLIA128-SHA",
        "CAMELLIA_256_CBC_SHA": "CAMELLIA256-SHA",
        "SEED_CBC_SHA": "SEED-SHA",
    }.items()
} | {
    "TLS_RSA_WITH_IDEA_CBC_SHA": "IDEA-CBC-SHA",
    "TLS_RSA_WITH_NULL_MD5": "NULL-MD5",
    "TLS_RSA_WITH_NULL_SHA": "NULL-SHA",
    "TLS_RSA_WITH_RC4_128_MD5": "RC4-MD5",
    "TLS_RSA_WITH_RC4_128_SHA": "RC4-SHA",
    "TLS_RSA_WITH_DES_CBC_SHA": "DES-CBC-SHA",
    "TLS_RSA_WITH_3DES_EDE_CBC_SHA": "DES-CBC3-SHA",
    "TLS_RSA_EXPORT_WITH_RC4_40_MD5": "EXP-RC4-MD5",
    "TLS_RSA_EXPORT_WITH_RC2_CBC_40_MD5": "EXP-RC2-CBC-MD5",
    "TLS_RSA_EXPORT_WITH_DES40_CBC_SHA": "EXP-DES-CBC-SHA",
    "TLS_DHE_RSA_WITH_DES_CBC_SHA": "EDH-RSA-DES-CBC-SHA",
    "TLS_DHE_RSA_WITH_3DES_EDE_CBC_SHA": "EDH-RSA-DES-CBC3-SHA",
    "TLS_DHE_RSA_EXPORT_WITH_DES40_CBC_SHA": "EXP-EDH-RSA-DES-CBC-SHA",
    "TLS_DH_anon_WITH_RC4_128_MD5": "ADH-RC4-MD5",
    "TLS_DH_anon_WITH_DES_CBC_SHA": "ADH-DES-CBC-SHA",
    "TLS_DH_anon_WITH_3DES_EDE_CBC_SHA": "ADH-DES-CBC3-SHA",
    "TLS_DH_anon_EXPORT_WITH_RC4_40_MD5": "EXP-ADH-RC4-MD5",
    "TLS_DH_anon_EXPORT_WITH_DES40_CBC_SHA": "EXP-ADH-DES-CBC-SHA",
}
SSL2_CIPHERS = {
    "SSL_CK_RC4_128_WITH_MD5": "RC4-MD5",
    "SSL_CK_RC4_128_EXPORT40_WITH_MD5": "EXP-RC4-MD5",
    "SSL_CK_RC2_128_CBC_WITH_MD5": "RC2-CBC-MD5",
    "SSL_CK_RC2_128_CBC_EXPORT40_WITH_MD5": "EXP-RC2-CBC-MD5",
    "SSL_CK_IDEA_128_CBC_WITH_MD5": "IDEA-CBC-MD5",
    "SSL_CK_DES_64_CBC_WITH_MD5": "DES-CBC-MD5",
    "SSL_CK_DES_192_EDE3_CBC_WITH_MD5": "DES-CBC3-MD5",
}


@dataclass(frozen=True)
class At:
    """Where a server is."""

    address: str
    port: int

    def __str__(self) -> str:
        return f"{self.address}:{self.port}"


@dataclass
class Nmap:
    """What nmap saw of one version: the suites, in the server's order where it has one, and the sizes of
    Diffie-Hellman primes in bits.
    """

    suites: list[str]
    server_decides: bool
    dh_bits: set[int]


def by_nmap(at: At) -> dict[TlsVersion, Nmap]:
    """By nmap's ssl-enum-ciphers, which builds its own hellos, and sslv2."""
    program = require("nmap", "nmap")
    options = ["-Pn", "-n", "-oX", "-", "--script", "+ssl-enum-ciphers,+sslv2", "--script-args"]
    output = _run([program, *options, f"tls.servername={NAME}", "-p", str(at.port), at.address])
    found = {}
    for script in ET.fromstring(output).iter("script"):
        if script.get("id") == "sslv2":
            kinds = [item.text or "" for item in script.findall("table[@key='ciphers']/elem")]
            found[SSL2] = Nmap(
                [kind.replace("SSL2_", "SSL_CK_", 1) for kind in kinds], server_decides=False, dh_bits=set()
            )
            continue
        for table in script.findall("table"):
            names = [_text(item, "name") for item in table.findall("table[@key='ciphers']/table")]
            exchanges = [_text(item, "kex_info") for item in table.findall("table[@key='ciphers']/table")]
            found[LABELS[table.attrib["key"]]] = Nmap(
                [name.replace("TLS_AKE_WITH_", "TLS_") for name in names],
                _text(table, "cipher preference") == "server",
                {int(exchange.removeprefix("dh ")) for exchange in exchanges if exchange.startswith("dh ")},
            )
    return found


def _text(element: ET.Element, key: str) -> str:
    return element.findtext(f"elem[@key='{key}']") or ""


def by_sslscan(at: At) -> Suites:
    """By sslscan, from TLS 1.0 on. Groups and the rest take it minutes on some servers, and are not asked for."""
    without = [f"--no-{what}" for what in ("heartbleed", "groups", "compression", "fallback", "renegotiation")]
    options = ["--no-colour", "--no-check-certificate", f"--sni-name={NAME}", "--xml=-", *without]
    found: Suites = {}
    for cipher in ET.fromstring(_run([require("sslscan", "sslscan"), *options, str(at)])).iter("cipher"):
        name = suite(int(cipher.attrib["id"], 16)).name
        found.setdefault(LABELS[cipher.attrib["sslversion"]], set()).add(name)
    return found


def groups_by_sslscan(at: At) -> dict[TlsVersion, set[str]]:
    """The named groups of TLS 1.2 and 1.3."""
    options = ["--no-colour", "--no-check-certificate", "--no-ciphersuites", "--no-heartbleed", "--no-compression"]
    output = _run([require("sslscan", "sslscan"), *options, f"--sni-name={NAME}", "--xml=-", str(at)])
    found: dict[TlsVersion, set[str]] = {}
    for group in ET.fromstring(output).iter("group"):
        found.setdefault(LABELS[group.attrib["sslversion"]], set()).add(group.attrib["name"].split()[0])
    return found


def by_old_node(at: At, version: TlsVersion, suites: Iterable[str]) -> set[str]:
    """Which of these suites SSL 2.0 or SSL 3.0 agrees on, by the OpenSSL 1.0.0m or 1.0.1e in an old node."""
    if version is SSL2:
        # This node dies where it is refused: one for each suite.
        asks = ((name, {"ciphers": SSL2_CIPHERS[name]}) for name in suites)
        return {name for name, ask in asks if _by_node(at, "0.8.28", {name: ask}, secureProtocol="SSLv2_method")}
    return _by_node(
        at, "0.10.0", {name: {"ciphers": OLD_CIPHERS[name]} for name in suites}, secureProtocol="SSLv3_method"
    )


def groups_by_node(at: At, groups: Iterable[str]) -> set[str]:
    """Which of these groups TLS 1.3 agrees on, by the OpenSSL 3.5 in a new node."""
    asks = {name: {"ecdhCurve": NODE_GROUPS[name]} for name in groups}
    return _by_node(at, "24.21.0", asks, minVersion="TLSv1.3", servername=NAME)


def _by_node(at: At, version: str, asks: Mapping[str, Mapping[str, str]], **options: str) -> set[str]:
    script = Path(__file__).parents[1] / "servers" / "stacks" / "client.js"
    argument = {"address": at.address, "port": at.port, "asks": list(asks.values()), **options}
    output = _run([node_program(version), str(script), json.dumps(argument)], check=False)
    agreed = json.loads(output or "[]")
    return {name for name, yes in zip(asks, agreed, strict=False) if yes}


def by_openssl(at: At, version: TlsVersion, *, suites: Sequence[str] = (), groups: Sequence[str] = ()) -> str | None:
    """What openssl and the server agree on, as `Cipher is` and `Temp Key` say; None: nothing. The offer is these
    suites, all unless given, and these groups, both in this order.
    """
    line = [require("openssl", "openssl"), "s_client", "-connect", str(at), "-servername", NAME, OPTIONS[version]]
    names = ":".join(openssl_suites().get(name, name) for name in suites)
    if version is TLS1_3:
        line += ["-ciphersuites", names] if suites else []
    else:
        line += ["-cipher", f"{names or 'ALL'}:@SECLEVEL=0"]
    line += ["-groups", ":".join(OPENSSL_GROUPS[name] for name in groups)] if groups else []
    output = _run(line, check=False)
    agreed = re.findall(r"Cipher is (?!\(NONE\))(.*)", output)
    keys = re.findall(r"Server Temp Key: (.*), ", output)
    return " ".join((*agreed, *keys)) if agreed else None


@cache
def openssl_suites() -> dict[str, str]:
    """OpenSSL's own names by the registered ones."""
    line = [require("openssl", "openssl"), "ciphers", "-stdname", "ALL:COMPLEMENTOFALL:@SECLEVEL=0"]
    return {name: own for name, _, own in (text.split()[:3] for text in _run(line).splitlines())}


def whose_suite_order(at: At, version: TlsVersion, suites: tuple[str, str]) -> Order:
    """Offer two in both orders."""
    return _whose(*(by_openssl(at, version, suites=pair) for pair in (suites, suites[::-1])))


def whose_group_order(
    at: At, version: TlsVersion, groups: tuple[str, str], suites: Sequence[str], ahead: tuple[str, ...]
) -> Order:
    """Offer two in both orders, behind those `ahead`; `suites` are those that need a group."""
    orders = (groups, groups[::-1])
    return _whose(*(by_openssl(at, version, groups=(*ahead, *pair), suites=suites) for pair in orders))


def _whose(first: str | None, second: str | None) -> Order:
    assert first, "openssl and the server agree on nothing"
    assert second, "openssl and the server agree on nothing"
    return Order.SERVER if first == second else Order.CLIENT


def groups_by_openssl(at: At, version: TlsVersion, suites: Sequence[str], behind: Sequence[str] = ()) -> set[str]:
    """The groups that openssl knows and the server agrees on; `suites` are those that need one. Those `behind` are
    offered as well, for a certificate that is on one of them.
    """
    groups = TLS13_OPENSSL_GROUPS if version is TLS1_3 else set(OPENSSL_GROUPS) - FINITE_FIELDS
    unpicked = by_openssl(at, version, groups=behind, suites=suites) if behind else None
    agreed = {name: by_openssl(at, version, groups=[name, *behind], suites=suites) for name in groups - set(behind)}
    return {name for name, answer in agreed.items() if answer != unpicked} | ({*behind} if unpicked else set())


def groups_by_gnutls(at: At, version: TlsVersion) -> set[str]:
    """The groups that gnutls-cli knows and the server, with an RSA certificate, agrees on, in TLS 1.2 and 1.3."""
    priority = f"-VERS-ALL:+VERS-{version.label.replace(' ', '')}:-KX-ALL:+ECDHE-RSA:-GROUP-ALL"
    return {name for name, own in GNUTLS_GROUPS.items() if _by_gnutls(at, f"{priority}:+GROUP-{own}")}


def dhe_by_gnutls(at: At) -> set[str]:
    """The DHE suites of TLS 1.2 that gnutls-cli, which offers the groups of RFC 7919, and the server agree on."""
    priority = "-VERS-ALL:+VERS-TLS1.2:-KX-ALL:+DHE-RSA:-CIPHER-ALL"
    agreed = (cipher for cipher, own in GNUTLS_CIPHERS.items() if _by_gnutls(at, f"{priority}:+{own}"))
    return {f"TLS_DHE_RSA_WITH_{cipher}" for cipher in agreed}


def _by_gnutls(at: At, priority: str) -> bool:
    options = ["--insecure", f"--sni-hostname={NAME}", f"--priority=NORMAL:{priority}", "-p", str(at.port), at.address]
    return "Handshake was completed" in _run([require("gnutls-cli", "gnutls-bin"), *options], check=False)


def _run(line: Sequence[str], *, check: bool = True) -> str:
    return subprocess.run(
        line, stdin=subprocess.DEVNULL, check=check, capture_output=True, text=True, timeout=120
    ).stdout
