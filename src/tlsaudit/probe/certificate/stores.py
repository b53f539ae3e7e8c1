"""Trust stores: named sets of roots, from files, side by side."""

import base64
import binascii
import hashlib
import re
import ssl
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import NamedTuple

from cryptography import x509

from tlsaudit.errors import UserError
from tlsaudit.evidence import Role
from tlsaudit.probe.certificate.facts import CertificateError, parse, text
from tlsaudit.probe.certificate.roles import roles
from tlsaudit.probe.certificate.trust import Judgement, Roots

MOZILLA, SYSTEM = "mozilla", "system"

_MOST_REMEMBERED = 10_000

# Where distributions keep what their programs trust; first of all where Python's OpenSSL was built to look.
_SYSTEM_FILES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
)
_NAMED = re.compile(r"([A-Za-z0-9._-]+)=(.+)", re.DOTALL)
_BLOCK = re.compile(rb"-----BEGIN CERTIFICATE-----(.*?)(-----END CERTIFICATE-----|(?=-----BEGIN)|\Z)", re.DOTALL)


class TrustStoreError(UserError):
    """The file of trusted roots cannot be used; the message is one line that says why."""


class RootFile(NamedTuple):
    """A trust store and the PEM file that it is in."""

    name: str
    path: Path

    @classmethod
    def parse(cls, written: str) -> "RootFile":
        """From `[NAME=]PEM`, `mozilla` or `system`. Raises TrustStoreError."""
        if written == MOZILLA:
            return _mozilla()
        if written == SYSTEM:
            return cls(SYSTEM, _system())
        named = _NAMED.fullmatch(written)
        return cls(named[1], Path(named[2])) if named else cls(Path(written).name, Path(written))


def _mozilla() -> RootFile:
    import certifi

    return RootFile(MOZILLA, Path(certifi.where()))


def _system() -> Path:
    built_in = ssl.get_default_verify_paths().cafile
    for file in map(Path, (*((built_in,) if built_in else ()), *_SYSTEM_FILES)):
        if file.is_file():
            return file
    raise TrustStoreError("--ca-file system: this system keeps its roots in no file that is known: name it")


class Trusted(NamedTuple):
    """What the stores say of a chain; see CertificateChain."""

    error: str | None
    stores: tuple[tuple[str, str | None], ...]
    public: bool
    root: str | None = None
    path: tuple[int, ...] = ()
    roles: tuple[Role, ...] = ()


class TrustStores:
    """Stores of which one is enough. Verdicts are remembered: one chain on many endpoints is verified once."""

    def __init__(self, stores: Sequence[tuple[str, Roots]], public: Roots) -> None:
        self._stores = tuple(stores)
        self._public = public
        self._remembered: OrderedDict[bytes, Trusted] = OrderedDict()

    @classmethod
    def load(cls, *files: RootFile) -> "TrustStores":
        """The roots in these files, or Mozilla's (as certifi has them) without one. Raises TrustStoreError."""
        named: dict[str, Roots] = {}
        for file in files or (_mozilla(),):
            if file.name in named:
                raise TrustStoreError(f"--ca-file: two stores are called {file.name}: name one NAME={file.path}")
            named[file.name] = _public_roots() if file == _mozilla() else Roots(_read(file.path))
        return cls(list(named.items()), _public_roots())

    @classmethod
    def of(cls, *roots: x509.Certificate) -> "TrustStores":
        """One store, with these roots."""
        return cls([("given", Roots(roots))], _public_roots())

    def look(self, chain: Sequence[bytes], now: datetime) -> Trusted:
        """What they say of a chain (DER, leaf first), as of `now`."""
        key = hashlib.sha256(b"".join(hashlib.sha256(der).digest() for der in chain)).digest()
        if key not in self._remembered:
            try:
                self._remembered[key] = self._judge([parse(der) for der in chain], now)
            except Exception as error:  # see facts.parse
                said = f"the chain cannot be read: {error}"
                self._remembered[key] = Trusted(
                    said,
                    tuple((name, said) for name, _ in self._stores),
                    public=False,
                    path=(0,),
                    roles=(Role.PATH, *[Role.UNRELATED] * (len(chain) - 1)),
                )
            if len(self._remembered) > _MOST_REMEMBERED:
                self._remembered.popitem(last=False)
        return self._remembered[key]

    def _judge(self, chain: Sequence[x509.Certificate], now: datetime) -> Trusted:
        judged = [(name, roots, roots.judge(chain, now)) for name, roots in self._stores]
        known = next((said for _, roots, said in judged if roots is self._public), None)
        public = known or (self._public.judge(chain, now) if self._public.have_issued(chain) else None)
        best: Judgement = min((said for _, _, said in judged), key=lambda said: (said.error is not None, not said.root))
        return Trusted(
            best.error,
            tuple((name, said.error) for name, _, said in judged),
            public is not None and public.error is None,
            text(best.root.subject) if best.root else None,
            tuple(map(chain.index, best.path)),
            roles(chain, best.path, best.root),
        )


@cache
def _public_roots() -> Roots:
    # Some are older than the rules, and future versions of the parser will refuse them.
    return Roots(list(_certificates(_mozilla().path.read_bytes(), skip_unreadable=True)))


def _read(file: Path) -> list[x509.Certificate]:
    try:
        roots = list(_certificates(file.read_bytes(), skip_unreadable=False))
    except OSError as error:
        raise TrustStoreError(f"{file}: {error.strerror or error}") from None
    except CertificateError as error:
        raise TrustStoreError(f"{file}:{error}") from None
    if not roots:
        raise TrustStoreError(f"{file}: no certificate in it: a PEM file of trusted roots is needed")
    return roots


def _certificates(pem: bytes, *, skip_unreadable: bool) -> Iterator[x509.Certificate]:
    """Raises CertificateError, which begins with the line of the block."""
    for block in _BLOCK.finditer(pem):
        try:
            if not block[2]:
                raise CertificateError("the certificate that begins here does not end")
            yield parse(base64.b64decode(block[1].translate(None, b" \t\r\n"), validate=True))
        except (CertificateError, binascii.Error) as error:
            if skip_unreadable:
                continue
            line = pem.count(b"\n", 0, block.start()) + 1
            why = (
                error
                if isinstance(error, CertificateError)
                else "a certificate cannot be read: what it holds is not base64"
            )
            raise CertificateError(f"{line}: {why}") from None
