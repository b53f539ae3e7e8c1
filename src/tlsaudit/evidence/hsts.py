"""The Strict-Transport-Security header field (RFC 6797 section 6.1), read as browsers must read it."""

import re
from dataclasses import dataclass

_NAME = r"[!#$%&'*+.^_`|~0-9A-Za-z-]++"

# In quotes there is no control character but the tab, not even after a backslash (RFC 9110 section 5.6.4).
_QUOTED = r"[^\"\\\x00-\x08\x0a-\x1f\x7f]|\\[^\x00-\x08\x0a-\x1f\x7f]"

# [ name [ "=" ( token / quoted-string ) ] ], with optional white space, up to the next ";" or the end. Possessive
# quantifiers: a hostile field must not make the match take quadratic time.
_DIRECTIVE = re.compile(
    rf'[ \t]*+(?:(?P<name>{_NAME})[ \t]*+(?:=[ \t]*+(?:"(?P<quoted>(?:{_QUOTED})*+)"|(?P<token>{_NAME}))[ \t]*+)?)?'
    r"(?:;|\Z)"
)
_SPELLINGS = {"max-age": "max-age", "includesubdomains": "includeSubDomains", "preload": "preload"}
_ESCAPE = re.compile(r"\\(.)")
_DIGITS = re.compile(r"[0-9]+")

MAX_AGE_LIMIT = 10**10
"""Seconds, over 300 years: a larger max-age is read as this one."""


@dataclass(frozen=True, slots=True)
class HstsPolicy:
    """A valid field. `max_age` is in seconds; 0 withdraws the policy."""

    max_age: int
    include_subdomains: bool
    preload: bool


@dataclass(frozen=True, slots=True)
class HstsError:
    """Why browsers ignore the field as a whole."""

    reason: str

    def __str__(self) -> str:
        return self.reason


def parse_hsts(value: str) -> HstsPolicy | HstsError:
    """Read one field value. Never raises.

    `preload` is no directive of the RFC: it counts where it stands without a value.
    """
    directives: dict[str, str | None] = {}
    position = 0
    while position < len(value):
        matched = _DIRECTIVE.match(value, position)
        if matched is None:
            return HstsError("not of the form name=value; name")
        position = matched.end()
        if matched["name"] is None:
            continue
        name = matched["name"].lower()
        if name in directives:
            return HstsError(f"{_SPELLINGS.get(name, 'a directive')} stands twice")
        quoted = matched["quoted"]
        directives[name] = matched["token"] if quoted is None else _ESCAPE.sub(r"\1", quoted)
    return _policy(directives)


def _policy(directives: dict[str, str | None]) -> HstsPolicy | HstsError:
    if "max-age" not in directives:
        return HstsError("max-age is missing")
    digits = directives["max-age"] or ""
    if not _DIGITS.fullmatch(digits):
        return HstsError("max-age is not a number")
    if directives.get("includesubdomains") is not None:
        return HstsError("includeSubDomains takes no value")
    significant = digits.lstrip("0") or "0"
    return HstsPolicy(
        max_age=MAX_AGE_LIMIT if len(significant) > 10 else int(significant),
        include_subdomains="includesubdomains" in directives,
        preload="preload" in directives and directives["preload"] is None,
    )
