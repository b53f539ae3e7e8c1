"""Host names, addresses, ports and pages as people write them -> their one canonical form."""

import ipaddress
import re
from urllib.parse import quote

from tlsaudit.target.problem import TargetError, shown

_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_ORDINARY = re.compile(r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.){1,4}[a-z]{2,63}")
_ADDRESS_LIKE = re.compile(r"[0-9A-Fa-f:.]{2,45}")
_PORT = re.compile(r"[0-9]{1,5}")


def parse_host(text: str) -> str:
    """A host name in lower-case A-labels (RFC 5890) without the final dot, or an IP address without brackets.

    Raises TargetError.
    """
    if text.startswith("[") and text.endswith("]"):
        address = _address(text[1:-1])
        if address is None or ":" not in address:
            raise TargetError(f"{shown(text)}: brackets are for an IPv6 address")
        return address
    return _address(text) or _host_name(text)


def parse_authority(text: str) -> tuple[str, int | None]:
    """`host`, `host:port`, `[v6]`, `[v6]:port` or a bare address -> (host, port or None). Raises TargetError."""
    if (address := _address(text)) is not None:
        return address, None
    if text.startswith("["):
        inside, bracket, rest = text.partition("]")
        host, colon, port = parse_host(inside + bracket), rest[:1], rest[1:]
    elif text.count(":") > 1:
        raise TargetError(f"{shown(text)} is no IPv6 address: write one such as 2001:db8::10, or [2001:db8::10]:443")
    else:
        host, colon, port = text.partition(":")
        host = parse_host(host) if host else ""
    if not host:
        raise TargetError(f"{shown(text) or 'an empty target'}: name a host")
    if not colon:
        return host, None
    if colon != ":":
        raise TargetError(f"{shown(text)}: after the bracket comes :port, or nothing")
    return host, parse_port(port)


def parse_port(text: str) -> int:
    """A TCP port. Raises TargetError."""
    if not _PORT.fullmatch(text) or not 1 <= int(text) <= 65535:
        raise TargetError(f"{shown(text) or 'nothing'} is no port: write a number from 1 to 65535")
    return int(text)


def parse_address(text: str) -> str:
    """An IP address, an IPv6 one with or without brackets, in its canonical form. Raises TargetError."""
    bare = text[1:-1] if text.startswith("[") and text.endswith("]") else text
    address = _address(bare)
    if address is None:
        raise TargetError(f"{shown(text)} is no IP address: write one such as 192.0.2.10 or 2001:db8::10")
    return address


def is_address(host: str) -> bool:
    """Whether a host in canonical form is an IP address."""
    return _address(host) is not None


def parse_page(text: str) -> str:
    """A path, with a query where there is one, percent-encoded where it must be (RFC 3986). Raises TargetError."""
    if not text.startswith("/") or not text.isprintable() or " " in text or "#" in text:
        raise TargetError(f"{shown(text)} is no page: write a path such as /about, without spaces and #")
    return quote(text, safe="/%?&=:@!$'()*+,;~-._[]")


def _address(text: str) -> str | None:
    if not _ADDRESS_LIKE.fullmatch(text):
        return None
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return None


def _host_name(text: str) -> str:
    if _ORDINARY.fullmatch(text) and "xn--" not in text and len(text) <= 253:
        return text
    if re.search(r"\s", text):
        raise TargetError(f"{shown(text)}: a host name has no spaces")
    if "*" in text:
        raise TargetError(f"{shown(text)}: a wildcard is no host: name each host")
    name = text.removesuffix(".").lower()
    if not name.isascii():
        name = _to_ascii(text, name)
    labels = name.split(".")
    if any(label.startswith("xn--") and not _is_a_label(label) for label in labels):
        raise TargetError(f"{shown(text)} is no host name: what follows xn-- is not Punycode")
    if len(name) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise TargetError(f"{shown(text)} is no host name: write one such as www.example.org")
    if labels[-1].isdigit():
        raise TargetError(f"{shown(text)} is neither a host name nor an IP address")
    return name


def _is_a_label(label: str) -> bool:
    """Whether it is the Punycode of something (RFC 3492). What IDNA thinks of that is for registries to decide."""
    try:
        decoded = label[4:].encode("ascii").decode("punycode")
        again = decoded.encode("punycode").decode("ascii")
        return not decoded.isascii() and decoded.isprintable() and again == label[4:]
    except UnicodeError:
        return False


def _to_ascii(text: str, name: str) -> str:
    import idna

    try:
        return idna.encode(name, uts46=True).decode("ascii").removesuffix(".")
    except idna.IDNAError:
        raise TargetError(f"{shown(text)} is no host name: it has characters that no name may have") from None
