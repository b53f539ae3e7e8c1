"""What a server says in clear before TLS starts on the same connection."""

from dataclasses import dataclass
from datetime import datetime

from tlsaudit.evidence.base import Sample


@dataclass(frozen=True, slots=True)
class StartTlsOffer:
    """The dialogue before TLS. `protocol` is `smtp`, `imap`, ...

    `offered`: the server announces the upgrade, or takes it where the protocol announces nothing.
    `clear_text_auth` are the ways of logging in that it announces before the upgrade and that give the password away
    to whoever listens, in the protocol's own words: `AUTH PLAIN`, `LOGIN`. ftp, ldap, postgres and mysql announce none.
    `early`: more came in clear together with the go-ahead, though the next to speak is the client.
    """

    observed_at: Sample[datetime]
    protocol: str
    offered: bool
    clear_text_auth: tuple[str, ...]
    early: bool = False
