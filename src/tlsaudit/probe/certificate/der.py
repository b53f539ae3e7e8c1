"""As much of DER (X.690) as it takes to see how a certificate is written."""

from collections.abc import Iterator
from typing import NamedTuple

UTC_TIME, GENERALIZED_TIME = 0x17, 0x18
DNS_NAME = 0x82  # of GeneralName (RFC 5280 section 4.2.1.6)
_VERSION, _EXTENSIONS = 0xA0, 0xA3


class Element(NamedTuple):
    """`whole` has the tag and the length before the content."""

    tag: int
    content: bytes
    whole: bytes


def elements(data: bytes) -> Iterator[Element]:
    """Those in a row. Raises ValueError where they do not fit into `data`."""
    start = 0
    while start < len(data):
        tag, size = data[start], data[start + 1] if start + 1 < len(data) else len(data)
        at = start + 2
        if size >= 0x80:
            octets = size & 0x7F
            size = int.from_bytes(data[at : at + octets], "big")
            at += octets
        end = at + size
        if end > len(data):
            raise ValueError("an element that is longer than what it is in")
        yield Element(tag, data[at:end], data[start:end])
        start = end


def content(data: bytes) -> bytes:
    """That of the first element. Raises ValueError."""
    for element in elements(data):
        return element.content
    raise ValueError("an element is missing")


class SignedFields(NamedTuple):
    """The TBSCertificate of RFC 5280 section 4.1. The version is empty where it is left out, which means 1;
    `extensions` are those in their wrapping.
    """

    version: bytes
    serial: bytes
    algorithm: bytes
    validity: bytes
    key_info: bytes
    extensions: bytes

    @classmethod
    def of(cls, certificate: bytes) -> "SignedFields":
        """Of DER that the library can read. Raises ValueError."""
        fields = list(elements(content(content(certificate))))
        version = fields.pop(0).content if fields[0].tag == _VERSION else b""
        serial, algorithm, _issuer, validity, _subject, key_info, *rest = fields
        wrapped = next((field.content for field in rest if field.tag == _EXTENSIONS), b"")
        return cls(version, serial.content, algorithm.content, validity.content, key_info.whole, wrapped)
