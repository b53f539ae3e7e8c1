"""The certificate probe: from the bytes a server sends to facts, and whether they lead to a trusted root."""

from collections.abc import Sequence
from datetime import datetime

from tlsaudit.evidence import CertificateChain, Certificates, NotObserved, Reason
from tlsaudit.probe.certificate.facts import CertificateError, facts, parse, sha512
from tlsaudit.probe.certificate.name import name_text
from tlsaudit.probe.certificate.shown import ShownChain
from tlsaudit.probe.certificate.staple import Staple
from tlsaudit.probe.certificate.stores import RootFile, TrustStoreError, TrustStores

__all__ = [
    "RootFile",
    "ShownChain",
    "TrustStoreError",
    "TrustStores",
    "certificates",
    "key_type",
    "name_text",
    "signature_hash",
]

# An address may show one chain for each kind of key, or each machine behind it one of its own.
_MOST_CHAINS = 8

# What a chain may hold before it is no chain: some servers send their whole list of authorities.
_MOST_CERTIFICATES = 200


def certificates(
    host: str,
    chains: Sequence[ShownChain],
    trust: TrustStores,
    now: datetime,
    nameless: Sequence[ShownChain] = (),
    *,
    for_tlsa: bool = False,
) -> Certificates | NotObserved:
    """The facts of the chains that one address shows for `host`, and of those it shows to who names no host.

    One certificate that cannot be read makes all of it NotObserved: a verdict on the rest would be half a verdict. What
    is `for_tlsa` has the digests that only TLSA records take.
    """
    every = (*chains, *nameless)
    if not chains or not all(chain.der for chain in every):
        return NotObserved(Reason.PROBE_FAILED, "the server sent no certificate")
    if len(every) > _MOST_CHAINS:
        return NotObserved(Reason.TOO_LARGE, f"{len(every)} different certificate chains")
    if (longest := max(len(chain.der) for chain in every)) > _MOST_CERTIFICATES:
        return NotObserved(Reason.TOO_LARGE, f"a chain of {longest} certificates")
    try:
        read = tuple(_chain(chain, trust, now, for_tlsa=for_tlsa) for chain in every)
    except CertificateError as error:
        return NotObserved(error.reason, str(error))
    return Certificates(host, now, read[: len(chains)], read[len(chains) :])


def key_type(der: bytes) -> str | None:
    """The kind of key in a certificate, None where it cannot be read."""
    try:
        return facts(der).key_type
    except CertificateError:
        return None


def signature_hash(der: bytes) -> str | None:
    """`sha256` and the like, None where it cannot be read, or is part of the algorithm."""
    try:
        return facts(der).signature_hash
    except CertificateError:
        return None


def _chain(shown: ShownChain, trust: TrustStores, now: datetime, *, for_tlsa: bool) -> CertificateChain:
    read = tuple(map(facts, shown.der))
    staple = None if shown.ocsp is None else Staple.read(shown.ocsp, [parse(der) for der in shown.der], now)
    trusted = trust.look(shown.der, now)
    return CertificateChain(
        read,
        trusted.error,
        ocsp=staple.word if staple else None,
        timestamps=shown.timestamps,
        stapled_logs=staple.logs if staple else 0,
        stores=trusted.stores,
        public=trusted.public,
        root=trusted.root,
        path=trusted.path,
        roles=trusted.roles,
        sha512=tuple(map(sha512, shown.der)) if for_tlsa else (),
    )
