"""The Alt-Svc header field (RFC 7838 section 3), read as clients must read it."""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple
from urllib.parse import unquote

_NAME = r"[!#$%&'*+.^_`|~0-9A-Za-z-]++"
_QUOTED = r'"(?:[^"\\]|\\.)*+"'

# [ protocol-id "=" quoted-string *( OWS ";" OWS token "=" ( token / quoted-string ) ) ], up to the next "," or the end:
# empty elements are allowed in a list (RFC 9110 section 5.6.1). Possessive quantifiers: a hostile field must not make
# the match take quadratic time. Not of the parameters: Python 3.11.2 would keep the half of one that does not match.
_ALTERNATIVE = re.compile(
    rf"[ \t]*+(?:(?P<protocol>{_NAME})=(?P<authority>{_QUOTED})"
    rf"(?P<parameters>(?:[ \t]*+;[ \t]*+{_NAME}=(?:{_NAME}|{_QUOTED}))*)[ \t]*+)?(?:,|\Z)",
    re.DOTALL,
)
_PARAMETER = re.compile(rf"({_NAME})=({_NAME}|{_QUOTED})", re.DOTALL)
_AUTHORITY = re.compile(r"(?P<host>\[[0-9a-f:.]{2,45}\]|[a-z0-9._~%!$&'()*+,;=-]{0,253}):(?P<port>[0-9]{1,5})")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_DIGITS = re.compile(r"[0-9]+")

MOST_ALTERNATIVES = 32
"""Of one answer; the further ones are not read."""


class Alternative(NamedTuple):
    """Where the same origin is served, too. `protocol` is an ALPN name such as `h3`; `host` is in lower case, an IPv6
    literal without brackets, and empty for the origin's own host.
    """

    protocol: str
    host: str
    port: int


def parse_alt_svc(fields: Sequence[str]) -> tuple[Alternative, ...]:
    """What all fields of an answer advertise, in order of preference, each once. Never raises.

    Nothing where they say `clear`, and where they are not of the grammar: then clients ignore them as a whole. An
    alternative that is stale at once (`ma=0`) is none.
    """
    try:
        return tuple(dict.fromkeys(_alternatives(",".join(fields))))
    except ValueError:
        return ()


def _alternatives(value: str) -> Iterator[Alternative]:
    """Raises ValueError."""
    position = number = 0
    while position < len(value) and number < MOST_ALTERNATIVES:
        matched = _ALTERNATIVE.match(value, position)
        if matched is None:  # `clear`, too
            raise ValueError
        position = matched.end()
        if matched["protocol"] is None:
            continue
        number += 1
        authority = _AUTHORITY.fullmatch(_unquoted(matched["authority"]).lower())
        if authority is None or not 0 < int(authority["port"]) < 1 << 16:
            raise ValueError
        if _max_age(matched["parameters"]):
            protocol = unquote(matched["protocol"], "latin-1")
            yield Alternative(protocol, authority["host"].strip("[]"), int(authority["port"]))


def _max_age(parameters: str) -> bool:
    """Whether the alternative may be used at all. The first `ma` counts. Raises ValueError."""
    for name, value in _PARAMETER.findall(parameters):
        if name == "ma":
            digits = _unquoted(value)
            if not _DIGITS.fullmatch(digits):
                raise ValueError
            return bool(digits.strip("0"))
    return True


def _unquoted(text: str) -> str:
    return _ESCAPE.sub(r"\1", text[1:-1]) if text.startswith('"') else text
