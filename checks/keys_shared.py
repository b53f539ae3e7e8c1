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

from collections.abc import Iterator

from tlsaudit.check import Fleet, Setting, Severity, Verdict, check, failed, not_applicable, passed, unknown
from tlsaudit.evidence import EphemeralKeys, Sessions

_Place = tuple[str, str]


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
    shares, tickets = _Seen(), _Seen()
    gone = False
    for endpoint, address, ephemeral in keys:
        gone = gone or ephemeral.shares is None
        shares.note(ephemeral.shares or (), endpoint, address)
    for endpoint, address, kept in sessions:
        gone = gone or kept.ticket_keys is None
        tickets.note(() if shared_tickets else kept.ticket_keys or (), endpoint, address)
    found = False
    for what, seen in (("key share", shares), ("session ticket key", tickets)):
        for digest, hosts in seen.unrelated():
            found = True
            yield failed(f"the same {what} at {' and '.join(hosts)}", key=digest, hosts=hosts)
    if gone:
        yield unknown("the keys are no longer kept")
    elif not found:
        count = shares.count + tickets.count
        none = passed(f"none of {count} keys is shared between unrelated hosts", keys=count)
        yield none if count else not_applicable("no key was seen")


class _Seen:
    """Where each key was seen: its digest and one place for most, so that a fleet fits into memory."""

    def __init__(self) -> None:
        self._first: dict[bytes, _Place] = {}
        self._again: dict[bytes, set[_Place]] = {}

    @property
    def count(self) -> int:
        return len(self._first)

    def note(self, keys: tuple[str, ...], endpoint: str, address: str) -> None:
        place = endpoint.partition("@")[0].rpartition(":")[0], address
        for key in map(bytes.fromhex, keys):
            first = self._first.setdefault(key, place)
            if place != first:
                self._again.setdefault(key, {first}).add(place)

    def unrelated(self) -> Iterator[tuple[str, list[str]]]:
        """The keys that are in the hands of hosts which share no address, with one host of each such group."""
        for key, places in self._again.items():
            groups: list[set[str]] = []
            for host, address in sorted(places):
                joined = {host, address}
                apart = [group for group in groups if not group & joined]
                groups = [*apart, joined.union(*(group for group in groups if group & joined))]
            if len(groups) > 1:
                yield key.hex(), sorted(min(host for host, _ in places if host in group) for group in groups)
