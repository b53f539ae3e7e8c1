"""No key is shared between hosts that have nothing to do with each other.

## Rationale
A key that two servers share is lost on both when it is lost on one, and who manages the lesser of them can read the
traffic of the greater. A session ticket key also lets a session that was begun with one host be resumed with the other,
past its certificate. An ephemeral key share that two servers have in common comes from a random generator that was
copied, as in a cloned virtual machine, or from a key that was built in.

Hosts that were seen at the same address are one server, and the same host at two sites is meant to be: such sharing is
deliberate, and not told. The keys of certificates have a check of their own, certificate-keys-shared.

## Remediation
Give each host, or each farm of servers, ticket keys of its own, made on the spot. Where hosts are meant to resume each
other's sessions, set the option `shared_tickets`. For a shared key share find out where the random bytes come from:
reseed after cloning, and replace firmware with a key inside.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from tlsaudit.check import (
    Crowded,
    Fleet,
    Setting,
    Severity,
    Shared,
    Verdict,
    check,
    failed,
    not_applicable,
    passed,
    told,
    unknown,
    unrelated,
)
from tlsaudit.evidence import EphemeralKeys, Sessions

_Look = Callable[[], Iterable[tuple[str, str, tuple[str, ...] | None]]]
"""Endpoint, address, and the keys that were seen there; None where they are no longer kept."""


@check(
    title="No key is shared between unrelated hosts",
    severity=Severity.MEDIUM,
    tags={"tls", "pfs", "sessions"},
    settings={Setting.SESSIONS},
    references=("RFC 5077 section 5.5", "RFC 9325 section 7.4"),
)
def keys_shared(
    keys: Fleet[EphemeralKeys], sessions: Fleet[Sessions], *, shared_tickets: bool = False
) -> Iterator[Verdict]:
    shares = _seen(lambda: ((endpoint, address, seen.shares) for endpoint, address, seen in keys))
    tickets = _seen(
        lambda: (
            (endpoint, address, () if shared_tickets and seen.ticket_keys else seen.ticket_keys)
            for endpoint, address, seen in sessions
        )
    )
    found = False
    for what, seen in (("key share", shares), ("session ticket key", tickets)):
        for digest, hosts in seen.unrelated:
            found = True
            yield failed(f"the same {what} at {told(hosts)}", key=digest, hosts=hosts)
    if shares.gone or tickets.gone:
        yield unknown("the keys are no longer kept")
    elif not found:
        count = shares.keys + tickets.keys
        none = passed(f"none of {count} keys is shared between unrelated hosts", keys=count)
        yield none if count else not_applicable("no key was seen")


class _Seen(NamedTuple):
    """How many keys, whether any is no longer kept, and those that unrelated hosts have."""

    keys: int
    gone: bool
    unrelated: list[tuple[str, list[str]]]


def _seen(look: _Look) -> _Seen:
    shared, crowded = Shared(), Crowded()
    gone = False
    for endpoint, address, keys in look():
        gone = gone or keys is None
        host = _host(endpoint)
        for key in keys or ():
            shared.note(key, host)
        if keys:
            crowded.note(host, address)
    return _Seen(shared.noted, gone, [*unrelated(_places(look), shared, crowded)] if shared.any else [])


def _places(look: _Look) -> Iterator[tuple[str, tuple[str, str], str, str]]:
    """Each key, and the host and the address that have it."""
    for endpoint, address, keys in look():
        host = _host(endpoint)
        for key in keys or ():
            yield key, (host, address), host, address


def _host(endpoint: str) -> str:
    return endpoint.partition("@")[0].rpartition(":")[0]
