"""A service encrypts and answers the same way wherever it is seen from.

## Rationale
Users in different parts of the world reach different machines under one name: DNS tells them other addresses, or the
network leads one address to other data centres. An edge that was left out of a deployment, or whose certificate was not
renewed, is seen only by those who are led there. Of each host, these are compared between the vantages that it was
looked at from:

- `versions`, `suites` and `groups`: what TLS it serves, not in which order;
- `names`, `key`, `issuer`, `trust` and `expiry`: of the certificates, which need not be the same, as site-parity says;
- `hsts`: the policies of its pages;
- `redirect`: what plain http answers to each page. Where it leads to another host, as by the reader's country, that
  host may be another one from each vantage;
- `status`: what https answers to each page. Where that is a redirect, its aim is not compared;
- `canonical`: which URL each page that is there calls its own.

That the addresses differ is no failure. What is meant to differ is left out by the option `without`, a list of these
names. 403, 407, 429 and 511 may be for the probe alone: they say nothing of a page. Vantages are those under
`vantages:` in the targets file: what one audit saw from several of them, and what the last audit of the same targets
from each other one saw within a week (docs/places.md).

## Remediation
Bring the machines behind the name to one configuration. `dig` at the vantage says to which address it is led; where
that is the same everywhere, ask whoever announces it which data centre answers there.
"""

from collections.abc import Iterator, Sequence
from datetime import timedelta

from tlsaudit.check import VANTAGES, ByVantage, Dimension, Setting, Severity, Verdict, check, parity
from tlsaudit.evidence import CanonicalLinks, Certificates, HttpExchange, HttpsExchange, NotObserved, TlsOffer


@check(
    title="The same encryption from every vantage",
    severity=Severity.MEDIUM,
    tags={"tls", "vantages"},
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
def vantage_parity(
    tls: ByVantage[TlsOffer | NotObserved],
    certificates: ByVantage[Certificates | NotObserved],
    https: ByVantage[HttpsExchange | NotObserved],
    http: ByVantage[HttpExchange | NotObserved],
    links: ByVantage[CanonicalLinks | NotObserved],
    *,
    without: Sequence[Dimension] = (),
    expiry_apart: timedelta = timedelta(days=90),
) -> Iterator[Verdict]:
    seen = (tls.hosts, certificates.hosts, https.hosts, http.hosts, links.hosts)
    yield from parity(seen, VANTAGES, without=without, expiry_apart=expiry_apart)
