"""Traffic passes the tunnel, both ways.

## Rationale
An established tunnel that carries nothing one way is broken, or its traffic takes another road: a route past the
gateway, a firewall, or selectors that only one side has. The counters of the installed SAs tell. A link that nobody
uses is not broken, so silence is unknown.

Bytes are counted since the SA was installed, and between two looks some seconds apart; what moves then decides before
what moved once.

## Remediation
Follow one packet: `ip route get` and `ip xfrm policy` at the side whose outbound counter stands still, `tcpdump esp` at
the other. `tlsaudit measure leak` shows whether it passes in clear instead.
"""

from collections.abc import Iterator, Sequence

from tlsaudit.check import Severity, Verdict, check, child_sas, failed, passed, unknown
from tlsaudit.evidence import LinkState, SaSample


@check(
    title="Traffic passes the tunnel both ways",
    severity=Severity.MEDIUM,
    tags={"ipsec"},
    references=("RFC 4301 section 4.4.2", "RFC 4303"),
    samples={"bytes_in", "bytes_out"},
)
def ipsec_traffic(link: LinkState) -> Iterator[Verdict]:
    judged = False
    for view in link.views:
        names = {child.name for child in child_sas(link, view)}
        counted = [
            item
            for item in link.child_sas or ()
            if item.source == view.source and item.name in names and None not in (item.bytes_in, item.bytes_out)
        ]
        if counted:
            judged = True
            yield _judge(view.source, counted)
    if not judged:
        yield unknown("no source counts the bytes of this link's security associations")


def _judge(source: str, counted: Sequence[SaSample]) -> Verdict:
    came, went = sum(item.bytes_in or 0 for item in counted), sum(item.bytes_out or 0 for item in counted)
    looked_twice = [item for item in counted if None not in (item.earlier_in, item.earlier_out)]
    came_now = any((item.bytes_in or 0) > (item.earlier_in or 0) for item in looked_twice)
    went_now = any((item.bytes_out or 0) > (item.earlier_out or 0) for item in looked_twice)
    facts = {"bytes_in": came, "bytes_out": went}
    if not came and not went:
        return unknown(f"nothing has passed the tunnel yet ({source})", **facts)
    if not came or not went:
        only, never = ("out", "in") if went else ("in", "out")
        return failed(f"traffic passes {only} and never {never} ({source})", **facts)
    if came_now is not went_now:
        only = "out" if went_now else "in"
        return unknown(f"traffic passed {only} alone while it was looked at ({source})", **facts)
    return passed(f"traffic passes both ways ({source})", **facts)
