"""The data of a rule: which fields each kind has, and what may stand in them."""

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, NamedTuple

from tlsaudit.evidence import NAMED_GROUPS, TlsVersion, suites

VERSIONS = {version.label: version for version in TlsVersion}
GROUPS = {name: code for code, name in NAMED_GROUPS.items()}
SUITE_WORDS = ("RC4", "3DES", "DES", "RC2", "IDEA", "NULL", "EXPORT", "anon", "CBC", "MD5", "DHE")
FEATURES = ("compression", "extended-master-secret", "secure-renegotiation", "encrypt-then-mac", "fallback-scsv")

_KEY = re.compile(
    r"(RSA|DSA|ECDSA) ([1-9][0-9]{1,4})|ECDSA (P-(224|256|384|521)|brainpoolP(256|384|512)r1)|Ed25519|Ed448"
)
_SIGNATURE = re.compile(r"[A-Z0-9]+(_[A-Z0-9]+)*")


class Field(NamedTuple):
    """A field of a rule. `read` makes a value of what stands in the file, and raises ValueError with what is wrong
    with it; a list is read item by item."""

    read: Callable[[Any], Any]
    many: bool = False
    optional: bool = False


def _one_of(known: Mapping[str, Any] | tuple[str, ...], what: str) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        from difflib import get_close_matches

        if isinstance(value, str) and value in known:
            return value
        near = get_close_matches(str(value), list(known), n=1)
        raise ValueError(f"no {what} is called {str(value)[:80]}" + (f": did you mean {near[0]}?" if near else ""))

    return read


@cache
def _suites() -> frozenset[str]:
    return frozenset(suite.name for suite in suites().values())


def _suite(value: Any) -> str:
    return value if isinstance(value, str) and value in _suites() else _one_of(tuple(_suites()), "cipher suite")(value)


def _matching(pattern: re.Pattern[str], example: str) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        if isinstance(value, str) and pattern.fullmatch(value):
            return value
        raise ValueError(f"{str(value)[:80]} does not fit here: write it like {example}")

    return read


def _number(value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        return value
    raise ValueError(f"{str(value)[:80]} is no number above 0")


def _flag(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    raise ValueError(f"{str(value)[:80]} is neither true nor false")


_GROUP = _one_of(GROUPS, "named group")
_VERSION = _one_of(VERSIONS, "protocol version")
_MAYBE = Field(_flag, optional=True)

FIELDS: Mapping[str, Mapping[str, Field]] = {
    "versions": {"allowed": Field(_VERSION, many=True)},
    "version-served": {"version": Field(_VERSION)},
    "suites": {"allowed": Field(_suite, many=True)},
    "no-suites": {"with": Field(_one_of(SUITE_WORDS, "part of a suite"), many=True)},
    "groups": {"allowed": Field(_GROUP, many=True)},
    "group-served": {"group": Field(_GROUP)},
    "dh": {"bits": Field(_number), "named": Field(_GROUP, many=True, optional=True)},
    "order": {"by": Field(_one_of(("client", "server"), "side"))},
    "key": {"allowed": Field(_matching(_KEY, "RSA 2048, ECDSA P-256 or Ed25519"), many=True)},
    "signature": {"allowed": Field(_matching(_SIGNATURE, "ECDSA_WITH_SHA256"), many=True)},
    "lifetime": {"days": Field(_number)},
    "trusted": {},
    "valid": {},
    "hsts": {"seconds": Field(_number), "include_subdomains": _MAYBE, "preload": _MAYBE, "or_preloaded": _MAYBE},
    "redirect": {"same_host": _MAYBE},
    "https": {},
    "feature": {"feature": Field(_one_of(FEATURES, "feature")), "wanted": Field(_flag)},
    "early-data": {},
}
"""Every kind of rule, and its fields. A key such as `RSA 2048` has at least so many bits, one such as `ECDSA P-256` is
on that curve."""
