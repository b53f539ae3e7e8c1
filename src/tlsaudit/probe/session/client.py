"""A client of TLS 1.3 that completes its handshake and trusts nobody (RFC 8446).

It checks what it must to go on: that records decrypt and that Finished is right. Whose the certificate is, and whether
it can be trusted, is the business of the certificate probe.
"""

import hmac
import os
from collections.abc import Callable, Iterable

from tlsaudit.evidence import TlsVersion
from tlsaudit.probe.certificate import ShownChain
from tlsaudit.probe.hello import (
    Alert,
    ClientHello,
    HelloError,
    RecordReader,
    ServerHello,
    pull_server_hello,
    push_alert,
    push_client_hello,
    push_record,
)
from tlsaudit.probe.hello.alert import CLOSE_NOTIFY, WARNING, pull_alert
from tlsaudit.probe.hello.client import PRE_SHARED_KEY, SIGNATURE_SCHEMES, pull_extensions
from tlsaudit.probe.hello.record import ALERT, CHANGE_CIPHER_SPEC, HANDSHAKE
from tlsaudit.probe.hello.server import CERTIFICATE, SERVER_HELLO
from tlsaudit.probe.hello.wire import Buffer, push_opaque, push_uint16s
from tlsaudit.probe.session import messages as m
from tlsaudit.probe.session.credential import Credential
from tlsaudit.probe.session.handshake import Handshake
from tlsaudit.probe.session.protection import APPLICATION_DATA, Opened, Protection, digest_of
from tlsaudit.probe.session.schedule import Secrets, expand_label, finished, hashed
from tlsaudit.probe.session.shares import Share

BOTH_MODES = (m.PSK_DHE_KE, m.PSK_KE)

_MOST_TICKETS = 8  # two are common

# BoringSSL keeps its tickets back until there is something else to send. Over HTTP/2 both sides begin with their
# settings (RFC 9113 section 3.4), ours being none.
_H2_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes((0, 0, 0, 4, 0, 0, 0, 0, 0))

_CHANGE_CIPHER_SPEC = push_record(CHANGE_CIPHER_SPEC, b"\x01", TlsVersion.TLS1_2)

# What may follow what; a resumption skips the certificates.
_NEXT = {
    0: {SERVER_HELLO},
    SERVER_HELLO: {m.ENCRYPTED_EXTENSIONS},
    m.ENCRYPTED_EXTENSIONS: {m.CERTIFICATE_REQUEST, CERTIFICATE},
    m.CERTIFICATE_REQUEST: {CERTIFICATE},
    CERTIFICATE: {m.CERTIFICATE_VERIFY},
    m.CERTIFICATE_VERIFY: {m.FINISHED},
}


class Tls13Client:
    """One handshake. `hello` says what to offer: suites and groups that can be spoken, without key shares.

    With a `ticket` of a session with this server it tries to resume that one in one of `modes`; the server may as well
    decline and begin a new session. `share` is of the first group, a fresh one where none is given. `credential` is
    shown to a server that asks for one. Where not the `whole` handshake is wanted, it ends as soon as the server agrees
    to resume (RFC 8446 section 4.2.11: it has checked the binder then) or the chain is there, unless a client
    certificate is asked for.
    """

    def __init__(
        self,
        hello: ClientHello,
        max_bytes: int,
        ticket: m.Ticket | None = None,
        modes: tuple[int, ...] = BOTH_MODES,
        *,
        share: Share | None = None,
        credential: Credential | None = None,
        whole: bool = True,
    ) -> None:
        self.seen = Handshake()
        self.done = False
        self._whole = whole
        self._ticket = ticket
        self._credential = credential
        self._random, self._session_id = os.urandom(32), os.urandom(32)
        self._share = share or Share(hello.groups[0])
        self._hello = hello._replace(extensions=(*hello.extensions, *_extensions(modes)))
        self._records = RecordReader(max_bytes)
        self._messages = m.MessageReader(max_bytes)
        self._transcript: list[bytes] = []
        self._last = 0
        self._suite = 0
        self._secrets = Secrets("sha256")
        self._client_secret = self._server_secret = b""
        self._reader: Protection | None = None
        self._out = bytearray()
        self._pull: dict[int, Callable[[bytes], None]] = {
            SERVER_HELLO: self._on_server_hello,
            m.ENCRYPTED_EXTENSIONS: self._on_extensions,
            m.CERTIFICATE_REQUEST: self._on_request,
            CERTIFICATE: self._on_certificate,
        }

    def start(self) -> bytes:
        message = self._push_hello()
        self._transcript.append(message)
        return push_record(HANDSHAKE, message, TlsVersion.TLS1_0)

    def receive(self, data: bytes) -> bytes:
        for kind, payload in self._records.receive(data):
            self._on_record(kind, payload)
            if self.done:
                break
        sent, self._out = bytes(self._out), bytearray()
        return sent

    def end(self) -> None:
        self._records.end()

    def _push_hello(self) -> bytes:
        shares = ((self._share.group, self._share.public),)
        hello = self._hello._replace(key_shares=shares)
        if self._ticket is None:
            return push_client_hello(hello, self._random, self._session_id)
        digest = digest_of(self._ticket.suite)
        size = len(hashed(digest, b""))

        def whole(binder: bytes) -> bytes:
            identity = m.push_identity(self._ticket, binder) if self._ticket else b""
            further = (*hello.extensions, (PRE_SHARED_KEY, identity))
            return push_client_hello(hello._replace(extensions=further), self._random, self._session_id)

        # A binder covers everything before the list of binders (section 4.2.11.2).
        before = b"".join(self._transcript) + whole(bytes(size))[: -(size + 3)]
        secrets = Secrets(digest, self._ticket.key)
        return whole(finished(digest, secrets.derive("res binder", b""), hashed(digest, before)))

    def _on_record(self, kind: int, payload: bytes) -> None:
        if kind == CHANGE_CIPHER_SPEC:  # for middleboxes only (appendix D.4)
            return
        if self._reader is not None and kind == APPLICATION_DATA:
            kind, payload, _ = self._open(payload)
        elif self._reader is not None and kind != ALERT:
            raise HelloError("a record in clear where all are encrypted")
        if kind == HANDSHAKE:
            for number, body in self._messages.receive(payload):
                self._on_message(number, body)
                if self.done:
                    break
        elif kind == ALERT:
            self._on_alert(payload)
        elif not self.seen.complete:
            raise HelloError("application data before the handshake is done")

    def _open(self, payload: bytes) -> Opened:
        assert self._reader
        return self._reader.open(payload)

    def _on_alert(self, payload: bytes) -> None:
        if len(payload) != 2:
            raise HelloError("an alert is not of two bytes")
        alert = pull_alert(payload)
        # All but these are fatal whatever level they name (section 6).
        if alert.description == CLOSE_NOTIFY:
            self.seen.closed = self.done = True
        elif alert.fatal or self._reader is not None:
            self.seen.alert = alert
            self.done = True

    def _on_message(self, kind: int, body: bytes) -> None:
        if self.seen.complete:
            self._on_later(kind, body)
            return
        resuming = self.seen.resumed and self._last == m.ENCRYPTED_EXTENSIONS
        if kind not in ({m.FINISHED} if resuming else _NEXT[self._last]):
            raise HelloError(f"handshake message {kind} where it does not belong")
        self._last = kind
        if kind == m.FINISHED:  # its content is about what came before it
            self._on_finished(body)
        self._transcript.append(m.push_message(kind, body))
        if kind == m.FINISHED:
            self._answer()
        elif kind in self._pull:
            self._pull[kind](body)

    def _on_server_hello(self, body: bytes) -> None:
        hello = pull_server_hello(body)
        if hello.version != TlsVersion.TLS1_3 or hello.suite not in self._hello.suites:
            raise HelloError("the server picked what was not offered")
        if not self._messages.empty:
            raise HelloError("a message goes on after the keys have changed")
        if hello.retry:
            self._retry(hello)
            return
        self._suite = hello.suite
        self.seen.version = hello.version
        self.seen.resumed = self._accepts_ticket(hello)
        self._check_share(hello)
        if self.seen.resumed and not self._whole:
            self.done = True
            return
        self._secrets = Secrets(digest_of(hello.suite), self._ticket.key if self._ticket and self.seen.resumed else b"")
        self._secrets.advance(self._share.agree(hello.share) if self.seen.exchanged else b"")
        self._client_secret = self._derive("c hs traffic")
        self._server_secret = self._derive("s hs traffic")
        self._reader = Protection(self._suite, self._server_secret)

    def _retry(self, hello: ServerHello) -> None:
        """HelloRetryRequest (section 4.1.4)."""
        if self._suite or hello.group not in {None, *self._hello.groups}:
            raise HelloError("the server asks for a hello that cannot be made")
        self._suite = hello.suite
        self._last = 0
        digest = digest_of(hello.suite)
        self._transcript[0] = m.push_message(m.MESSAGE_HASH, hashed(digest, self._transcript[0]))
        if hello.group is not None:
            self._share = Share(hello.group)
        if (cookie := hello.extension(m.COOKIE)) is not None:
            self._hello = self._hello._replace(extensions=(*self._hello.extensions, (m.COOKIE, cookie)))
        message = self._push_hello()
        self._transcript.append(message)
        self._out += _CHANGE_CIPHER_SPEC + push_record(HANDSHAKE, message, TlsVersion.TLS1_2)

    def _accepts_ticket(self, hello: ServerHello) -> bool:
        picked = hello.extension(PRE_SHARED_KEY)
        if picked is None:
            return False
        if self._ticket is None or picked != b"\0\0" or digest_of(hello.suite) != digest_of(self._ticket.suite):
            raise HelloError("the server resumes a session that was not offered")
        return True

    def _check_share(self, hello: ServerHello) -> None:
        if hello.group is None and self.seen.resumed:
            return
        if hello.group != self._share.group:
            raise HelloError("the server's key share is not of the group of ours")
        self.seen.exchanged = True
        self.seen.share = hello.group, hello.share

    def _on_extensions(self, body: bytes) -> None:
        buffer = Buffer(body)
        found = pull_extensions(buffer)
        buffer.pull_end()
        if m.ALPN in found:
            self.seen.alpn = m.pull_alpn(found[m.ALPN])

    def _on_request(self, body: bytes) -> None:
        self.seen.request = m.pull_certificate_request(body)

    def _on_certificate(self, body: bytes) -> None:
        self.seen.shown = m.pull_shown_chain(body)
        self.done = not (self._whole or self.seen.request)

    def _on_finished(self, body: bytes) -> None:
        if not hmac.compare_digest(body, self._finished(self._server_secret)):
            raise HelloError("the server's Finished is wrong")
        if not self._messages.empty:
            raise HelloError("a message goes on after the keys have changed")

    def _answer(self) -> None:
        """Our own Finished, with a certificate or none if one is asked for, and goodbye: when the server has read that,
        it has said all it had to say, tickets and objections among it, and nobody waits for what never comes.
        """
        self._secrets.advance()
        server, client = self._derive("s ap traffic"), self._derive("c ap traffic")
        writer = Protection(self._suite, self._client_secret)
        self._out += _CHANGE_CIPHER_SPEC
        if self.seen.request:
            self._identify(writer, self.seen.request)
        self._say(writer, m.push_message(m.FINISHED, self._finished(self._client_secret)))
        writer = Protection(self._suite, client)
        for kind, content in self._last_words():
            self._out += writer.seal(kind, content)
        self._reader = Protection(self._suite, server)
        self.seen.complete = True

    def _last_words(self) -> Iterable[tuple[int, bytes]]:
        """The records that follow our Finished."""
        if self.seen.alpn == "h2":
            yield APPLICATION_DATA, _H2_PREFACE
        yield ALERT, push_alert(Alert(WARNING, CLOSE_NOTIFY))

    def _identify(self, writer: Protection, request: m.CertificateRequest) -> None:
        chain = ShownChain(self._credential.chain if self._credential else ())
        self._say(writer, m.push_shown_chain(chain, request.context))
        if self._credential:
            self._say(writer, self._credential.prove(hashed(digest_of(self._suite), b"".join(self._transcript))))

    def _say(self, writer: Protection, message: bytes) -> None:
        self._transcript.append(message)
        self._out += writer.seal(HANDSHAKE, message)

    def _on_later(self, kind: int, body: bytes) -> None:
        if kind == m.NEW_SESSION_TICKET:
            self._on_ticket(m.pull_new_session_ticket(body))
        elif kind == m.KEY_UPDATE:
            self.done = True

    def _on_ticket(self, sent: m.NewSessionTicket) -> None:
        digest = digest_of(self._suite)
        master = self._derive("res master")
        key = expand_label(digest, master, "resumption", sent.nonce, len(master))
        ticket = m.Ticket(sent.ticket, sent.lifetime_s, sent.early_data_bytes, sent.age_add, self._suite, key)
        self.seen.tickets.append(ticket)
        self.done = len(self.seen.tickets) == _MOST_TICKETS

    def _derive(self, label: str) -> bytes:
        return self._secrets.derive(label, b"".join(self._transcript))

    def _finished(self, secret: bytes) -> bytes:
        digest = digest_of(self._suite)
        return finished(digest, secret, hashed(digest, b"".join(self._transcript)))


def _extensions(modes: tuple[int, ...]) -> tuple[tuple[int, bytes], ...]:
    """What every hello of ours asks for. Chains are not held back for how they are signed themselves."""
    return (
        (m.STATUS_REQUEST, m.OCSP_REQUEST),
        (m.SIGNED_CERTIFICATE_TIMESTAMP, b""),
        (m.SIGNATURE_ALGORITHMS_CERT, push_uint16s(SIGNATURE_SCHEMES)),
        (m.PSK_KEY_EXCHANGE_MODES, push_opaque(bytes(modes), 1)),
    )
