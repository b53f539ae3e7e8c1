"""What a server says in clear before TLS starts on the same connection."""

from dataclasses import dataclass
from datetime import datetime

from tlsaudit.evidence.base import Sample


@dataclass(frozen=True, slots=True)
class StartTlsOffer:
    """The dialogue before TLS. `protocol` is `smtp`, `imap`, ...

    `offered`: the server announces the upgrade, or takes it where the protocol announces nothing.
    `clear_text_auth` are the ways of logging in that it announces before the upgrade and that give the password away
    to whoever listens.
    """

    observed_at: Sample[datetime]
    protocol: str
    offered: bool
    clear_text_auth: tuple[str, ...]
