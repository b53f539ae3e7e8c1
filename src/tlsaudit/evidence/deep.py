"""What takes a client that attacks: found by a scanner in a process of its own."""

from dataclasses import dataclass
from datetime import datetime

from tlsaudit.evidence.base import NotObserved, Sample
from tlsaudit.evidence.tls import TlsVersion


@dataclass(frozen=True, slots=True)
class DeepScan:
    """Each fact, or why that one was not observed. True is bad news throughout.

    `robot` is `no`, or `weak` or `strong` for how usable the oracle is.
    `suites` are what the other scanner saw accepted: code points by version.
    """

    observed_at: Sample[datetime]
    scanner: str
    heartbleed: bool | NotObserved
    ccs_injection: bool | NotObserved
    robot: str | NotObserved
    compression: bool | NotObserved
    client_renegotiation: bool | NotObserved
    suites: tuple[tuple[TlsVersion, tuple[int, ...]], ...] | NotObserved
