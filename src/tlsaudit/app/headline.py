"""The few facts that introduce an endpoint."""

from collections.abc import Iterator

from tlsaudit.evidence import Certificates, EndpointObservation, TlsOffer, group_name


def headline(observation: EndpointObservation) -> list[str]:
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


def _certificates(shown: Certificates) -> Iterator[str]:
    for chain in shown.chains:
        leaf = chain.leaf
        size = f"P-{leaf.key_bits}" if leaf.key_type == "ECDSA" else str(leaf.key_bits)
        key = leaf.key_type if leaf.key_type.startswith("Ed") else f"{leaf.key_type} {size}"
        left = (leaf.not_after - shown.observed_at).days
        lifetime = (leaf.not_after - leaf.not_before).days
        yield f"{key}, {left} of {lifetime} days left" if left >= 0 else f"{key}, expired {-left} days ago"
