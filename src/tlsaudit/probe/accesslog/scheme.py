"""How a request came, by what the server knows of the connection, or what a trusted proxy told it."""

from collections.abc import Collection
from dataclasses import dataclass

from tlsaudit.evidence import Scheme
from tlsaudit.probe.accesslog.notation import Column


@dataclass(frozen=True, slots=True)
class Ports:
    """Which ports of the server speak what."""

    http: frozenset[str] = frozenset({"80"})
    https: frozenset[str] = frozenset({"443"})


_NONE = frozenset({"", "-"})
_OFF = frozenset({"off", "0", "no", "false", "none"})

TRUTHFUL = (Column.SCHEME, Column.TLS, Column.PORT)
"""What a server knows of itself, the surest first. The request line is not among it: in `GET http://...` a client
writes what it likes, and varnishncsa writes http:// before every host."""


def scheme_of(column: Column, value: str, ports: Ports) -> Scheme:
    """What the value of a column says."""
    text = value.strip().lower()
    if column is Column.TLS:
        return Scheme.HTTP if text in _NONE or text in _OFF else Scheme.HTTPS
    if column is Column.PORT:
        return Scheme.HTTPS if text in ports.https else Scheme.HTTP if text in ports.http else Scheme.UNKNOWN
    if column in {Column.SCHEME, Column.FORWARDED_PROTO}:
        # Two proxies may each have added theirs: only where they agree is it known.
        said = {_named(word.strip()) for word in text.split(",")}
        return said.pop() if len(said) == 1 else Scheme.UNKNOWN
    return Scheme.UNKNOWN


def _named(word: str) -> Scheme:
    return Scheme(word) if word in {"http", "https"} else Scheme.UNKNOWN


def best(columns: Collection[Column], *, forwarded: bool) -> Column | None:
    """The column that tells the truth about the scheme: where a proxy in front of the server ended TLS, and is trusted
    to say so (`forwarded`), what it said."""
    order = (Column.FORWARDED_PROTO, *TRUTHFUL) if forwarded else TRUTHFUL
    return next((column for column in order if column in columns), None)
