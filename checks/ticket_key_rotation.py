"""Keys that seal session tickets are thrown away within a week.

## Rationale
A session ticket holds the secret of its session, sealed with a key that only the server has. Whoever gets that key,
even years later, reads every recorded TLS 1.2 session whose ticket it sealed, however ephemeral the key exchange was,
and what was sent early in TLS 1.3. So the key has to be gone soon: it must be changed regularly, once a week for
example (RFC 9325). A server that was not told a key makes one when it starts and keeps it until it is restarted, which
can take years.

The first 16 bytes of a ticket usually name its key. This check remembers the names: it fails when one that is in use
now was seen longer ago than `maximum`, and passes when there was another one before. It needs a history, so it does not
apply in a scan, in the first audit, and while the history is too short to tell; nor to servers whose tickets name no
key.

## Remediation
Change the key daily, and keep the one before for the tickets that are still out: write a new file of 48 or 80 random
bytes, name both, and reload. nginx does it by itself since 1.23.2 where `ssl_session_cache` is shared memory. Or do
without tickets that hold the session: one in the server's own cache needs no such key.

- nginx: `ssl_session_tickets off;`
- apache: `SSLSessionTickets off`
- haproxy: `ssl-default-bind-options no-tls-tickets`
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from tlsaudit.check import Fact, Past, Setting, Severity, Verdict, check, failed, not_applicable, passed, unknown
from tlsaudit.evidence import Sessions


@check(
    title="Session ticket keys are changed",
    severity=Severity.MEDIUM,
    tags={"tls", "pfs", "sessions"},
    settings={Setting.SESSIONS},
    samples={"key", "age_s"},
    references=("RFC 9325 section 3.4", "RFC 5077 section 5.5"),
)
def ticket_key_rotation(
    sessions: Sessions, past: Past[Sessions], *, maximum: timedelta = timedelta(days=7)
) -> Iterator[Verdict]:
    looks = [
        (look.observed_at, look.ticket_keys)
        for look in past
        if look.observed_at < sessions.observed_at and look.ticket_keys is not None
    ]
    if not sessions.tickets:
        yield not_applicable("no session tickets were seen")
    elif sessions.ticket_keys is None:
        yield unknown("the names of the session ticket keys are no longer kept")
    elif not sessions.ticket_keys:
        yield not_applicable("the session tickets do not name their key")
    elif not looks:
        yield not_applicable("there is no earlier look to compare with")
    else:
        for key in sessions.ticket_keys:
            yield _judge(key, sessions.observed_at, looks, maximum)


def _judge(key: str, now: datetime, looks: list[tuple[datetime, tuple[str, ...]]], maximum: timedelta) -> Verdict:
    """`looks` are when which keys were seen earlier, at least one."""
    first_seen = min((seen_at for seen_at, keys in looks if key in keys), default=now)
    age = now - first_seen
    facts: dict[str, Fact] = {"key": key, "age_s": int(age.total_seconds())}
    if age > maximum:
        return failed(f"a session ticket key is in use for {_span(age)} or longer", **facts)
    if first_seen == now:
        return passed("the session ticket key is new", **facts)
    if any(seen_at < first_seen for seen_at, _ in looks):
        return passed("the session ticket key is younger than the history", **facts)
    return not_applicable("too early to tell: the session ticket key is as old as the history", **facts)


def _span(time: timedelta) -> str:
    if time >= timedelta(days=2):
        return f"{time.days} days"
    hours = time // timedelta(hours=1)
    return f"{hours} hours" if hours > 1 else f"{time // timedelta(minutes=1)} minutes"
