"""All sources tell the same of a link, at either side.

## Rationale
Each gateway, its daemon and its kernel have a view of their own. Where they differ, one of them is out of date, was
asked at the wrong machine, or has lost half of a tunnel: a daemon that believes in an SA which the kernel no longer has
drops everything, and a side with other selectors than its peer encrypts what the other does not expect. So a link
whose sources contradict each other is not in order, whatever each of them says.

A kernel that shows nothing at all beside a daemon with SAs is no contradiction: a daemon may encrypt by itself, as
strongSwan does with kernel-libipsec. That is unknown.

## Remediation
Ask both gateways at the same time, and compare `swanctl --list-sas` with `ip xfrm state` at each. Restart the child
where they differ, and give the saved outputs a new date.
"""

from collections.abc import Iterator
from itertools import pairwise

from tlsaudit.check import Severity, Verdict, check, child_sas, failed, not_applicable, passed, unknown
from tlsaudit.evidence import LinkState, LinkView, TrafficSelector

_Facts = dict[tuple[str, str], set[str]]


@check(
    title="All sources tell the same of a link",
    severity=Severity.MEDIUM,
    tags={"ipsec"},
    references=("RFC 4301 section 4.4.2", "RFC 7296 section 2.9"),
)
def ipsec_sources_agree(link: LinkState) -> Iterator[Verdict]:
    for source in link.unread:
        yield unknown(f"{source.source} could not be read: {source.reason}")
    told = [view for view in link.views if view.children is not None]
    if len(told) + len(link.unread) < 2:
        yield not_applicable("there is but one source that tells of security associations")
    for one, other in pairwise(told):
        yield _compare(link, one, other)


def _compare(link: LinkState, one: LinkView, other: LinkView) -> Verdict:
    here, there = _installed(link, one), _installed(link, other)
    both = f"{one.source} and {other.source}"
    for full, empty in ((one, other), (other, one)):
        if child_sas(link, full) and not (empty.children or empty.policies or empty.connections):
            return unknown(f"{empty.source} shows nothing, where {full.source} shows security associations")
    for lacking, pairs in ((other, here.keys() - there.keys()), (one, there.keys() - here.keys())):
        if pairs:
            near, far = min(pairs)
            return failed(f"{near} -> {far} is not in {lacking.source}", sources=[one.source, other.source])
    for (near, far), algorithms in here.items():
        theirs = there[near, far]
        if algorithms and theirs and algorithms != theirs:
            return failed(
                f"{near} -> {far}: {_joined(algorithms)} in {one.source}, {_joined(theirs)} in {other.source}",
                sources=[one.source, other.source],
            )
    return passed(f"{both} tell the same", sources=[one.source, other.source])


def _installed(link: LinkState, view: LinkView) -> _Facts:
    """What encrypts each pair of selectors, as seen from the first site. Empty where the source does not tell."""
    found: _Facts = {}
    for child in child_sas(link, view):
        local, remote = _named(child.selectors.local), _named(child.selectors.remote)
        pair = (local, remote) if view.site == link.sites[0] else (remote, local)
        algorithms = found.setdefault(pair, set())
        if child.encryption:
            bits = f" {child.key_bits}" if child.key_bits else ""
            algorithms.add(f"{child.protocol} {child.encryption}{bits}")
    return found


def _joined(algorithms: set[str]) -> str:
    return " and ".join(sorted(algorithms))


def _named(selectors: tuple[TrafficSelector, ...]) -> str:
    return ", ".join(sorted(f"{each.addresses} {each.limit}".strip() for each in selectors))
