"""Whether a server hides the lengths of what it sends behind padding (RFC 8446 section 5.4)."""

from dataclasses import dataclass
from datetime import datetime

from tlsaudit.evidence.base import Sample


@dataclass(frozen=True, slots=True)
class RecordPadding:
    """The records of TLS 1.3 in which one answer came at one address.

    `padded`: some of them had padding; None where TLS 1.3 is not served, and there is none before. `quantum_bytes` is
    what the lengths of the padded ones are multiples of, the handshake's among them, the byte of the content type
    counted; None where they have no step in common. `content_bytes` and `padding_bytes` are those of the answer as far
    as it was read, its HTTP header included; None where they are no longer kept.
    """

    host: str
    observed_at: Sample[datetime]
    padded: bool | None
    quantum_bytes: int | None
    content_bytes: Sample[int | None]
    padding_bytes: Sample[int | None]
