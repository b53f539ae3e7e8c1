"""A server of TLS 1.3 that says what it is told to, right or wrong."""

from collections.abc import Sequence

from tlsaudit.evidence import TlsVersion
from tlsaudit.probe.certificate import ShownChain
from tlsaudit.probe.hello import ServerHello, pull_client_hello, push_record, push_server_hello
from tlsaudit.probe.hello.record import HANDSHAKE
from tlsaudit.probe.session import messages as m
from tlsaudit.probe.session.protection import Protection, digest_of
from tlsaudit.probe.session.schedule import Secrets, finished, hashed
from tlsaudit.probe.session.shares import Share

CHAIN = ShownChain((b"leaf", b"issuer"), b"response", 2)
CERTIFICATES = (m.push_shown_chain(CHAIN), m.push_message(m.CERTIFICATE_VERIFY, b"signature"))
EXTENSIONS = m.push_message(m.ENCRYPTED_EXTENSIONS, b"\0\0")


class Tls13Server:
    """Answers the record in which a client's hello came. With `psk` it resumes, and `exchange` says how."""

    def __init__(self, hello: bytes, *, suite: int = 0x1301, psk: bytes = b"", exchange: bool = True) -> None:
        self._digest = digest_of(suite)
        self._suite = suite
        group, public = pull_client_hello(hello[5:]).key_shares[0]
        share = Share(group)
        answer = ServerHello(
            TlsVersion.TLS1_3,
            suite,
            group if exchange else None,
            share.public,
            random=b"r" * 32,
            extensions=((41, b"\0\0"),) if psk else (),
        )
        self._said = hello[5:] + push_server_hello(answer)
        self.hello = push_record(HANDSHAKE, push_server_hello(answer), 0x0303)
        self._secrets = Secrets(self._digest, psk)
        self._secrets.advance(share.agree(public) if exchange else b"")
        self._secret = self._secrets.derive("s hs traffic", self._said)
        self._writer = Protection(suite, self._secret)

    def say(self, *messages: bytes, cut: int = 1 << 14) -> bytes:
        """Handshake messages, encrypted with the keys of the moment, in records of so many bytes."""
        data = b"".join(messages)
        self._said += data
        return b"".join(self.record(HANDSHAKE, data[at : at + cut]) for at in range(0, len(data), cut))

    def record(self, kind: int, content: bytes) -> bytes:
        return self._writer.seal(kind, content)

    def finish(self, wrong: bytes = b"") -> bytes:
        """Finished; what is said afterwards is encrypted as application data is."""
        right = finished(self._digest, self._secret, hashed(self._digest, self._said))
        sent = self.say(m.push_message(m.FINISHED, wrong or right))
        self._secrets.advance()
        self._writer = Protection(self._suite, self._secrets.derive("s ap traffic", self._said))
        return sent

    def flight(self, *messages: bytes, cut: int = 1 << 14) -> bytes:
        """All up to Finished: an ordinary one if there are no messages."""
        return self.hello + self.say(*(messages or (EXTENSIONS, *CERTIFICATES)), cut=cut) + self.finish()


def tickets(count: int, lifetime_s: int = 300) -> Sequence[bytes]:
    """So many NewSessionTicket messages."""
    return [
        m.push_new_session_ticket(m.NewSessionTicket(lifetime_s, 1, b"%d" % number, b"ticket %d" % number))
        for number in range(count)
    ]
