"""Keys and certificates that stand for those that a configuration names, which are no business of a gate."""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from tlsaudit.server.authority import Authority, PrivateKey
from tlsaudit.server.directive import Directive
from tlsaudit.server.tree import Tree

_MOST_NAMES = 200


class KeyKind(StrEnum):
    """The keys that servers have."""

    RSA_1024 = "rsa-1024"
    RSA_2048 = "rsa-2048"
    RSA_3072 = "rsa-3072"
    RSA_4096 = "rsa-4096"
    P_256 = "p-256"
    P_384 = "p-384"


_SIZES = {1024: KeyKind.RSA_1024, 2048: KeyKind.RSA_2048, 3072: KeyKind.RSA_3072, 4096: KeyKind.RSA_4096}

_HINTS = (
    (re.compile(r"(?<![a-z])(p-?384|secp384r1)(?![a-z0-9])", re.IGNORECASE), KeyKind.P_384),
    (re.compile(r"(?<![a-z])(ecdsa|ecc|ec|p-?256|prime256v1)(?![a-z0-9])", re.IGNORECASE), KeyKind.P_256),
    (re.compile(r"(?<![a-z])rsa(?![a-z])", re.IGNORECASE), KeyKind.RSA_2048),
)


class StandIns:
    """Issues certificates for all the names of a configuration: a client has to trust them, and no more."""

    def __init__(self, folder: Path, names: Sequence[str]) -> None:
        now = datetime.now(UTC)
        self._dates = now - timedelta(days=1), now + timedelta(days=89)
        self.authority = Authority(folder, "tlsaudit stand-in CA", self._dates)
        self._names = list(dict.fromkeys(names))[:_MOST_NAMES] or ["unnamed.invalid"]
        self._made: dict[KeyKind, Path] = {}

    def certificates(self, named: Directive, tree: Tree) -> Iterator[Path]:
        """A PEM file, of a key and its certificate, for each kind of key that may be meant by a directive that names a
        certificate.
        """
        return map(self._pem, _kinds(named, tree))

    def _pem(self, kind: KeyKind) -> Path:
        if kind not in self._made:
            self._made[kind] = self.authority.issue(f"{kind}.pem", self._names, _key(kind), self._dates)
        return self._made[kind]


def _kinds(named: Directive, tree: Tree) -> Sequence[KeyKind]:
    """That of the certificate where it is there, else the one its name tells of. Of several that say nothing the first
    has an RSA key and the second an ECDSA key, as usual; a single one may have either.
    """
    name = " ".join(named.args)
    if known := _of_file(name, tree):
        return [known]
    if hinted := next((kind for pattern, kind in _HINTS if pattern.search(name)), None):
        return [hinted]
    beside = [each for each in (named.parent.block or () if named.parent else ()) if each.name == named.name]
    if len(beside) > 1:
        return [KeyKind.RSA_2048 if named is beside[0] else KeyKind.P_256]
    return [KeyKind.RSA_2048, KeyKind.P_256]


def _of_file(name: str, tree: Tree) -> KeyKind | None:
    for file in tree.find(name):
        try:
            key = x509.load_pem_x509_certificate(tree.read(file)).public_key()
        except ValueError:
            continue
        if isinstance(key, rsa.RSAPublicKey):
            return _SIZES.get(key.key_size, KeyKind.RSA_2048)
        if isinstance(key, ec.EllipticCurvePublicKey):
            return KeyKind.P_384 if key.key_size == 384 else KeyKind.P_256
    return None


@cache
def _key(kind: KeyKind) -> PrivateKey:
    if kind is KeyKind.P_256:
        return ec.generate_private_key(ec.SECP256R1())
    if kind is KeyKind.P_384:
        return ec.generate_private_key(ec.SECP384R1())
    size = next(size for size, known in _SIZES.items() if known is kind)
    return rsa.generate_private_key(65537, size)
