"""What takes a client that attacks: found by a scanner in a process of its own."""

from dataclasses import dataclass
from datetime import datetime

from tlsaudit.evidence.base import NotObserved, Sample
from tlsaudit.evidence.tls import TlsVersion


@dataclass(frozen=True, slots=True)
class DeepScan:
    """Each fact, or why that one was not observed. True is bad news throughout.

    `robot` is `no`, or `weak` or `strong` for how usable the oracle is.
    `suites` are what the other scanner saw accepted: code points by version, from SSL 3.0 on, newest first, with an
    empty tuple for a version that is not served. `asked` are all code points that it asked for.
    """

    observed_at: Sample[datetime]
    scanner: str
    heartbleed: bool | NotObserved
    ccs_injection: bool | NotObserved
    robot: str | NotObserved
    compression: bool | NotObserved
    client_renegotiation: bool | NotObserved
    suites: tuple[tuple[TlsVersion, tuple[int, ...]], ...] | NotObserved
    asked: tuple[int, ...] = ()
