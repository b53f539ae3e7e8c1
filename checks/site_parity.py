"""A service encrypts and answers the same way at every site.

## Rationale
Data centres that stand in for one another must not differ in what they serve: a fail-over would silently drop
clients or weaken their encryption, and the site that lags behind is seen only by those whom DNS sends there.
Of each host, these are compared between its sites:

- `versions`, `suites` and `groups`: what TLS it serves, not in which order;
- `names`, `key`, `issuer`, `trust` and `expiry`: the sites need not have the same certificate, but ones that cover the
  same names, with keys of the same strength, from the same organisation, trusted or not, valid or not, and not further
  apart in their last day than the option `expiry_apart`;
- `hsts`: the policies of its pages;
- `redirect`: what plain http answers to each page. Where it leads to another host, as by the reader's country, that
  host may be another one at each site;
- `status`: what https answers to each page. Where that is a redirect, its aim is not compared;
- `canonical`: which URL each page that is there calls its own.

What is meant to differ is left out by the option `without`, a list of these names. 403, 407, 429 and 511 may be for the
probe alone: they say nothing of a page. Whether the differences matter to a fail-over is what failover-ready judges.

## Remediation
Deploy one TLS configuration to all sites, and make the sites that lag behind catch up before a fail-over needs them.
"""

from collections.abc import Iterator, Sequence
from datetime import timedelta

from tlsaudit.check import SITES, BySite, Dimension, Setting, Severity, Verdict, check, parity
from tlsaudit.evidence import CanonicalLinks, Certificates, HttpExchange, HttpsExchange, NotObserved, TlsOffer


@check(
    title="The same encryption at every site",
    severity=Severity.MEDIUM,
    tags={"tls", "hsts", "sites"},
    settings={
        Setting.PROTOCOLS,
        Setting.CIPHER_SUITES,
        Setting.NAMED_GROUPS,
        Setting.CERTIFICATE,
        Setting.HSTS,
        Setting.REDIRECT,
        Setting.PAGE,
    },
    faults={"differing"},
)
def site_parity(
    tls: BySite[TlsOffer | NotObserved],
    certificates: BySite[Certificates | NotObserved],
    https: BySite[HttpsExchange | NotObserved],
    http: BySite[HttpExchange | NotObserved],
    links: BySite[CanonicalLinks | NotObserved],
    *,
    without: Sequence[Dimension] = (),
    expiry_apart: timedelta = timedelta(days=90),
) -> Iterator[Verdict]:
    seen = (tls.hosts, certificates.hosts, https.hosts, http.hosts, links.hosts)
    yield from parity(seen, SITES, without=without, expiry_apart=expiry_apart)
