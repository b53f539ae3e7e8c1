"""The first datagrams of a client of QUIC version 1 (RFC 9000, RFC 9001), for a fiftieth of what a library takes to
begin a connection. They are enough to hear whether anybody is there.
"""

import hmac
import os
from functools import cache

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import AES128
from cryptography.hazmat.primitives.ciphers.modes import ECB

from tlsaudit.evidence import TlsVersion
from tlsaudit.probe.handshake.keyshare import key_share
from tlsaudit.probe.hello import ClientHello, push_client_hello
from tlsaudit.probe.hello.wire import push_opaque, push_uint
from tlsaudit.probe.session.messages import ALPN, push_alpn
from tlsaudit.probe.session.schedule import expand_label

_DATAGRAM_BYTES = 1200  # no first one may be smaller (RFC 9000 section 14.1)
_ID_BYTES = 8
_NUMBER_BYTES, _TAG_BYTES, _SAMPLE_BYTES = 4, 16, 16

_SALT = bytes.fromhex("38762cf7f55934b34d179ae6a4c80cadccbb7f0a")  # RFC 9001 section 5.2
_RESERVED_VERSION = 0x1A2A3A4A  # RFC 9000 section 15

_SUITES = (0x1301, 0x1302, 0x1303)
_GROUPS = (0x001D, 0x0017, 0x0018)

_TRANSPORT_PARAMETERS = 0x39
_IDLE_TIMEOUT, _SOURCE_ID = 0x01, 0x0F
_IDLE_MS = 2000


def any_version() -> bytes:
    """In a version that exists to be unknown: a server answers with those it has, and remembers nothing (RFC 9000
    section 6).
    """
    return _head(_RESERVED_VERSION).ljust(_DATAGRAM_BYTES, b"\0")


def first_hello(server_name: str | None, protocol: str) -> bytes:
    """An Initial packet with a ClientHello (RFC 9000 section 17.2.2). Its connection has the ids and keys of all others
    of this process, since it is never continued.
    """
    hello = push_client_hello(_hello(server_name, protocol), os.urandom(32))
    frame = b"\x06\0" + _varint(len(hello)) + hello
    head = _head(1) + b"\0"
    room = _DATAGRAM_BYTES - len(head) - 2 - _NUMBER_BYTES - _TAG_BYTES
    payload = frame.ljust(room, b"\0")
    head += _varint(_NUMBER_BYTES + len(payload) + _TAG_BYTES)
    return _protected(head, payload)


def _hello(server_name: str | None, protocol: str) -> ClientHello:
    parameters = push_uint(_IDLE_TIMEOUT, 1) + push_opaque(_varint(_IDLE_MS), 1)
    parameters += push_uint(_SOURCE_ID, 1) + push_opaque(_ids()[1], 1)
    further = ((ALPN, push_alpn((protocol,))), (_TRANSPORT_PARAMETERS, parameters))
    return ClientHello(TlsVersion.TLS1_3, _SUITES, _GROUPS, server_name, key_share(_GROUPS), extensions=further)


@cache
def _ids() -> tuple[bytes, bytes]:
    """Of the connection, for the server and for us."""
    return os.urandom(_ID_BYTES), os.urandom(_ID_BYTES)


def _head(version: int) -> bytes:
    """Of a long header, with packet numbers of four bytes."""
    return b"\xc3" + push_uint(version, 4) + b"".join(push_opaque(each, 1) for each in _ids())


def _varint(number: int) -> bytes:
    """In two bytes, whatever it could do with (RFC 9000 section 16)."""
    return push_uint(0x4000 | number, 2)


def _protected(head: bytes, payload: bytes) -> bytes:
    """RFC 9001 sections 5.3 and 5.4. The packet's number is 0, so that the nonce is the iv."""
    cipher, iv, masks = _keys()
    sealed = cipher.encrypt(iv, payload, head + bytes(_NUMBER_BYTES))
    mask = masks.encryptor().update(sealed[:_SAMPLE_BYTES])
    return push_uint(head[0] ^ (mask[0] & 0x0F), 1) + head[1:] + mask[1 : 1 + _NUMBER_BYTES] + sealed


@cache
def _keys() -> tuple[AESGCM, bytes, Cipher[ECB]]:
    """All follow from the id that we give the server (RFC 9001 section 5.2)."""
    secret = expand_label("sha256", hmac.digest(_SALT, _ids()[0], "sha256"), "client in", b"", 32)
    key, iv, mask = (
        expand_label("sha256", secret, label, b"", size)
        for label, size in (("quic key", 16), ("quic iv", 12), ("quic hp", 16))
    )
    return AESGCM(key), iv, Cipher(AES128(mask), ECB())  # noqa: S305  makes a mask (RFC 9001 section 5.4.3)
