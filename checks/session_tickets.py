"""Session tickets do not live longer than a week.

## Rationale
A session ticket holds the secrets of a session, sealed with a key that only the server has. Whoever gets that key
later reads every recorded session whose tickets it sealed (in TLS 1.2 the sessions themselves, in TLS 1.3 those resumed
without a key exchange, and 0-RTT data), however ephemeral the key exchange was. A key must be kept for as long as its
tickets are taken, so a short life is what lets keys be thrown away early. TLS 1.3 allows a week at most.

## Remediation
A few hours are enough: most clients that return do so within one. Throw the keys away in the same rhythm. A server
that was not told a ticket key makes one when it starts and keeps it until it is restarted.

- nginx: `ssl_session_timeout 4h;`
- apache: `SSLSessionCacheTimeout 14400`
- haproxy: `tune.ssl.lifetime 14400`
"""

from collections.abc import Iterator
from datetime import timedelta

from tlsaudit.check import Fact, Setting, Severity, Verdict, check, failed, not_applicable, passed, unknown
from tlsaudit.evidence import Sessions, TicketPolicy


@check(
    title="Session tickets do not live too long",
    severity=Severity.MEDIUM,
    tags={"tls", "pfs", "sessions"},
    settings={Setting.SESSIONS},
    references=("RFC 8446 section 4.6.1", "RFC 5077 section 3.3", "RFC 9325 section 3.4"),
)
def session_tickets(sessions: Sessions, *, maximum: timedelta = timedelta(days=7)) -> Iterator[Verdict]:
    if not sessions.tickets:
        begun = " and ".join(version.label for version in sessions.versions)
        none = not_applicable(f"no session tickets are issued ({begun})")
        yield none if begun else unknown("no session could be begun without a client certificate")
    for policy in sessions.tickets:
        yield _judge(policy, maximum)


def _judge(policy: TicketPolicy, maximum: timedelta) -> Verdict:
    version = policy.version.label
    if not policy.lifetime_s:
        return not_applicable(f"{version}: the tickets do not say how long they live")
    lifetime = timedelta(seconds=policy.lifetime_s)
    facts: dict[str, Fact] = {"version": version, "lifetime_s": policy.lifetime_s}
    if lifetime > maximum:
        return failed(f"{version}: session tickets live {_span(lifetime)}, more than {_span(maximum)}", **facts)
    return passed(f"{version}: session tickets live {_span(lifetime)}", **facts)


def _span(time: timedelta) -> str:
    seconds = int(time.total_seconds())
    units = ((86400, "day"), (3600, "hour"), (60, "minute"), (1, "second"))
    count, unit = next((seconds // size, unit) for size, unit in units if seconds % size == 0)
    return f"{count} {unit}" if count == 1 else f"{count} {unit}s"
