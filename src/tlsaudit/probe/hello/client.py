"""The ClientHello (RFC 8446 section 4.1.2, RFC 5246 section 7.4.1.2, RFC 6101 section 5.6.1.2)."""

import struct
from functools import lru_cache
from typing import NamedTuple

from tlsaudit.evidence import TlsVersion
from tlsaudit.probe.hello.wire import Buffer, HelloError, push_opaque, push_uint, push_uint16s

CLIENT_HELLO = 1

SERVER_NAME = 0
SUPPORTED_GROUPS = 10
EC_POINT_FORMATS = 11
SIGNATURE_ALGORITHMS = 13
ENCRYPT_THEN_MAC = 22
EXTENDED_MASTER_SECRET = 23
SESSION_TICKET = 35
PRE_SHARED_KEY = 41
SUPPORTED_VERSIONS = 43
KEY_SHARE = 51
RENEGOTIATION_INFO = 0xFF01

_OWN = frozenset(
    {SERVER_NAME, SUPPORTED_GROUPS, EC_POINT_FORMATS, SIGNATURE_ALGORITHMS, ENCRYPT_THEN_MAC, EXTENDED_MASTER_SECRET}
    | {SESSION_TICKET, SUPPORTED_VERSIONS, KEY_SHARE, RENEGOTIATION_INFO}
)

_EMPTY = (ENCRYPT_THEN_MAC, EXTENDED_MASTER_SECRET, SESSION_TICKET)  # where nothing else is said of them

# A hello of SSL 2.0 has another form.
_VERSIONS: dict[int, TlsVersion] = {int(version): version for version in TlsVersion if version > TlsVersion.SSL2}

_SSL3, _TLS1_2, _TLS1_3 = TlsVersion.SSL3, TlsVersion.TLS1_2, TlsVersion.TLS1_3

_MESSAGE = struct.Struct(">I")  # type in the first byte, length in the others
_HEAD = struct.Struct(">H32sB")  # version, random, and the length of the session id
_EXTENSION_HEAD = struct.Struct(">HH")  # type and length

_RENEGOTIATION_SCSV = 0x00FF  # RFC 5746 section 3.3: says the same where there are no extensions
_POINT_FORMATS = bytes((0, 1, 2))

# All of them (IANA "TLS SignatureScheme"), so that no certificate is held back for its key or its age.
SIGNATURE_SCHEMES = (
    *(0x0403, 0x0503, 0x0603),  # ecdsa_secp*_sha256, 384, 512
    *(0x0807, 0x0808),  # ed25519, ed448
    *(0x0804, 0x0805, 0x0806),  # rsa_pss_rsae
    *(0x0809, 0x080A, 0x080B),  # rsa_pss_pss
    *(0x0401, 0x0501, 0x0601),  # rsa_pkcs1
    *(0x081A, 0x081B, 0x081C),  # ecdsa_brainpool*tls13
    0x0708,  # sm2sig_sm3
    *(0x0709, 0x070A, 0x070B, 0x070C, 0x070D, 0x070E, 0x070F),  # gostr34102012
    *(0x0904, 0x0905, 0x0906),  # mldsa44, 65, 87
    *(0x0402, 0x0502, 0x0602),  # dsa
    *(0x0301, 0x0302, 0x0303),  # SHA-224 with RSA, DSA, ECDSA
    *(0x0201, 0x0202, 0x0203),  # SHA-1 with RSA, DSA, ECDSA
    *(0x0101, 0x0102, 0x0103),  # MD5 with RSA, DSA, ECDSA
)


class ClientHello(NamedTuple):
    """What decides the server's choice.

    `version` is the highest offered, and for TLS 1.3 the only one. `server_name` is a DNS name in A-label
    form, None where the host is an IP literal (RFC 6066 section 3). `key_shares` are (group, public
    value); without any, a TLS 1.3 server answers HelloRetryRequest. `extensions` are further ones as (type, data), put
    before the last that every hello has; pre_shared_key is put last (RFC 8446 section 4.2.11). `bare`: there is no
    extension at all, whatever else is said here.
    """

    version: TlsVersion
    suites: tuple[int, ...]
    groups: tuple[int, ...] = ()
    server_name: str | None = None
    key_shares: tuple[tuple[int, bytes], ...] = ()
    schemes: tuple[int, ...] = SIGNATURE_SCHEMES
    compressions: tuple[int, ...] = (0,)
    extensions: tuple[tuple[int, bytes], ...] = ()
    bare: bool = False


def push_client_hello(hello: ClientHello, random: bytes, session_id: bytes = b"") -> bytes:
    """The handshake message. `random` has 32 bytes, `session_id` up to 32."""
    ssl3 = hello.version == _SSL3
    suites = (*hello.suites, _RENEGOTIATION_SCSV) if ssl3 or hello.bare else hello.suites
    body = b"".join(
        (
            _HEAD.pack(_TLS1_2 if hello.version == _TLS1_3 else hello.version, random, len(session_id)),
            session_id,
            _suites(suites),
            bytes((len(hello.compressions), *hello.compressions)),
            b"" if ssl3 or hello.bare else push_opaque(_extensions(hello), 2),
        )
    )
    return _MESSAGE.pack(CLIENT_HELLO << 24 | len(body)) + body


# What follows is remembered in part: one host is asked much of it again, and servers of one kind are asked the same.


@lru_cache(maxsize=256)
def _suites(codes: tuple[int, ...]) -> bytes:
    return push_uint16s(codes)


def _extensions(hello: ClientHello) -> bytes:
    name = b"" if hello.server_name is None else _named(hello.server_name)
    return name + _block(hello.version, hello.groups, hello.key_shares, hello.schemes, hello.extensions)


@lru_cache(maxsize=256)
def _named(server_name: str) -> bytes:
    return push_extension(SERVER_NAME, push_server_name(server_name))


@lru_cache(maxsize=256)
def _block(
    version: TlsVersion,
    groups: tuple[int, ...],
    key_shares: tuple[tuple[int, bytes], ...],
    schemes: tuple[int, ...],
    further: tuple[tuple[int, bytes], ...],
) -> bytes:
    block = b""
    if groups:
        block += push_extension(SUPPORTED_GROUPS, push_uint16s(groups))
    if version >= TlsVersion.TLS1_2:
        block += push_extension(SIGNATURE_ALGORITHMS, push_uint16s(schemes))
    if version == TlsVersion.TLS1_3:
        block += push_extension(SUPPORTED_VERSIONS, push_uint16s((version,), 1))
        shares = b"".join(push_uint(group, 2) + push_opaque(value, 2) for group, value in key_shares)
        block += push_extension(KEY_SHARE, push_opaque(shares, 2))
    else:
        block += push_extension(EC_POINT_FORMATS, push_opaque(_POINT_FORMATS, 1))
        further = (*{**dict.fromkeys(_EMPTY, b""), **dict(further)}.items(),)
    last = {PRE_SHARED_KEY}
    block += b"".join(push_extension(kind, data) for kind, data in further if kind not in last)
    if version != TlsVersion.TLS1_3:
        # Behind the empty ones, because some servers fail on a hello that ends in an empty extension.
        block += push_extension(RENEGOTIATION_INFO, b"\x00")
    return block + b"".join(push_extension(kind, data) for kind, data in further if kind in last)


def push_server_name(name: str) -> bytes:
    """The data of server_name (RFC 6066 section 3)."""
    return push_opaque(b"\x00" + push_opaque(name.encode("ascii"), 2), 2)


def push_extension(kind: int, data: bytes) -> bytes:
    return push_uint(kind, 2) + push_opaque(data, 2)


def pull_client_hello(message: bytes) -> ClientHello:
    """The inverse of push_client_hello; those of its extensions that have no field of their own, and that every
    hello has, are passed over.
    """
    outer = Buffer(message)
    if outer.pull_uint(1) != CLIENT_HELLO:
        raise HelloError("not a ClientHello")
    body = Buffer(outer.pull_opaque(3))
    outer.pull_end()
    version = body.pull_uint(2)
    body.pull_bytes(32)
    body.pull_opaque(1)
    suites = tuple(code for code in body.pull_uint16s() if code != _RENEGOTIATION_SCSV)
    compressions = tuple(body.pull_opaque(1))
    found = {} if body.eof else pull_extensions(body)
    body.pull_end()
    if SUPPORTED_VERSIONS in found:
        version = max(Buffer(found[SUPPORTED_VERSIONS]).pull_uint16s(1), default=version)
    return ClientHello(
        pull_version(version),
        suites,
        Buffer(found[SUPPORTED_GROUPS]).pull_uint16s() if SUPPORTED_GROUPS in found else (),
        _pull_server_name(found[SERVER_NAME]) if SERVER_NAME in found else None,
        _pull_key_shares(found[KEY_SHARE]) if KEY_SHARE in found else (),
        Buffer(found[SIGNATURE_ALGORITHMS]).pull_uint16s() if SIGNATURE_ALGORITHMS in found else SIGNATURE_SCHEMES,
        compressions,
        tuple((kind, data) for kind, data in found.items() if kind not in _OWN),
        bare=not found and version != TlsVersion.SSL3,
    )


def pull_extensions(buffer: Buffer) -> dict[int, bytes]:
    """The extension block by type; a type that comes twice is an error (RFC 8446 section 4.2)."""
    block = buffer.pull_opaque(2)
    found: dict[int, bytes] = {}
    at = 0
    while at < len(block):
        try:
            kind, length = _EXTENSION_HEAD.unpack_from(block, at)
        except struct.error:
            raise HelloError("a message is cut short") from None
        if kind in found:
            raise HelloError("an extension comes twice")
        start = at + _EXTENSION_HEAD.size
        at = start + length
        found[kind] = block[start:at]
    if at > len(block):
        raise HelloError("a message is cut short")
    return found


def pull_version(number: int) -> TlsVersion:
    version = _VERSIONS.get(number)
    if version is None:
        raise HelloError(f"protocol version 0x{number:04X} does not exist")
    return version


def _pull_server_name(data: bytes) -> str:
    names = Buffer(Buffer(data).pull_opaque(2))
    names.pull_uint(1)
    try:
        return names.pull_opaque(2).decode("ascii")
    except UnicodeDecodeError:
        raise HelloError("the server name is not ASCII") from None


def _pull_key_shares(data: bytes) -> tuple[tuple[int, bytes], ...]:
    shares = Buffer(Buffer(data).pull_opaque(2))
    found = []
    while not shares.eof:
        found.append((shares.pull_uint(2), shares.pull_opaque(2)))
    return tuple(found)
