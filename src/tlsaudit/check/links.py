"""The declared prefixes of a link, held against traffic selectors (RFC 4301 section 4.4.1)."""

from collections.abc import Iterable, Iterator

from tlsaudit.check.coverage import Pair, addresses, first_gap, meets
from tlsaudit.evidence import ChildSa, IpsecPolicy, LinkState, LinkView, Selectors

UNDECLARED = "which prefixes are behind the sites is not said: add prefixes to them in the targets file"


def declared(link: LinkState, site: str) -> list[tuple[str, str]]:
    """The pairs of prefixes whose traffic is to be encrypted, as a gateway of the site sees them: here, there."""
    one, other = link.prefixes if site == link.sites[0] else link.prefixes[::-1]
    return [(here, there) for here in one for there in other if addresses(here)[0] == addresses(there)[0]]


def gaps(link: LinkState, site: str, selectors: Iterable[Selectors]) -> list[str]:
    """What is not covered of each declared pair, as `10.64.0.0/16 -> 10.192.0.0/16`. Selectors that are limited to a
    protocol or to ports cover nothing."""
    covering = [pair for each in selectors for pair in _pairs(each, limited=False)]
    missing = (first_gap((addresses(here), addresses(there)), covering) for here, there in declared(link, site))
    return [f"{gap[0]} -> {gap[1]}" for gap in missing if gap]


def concerns(link: LinkState, site: str, selectors: Selectors) -> bool:
    """Whether any traffic of the declared pairs is meant; without declared pairs, all is."""
    wanted = [(addresses(here), addresses(there)) for here, there in declared(link, site)]
    return not wanted or any(meets(pair, each) for pair in _pairs(selectors, limited=True) for each in wanted)


def named(selectors: Selectors) -> str:
    """`10.64.0.0/16 -> 10.192.0.0/16`, with what they are limited to."""
    ends = (selectors.local, selectors.remote)
    here, there = (", ".join(f"{each.addresses} {each.limit}".strip() for each in end) for end in ends)
    return f"{here} -> {there}"


def child_sas(link: LinkState, view: LinkView) -> list[ChildSa]:
    """The installed SAs that a source tells of, as far as they concern the link."""
    return [child for child in view.children or () if concerns(link, view.site, child.selectors)]


def policies(link: LinkState, site: str) -> list[IpsecPolicy] | None:
    """What all sources tell of the policies at a site that concern the link. None: no source tells of any, or what was
    looked at has nothing to do with IPsec."""
    views = [view for view in link.views if view.site == site]
    if not any(view.ike or view.children or view.policies or view.connections for view in views):
        return None
    told = [view.policies for view in views if view.policies is not None]
    return [item for each in told for item in each if concerns(link, site, item.selectors)] if told else None


def _pairs(selectors: Selectors, *, limited: bool) -> Iterator[Pair]:
    for here in selectors.local:
        for there in selectors.remote:
            if limited or not (here.limit or there.limit):
                try:
                    yield addresses(here.addresses), addresses(there.addresses)
                except ValueError:  # what no address is known of, such as `dynamic`, covers none
                    continue
