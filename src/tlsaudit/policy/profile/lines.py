"""Ready lines of configuration that make a server keep a rule."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from tlsaudit.evidence import suites
from tlsaudit.policy.profile.model import ProfileRule, Tier

SERVERS = ("nginx", "apache", "haproxy")

Values = Mapping[str, Any]
Lines = dict[str, list[str]]

_BY_NAME = {suite.name: suite for suite in suites().values()}
_CIPHERS = {"AES_128": "AES128", "AES_256": "AES256", "3DES_EDE": "DES-CBC3", "CHACHA20": "CHACHA20"}
_SUITE = re.compile(r"TLS_(\w+)_WITH_(AES_128|AES_256|3DES_EDE|CHACHA20)_(GCM|CCM|CBC|POLY1305)(?:_(\w+))?")
_WEAK = {"RC4", "3DES", "DES", "RC2", "NULL", "EXPORT", "anon"}
_CURVES = {"x25519": "X25519", "x448": "X448", "secp256r1": "prime256v1"}


def openssl_name(suite: str) -> str | None:
    """OpenSSL's name of a suite up to TLS 1.2 of the common ciphers; None for others, and for DSS, which none serves.

    OpenSSL 1.1.1 and later, openssl-ciphers(1), "Cipher suite names".
    """
    matched = _SUITE.fullmatch(suite)
    if matched is None or matched[1].endswith("DSS"):
        return None
    exchange, cipher, mode, digest = matched.groups()
    parts = [] if exchange == "RSA" else [exchange.replace("_", "-")]
    parts.append(_CIPHERS[cipher])
    if mode == "POLY1305":
        return "-".join((*parts, mode))
    parts += [mode] if mode != "CBC" else []
    return "-".join((*parts, *([digest] if digest else [])))


def ready_lines(rules: Iterable[ProfileRule]) -> Lines:
    """Lines by server, such as `ssl_protocols TLSv1.3;`, that make it keep these rules; a server with nothing to say
    is left out. HAProxy's `ssl-default-bind-` lines stand under `global`, the others in a frontend.
    """
    found: Lines = {}
    for rule in rules:
        write = _WRITERS.get(rule.kind)
        for server, lines in (write(rule.values) if write else {}).items():
            found.setdefault(server, []).extend(line for line in lines if line not in found.get(server, []))
    return found


def lines_of_tier(tier: Tier) -> Lines:
    """All that can be written down in a server's configuration for a tier."""
    return ready_lines(rule for rule in tier.rules if rule.since is None)


def _versions(values: Values) -> Lines:
    names = [label.replace("TLS ", "TLSv") for label in sorted(values["allowed"]) if label.startswith("TLS")]
    names = [name.removesuffix(".0") if name == "TLSv1.0" else name for name in names]
    oldest = "TLSv1.0" if names[0] == "TLSv1" else names[0]
    return {
        "nginx": [f"ssl_protocols {' '.join(names)};"],
        "apache": [f"SSLProtocol -all {' '.join(f'+{name}' for name in names)}"],
        "haproxy": [f"ssl-default-bind-options ssl-min-ver {oldest}"],
    }


def _suites(values: Values) -> Lines:
    older = [name for suite in values["allowed"] if (name := openssl_name(suite))]
    newer = ":".join(suite for suite in values["allowed"] if _BY_NAME[suite].tls13)
    found: Lines = {server: [] for server in SERVERS}
    if older:
        listed = ":".join(older)
        found["nginx"].append(f"ssl_ciphers {listed};")
        found["apache"].append(f"SSLCipherSuite {listed}")
        found["haproxy"].append(f"ssl-default-bind-ciphers {listed}")
    if newer:
        found["nginx"].append(f"ssl_conf_command Ciphersuites {newer};")
        found["apache"].append(f"SSLCipherSuite TLSv1.3 {newer}")
        found["haproxy"].append(f"ssl-default-bind-ciphersuites {newer}")
    return found


def _no_suites(values: Values) -> Lines:
    if not _WEAK.issuperset(values["with"]):
        return {}
    # One list for all such rules, since no server takes two: HIGH has none of the weaker ones (openssl-ciphers(1)).
    listed = "HIGH:!aNULL:!eNULL:!3DES:!RC4"
    return {
        "nginx": [f"ssl_ciphers {listed};"],
        "apache": [f"SSLCipherSuite {listed}"],
        "haproxy": [f"ssl-default-bind-ciphers {listed}"],
    }


def _groups(values: Values) -> Lines:
    # Those that OpenSSL knows since 1.1.1: a group that it does not know keeps a server from starting.
    known = [_CURVES.get(name, name) for name in values["allowed"] if name in _CURVES or name in _OLDER_CURVES]
    listed = ":".join(known)
    return {
        "nginx": [f"ssl_ecdh_curve {listed};"],
        "apache": [f"SSLOpenSSLConfCmd Curves {listed}"],
        "haproxy": [f"ssl-default-bind-curves {listed}"],
    }


_OLDER_CURVES = ("secp384r1", "secp521r1", "brainpoolP256r1", "brainpoolP384r1", "brainpoolP512r1")


def _order(values: Values) -> Lines:
    client = values["by"] == "client"
    return {
        "nginx": [f"ssl_prefer_server_ciphers {'off' if client else 'on'};"],
        "apache": [f"SSLHonorCipherOrder {'off' if client else 'on'}"],
        "haproxy": ["ssl-default-bind-options prefer-client-ciphers"] if client else [],
    }


def _hsts(values: Values) -> Lines:
    said = [f"max-age={values['seconds']}"]
    said += ["includeSubDomains"] if values.get("include_subdomains") else []
    said += ["preload"] if values.get("preload") else []
    field = "; ".join(said)
    return {
        "nginx": [f'add_header Strict-Transport-Security "{field}" always;'],
        "apache": [f'Header always set Strict-Transport-Security "{field}"'],
        "haproxy": [f'http-after-response set-header Strict-Transport-Security "{field}"'],
    }


def _redirect(_: Values) -> Lines:
    return {
        "nginx": ["return 301 https://$host$request_uri;"],
        "apache": ["Redirect permanent / https://www.example.org/"],
        "haproxy": ["http-request redirect scheme https code 301 unless { ssl_fc }"],
    }


def _early_data(_: Values) -> Lines:
    return {"nginx": ["ssl_early_data off;"]}


_WRITERS: Mapping[str, Callable[[Values], Lines]] = {
    "versions": _versions,
    "suites": _suites,
    "no-suites": _no_suites,
    "groups": _groups,
    "order": _order,
    "hsts": _hsts,
    "redirect": _redirect,
    "early-data": _early_data,
}
