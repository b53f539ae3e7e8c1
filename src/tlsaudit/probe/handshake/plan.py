"""What to ask next, from what is known so far: offer everything, take away what was picked, repeat.

Each function is a dialogue: a generator that yields a ClientHello, is sent the server's answer, and
returns what it found. It does no I/O, so a model of a server in memory can hold it, too.
A server that picks what was not offered raises HelloError.
"""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from tlsaudit.evidence import Order, TlsVersion, VersionOffer, suite
from tlsaudit.probe.handshake.offers import CURVES, TLS13_GROUPS, by_ecdsa, older_suites, over_curve, tls13_suites
from tlsaudit.probe.hello import ClientHello, HelloError
from tlsaudit.probe.hello.alert import PROTOCOL_VERSION

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Picked:
    """The server's choice. `group` is None where the flight names none.

    `usable` is False where the server gave up after its ServerHello: it would pick, but not serve.
    """

    version: TlsVersion
    suite: int
    group: int | None
    usable: bool = True


@dataclass(frozen=True, slots=True)
class Refused:
    """The server accepts none of what was offered; `alert` is how it said so, None for a closed connection."""

    alert: int | None


Dialogue = Generator[ClientHello, Picked | Refused, T]
KeyShare = Callable[[Sequence[int]], tuple[tuple[int, bytes], ...]]


def ask_tls13(server_name: str | None, key_share: KeyShare) -> Dialogue[VersionOffer | None]:
    """TLS 1.3. The server is asked without a key share, so that it answers HelloRetryRequest with suite
    and group and computes nothing; one that refuses is asked again with what `key_share` makes of the groups.
    """
    found = yield from _tls13(server_name, lambda _: ())
    if isinstance(found, Refused) and found.alert != PROTOCOL_VERSION:
        found = yield from _tls13(server_name, key_share)
    return None if isinstance(found, Refused) else found


def ask_older(version: TlsVersion, server_name: str | None) -> Dialogue[VersionOffer | None]:
    """SSL 3.0 to TLS 1.2. SSL 3.0 knows no extensions: no server name, and the curve is the server's."""
    groups = () if version is TlsVersion.SSL3 else CURVES
    hello = ClientHello(version, older_suites(), groups, server_name)
    suites, seen = yield from _older_suites(hello)
    if not suites:
        return None
    curves = (yield from _older_groups(hello, suites, seen)) if seen and groups else seen
    suite_order, group_order = yield from _older_orders(hello, suites, curves)
    return VersionOffer(version, tuple(suites), suite_order, tuple(curves), group_order)


@dataclass(slots=True)
class _Choice:
    """Code points still to ask about, and those the server picked."""

    rest: list[int]
    found: list[int] = field(default_factory=list)

    def take(self, picked: int | None) -> bool:
        """Whether this was news."""
        if picked not in self.rest:
            return False
        self.rest.remove(picked)
        self.found.append(picked)
        return True


def _tls13(server_name: str | None, key_share: KeyShare) -> Dialogue[VersionOffer | Refused]:
    suites, groups = _Choice(list(tls13_suites())), _Choice(list(TLS13_GROUPS))

    def hello(some_suites: Sequence[int], some_groups: Sequence[int]) -> ClientHello:
        shares = key_share(some_groups)
        return ClientHello(TlsVersion.TLS1_3, tuple(some_suites), tuple(some_groups), server_name, shares)

    def drain(offer: Callable[[], ClientHello], *drained: _Choice) -> Dialogue[Refused | None]:
        while all(choice.rest for choice in drained):
            answer = yield from _ask(offer())
            if isinstance(answer, Refused):
                return answer
            if not suites.take(answer.suite) | groups.take(answer.group):
                break
        return None

    # Suite and group are chosen independently, so one answer takes away both.
    refused = yield from drain(lambda: hello(suites.rest, groups.rest), suites, groups)
    if not suites.found:
        return refused or Refused(None)
    # One of the two ran out. If a known suite brings another group, it was the suites.
    before = len(groups.found)
    yield from drain(lambda: hello(suites.found, groups.rest), groups)
    if len(groups.found) == before:
        yield from drain(lambda: hello(suites.rest, groups.found or groups.rest), suites)

    other = hello(_other_order(suites.found), _other_order(groups.found))
    picked = (yield from _ask(other)) if len(suites.found) > 1 or len(groups.found) > 1 else Refused(None)
    return VersionOffer(
        TlsVersion.TLS1_3,
        tuple(suites.found),
        _order(suites.found, other.suites, _suite_of(picked)),
        tuple(groups.found),
        _order(groups.found, other.groups, _group_of(picked)),
    )


def _older_suites(hello: ClientHello) -> Dialogue[tuple[list[int], list[int]]]:
    rest = list(hello.suites)
    suites: list[int] = []
    groups: dict[int, None] = {}
    while rest:
        answer = yield from _ask(replace(hello, suites=tuple(rest)))
        if isinstance(answer, Refused):
            # HAProxy and others first choose a certificate, an ECDSA one where any such suite is offered, and
            # then have none of the suites of the other one. SSL 3.0 has no ECDSA (RFC 8422 section 1).
            without = [code for code in rest if code not in by_ecdsa()]
            final = answer.alert == PROTOCOL_VERSION or hello.version is TlsVersion.SSL3
            if final or len(without) == len(rest):
                break
            rest = without
            continue
        rest.remove(answer.suite)
        if answer.usable:
            suites.append(answer.suite)
            if answer.group is not None:
                groups[answer.group] = None
    return suites, list(groups)


def _older_groups(hello: ClientHello, suites: Sequence[int], seen: Sequence[int]) -> Dialogue[list[int]]:
    over_curves = [code for code in suites if over_curve(suite(code))]
    free = [code for code in over_curves if code not in by_ecdsa()]
    hello = replace(hello, suites=tuple(free or over_curves))
    found = list(seen)
    # An ECDSA certificate hides while its own curve is not on offer: a refusal may mean just that.
    # Then the curve taken away last is held out again, behind the others.
    held: list[int] = []
    while rest := [group for group in hello.groups if group not in found]:
        answer = yield from _ask(replace(hello, groups=(*rest, *held)), known=found)
        if isinstance(answer, Refused):
            if free or found[-1] in held:
                break
            held.append(found[-1])
        elif answer.group is None or answer.group in found:
            break
        else:
            found.append(answer.group)
    return found


def _older_orders(hello: ClientHello, suites: Sequence[int], groups: Sequence[int]) -> Dialogue[tuple[Order, Order]]:
    other = replace(hello, suites=_other_order(suites), groups=_other_order(groups) if hello.groups else ())
    answer: Picked | Refused = Refused(None)
    if len(suites) > 1:
        answer = yield from _ask(other)
    suite_order = _order(suites, other.suites, _suite_of(answer))
    if len(groups) > 1 and _group_of(answer) is None:
        over_curves = tuple(code for code in suites if over_curve(suite(code)))
        answer = yield from _ask(replace(other, suites=over_curves))
    return suite_order, _order(groups, other.groups, _group_of(answer))


def _other_order(found: Sequence[int]) -> tuple[int, ...]:
    """The same in another order, what was picked first at the end.

    At its head stands no ChaCha20 suite where there is another (a server may move it up for clients that
    put it first, whatever its order), and rather one over a named group, to learn about the group as well.
    """
    if len(found) < 2:
        return tuple(found)
    head = max(reversed(found[1:]), key=lambda code: ("CHACHA20" not in suite(code).name, over_curve(suite(code))))
    return (head, *(code for code in reversed(found) if code != head))


def _order(found: Sequence[int], offered: Sequence[int], picked: int | None) -> Order:
    if len(found) < 2:
        return Order.ONLY_ONE
    if picked == found[0]:
        return Order.SERVER
    return Order.CLIENT if picked == offered[0] else Order.MIXED


def _suite_of(answer: Picked | Refused) -> int | None:
    return answer.suite if isinstance(answer, Picked) else None


def _group_of(answer: Picked | Refused) -> int | None:
    return answer.group if isinstance(answer, Picked) else None


def _ask(hello: ClientHello, known: Sequence[int] = ()) -> Dialogue[Picked | Refused]:
    """The answer, once it is one to this hello. `known` are groups that a server may name unasked: some
    ignore what a client supports.
    """
    answer = yield hello
    if isinstance(answer, Refused):
        return answer
    if answer.version < hello.version < TlsVersion.TLS1_3:
        return Refused(PROTOCOL_VERSION)
    if answer.version != hello.version:
        raise HelloError(f"the server picked {answer.version.label}, which was not offered")
    if answer.suite not in hello.suites:
        raise HelloError(f"the server picked {suite(answer.suite).name}, which was not offered")
    if answer.group is not None and hello.groups and answer.group not in (*hello.groups, *known):
        raise HelloError(f"the server picked group {answer.group}, which was not offered")
    return answer
