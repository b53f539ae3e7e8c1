"""Handshake messages that only a completed handshake shows, and the extensions that ask for them.

RFC 8446 sections 4.2.11, 4.3, 4.4 and 4.6.1; up to TLS 1.2 RFC 5246 section 7.4.4, RFC 6066 section 8 and RFC 5077
section 3.3. Each pull_* raises HelloError alone.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tlsaudit.evidence import Reason, TlsVersion
from tlsaudit.probe.certificate import ShownChain
from tlsaudit.probe.hello import HelloError
from tlsaudit.probe.hello.client import pull_extensions
from tlsaudit.probe.hello.server import CERTIFICATE
from tlsaudit.probe.hello.wire import Buffer, push_opaque, push_uint

NEW_SESSION_TICKET = 4
ENCRYPTED_EXTENSIONS = 8
CERTIFICATE_REQUEST = 13
CERTIFICATE_VERIFY = 15
FINISHED = 20
CERTIFICATE_STATUS = 22
KEY_UPDATE = 24
MESSAGE_HASH = 254

STATUS_REQUEST = 5
ALPN = 16
SIGNED_CERTIFICATE_TIMESTAMP = 18
EARLY_DATA = 42
COOKIE = 44
PSK_KEY_EXCHANGE_MODES = 45
CERTIFICATE_AUTHORITIES = 47
SIGNATURE_ALGORITHMS_CERT = 50

PSK_KE, PSK_DHE_KE = 0, 1

OCSP_REQUEST = b"\x01\x00\x00\x00\x00"
"""The status_request of a client: OCSP, no responder and no extension of its own (RFC 6066 section 8)."""

_HEADER_BYTES = 4
_OCSP = 1
_MOST_AUTHORITIES = 100
_MOST_CERTIFICATES = 1000  # some send all the authorities they know


class MessageReader:
    """Takes the payload of handshake records, gives (type, body) of each complete message."""

    def __init__(self, max_bytes: int) -> None:
        self._data = bytearray()
        self._max_bytes = max_bytes

    @property
    def empty(self) -> bool:
        """Whether no message has begun: keys change between messages only (RFC 8446 section 5.1)."""
        return not self._data

    def receive(self, payload: bytes) -> Iterator[tuple[int, bytes]]:
        self._data += payload
        while len(self._data) >= _HEADER_BYTES:
            end = _HEADER_BYTES + int.from_bytes(self._data[1:4], "big")
            if end > self._max_bytes:
                raise HelloError(f"a message of {end} bytes", Reason.TOO_LARGE)
            if len(self._data) < end:
                return
            kind, body = self._data[0], bytes(self._data[_HEADER_BYTES:end])
            del self._data[:end]
            yield kind, body


@dataclass(frozen=True, slots=True)
class Ticket:
    """What resumes a session. `key` is the pre-shared key, empty up to TLS 1.2, where OpenSSL keeps it."""

    value: bytes
    lifetime_s: int
    early_data_bytes: int = 0
    age_add: int = 0
    suite: int = 0
    key: bytes = b""


@dataclass(frozen=True, slots=True)
class NewSessionTicket:
    """The message of TLS 1.3."""

    lifetime_s: int
    age_add: int
    nonce: bytes
    ticket: bytes
    early_data_bytes: int = 0


def push_message(kind: int, body: bytes) -> bytes:
    return push_uint(kind, 1) + push_opaque(body, 3)


def pull_new_session_ticket(body: bytes) -> NewSessionTicket:
    buffer = Buffer(body)
    lifetime, age_add = buffer.pull_uint(4), buffer.pull_uint(4)
    nonce, ticket = buffer.pull_opaque(1), buffer.pull_opaque(2)
    early_data = pull_extensions(buffer).get(EARLY_DATA)
    buffer.pull_end()
    return NewSessionTicket(lifetime, age_add, nonce, ticket, Buffer(early_data).pull_uint(4) if early_data else 0)


def push_new_session_ticket(ticket: NewSessionTicket) -> bytes:
    early = push_uint(ticket.early_data_bytes, 4)
    extension = push_uint(EARLY_DATA, 2) + push_opaque(early, 2) if ticket.early_data_bytes else b""
    body = push_uint(ticket.lifetime_s, 4) + push_uint(ticket.age_add, 4) + push_opaque(ticket.nonce, 1)
    return push_message(NEW_SESSION_TICKET, body + push_opaque(ticket.ticket, 2) + push_opaque(extension, 2))


def pull_older_ticket(body: bytes) -> Ticket:
    """The NewSessionTicket of TLS 1.2 and older."""
    buffer = Buffer(body)
    lifetime, value = buffer.pull_uint(4), buffer.pull_opaque(2)
    buffer.pull_end()
    return Ticket(value, lifetime)


def pull_shown_chain(body: bytes) -> ShownChain:
    """The Certificate message of TLS 1.3; what is said of other certificates than the leaf is passed over."""
    buffer = Buffer(body)
    buffer.pull_opaque(1)
    entries = Buffer(buffer.pull_opaque(3))
    buffer.pull_end()
    chain: list[bytes] = []
    of_leaf: dict[int, bytes] = {}
    while not entries.eof:
        if len(chain) == _MOST_CERTIFICATES:
            raise HelloError(f"a chain of more than {_MOST_CERTIFICATES} certificates", Reason.TOO_LARGE)
        chain.append(entries.pull_opaque(3))
        extensions = pull_extensions(entries)
        if len(chain) == 1:
            of_leaf = extensions
    status = of_leaf.get(STATUS_REQUEST)
    timestamps = of_leaf.get(SIGNED_CERTIFICATE_TIMESTAMP)
    return ShownChain(
        tuple(chain),
        None if status is None else pull_certificate_status(status),
        0 if timestamps is None else count_timestamps(timestamps),
    )


def push_shown_chain(shown: ShownChain, context: bytes = b"") -> bytes:
    extensions = b""
    if shown.ocsp is not None:
        status = push_uint(_OCSP, 1) + push_opaque(shown.ocsp, 3)
        extensions += push_uint(STATUS_REQUEST, 2) + push_opaque(status, 2)
    if shown.timestamps:
        items = push_opaque(b"timestamp", 2) * shown.timestamps
        extensions += push_uint(SIGNED_CERTIFICATE_TIMESTAMP, 2) + push_opaque(push_opaque(items, 2), 2)
    entries = b"".join(
        push_opaque(der, 3) + push_opaque(b"" if number else extensions, 2) for number, der in enumerate(shown.der)
    )
    return push_message(CERTIFICATE, push_opaque(context, 1) + push_opaque(entries, 3))


def pull_certificate_status(body: bytes) -> bytes:
    """The stapled OCSP response; empty for a status of another type."""
    buffer = Buffer(body)
    kind = buffer.pull_uint(1)
    return buffer.pull_opaque(3) if kind == _OCSP else b""


def count_timestamps(data: bytes) -> int:
    """How many signed certificate timestamps an extension holds (RFC 6962 section 3.3)."""
    buffer = Buffer(data)
    items, count = Buffer(buffer.pull_opaque(2)), 0
    buffer.pull_end()
    while not items.eof:
        items.pull_opaque(2)
        count += 1
    return count


@dataclass(frozen=True, slots=True)
class CertificateRequest:
    """`authorities` are accepted issuers, each a distinguished name in DER, at most 100."""

    authorities: tuple[bytes, ...] = ()
    context: bytes = b""


def pull_certificate_request(body: bytes) -> CertificateRequest:
    """That of TLS 1.3."""
    buffer = Buffer(body)
    context = buffer.pull_opaque(1)
    listed = pull_extensions(buffer).get(CERTIFICATE_AUTHORITIES)
    buffer.pull_end()
    return CertificateRequest(() if listed is None else _pull_authorities(Buffer(listed)), context)


def push_certificate_request(request: CertificateRequest) -> bytes:
    names = b"".join(push_opaque(name, 2) for name in request.authorities)
    extension = push_uint(CERTIFICATE_AUTHORITIES, 2) + push_opaque(push_opaque(names, 2), 2) if names else b""
    return push_message(CERTIFICATE_REQUEST, push_opaque(request.context, 1) + push_opaque(extension, 2))


def pull_older_certificate_request(body: bytes, version: TlsVersion) -> CertificateRequest:
    """That of TLS 1.2 and older."""
    buffer = Buffer(body)
    buffer.pull_opaque(1)
    if version == TlsVersion.TLS1_2:
        buffer.pull_uint16s()
    authorities = _pull_authorities(buffer)
    buffer.pull_end()
    return CertificateRequest(authorities)


def _pull_authorities(buffer: Buffer) -> tuple[bytes, ...]:
    names = Buffer(buffer.pull_opaque(2))
    found: list[bytes] = []
    while not names.eof:
        name = names.pull_opaque(2)
        if len(found) < _MOST_AUTHORITIES:
            found.append(name)
    return tuple(found)


def pull_alpn(data: bytes) -> str:
    """The one protocol that a server picked (RFC 7301 section 3.1), however it is spelt."""
    buffer = Buffer(data)
    names = Buffer(buffer.pull_opaque(2))
    buffer.pull_end()
    picked = names.pull_opaque(1)
    names.pull_end()
    return picked.decode("ascii", "backslashreplace")


def push_alpn(protocols: Sequence[str]) -> bytes:
    return push_opaque(b"".join(push_opaque(name.encode("ascii"), 1) for name in protocols), 2)


def push_identity(ticket: Ticket, binder: bytes) -> bytes:
    """The pre_shared_key of a client that offers one ticket. It is used at once, so that its age is none."""
    identity = push_opaque(ticket.value, 2) + push_uint(ticket.age_add, 4)
    return push_opaque(identity, 2) + push_opaque(push_opaque(binder, 1), 2)
