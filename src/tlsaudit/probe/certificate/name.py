"""A distinguished name on its own, as servers list those of the authorities that they accept."""

from tlsaudit.probe.certificate.facts import parse, text

_INTEGER, _BIT_STRING, _UTC_TIME, _SEQUENCE, _VERSION = 0x02, 0x03, 0x17, 0x30, 0xA0
_ED25519 = bytes.fromhex("300506032b6570")  # the AlgorithmIdentifier (RFC 8410 section 3)


def name_text(der: bytes) -> str:
    """It as in RFC 4514, bounded; `unreadable` where it is none."""
    try:
        # The library reads names only inside of something; this is a certificate with nothing else in it.
        return text(parse(_certificate(der)).issuer)
    except Exception:  # see facts.parse
        return "unreadable"


def _certificate(issuer: bytes) -> bytes:
    version = _element(_VERSION, _element(_INTEGER, b"\x02"))
    serial = _element(_INTEGER, b"\x01")
    moment = _element(_UTC_TIME, b"260101000000Z")
    validity = _element(_SEQUENCE, moment, moment)
    subject = _element(_SEQUENCE)
    key = _element(_SEQUENCE, _ED25519, _element(_BIT_STRING, bytes(33)))
    content = _element(_SEQUENCE, version, serial, _ED25519, issuer, validity, subject, key)
    return _element(_SEQUENCE, content, _ED25519, _element(_BIT_STRING, bytes(65)))


def _element(tag: int, *parts: bytes) -> bytes:
    content = b"".join(parts)
    size = len(content)
    length = size.to_bytes((size.bit_length() + 7) // 8, "big") if size else b"\0"
    return bytes((tag, *((0x80 | len(length),) if size >= 0x80 else ()))) + length + content
