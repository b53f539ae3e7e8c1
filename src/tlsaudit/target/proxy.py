"""The proxy that the user names, and what may be wrong with how it is written."""

from dataclasses import dataclass, field
from urllib.parse import SplitResult, unquote_to_bytes, urlsplit

from tlsaudit.target.name import parse_authority
from tlsaudit.target.problem import TargetError

_SCHEMES = ("http", "socks5", "socks5h")
_HOW = "write http://host:port, socks5://host:port or socks5h://host:port"
_LONGEST_SECRET_BYTES = 255  # RFC 1929 section 2


@dataclass(frozen=True, slots=True)
class Proxy:
    """`scheme` is `http` (CONNECT), `socks5`, or `socks5h`, where the proxy resolves the names.

    `user` and `password` are both set or both None; neither is ever shown, and str() is the URL without them.
    """

    scheme: str
    host: str
    port: int
    user: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}"

    @property
    def resolves_names(self) -> bool:
        """Whether it shall be given names though this machine could resolve them."""
        return self.scheme == "socks5h"


def parse_proxy(text: str) -> Proxy:
    """`http://[user:password@]host:port`, the same with `socks5` or `socks5h`. Raises TargetError.

    The messages quote nothing: a password may be anywhere in a URL that is wrong.
    """
    try:
        url = urlsplit(text)
        port = url.port
    except ValueError:
        raise TargetError(f"--proxy: this is no URL of a proxy: {_HOW}") from None
    if url.scheme not in _SCHEMES:
        raise TargetError(f"--proxy: {_wrong_scheme(url.scheme) if '://' in text else 'the scheme is missing'}: {_HOW}")
    if not url.hostname:
        raise TargetError(f"--proxy: the host is missing: {_HOW}")
    if not port:
        raise TargetError(f"--proxy: name the port, from 1 to 65535: {_HOW}")
    if url.path not in ("", "/") or url.query or url.fragment:
        raise TargetError("--proxy: nothing comes after the port")
    return Proxy(url.scheme, _host(url), port, *_credentials(url))


def _wrong_scheme(scheme: str) -> str:
    if scheme == "https":
        return "a proxy that is itself reached over TLS is not supported"
    if scheme in ("socks", "socks4", "socks4a"):
        return "of SOCKS, only version 5 is supported"
    return "this scheme is not known"


def _host(url: SplitResult) -> str:
    try:
        host, _ = parse_authority(url.netloc.rpartition("@")[2])
    except TargetError:
        raise TargetError("--proxy: the host is neither a host name nor an IP address") from None
    return host


def _credentials(url: SplitResult) -> tuple[str, str] | tuple[None, None]:
    if url.username is None:
        return None, None
    try:
        user, password = (unquote_to_bytes(part or "").decode() for part in (url.username, url.password))
    except UnicodeDecodeError:
        raise TargetError("--proxy: user and password are UTF-8, percent-encoded where they must be") from None
    if url.scheme == "http":
        # RFC 7617 section 2
        if ":" in user or not (user + password).isprintable():
            raise TargetError("--proxy: a user has no colon, and neither user nor password a control character")
    elif not all(1 <= len(part.encode()) <= _LONGEST_SECRET_BYTES for part in (user, password)):
        raise TargetError("--proxy: SOCKS5 wants a user and a password of 1 to 255 bytes each: user:password@host")
    return user, password
