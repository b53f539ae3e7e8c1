"""A service encrypts the same way at every site.

## Rationale
Data centres that stand in for one another must not differ in what they serve: a fail-over would silently drop
clients or weaken their encryption, and the site that lags behind is seen only by those whom DNS sends there.
Versions, cipher suites and the HSTS policy of each host are compared between its sites. Their order is not.

## Remediation
Deploy one TLS configuration to all sites, and make the sites that lag behind catch up before a fail-over needs them.
"""

from collections.abc import Iterator, Mapping

from tlsaudit.check import BySite, Setting, Severity, Verdict, check, failed, not_applicable, passed
from tlsaudit.evidence import HttpsExchange, TlsOffer, suite


@check(
    title="The same encryption at every site",
    severity=Severity.MEDIUM,
    tags={"tls", "hsts", "sites"},
    settings={Setting.PROTOCOLS, Setting.CIPHER_SUITES, Setting.HSTS},
)
def site_parity(tls: BySite[TlsOffer], https: BySite[HttpsExchange]) -> Iterator[Verdict]:
    for authority, offers in tls.hosts.items():
        host = authority.removesuffix(":443")
        if len(offers) < 2:
            yield not_applicable(f"{host} was seen at one site only")
            continue
        short = frozenset(place for place, offer in offers.items() if offer.incomplete)
        sites = list(offers)
        differences = [
            *_differences({place: _versions(offer) for place, offer in offers.items()}, short),
            *_differences({place: _suites(offer) for place, offer in offers.items()}, short, "cipher suite"),
        ]
        for difference, only in differences:
            yield failed(f"{host}: {difference}", sites=sites, only=only)
        hsts = {place: _hsts(seen) for place, seen in https.hosts[authority].items()}
        differs = len({tuple(fields) for fields in hsts.values()}) > 1
        if differs:
            yield failed(f"{host}: HSTS is not the same at {' and '.join(hsts)}", sites=list(hsts), hsts=hsts)
        if not (differences or differs):
            yield passed(f"{host} serves the same at {' and '.join(sites)}", sites=sites)


def _differences(
    served: Mapping[str, frozenset[str]], short: frozenset[str], noun: str | None = None
) -> Iterator[tuple[str, list[str]]]:
    """What one place has and another lacks, in words and by name; with a noun the words only count. Nothing is known to
    be lacking at the places whose list is too short.
    """
    whole = {place: what for place, what in served.items() if place not in short}
    for place, what in served.items():
        only = sorted(item for item in what if any(item not in other for other in whole.values()))
        if only:
            several = len(only) > 1
            named = f"{only[0]} and {len(only) - 1} more" if several else only[0]
            counted = f"{len(only)} {noun}{'s' if several else ''}"
            missing = " and ".join(other for other in whole if only[0] not in whole[other])
            yield f"{counted if noun else named} at {place}, not at {missing}", only


def _versions(offer: TlsOffer) -> frozenset[str]:
    return frozenset(version.version.label for version in offer.versions)


def _suites(offer: TlsOffer) -> frozenset[str]:
    return frozenset(suite(code).name for version in offer.versions for code in version.suites)


def _hsts(https: HttpsExchange) -> list[str]:
    """The policies that its pages have, each once; empty for none."""
    return sorted({(visit.hops[0].hsts or ("",))[0] for visit in https.visits if visit.hops})
