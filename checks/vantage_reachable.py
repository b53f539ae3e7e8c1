"""A service answers wherever it is asked from.

## Rationale
A network that leads astray, a firewall that shuts out a region, or an edge that is down is an outage for those behind
it, and for nobody else: whoever looks from one place sees nothing of it. This check fails where a host answers TLS to
one vantage and not to another, and says from where and why not. What answers to none of them is no matter of places: it
is unknown, and what other checks say of it tells why.

Vantages are those under `vantages:` in the targets file: what one audit saw from several of them, and what the last
audit of the same targets from each other one saw within a week (docs/places.md). A vantage that did not look, since
there was no worker, says nothing.

## Remediation
Ask from there: `dig` for the address, `mtr` for the way to it, `curl -v` for who answers. A region that is shut out on
purpose is a waiver with that reason.
"""

from collections.abc import Iterator

from tlsaudit.check import ByVantage, Severity, Verdict, check, failed, host_of, not_applicable, passed, unknown
from tlsaudit.evidence import NotObserved, Reason, TlsOffer

_SAYS_NOTHING = (Reason.NOT_PROBED, Reason.PROBE_FAILED, Reason.PROXY, Reason.RATE_LIMITED)
"""What is missing for a reason of the vantage's own."""


@check(
    title="An answer from every vantage",
    severity=Severity.HIGH,
    tags={"tls", "vantages"},
    faults={"unanswered"},
)
def vantage_reachable(tls: ByVantage[TlsOffer | NotObserved]) -> Iterator[Verdict]:
    silent: list[str] = []
    said: list[str] = []
    for authority, vantages in tls.hosts.items():
        host = host_of(authority)
        missing = {place: seen for place, seen in vantages.items() if isinstance(seen, NotObserved)}
        answered = [place for place in vantages if place not in missing]
        unanswered = {place: why for place, why in missing.items() if why.reason not in _SAYS_NOTHING}
        if len(vantages) < 2:
            yield not_applicable(f"{host} was asked from one vantage only")
        elif not answered:
            yield unknown(f"{host} answers from none of {', '.join(vantages)}")
        elif unanswered:
            silent += [f"{host} from {place}" for place in unanswered]
            whys = " and ".join(f"from {place}: {why}" for place, why in unanswered.items())
            said.append(f"{host} answers from {' and '.join(answered)}, not {whys}")
        elif missing:
            yield from (unknown(f"{host} from {place}: {why}") for place, why in missing.items())
        else:
            yield passed(f"{host} answers from {' and '.join(answered)}")
    yield from (failed(message, unanswered=silent) for message in said)
