"""What each certificate that a server sends is good for."""

from collections.abc import Sequence

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from tlsaudit.evidence import Role
from tlsaudit.probe.certificate.der import SignedFields


def roles(
    chain: Sequence[x509.Certificate], path: Sequence[x509.Certificate], root: x509.Certificate | None
) -> tuple[Role, ...]:
    """One for each of the chain as sent. `path` is of the chain, leaf first; `root` is the trusted one at its end."""
    on_path = [*path, *([root] if root else [])]
    aside = [item for item in chain if item not in on_path]
    keys = {(item.subject, _key(item)) for item in on_path[1:]} if aside else set()
    beside = [item for item in aside if (item.subject, _key(item)) in keys]
    # Above a cross-sign stands who made it, up to another root.
    for item in beside:
        beside += [other for other in chain if other.subject == item.issuer and other not in (*on_path, *beside)]
    return tuple(
        Role.DUPLICATE if item in chain[:place] else _role(item, path, root, beside) for place, item in enumerate(chain)
    )


def _role(
    item: x509.Certificate,
    path: Sequence[x509.Certificate],
    root: x509.Certificate | None,
    beside: Sequence[x509.Certificate],
) -> Role:
    if item == root and item != path[0]:
        return Role.ROOT
    if item in path:
        return Role.ROOT if item.issuer == item.subject and item != path[0] else Role.PATH
    return Role.CROSS_SIGN if item in beside else Role.UNRELATED


def _key(certificate: x509.Certificate) -> bytes:
    return SignedFields.of(certificate.public_bytes(Encoding.DER)).key_info
