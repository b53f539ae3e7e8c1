"""What an observer on the way sees of pages: how much is sent for each."""

from dataclasses import dataclass

from tlsaudit.evidence.base import NotObserved


@dataclass(frozen=True, slots=True)
class Transfer:
    """One load of a page: `size` in bytes, as they come over the network.

    `received` and `sent` are the lengths of the TLS records with the answer and the request in bytes, their headers
    included; empty where they are not known, as of a HAR. `padding` are the bytes of TLS 1.3 record padding among what
    was received (RFC 8446 section 5.4), `body` those of the body with its content coding.
    """

    size: int
    received: tuple[int, ...] = ()
    sent: tuple[int, ...] = ()
    padding: int = 0
    body: int = 0


@dataclass(frozen=True, slots=True)
class PageSizes:
    """A page by its URL, and its loads in the order in which they were made: `compressed` as browsers ask for it,
    `plain` without a content coding. `missing` says why one that should be there is not.
    """

    url: str
    host: str
    compressed: tuple[Transfer, ...] = ()
    plain: tuple[Transfer, ...] = ()
    missing: NotObserved | None = None
