"""Where the tunnel falls, traffic waits or is dropped, and never passes in clear.

## Rationale
A gateway without a policy for a packet sends it as it is. So when a tunnel is down, for a restart, an expired
certificate or a typing error, what was encrypted a minute ago goes on in clear, nobody notices, since everything works,
and whoever can break the tunnel at will reads all of it. A trap policy holds the traffic and starts the tunnel; a
policy that discards drops it. Either must be there without the tunnel.

Seen are policies of IPsec. A firewall that does the same, by a rule such as `-m policy --pol none -j DROP`, is not
looked at: waive this check where there is one.

## Remediation
Have the daemon install a trap for each child, and keep it when the tunnel goes.

- swanctl: `start_action = trap|start`
- libreswan: `auto=ondemand`
"""

from collections.abc import Iterator

from tlsaudit.check import (
    UNDECLARED,
    Severity,
    Verdict,
    check,
    declared,
    failed,
    gaps,
    named,
    passed,
    policies,
    unknown,
)
from tlsaudit.evidence import Direction, IpsecPolicy, LinkState, PolicyAction


@check(
    title="A fallen tunnel never means clear text",
    severity=Severity.HIGH,
    tags={"ipsec"},
    references=("RFC 4301 section 4.4.1", "RFC 4301 section 5.1", "NIST SP 800-77r1"),
    faults={"open"},
)
def ipsec_fail_closed(link: LinkState) -> Iterator[Verdict]:
    for site in dict.fromkeys(view.site for view in link.views):
        yield _judge(link, site)
    if not link.views:
        yield unknown("no source was read")


def _judge(link: LinkState, site: str) -> Verdict:
    found = policies(link, site)
    if found is None:
        return unknown(f"no source tells of the policies of {site}")
    if not declared(link, site):
        return unknown(UNDECLARED)
    out = [item for item in found if item.direction is not Direction.IN and item.action is not PolicyAction.BYPASS]
    down = not any(view.children for view in link.views if view.site == site)
    optional = [named(item.selectors) for item in out if not item.required]
    if optional:
        return failed(f"{optional[0]} passes in clear while there is no tunnel, by its policy ({site})", open=optional)
    unheld = gaps(link, site, [item.selectors for item in out if _holds(item, down=down)])
    if not unheld:
        return passed(f"traffic waits or is dropped while the tunnel is down ({site})", open=[])
    if not gaps(link, site, [item.selectors for item in out if item.lasting is not False]):
        return unknown(f"whether the policies of {site} stay without the tunnel shows only while it is down")
    return failed(f"{unheld[0]}: no policy holds it back while the tunnel is down ({site})", open=unheld)


def _holds(item: IpsecPolicy, *, down: bool) -> bool:
    """Whether it holds traffic back without the tunnel. A policy that discards needs none, and what is there while it
    is down does not, either."""
    stays = down or item.action is PolicyAction.DISCARD
    return stays if item.lasting is None else item.lasting
