"""Handshakes up to TLS 1.2, in which all but Finished goes in clear, so that reading along is enough.

OpenSSL completes those that must be completed. What it does not ask for itself (a stapled response, timestamps), and
whether a session is resumed, is asked by a hello of ours, whose answer is read until it ends or is encrypted.
"""

import os
import ssl
from collections.abc import Sequence
from dataclasses import replace
from functools import cache

from tlsaudit.evidence import TlsVersion
from tlsaudit.probe.handshake.offers import CURVES
from tlsaudit.probe.hello import (
    ClientHello,
    HelloError,
    RecordReader,
    ServerHello,
    pull_certificate,
    pull_server_hello,
    push_client_hello,
    push_record,
)
from tlsaudit.probe.hello.alert import pull_alert
from tlsaudit.probe.hello.client import SESSION_TICKET
from tlsaudit.probe.hello.record import ALERT, CHANGE_CIPHER_SPEC, HANDSHAKE
from tlsaudit.probe.hello.server import CERTIFICATE, SERVER_HELLO, SERVER_HELLO_DONE
from tlsaudit.probe.http.client_certificate import ClientCertificate
from tlsaudit.probe.session import messages as m
from tlsaudit.probe.session.credential import Credential
from tlsaudit.probe.session.handshake import Handshake

_OP_LEGACY_SERVER_CONNECT = 0x4  # has a name in the ssl module from Python 3.12 on


class Reading:
    """The server's half of a handshake, read along into `seen` until it is `encrypted`. `at_rest`: the flight is over.
    `hello` is what the server picked.
    """

    def __init__(self, max_bytes: int) -> None:
        self.seen = Handshake()
        self.hello: ServerHello | None = None
        self.at_rest = False
        self.encrypted = False
        self._records = RecordReader(max_bytes)
        self._messages = m.MessageReader(max_bytes)

    def receive(self, data: bytes) -> None:
        """Raises HelloError."""
        for kind, payload in self._records.receive(data):
            if kind == CHANGE_CIPHER_SPEC:
                self.encrypted = True
            elif self.encrypted:
                continue
            elif kind == HANDSHAKE:
                for number, body in self._messages.receive(payload):
                    self._on_message(number, body)
            elif kind == ALERT:
                self._on_alert(payload)

    def end(self) -> None:
        self._records.end()

    def _on_alert(self, payload: bytes) -> None:
        if len(payload) != 2:
            raise HelloError("an alert is not of two bytes")
        alert = pull_alert(payload)
        if alert.fatal:
            self.seen.alert = alert
            self.at_rest = True

    def _on_message(self, kind: int, body: bytes) -> None:
        seen = self.seen
        if kind == SERVER_HELLO:
            self.hello = hello = pull_server_hello(body)
            seen.version = hello.version
            if (picked := hello.extension(m.ALPN)) is not None:
                seen.alpn = m.pull_alpn(picked)
            if (timestamps := hello.extension(m.SIGNED_CERTIFICATE_TIMESTAMP)) is not None:
                seen.shown = replace(seen.shown, timestamps=m.count_timestamps(timestamps))
        elif kind == CERTIFICATE:
            seen.shown = replace(seen.shown, der=pull_certificate(body).chain)
        elif kind == m.CERTIFICATE_STATUS:
            seen.shown = replace(seen.shown, ocsp=m.pull_certificate_status(body))
        elif kind == m.CERTIFICATE_REQUEST and seen.version is not None:
            seen.request = m.pull_older_certificate_request(body, seen.version)
        elif kind == m.NEW_SESSION_TICKET:
            seen.tickets.append(m.pull_older_ticket(body))
        elif kind == SERVER_HELLO_DONE:
            self.at_rest = True


class FirstFlight:
    """A hello, and what the server answers to it; then we leave.

    Where the hello asks to resume a session, of this id or by a ticket, a server that agrees repeats the id, and
    encrypts the rest (RFC 5246 section 7.3, RFC 5077 section 3.4); any other has a certificate to show first.
    """

    def __init__(self, hello: ClientHello, max_bytes: int, session_id: bytes = b"") -> None:
        self._hello = hello
        self._session_id = session_id
        self._reading = Reading(max_bytes)
        self.seen = self._reading.seen
        self.done = False

    def start(self) -> bytes:
        message = push_client_hello(self._hello, os.urandom(32), self._session_id)
        return push_record(HANDSHAKE, message, TlsVersion.TLS1_0)

    def receive(self, data: bytes) -> bytes:
        self._reading.receive(data)
        picked = self._reading.hello
        self.seen.resumed = self._reading.encrypted and picked is not None and picked.session_id == self._session_id
        self.done = self._reading.at_rest or self._reading.encrypted
        return b""

    def end(self) -> None:
        self._reading.end()


class OlderClient:
    """A whole handshake of the highest version up to TLS 1.2 that both sides know, spoken by OpenSSL.

    `credential` is shown to a server that asks for one. Raises ValueError for a server name that fits in no hello.
    """

    def __init__(
        self,
        server_name: str | None,
        max_bytes: int,
        protocols: Sequence[str] = (),
        credential: Credential | None = None,
    ) -> None:
        self._server_name = server_name
        self._protocols = protocols
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        context = _context(tuple(protocols), credential.files if credential else None)
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=server_name)
        self._max_bytes = max_bytes
        self._reading = Reading(max_bytes)
        self.seen = self._reading.seen
        self.done = False

    def again(self) -> FirstFlight:
        """What asks to resume this session, once it is complete: the same hello, but for what was picked (RFC 5077
        section 3.4 has an id with a ticket).
        """
        picked = self._reading.hello
        assert picked
        ticket = self.seen.tickets[-1].value if self.seen.tickets else b""
        alpn = ((m.ALPN, m.push_alpn(self._protocols)),) if self._protocols else ()
        hello = ClientHello(
            picked.version,
            (picked.suite,),
            CURVES,
            self._server_name,
            extensions=((SESSION_TICKET, ticket), *alpn),
        )
        return FirstFlight(hello, self._max_bytes, picked.session_id or os.urandom(32))

    def start(self) -> bytes:
        return self._go_on()

    def receive(self, data: bytes) -> bytes:
        self._reading.receive(data)
        self._incoming.write(data)
        return self._go_on()

    def end(self) -> None:
        self._reading.end()

    def _go_on(self) -> bytes:
        try:
            self._tls.do_handshake()
            self.seen.complete = self.done = self.seen.closed = True
            self._tls.unwrap()  # a session that ends without goodbye may not be resumed
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLError as error:
            self.done = True
            if self.seen.alert is None:
                raise HelloError((error.reason or "").replace("_", " ").lower()) from None
        return self._outgoing.read()


@cache
def _context(protocols: tuple[str, ...], certificate: ClientCertificate | None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("ALL:COMPLEMENTOFALL:+aNULL:+eNULL:@SECLEVEL=0")  # those without a certificate come last
    context.options |= _OP_LEGACY_SERVER_CONNECT
    if certificate:
        certificate.load_into(context)
    if protocols:
        context.set_alpn_protocols(list(protocols))
    return context
