"""What a test server shall be, independent of the program that it is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from tests.servers.ca import CertificateAuthority, Chain, KeyKind

DH_2048 = Path(__file__).with_name("ffdhe2048.pem")
"""The 2048-bit group of RFC 7919."""

DH_512 = Path(__file__).with_name("dh512.pem")
"""A 512-bit group as in the days of export restrictions."""


@dataclass(frozen=True)
class Offer:
    """What TLS settings a shape consists of. `versions` are oldest first, as nginx and Apache write them;
    `ciphers` is OpenSSL's list for TLS 1.2 and older.
    """

    versions: tuple[str, ...]
    ciphers: str
    keys: tuple[KeyKind, ...]


class Shape(Enum):
    """How a server encrypts."""

    MODERN = Offer(("TLSv1.2", "TLSv1.3"), "ECDHE+AESGCM:ECDHE+CHACHA20", (KeyKind.P256,))
    LEGACY = Offer(("TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"), "ALL:@SECLEVEL=0", (KeyKind.RSA2048, KeyKind.P256))
    STATIC_RSA = Offer(
        ("TLSv1.2",),
        "AES128-SHA:AES256-SHA:AES128-SHA256:AES256-SHA256:AES128-GCM-SHA256:AES256-GCM-SHA384",
        (KeyKind.RSA2048,),
    )
    TLS13_ONLY = Offer(("TLSv1.3",), "ECDHE+AESGCM", (KeyKind.P256,))


@dataclass(frozen=True)
class VirtualHost:
    """What a server shows under some names. The first name is the one it is called by.

    `chains` are one chain for each kind of key; the CA issues what the shape wants where there are none.
    `pages` maps paths to HTML and `headers` are sent with every answer, on https and on http alike;
    `redirect` is where http goes, without the path: `https://www.example.org`.
    `https_config` and `http_config` are lines in the server's own language, put before all else (for HAProxy into
    a backend), `listen_options` are words on the line of the https port (nginx `listen`, HAProxy `bind`; those of the
    first host count), `global_config` are lines of HAProxy's global section in place of what the shape says of TLS
    (likewise). In all of these texts @HTTPS_PORT@ and @HTTP_PORT@ stand for the ports.
    """

    names: Sequence[str] = ("www.example.org",)
    chains: Sequence[Chain] = ()
    pages: Mapping[str, str] = field(default_factory=lambda: {"/": "<!doctype html><title>Test</title>"})
    headers: Mapping[str, str] = field(default_factory=dict)
    redirect: str | None = None
    https_config: str = ""
    http_config: str = ""
    listen_options: str = ""
    global_config: str = ""


@dataclass(frozen=True)
class Plan:
    """Everything that a configuration is written from. `folder` is the server's own, readable by its workers."""

    shape: Shape
    ca: CertificateAuthority
    hosts: Sequence[VirtualHost]
    folder: Path
    address: str
    https_port: int
    http_port: int

    @property
    def access_log(self) -> Path:
        """One line for each request: scheme, Host header, path, status."""
        return self.folder / "access.log"

    def listen(self, port: int) -> str:
        return f"[{self.address}]:{port}" if ":" in self.address else f"{self.address}:{port}"

    def expand(self, text: str) -> str:
        return text.replace("@HTTPS_PORT@", str(self.https_port)).replace("@HTTP_PORT@", str(self.http_port))

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.write_text(self.expand(text), "utf-8")
        return path

    def certificates(self, number: int) -> list[tuple[Path, Path]]:
        """Write the chains of a virtual host; return the paths of each certificate file and its key."""
        host = self.hosts[number]
        chains = host.chains or [self.ca.leaf(host.names, kind=kind) for kind in self.shape.value.keys]
        return [chain.write(self.folder, f"host{number}-{index}") for index, chain in enumerate(chains)]

    def pages(self, number: int) -> list[tuple[str, Path]]:
        """Write the pages of a virtual host; return path and file of each."""
        pages = self.hosts[number].pages
        return [
            (path, self.write(f"host{number}-{index}.html", html)) for index, (path, html) in enumerate(pages.items())
        ]
