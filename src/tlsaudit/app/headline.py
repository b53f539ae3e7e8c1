"""The few facts that introduce an endpoint, and how they read on a day."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TypedDict

from tlsaudit.evidence import Certificates, EndpointObservation, TlsOffer, group_name


class CertificateFact(TypedDict):
    """Its times are RFC 3339."""

    key: str
    not_before: str
    not_after: str


Headline = Sequence[str | CertificateFact]
"""JSON values that stay the same for as long as the server does."""


def headline(observation: EndpointObservation) -> Headline:
    """Versions, preferred group and certificates of the first address that showed any."""
    for address in observation.addresses:
        tls = address.evidence.get(TlsOffer)
        shown = address.evidence.get(Certificates)
        facts = [
            *(_tls(tls) if isinstance(tls, TlsOffer) else ()),
            *(_certificates(shown) if isinstance(shown, Certificates) else ()),
        ]
        if facts:
            return facts
    return []


def _tls(offer: TlsOffer) -> Iterator[str]:
    labels = [served.version.label for served in offer.versions]
    # `TLS 1.3 1.2 1.0`: the name once, as long as it is the same
    yield " ".join([labels[0], *(label.removeprefix("TLS ") for label in labels[1:])])
    groups = offer.versions[0].groups
    if groups:
        yield group_name(groups[0])


def _certificates(shown: Certificates) -> Iterator[CertificateFact]:
    for chain in shown.chains:
        leaf = chain.leaf
        size = f"P-{leaf.key_bits}" if leaf.key_type == "ECDSA" else str(leaf.key_bits)
        key = leaf.key_type if leaf.key_type.startswith("Ed") else f"{leaf.key_type} {size}"
        yield CertificateFact(key=key, not_before=leaf.not_before.isoformat(), not_after=leaf.not_after.isoformat())


def words(facts: Headline, at: datetime) -> list[str]:
    """As a person reads them at that time."""
    return [fact if isinstance(fact, str) else _days_left(fact, at) for fact in facts]


def _days_left(fact: CertificateFact, at: datetime) -> str:
    not_before, not_after = (datetime.fromisoformat(fact[end]) for end in ("not_before", "not_after"))
    left, lifetime = (not_after - at).days, (not_after - not_before).days
    return f"{fact['key']}, {left} of {lifetime} days left" if left >= 0 else f"{fact['key']}, expired {-left} days ago"
