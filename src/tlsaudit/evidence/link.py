"""The state of the encryption between two sites."""

from dataclasses import dataclass
from datetime import datetime

from tlsaudit.evidence.base import Sample


@dataclass(frozen=True, slots=True)
class SecurityAssociation:
    """An installed IPsec child security association (RFC 4301 section 4.4.2): selectors in CIDR, the ESP proposal."""

    local_selectors: tuple[str, ...]
    remote_selectors: tuple[str, ...]
    encryption: str


@dataclass(frozen=True, slots=True)
class LinkState:
    """What is installed between the two sites of a link at this moment."""

    link: str
    observed_at: Sample[datetime]
    associations: tuple[SecurityAssociation, ...]
