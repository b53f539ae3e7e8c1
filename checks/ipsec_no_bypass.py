"""No policy lets traffic between the sites past the tunnel.

## Rationale
A bypass policy sends what it matches in clear although the tunnel is up. Such policies are made for good reasons, for
the gateway's own services or for a printer in the next room, and then match more than was meant, or stay when the
reason is gone. None may touch what is to be encrypted.

## Remediation
Narrow the policy to what it is for, or remove it. `swanctl --list-pols` and `ip xfrm policy` list them; strongSwan's
plugin bypass-lan makes them by itself. In swanctl.conf they are children with `mode = pass`, in ipsec.conf connections
with `type=passthrough`.
"""

from collections.abc import Iterator

from tlsaudit.check import UNDECLARED, Severity, Verdict, check, declared, failed, named, passed, policies, unknown
from tlsaudit.evidence import LinkState, PolicyAction


@check(
    title="Nothing passes the tunnel by",
    severity=Severity.HIGH,
    tags={"ipsec"},
    references=("RFC 4301 section 4.4.1", "NIST SP 800-77r1"),
    faults={"bypasses"},
)
def ipsec_no_bypass(link: LinkState) -> Iterator[Verdict]:
    if not link.views:
        yield unknown("no source was read")
    for site in dict.fromkeys(view.site for view in link.views):
        found = policies(link, site)
        if found is None:
            yield unknown(f"no source tells of the policies of {site}")
            continue
        if not declared(link, site):
            yield unknown(UNDECLARED)
            continue
        bypasses = list(dict.fromkeys(named(item.selectors) for item in found if item.action is PolicyAction.BYPASS))
        if bypasses:
            yield failed(f"a policy lets {bypasses[0]} pass in clear ({site})", bypasses=bypasses)
        else:
            yield passed(f"no policy lets traffic pass in clear ({site})", bypasses=[])
