"""The protocols that talk in packets: ldap, postgres, mysql. None of them announces how to log in."""

from tlsaudit.probe.road import PreambleError, Unanswered
from tlsaudit.probe.starttls.wire import Said, Step, Wire, refusal, shown

# LDAPMessage 1, ExtendedRequest [APPLICATION 23], requestName [0] (RFC 4511 sections 4.12 and 4.14).
_LDAP_STARTTLS = bytes.fromhex("301d 020101 7718 8016") + b"1.3.6.1.4.1.1466.20037"
_EXTENDED_RESPONSE = 0x78

_SSL_REQUEST = bytes.fromhex("00000008 04d2162f")

_CLIENT_SSL = 0x0800
_CAPABILITIES = 0x8A00  # SECURE_CONNECTION, SSL, PROTOCOL_41
_MYSQL_SSL_REQUEST = (
    b"\x20\x00\x00\x01" + _CAPABILITIES.to_bytes(4, "little") + (1 << 24).to_bytes(4, "little") + b"\x21" + bytes(23)
)


def ldap(_host: str) -> Step[Said]:
    """RFC 4511 section 4.14: any result but success leaves the session without TLS."""
    wire = Wire()
    wire.say(_LDAP_STARTTLS)
    head = yield from wire.exactly(2)
    if head[0] != 0x30:
        raise PreambleError(f"this is not LDAP: {shown(head)}")
    length = head[1]
    if length & 0x80:
        length = int.from_bytes((yield from wire.exactly(length & 0x7F)), "big")
    message = yield from wire.exactly(length)
    _, _, message = _element(message)  # its number
    kind, answer, _ = _element(message)
    result_type, result, answer = _element(answer)
    if kind != _EXTENDED_RESPONSE or result_type != 0x0A:
        raise PreambleError("the answer is not that to StartTLS")
    return wire.end(offered=True) if result == b"\x00" else Said(offered=False)


def _element(data: bytes) -> tuple[int, bytes, bytes]:
    """Tag and content of the first BER element, and what follows it."""
    if len(data) < 2:
        raise PreambleError("an LDAP message is cut short")
    start, length = 2, data[1]
    if length & 0x80:
        start += length & 0x7F
        length = int.from_bytes(data[2:start], "big")
    if len(data) < start + length:
        raise PreambleError("an LDAP message is cut short")
    return data[0], data[start : start + length], data[start + length :]


def postgres(_host: str) -> Step[Said]:
    """PostgreSQL's documentation, "Message Flow", SSL Session Encryption."""
    wire = Wire()
    wire.say(_SSL_REQUEST)
    answer = yield from wire.exactly(1)
    if answer == b"S":
        return wire.end(offered=True)
    if answer == b"N":
        return Said(offered=False)
    raise PreambleError(f"this is not PostgreSQL: {shown(answer)}")


def mysql(_host: str) -> Step[Said]:
    """MySQL's documentation, "Connection Phase", Protocol::HandshakeV10 and Protocol::SSLRequest."""
    wire = Wire()
    head = yield from wire.exactly(4)
    packet = yield from wire.exactly(int.from_bytes(head[:3], "little"))
    if packet[:1] == b"\xff":
        raise refusal("the server does not greet", packet[3:])
    _, _, after_version = packet[1:].partition(b"\x00")
    capabilities = after_version[13:15]  # a thread number, eight bytes of a nonce and a zero come before
    if packet[:1] != b"\x0a" or len(capabilities) < 2:
        raise PreambleError(f"this is not MySQL: {shown(packet)}")
    if not int.from_bytes(capabilities, "little") & _CLIENT_SSL:
        return Said(offered=False)
    yield Unanswered(_MYSQL_SSL_REQUEST)
    return wire.end(offered=True)
