"""Evidence of an attacking client for the tests of the checks."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from tlsaudit.evidence import DeepScan, NotObserved, Reason, TlsVersion

CRASHED = NotObserved(Reason.PROBE_FAILED, "sslyze: bug in sslyze")

_HARMLESS = DeepScan(
    observed_at=datetime(2026, 11, 24, tzinfo=UTC),
    scanner="sslyze 6.3.1",
    heartbleed=False,
    ccs_injection=False,
    robot="no",
    compression=False,
    client_renegotiation=False,
    suites=((TlsVersion.TLS1_3, (0x1301,)), (TlsVersion.TLS1_2, (0xC02F,))),
    asked=(0x002F, 0x1301, 0x1302, 0xC02F),
)


def deep(**facts: Any) -> DeepScan:
    """A harmless server, but for these facts."""
    return replace(_HARMLESS, **facts)
