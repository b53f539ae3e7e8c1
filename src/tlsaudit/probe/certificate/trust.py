"""Whether a chain leads to a trusted root, and in plain words why not.

A path is searched here, in time that an attacker cannot blow up, and judged by `cryptography.x509.verification`, with
the demands of browsers on public certificates taken back to those of OpenSSL at security level 2, so that an ordinary
private authority passes. A path that it refuses is judged once more here: for the words, and because it does not know
all that OpenSSL takes (issuers with EdDSA or Brainpool keys, certificates of version 1).
"""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import cache
from itertools import pairwise
from typing import NamedTuple, TypeVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import MD5, SHA1
from cryptography.x509.oid import ExtendedKeyUsageOID
from cryptography.x509.verification import (
    Criticality,
    ExtensionPolicy,
    Policy,
    PolicyBuilder,
    Store,
    VerificationError,
)

from tlsaudit.probe.certificate.constraints import has_other_kinds, outside
from tlsaudit.probe.certificate.extensions import Extensions
from tlsaudit.probe.certificate.facts import text

# Of the certificates sent, those that can be above the leaf: more are no chain but an attack on our time.
_MOST_ISSUERS = 8

# 112 bits of security (SP 800-57 part 1, table 2).
_LEAST_BITS = ((rsa.RSAPublicKey, "RSA", 2048), (ec.EllipticCurvePublicKey, "ECDSA", 224))
_BROKEN_HASHES = (MD5, SHA1)

# Those of policies make no path invalid as long as nobody asks for a policy (RFC 5280 section 6.1.5 g).
_JUDGED_HERE = (
    *(x509.BasicConstraints, x509.KeyUsage, x509.ExtendedKeyUsage, x509.SubjectAlternativeName),
    *(x509.CertificatePolicies, x509.InhibitAnyPolicy),
)

E = TypeVar("E", bound=x509.ExtensionType)
Usable = Callable[[x509.Certificate, x509.Certificate], bool]
"""Whether a path may lead from a certificate to an issuer of it."""


class Judgement(NamedTuple):
    """`path` is the best that was found, leaf first and without the root; `error` is None where the root at its end is
    trusted. `root` is None where it leads to none.
    """

    error: str | None
    path: Sequence[x509.Certificate]
    root: x509.Certificate | None


class Roots:
    """Roots that a client trusts."""

    def __init__(self, roots: Sequence[x509.Certificate]) -> None:
        self._store = Store(list(roots))
        self._roots: dict[x509.Name, list[x509.Certificate]] = {}
        for root in roots:
            self._roots.setdefault(root.subject, []).append(root)

    def have_issued(self, chain: Sequence[x509.Certificate]) -> bool:
        """Whether one of them can have, by its name, any of these certificates."""
        return any(item.issuer in self._roots for item in chain)

    def judge(self, chain: Sequence[x509.Certificate], now: datetime) -> Judgement:
        """Whether a chain, leaf first, leads to one of them, at the moment nearest to `now` at which the leaf is valid.
        Names are not looked at. Raises what the library does, see facts.parse.
        """
        leaf = chain[0]
        time = min(max(now, leaf.not_valid_before_utc), leaf.not_valid_after_utc)
        issuers = _issuers(leaf, chain[1:])
        usable: tuple[Usable, ...] = (
            lambda item, issuer: not (_names_another_key(item, issuer) or any(_faults(issuer, time))),
            lambda _, issuer: not any(_faults(issuer, time)),
            lambda _, __: True,
        )
        for each in usable:
            path, complete = self._path(leaf, issuers, each)
            if complete:
                break
        else:
            return Judgement(_dead_end(path, has_namesake=path[-1].issuer in self._roots), path, None)
        return Judgement(self._problem(path, time), path[:-1], path[-1])

    def _problem(self, path: Sequence[x509.Certificate], time: datetime) -> str | None:
        refusal = self._refusal(path, time)
        if refusal is None:
            return _weak_key(path[0]) or next(_strangers(path), None)
        if problem := next(_problems(path, time), None):
            return problem
        return f"the chain is refused: {refusal[:300]}" if _has_more_rules(path) else None

    def _path(
        self, leaf: x509.Certificate, issuers: Sequence[x509.Certificate], usable: Usable
    ) -> tuple[list[x509.Certificate], bool]:
        """The shortest way over usable issuers to a root, or one that leads nowhere and False.

        Each certificate is used once: authorities that all vouch for one another cost no more than their number.
        """
        unused = list(issuers)
        paths = deque([[leaf]])
        path = [leaf]
        while paths:
            path = paths.popleft()
            last = path[-1]
            for root in self._roots.get(last.issuer, []):
                if usable(last, root) and _signed_by(last, root):
                    return [*path, root], True
            above = [
                item for item in unused if item.subject == last.issuer and usable(last, item) and _signed_by(last, item)
            ]
            unused = [item for item in unused if item not in above]
            paths.extend([*path, item] for item in above)
        return path, False

    def _refusal(self, path: Sequence[x509.Certificate], time: datetime) -> str | None:
        """What the library has against a path; None where it has nothing."""
        authority_policy, leaf_policy = _policies()
        verifier = (
            PolicyBuilder()
            .store(self._store)
            .time(time)
            .max_chain_depth(_MOST_ISSUERS)
            .extension_policies(ca_policy=authority_policy, ee_policy=leaf_policy)
            .build_client_verifier()  # of the two kinds the one that takes no name
        )
        try:
            verifier.verify(path[0], list(path[1:-1]))
        except VerificationError as error:
            return str(error)
        return None


def _issuers(leaf: x509.Certificate, others: Sequence[x509.Certificate]) -> list[x509.Certificate]:
    """Those that can be above the leaf by their names, nearest first."""
    found: list[x509.Certificate] = []
    remaining = list(dict.fromkeys(others))
    names = {leaf.issuer}
    while near := [item for item in remaining if item.subject in names]:
        found += near
        remaining = [item for item in remaining if item not in near]
        names = {item.issuer for item in near}
    return found[:_MOST_ISSUERS]


def _signed_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (TypeError, InvalidSignature):
        return False
    except (ValueError, UnsupportedAlgorithm):
        # The library verifies no broken hash. By its name it is the issuer, so that this can be said of the path.
        return _broken_hash(certificate) is not None
    return True


def _dead_end(path: Sequence[x509.Certificate], *, has_namesake: bool) -> str:
    last = path[-1]
    if problem := _broken_hash(last):
        return problem
    if last.issuer == last.subject:
        return "the certificate is self-signed" if len(path) == 1 else f"{text(last.subject)} is not a trusted root"
    if has_namesake:
        return f"the trusted root {text(last.issuer)} has another key than the one that signed"
    hint = " (missing intermediate?)" if len(path) == 1 else ""
    if urls := Extensions(last).issuer_urls:
        hint = f"{hint}; it is at {urls[0]}"
    return f"the issuer {text(last.issuer)} is neither trusted nor sent{hint}"


def _problems(path: Sequence[x509.Certificate], time: datetime) -> Iterator[str]:
    """What is wrong with a path (leaf first, root last) whose signatures hold. The dates of the leaf are not judged."""
    for item in path[:-1]:
        if broken := _broken_hash(item):
            yield broken
    for item in path:
        yield from _faults(item, time)
    for place, item in enumerate(path[1:], 1):
        below = sum(each.subject != each.issuer for each in path[1:place])
        if not (_may_issue(item, below) or _is_old_root(item, path)):
            yield f"{text(item.subject)} may not issue this certificate (basic constraints or key usage)"
    yield from _strangers(path)


def _strangers(path: Sequence[x509.Certificate]) -> Iterator[str]:
    """What the library does not look at: certificates that are not of the authority above them by what both say."""
    for item, issuer in pairwise(path):
        if _names_another_key(item, issuer):
            yield f"{text(item.subject)} names another key of {text(issuer.subject)} (authority key identifier)"
    for item, authority in outside(path):
        yield f"{text(authority.subject)} may not vouch for {text(item.subject)} (name constraints)"


def _names_another_key(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """By its authority key identifier (RFC 5280 section 4.2.1.1)."""
    named, has = _extension(certificate, x509.AuthorityKeyIdentifier), _extension(issuer, x509.SubjectKeyIdentifier)
    return bool(named and has and named.key_identifier and named.key_identifier != has.digest)


def _faults(certificate: x509.Certificate, time: datetime) -> Iterator[str]:
    """What is wrong with a certificate whatever its place."""
    name = text(certificate.subject)
    if weak := _weak_key(certificate):
        yield weak
    if not _meant_for_servers(certificate):
        yield f"{name} is not meant for servers (extended key usage)"
    if time < certificate.not_valid_before_utc:
        yield f"{name} is not valid before {certificate.not_valid_before_utc:%Y-%m-%d}"
    if time > certificate.not_valid_after_utc:
        yield f"{name} expired on {certificate.not_valid_after_utc:%Y-%m-%d}"


def _weak_key(certificate: x509.Certificate) -> str | None:
    try:
        key = certificate.public_key()
    except (UnsupportedAlgorithm, ValueError):
        return None
    for kind, name, least in _LEAST_BITS:
        if isinstance(key, kind) and key.key_size < least:
            return f"{text(certificate.subject)} has an {name} key of only {key.key_size} bits"
    return None


def _broken_hash(certificate: x509.Certificate) -> str | None:
    try:
        used = certificate.signature_hash_algorithm
    except UnsupportedAlgorithm:
        return None
    if isinstance(used, _BROKEN_HASHES):
        return f"{text(certificate.subject)} is signed with {used.name.upper()}"
    return None


def _meant_for_servers(certificate: x509.Certificate) -> bool:
    usages = _extension(certificate, x509.ExtendedKeyUsage)
    return usages is None or ExtendedKeyUsageOID.SERVER_AUTH in usages


def _may_issue(certificate: x509.Certificate, below: int) -> bool:
    basic = _extension(certificate, x509.BasicConstraints)
    usage = _extension(certificate, x509.KeyUsage)
    long_enough = basic is not None and (basic.path_length is None or basic.path_length >= below)
    return basic is not None and basic.ca and long_enough and (usage is None or usage.key_cert_sign)


def _is_old_root(certificate: x509.Certificate, path: Sequence[x509.Certificate]) -> bool:
    """Version 1 has no extensions to say so: being in the store makes it an authority (RFC 5280 section 6.1.4 k)."""
    return certificate is path[-1] and certificate.version is x509.Version.v1


def _has_more_rules(path: Sequence[x509.Certificate]) -> bool:
    extensions = (extension for item in path for extension in item.extensions)
    return any(
        has_other_kinds(extension.value)
        if isinstance(extension.value, x509.NameConstraints)
        else extension.critical and not isinstance(extension.value, _JUDGED_HERE)
        for extension in extensions
    )


def _extension(certificate: x509.Certificate, kind: type[E]) -> E | None:
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


@cache
def _policies() -> tuple[ExtensionPolicy, ExtensionPolicy]:
    """For authorities and for leaves: what OpenSSL demands, and no more."""
    leaf = ExtensionPolicy.permit_all().may_be_present(x509.ExtendedKeyUsage, Criticality.AGNOSTIC, _check_usages)
    authority = (
        ExtensionPolicy.permit_all()
        .require_present(x509.BasicConstraints, Criticality.AGNOSTIC, _check_authority)
        .may_be_present(x509.ExtendedKeyUsage, Criticality.AGNOSTIC, _check_usages)
    )
    return authority, leaf


def _check_usages(_policy: Policy, certificate: x509.Certificate, _usages: x509.ExtendedKeyUsage | None) -> None:
    if not _meant_for_servers(certificate):
        raise ValueError("not meant for servers")


def _check_authority(_policy: Policy, certificate: x509.Certificate, _basic: x509.BasicConstraints) -> None:
    # The verifier counts the path length by itself.
    if not _may_issue(certificate, below=0):
        raise ValueError("not a certificate authority")
