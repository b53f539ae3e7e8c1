"""The certificate probe: from the bytes a server sends to facts, and whether they lead to a trusted root."""

import hashlib
from collections.abc import Sequence
from datetime import datetime

from tlsaudit.evidence import CertificateChain, Certificates, NotObserved, Reason
from tlsaudit.probe.certificate.facts import CertificateError, facts, parse
from tlsaudit.probe.certificate.fetch import fetch_chain
from tlsaudit.probe.certificate.trust import TrustStore, TrustStoreError

__all__ = ["TrustStore", "TrustStoreError", "certificates", "fetch_chain"]

# An address may show one chain for each kind of key, or each machine behind it one of its own.
_MOST_CHAINS = 8

# What a chain may hold before it is no chain: some servers send their whole list of authorities.
_MOST_CERTIFICATES = 200


def certificates(
    host: str, chains: Sequence[Sequence[bytes]], trust: TrustStore, now: datetime
) -> Certificates | NotObserved:
    """The facts of the chains (DER, leaf first) that one address shows for `host`.

    One certificate that cannot be read makes all of it NotObserved: a verdict on the rest would be half a verdict.
    """
    if not chains or not all(chains):
        return NotObserved(Reason.PROBE_FAILED, "the server sent no certificate")
    if len(chains) > _MOST_CHAINS:
        return NotObserved(Reason.TOO_LARGE, f"{len(chains)} different certificate chains")
    if (longest := max(map(len, chains))) > _MOST_CERTIFICATES:
        return NotObserved(Reason.TOO_LARGE, f"a chain of {longest} certificates")
    try:
        read = tuple(_chain(chain, trust, now) for chain in chains)
    except CertificateError as error:
        return NotObserved(error.reason, str(error))
    return Certificates(host, now, read)


def _chain(chain: Sequence[bytes], trust: TrustStore, now: datetime) -> CertificateChain:
    fingerprints = [hashlib.sha256(der).hexdigest() for der in chain]
    parsed = [parse(der) for der in chain]
    read = tuple(map(facts, parsed, fingerprints))
    return CertificateChain(read, trust.error(parsed, fingerprints, now))
