"""Another scanner sees the same cipher suites, and the same of compression.

## Rationale
Every verdict on cipher suites rests on one list. With `--deep` a scanner that shares no code with tlsaudit asks for
the suites again, suite by suite, and for compression. A difference is no fault of the server: it means that one of the
two is wrong, or that different machines answer at the same address. Suites that the other scanner never asks for are
left out, such as TLS_DH_anon_WITH_CAMELLIA_128_CBC_SHA256, and so are named groups, of which it misses the
post-quantum ones.

## Remediation
Ask again. If the difference stays, ask the address with a third client, such as `openssl s_client -cipher`, and report
who is wrong.
"""

from collections.abc import Collection, Iterator

from tlsaudit.check import Severity, Verdict, check, failed, listed, passed, unknown
from tlsaudit.evidence import DeepScan, NotObserved, TlsFeatures, TlsOffer, TlsVersion, suite


@check(title="Another scanner sees the same cipher suites", severity=Severity.INFO, tags={"tls", "deep"})
def suites_cross_check(tls: TlsOffer, features: TlsFeatures, deep: DeepScan) -> Iterator[Verdict]:
    if isinstance(deep.suites, NotObserved):
        yield unknown(str(deep.suites))
        return
    served = {offer.version: set(offer.suites) for offer in tls.versions}
    asked = set(deep.asked)
    differences: list[str] = []
    for version, seen in deep.suites:
        ours = served.get(version, set()) & asked
        theirs = ours & set(seen) if tls.incomplete else set(seen)  # what we lack may be what was not asked
        differences += _differences(version, ours, theirs, deep.scanner)
    if isinstance(deep.compression, bool) and deep.compression != bool(features.compression):
        seen_by = f"only {deep.scanner} sees" if deep.compression else f"{deep.scanner} does not see"
        differences.append(f"{seen_by} compression")
    for difference in differences:
        yield failed(difference, scanner=deep.scanner)
    if not differences:
        yield passed(f"{deep.scanner} agrees", scanner=deep.scanner, suites_compared=len(asked))


def _differences(version: TlsVersion, ours: set[int], theirs: set[int], scanner: str) -> Iterator[str]:
    if ours - theirs:
        yield f"{version.label}: {scanner} does not see {_names(ours - theirs)}"
    if theirs - ours:
        yield f"{version.label}: only {scanner} sees {_names(theirs - ours)}"


def _names(codes: Collection[int]) -> str:
    return listed([suite(code).name for code in sorted(codes)])
