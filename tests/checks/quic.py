"""Evidence of QUIC for the tests of the checks."""

from collections.abc import Mapping
from datetime import UTC, datetime

from tlsaudit.evidence import Alternative, NotObserved, QuicOffer, QuicSession, Reason

LEAF = "aa" * 32
SESSION = QuicSession(1, "h3", LEAF)
SILENT = NotObserved(Reason.TIMED_OUT)


def offer(
    sessions: Mapping[int, QuicSession | NotObserved],
    *advertised: Alternative,
    leaves: tuple[str, ...] = (LEAF,),
    missing: NotObserved | None = None,
) -> QuicOffer:
    """`missing` says why it is not known what is advertised."""
    return QuicOffer(datetime(2026, 11, 24, tzinfo=UTC), missing or advertised, tuple(sessions.items()), leaves)
