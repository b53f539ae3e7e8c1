"""What a web server answers over http and https, hop by hop."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from tlsaudit.evidence.base import NotObserved, Sample
from tlsaudit.evidence.cookie import Cookie
from tlsaudit.evidence.url import UrlError, absolute_url

_ASCII = "".join(map(chr, range(128)))
_REDIRECTS = (301, 302, 303, 307, 308)


@dataclass(frozen=True, slots=True)
class Hop:
    """One request and the head of its answer.

    `location` is the raw field, None where absent; `hsts`, `link` and `alt_svc` are all values of
    Strict-Transport-Security, Link and Alt-Svc, in the order sent. `contradictory`: there are several Location fields,
    and they differ. `cookies` are those that the answer sets.
    """

    url: str
    status: int
    location: str | None
    hsts: tuple[str, ...]
    link: tuple[str, ...]
    alt_svc: tuple[str, ...] = ()
    contradictory: bool = False
    cookies: tuple[Cookie, ...] = ()

    @property
    def redirects(self) -> bool:
        """True where the status tells a client to go elsewhere (RFC 9110 section 15.4)."""
        return self.status in _REDIRECTS

    def target(self) -> str:
        """The absolute URL that `location` leads to. Raises UrlError where it leads nowhere."""
        if self.location is None:
            raise UrlError("no Location field")
        if self.contradictory:  # there may be one (RFC 9110 section 5.3); clients take the first, the last or neither
            raise UrlError("Location fields that contradict one another")
        # The bytes of the field, not the characters they may once have been: a host name must be ASCII.
        return absolute_url(self.url, quote(self.location, safe=_ASCII, encoding="latin-1"))


@dataclass(frozen=True, slots=True)
class Visit:
    """Where one URL leads. `hops` are the answers in order; `stopped` says why the last redirect was not
    followed to its end (a loop is a reason, too), None where the last hop is not a redirect.
    """

    url: str
    hops: tuple[Hop, ...]
    stopped: NotObserved | None


@dataclass(frozen=True, slots=True)
class HttpExchange:
    """What plain http answers at one address, a visit for each page and one for a deep path that nobody listed.

    `refused`: the port is closed, no visits. `dropped`: nothing was heard from it, not even when it was asked again,
    though https answered meanwhile; no visits either. `https_port` is the port at which the same host is to answer
    https.
    """

    host: str
    observed_at: Sample[datetime]
    refused: bool
    visits: tuple[Visit, ...]
    https_port: int = 443
    dropped: bool = False


@dataclass(frozen=True, slots=True)
class HttpsExchange:
    """What https answers at one address, a visit for each page and one for a deep path that nobody listed.

    `chain_error` is what a client that verifies (chain, name and dates) says of the TLS handshake; None
    where it is content. Where it is not, the visits were made without verification. `first_byte_ms` is the
    time to the first answer, connection and handshake included; None where it is no longer kept.
    """

    host: str
    observed_at: Sample[datetime]
    first_byte_ms: Sample[float | None]
    chain_error: str | None
    visits: tuple[Visit, ...]


@dataclass(frozen=True, slots=True)
class WebLatency:
    """How long the first answer of `/` takes at one address, over http and over https, in milliseconds.

    `connect` is the TCP handshake, `tls` the TLS handshake, `first_byte` the time from the request, connection
    standing, to the head of the answer. None where it could not be measured. `status` is that of the answer, None where
    there is none.
    """

    host: str
    observed_at: Sample[datetime]
    http_connect_ms: Sample[float | None]
    http_first_byte_ms: Sample[float | None]
    https_connect_ms: Sample[float | None]
    https_tls_ms: Sample[float | None]
    https_first_byte_ms: Sample[float | None]
    http_status: int | None
    https_status: int | None
