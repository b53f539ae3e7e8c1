"""The gateways of a link have an IKE SA, of version 2.

## Rationale
Without an IKE SA nothing has agreed on keys, and what passes between the sites is either lost or in clear. IKEv1 is no
longer to be used (RFC 9395): it has no good defence against floods of half-open exchanges, its aggressive mode lets a
pre-shared key be guessed offline, and nothing new is added to it, neither modern algorithms nor post-quantum ones.

That nothing is listed proves nothing where nothing is configured either: the wrong gateway was asked, or the wrong
daemon. It fails where something is configured and has no SA.

## Remediation
Start the connection, or have the first packet start it, and read the daemon's log for why it was refused: most often
identities, certificates or proposals do not fit. `swanctl --initiate --child NAME`, or `ipsec auto --up NAME`.

- swanctl: `version = 2`
- libreswan: `ikev2=insist`
"""

from collections.abc import Iterator

from tlsaudit.check import Severity, Verdict, check, failed, passed, unknown
from tlsaudit.evidence import LinkState, LinkView, PolicyAction


@check(
    title="IKEv2 is established",
    severity=Severity.HIGH,
    tags={"ipsec"},
    references=("RFC 7296 section 1.2", "RFC 9395", "NIST SP 800-77r1"),
)
def ipsec_established(link: LinkState) -> Iterator[Verdict]:
    told = [view for view in link.views if view.ike is not None]
    if not told:
        yield unknown("no source tells of IKE: a control socket does, or saved output of swanctl or ipsec")
    for view in told:
        yield _judge(view)


def _judge(view: LinkView) -> Verdict:
    versions = sorted({sa.version for sa in view.ike or () if sa.established})
    if versions and versions[0] < 2:
        return failed(f"IKEv{versions[0]} is established ({view.source})", versions=versions)
    if versions:
        return passed(f"IKEv{versions[0]} is established ({view.source})", versions=versions)
    if view.ike:
        return failed(f"IKE has begun and is not established ({view.source})", versions=versions)
    if view.connections:
        return failed(f"{view.connections[0].name} is configured and has no IKE SA ({view.source})", versions=versions)
    if any(item.action is PolicyAction.PROTECT for item in view.policies or ()):
        return failed(f"there is no IKE SA for what the policies protect ({view.source})", versions=versions)
    return unknown(f"neither an IKE SA nor a configured connection is there ({view.source})")
