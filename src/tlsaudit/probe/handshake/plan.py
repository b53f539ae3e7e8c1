"""What to ask next, from what is known so far: offer everything, take away what was picked, repeat.

Each function is a dialogue: a generator that yields a ClientHello, is sent the server's answer, and
returns what it found. It does no I/O, so a model of a server in memory can hold it, too.
A server that picks what was not offered raises HelloError. Interrupted, thrown into a dialogue, makes it return what
it has.
"""

from collections.abc import Callable, Generator, Sequence
from typing import Generic, NamedTuple, TypeVar

from tlsaudit.evidence import Order, TlsVersion, VersionOffer, suite
from tlsaudit.probe.handshake.choice import Choice, turned
from tlsaudit.probe.handshake.offers import (
    COMMON_GROUPS,
    CURVES,
    FINITE_FIELDS,
    TLS13_GROUPS,
    by_ecdsa,
    by_rsa,
    older_suites,
    over_curve,
    over_finite_field,
    tls13_suites,
)
from tlsaudit.probe.hello import ClientHello, HelloError
from tlsaudit.probe.hello.alert import PROTOCOL_VERSION
from tlsaudit.probe.hello.client import KEY_SHARE, SUPPORTED_VERSIONS
from tlsaudit.probe.hello.wire import push_uint16s

S = TypeVar("S")
T = TypeVar("T")


class Interrupted(Exception):  # noqa: N818  not an error: what was found until then counts
    """No more answers will come."""


class Picked(NamedTuple):
    """The server's choice. `group` is None where the flight names none; `curve` is that of the certificate's key, None
    where it has none.

    `usable` is False where the server gave up after its ServerHello: it would pick, but not serve.
    """

    version: TlsVersion
    suite: int
    group: int | None
    curve: int | None = None
    usable: bool = True


class Refused(NamedTuple):
    """The server accepts none of what was offered; `alert` is how it said so, None for a closed connection."""

    alert: int | None


Dialogue = Generator[ClientHello, Picked | Refused, T]
KeyShare = Callable[[Sequence[int]], tuple[tuple[int, bytes], ...]]


class Talk(Generic[T]):
    """A dialogue that is being held: `hello` is the question that awaits its answer, None at the end; then `found` is
    what the dialogue returned.
    """

    def __init__(self, dialogue: Dialogue[T]) -> None:
        self._dialogue = dialogue
        self.hello: ClientHello | None = None
        self.found: T | None = None
        self._step(next, dialogue)

    def go_on(self, answer: Picked | Refused) -> None:
        self._step(self._dialogue.send, answer)

    def break_off(self) -> None:
        """No more answers will come."""
        self._step(self._dialogue.throw, Interrupted())

    def _step(self, step: Callable[[S], ClientHello], argument: S) -> None:
        try:
            self.hello = step(argument)
        except StopIteration as end:
            self.hello, self.found = None, end.value


def ask_tls13(server_name: str | None, key_share: KeyShare) -> Dialogue[VersionOffer | None]:
    """TLS 1.3. The server is asked without a key share, so that it answers HelloRetryRequest with suite
    and group and computes nothing; one that refuses is asked again with what `key_share` makes of the groups.
    """
    first = _Tls13(server_name, lambda _: ())
    refused = yield from first.hold()
    if first.offer() is not None or refused is None or refused.alert == PROTOCOL_VERSION:
        return first.offer()
    second = _Tls13(server_name, key_share)
    yield from second.hold()
    return second.offer()


def ask_older(hello: ClientHello, *, order: bool = True, groups: bool = True) -> Dialogue[VersionOffer | None]:
    """SSL 3.0 to TLS 1.2: what a server serves of the suites and, with `groups`, of the groups of `hello`, and, with
    `order`, in whose order. Without extensions the curve is the server's.
    """
    older = _Older(hello, order=order, groups=groups)
    yield from older.hold()
    return older.offer()


def first_hello(version: TlsVersion, server_name: str | None) -> ClientHello:
    """All that can be offered up to a version before TLS 1.3. SSL 3.0 knows no extensions."""
    ssl3 = version is TlsVersion.SSL3
    return ClientHello(version, older_suites(), () if ssl3 else CURVES, server_name, compressions=(1, 0))


def first_tls13_hello(server_name: str | None) -> ClientHello:
    """The first question of ask_tls13."""
    return ClientHello(TlsVersion.TLS1_3, tls13_suites(), TLS13_GROUPS, server_name)


def both_hello(suites: Sequence[int], server_name: str | None) -> ClientHello:
    """TLS 1.3 beside TLS 1.2, as clients send it; `suites` are of the latter."""
    versions = (SUPPORTED_VERSIONS, push_uint16s((TlsVersion.TLS1_3, TlsVersion.TLS1_2), 1))
    shares = (KEY_SHARE, bytes(2))
    offered = (*tls13_suites()[:3], *suites)
    return ClientHello(TlsVersion.TLS1_2, offered, COMMON_GROUPS, server_name, extensions=(versions, shares))


class _Tls13:
    def __init__(self, server_name: str | None, key_share: KeyShare) -> None:
        self._server_name = server_name
        self._key_share = key_share
        self._suites = Choice(tls13_suites())
        self._groups = Choice(TLS13_GROUPS)

    def offer(self) -> VersionOffer | None:
        suites, groups = self._suites, self._groups
        if not suites.found:
            return None
        return VersionOffer(TlsVersion.TLS1_3, tuple(suites.found), suites.order(), tuple(groups.found), groups.order())

    def hold(self) -> Dialogue[Refused | None]:
        try:
            refused = yield from self._both()
            if self._suites.found:
                ambiguous = self._groups.by_server
                if not (yield from self._rest_of_groups()) and ambiguous:
                    yield from self._rest_of_suites()
                yield from self._orders()
        except Interrupted:
            return None
        return refused

    def _both(self) -> Dialogue[Refused | None]:
        """Suite and group are chosen independently, so one answer takes away both. A known group stays on offer, so
        that a refusal is about the suites; where that would be picked for ever, it may be about either."""
        suites, groups = self._suites, self._groups
        while suites.rest and (groups.rest or not groups.by_server):
            offered = groups.rest if groups.by_server else groups.beside()
            answer = yield from self._ask(suites.rest, offered)
            if answer is not None:
                return answer
        return None

    def _rest_of_groups(self) -> Dialogue[bool]:
        """Whether there was one more."""
        suites, groups = self._suites, self._groups
        before = len(groups.found)
        while groups.rest:
            settled, known = groups.by_client or groups.by_server, len(groups.found)
            offered = groups.rest if settled else groups.beside()
            refused = yield from self._ask(tuple(suites.found) if suites.tested else suites.turned(), offered)
            # What was learned is one more, or whose order decides: a group that is not named tells neither.
            if refused or (len(groups.found) == known and settled == (groups.by_client or groups.by_server)):
                break
        return len(groups.found) > before

    def _rest_of_suites(self) -> Dialogue[None]:
        while self._suites.rest:
            before = len(self._suites.found)
            refused = yield from self._ask(self._suites.rest, tuple(self._groups.found or self._groups.rest))
            if refused or len(self._suites.found) == before:
                return

    def _orders(self) -> Dialogue[None]:
        suites, groups = self._suites, self._groups
        if Order.NOT_ASKED in (suites.order(), groups.order()):
            yield from self._ask(suites.turned(), groups.turned())

    def _ask(self, suites: tuple[int, ...], groups: tuple[int, ...]) -> Dialogue[Refused | None]:
        shares = self._key_share(groups)
        answer = yield from _ask(ClientHello(TlsVersion.TLS1_3, suites, groups, self._server_name, shares))
        if isinstance(answer, Refused):
            return answer
        self._suites.learn(suites, answer.suite)
        self._groups.learn(groups, answer.group)
        return None


class _Older:
    def __init__(self, hello: ClientHello, *, order: bool, groups: bool) -> None:
        self._hello = hello
        self._order = order
        self._all_groups = groups
        self._suites = Choice(hello.suites)
        self._groups = Choice(hello.groups or CURVES)
        self._curves: set[int] = set()  # those of the certificates' keys
        self._fields: tuple[int, ...] = ()  # the finite fields, where suites may take one of these

    def offer(self) -> VersionOffer | None:
        suites, groups = self._suites, self._groups
        if not suites.found:
            return None
        return VersionOffer(
            self._hello.version, tuple(suites.found), suites.order(), tuple(groups.found), groups.order()
        )

    def hold(self) -> Dialogue[None]:
        try:
            yield from self._all_suites()
            if self._all_groups and self._groups.found and self._hello.groups:
                yield from self._rest_of_groups()
            if self._order:
                yield from self._orders()
        except Interrupted:
            return

    def _all_suites(self) -> Dialogue[None]:
        """HAProxy and others first choose a certificate, an ECDSA one where any such suite is offered, and then have
        none of the suites of the other one. GnuTLS has DHE only for clients that name one of its groups. So what is
        refused is asked once more in another way, where neither can be excluded.
        """
        refused = yield from self._take_away(frozenset(), ())
        if refused is None or refused.alert == PROTOCOL_VERSION or not self._hello.groups:
            return
        found = self._suites.found
        if by_rsa().isdisjoint(found) or not any(over_finite_field(suite(code)) for code in found):
            before = len(found)
            yield from self._take_away(by_ecdsa(), FINITE_FIELDS)
            self._fields = FINITE_FIELDS if len(found) > before else ()

    def _take_away(self, left_out: frozenset[int], more_groups: tuple[int, ...]) -> Dialogue[Refused | None]:
        while rest := self._suites.without(left_out):
            if refused := (yield from self._ask(rest, (*self._every_group(), *more_groups))):
                return refused
        return None

    def _every_group(self) -> tuple[int, ...]:
        """None is missing, so that no suite and no certificate hides; while the order is not known to be the server's,
        what is still to find stands first."""
        groups = self._groups
        return self._hello.groups if groups.by_server or not self._hello.groups else (*groups.rest, *groups.found)

    def _rest_of_groups(self) -> Dialogue[None]:
        suites, groups = self._suites, self._groups
        over_curves = [code for code in suites.found if over_curve(suite(code))]
        free = [code for code in over_curves if code not in by_ecdsa()]
        before: object = None  # the question before: it has its answer, and would seem to show an order if repeated
        held = () if free else tuple(self._curves)  # an ECDSA certificate hides while its own curve is not on offer
        while groups.rest:
            asked = tuple(free or over_curves) if suites.tested or not self._order else turned(free or over_curves)
            by_client, known = groups.by_client and not groups.by_server, len(groups.found)
            offered = (*groups.without(held), *held)
            if (asked, offered) != before and (yield from self._ask(asked, offered)) is not None:
                return
            before = asked, offered
            if len(groups.found) == known:
                # A client's order that comes to the curve at the end has nothing else. A server's own order may.
                if by_client or not held:
                    return
                held = ()

    def _orders(self) -> Dialogue[None]:
        suites, groups = self._suites, self._groups
        every_group = (*groups.turned(), *self._fields) if self._hello.groups else ()
        if suites.order() is Order.NOT_ASKED:
            yield from self._ask(suites.turned(), every_group)
        over_curves = tuple(code for code in suites.found if over_curve(suite(code)))
        if groups.order() is Order.NOT_ASKED and self._hello.groups:
            yield from self._ask(over_curves, groups.turned())
        # A server may have an order for each certificate, and read no more than the beginning of a list.
        if suites.order() is Order.MIXED:
            hellos = [self._hello._replace(suites=pair, groups=every_group) for pair in suites.pairs()]
            suites.settle([answer.suite if answer else None for answer in (yield from _ask_each(hellos))])
        if groups.order() is Order.MIXED and self._hello.groups:
            offers = [(*pair, *(self._curves - {*pair})) for pair in groups.pairs()]
            hellos = [self._hello._replace(suites=over_curves, groups=offer) for offer in offers]
            groups.settle([answer.group if answer else None for answer in (yield from _ask_each(hellos))])

    def _ask(self, suites: tuple[int, ...], groups: tuple[int, ...]) -> Dialogue[Refused | None]:
        answer = yield from _ask(self._hello._replace(suites=suites, groups=groups), known=self._groups.found)
        if isinstance(answer, Refused):
            return answer
        if not answer.usable:
            self._suites.drop(answer.suite)
            return None
        self._suites.learn(suites, answer.suite)
        if answer.curve is not None:
            self._curves.add(answer.curve)
        if groups:
            self._groups.learn(groups, answer.group)
        else:
            self._groups.take(answer.group)
        return None


def _ask_each(hellos: Sequence[ClientHello]) -> Dialogue[list[Picked | None]]:
    """The answers in turn, None for a refusal."""
    answers: list[Picked | None] = []
    for hello in hellos:
        answer = yield from _ask(hello)
        answers.append(answer if isinstance(answer, Picked) else None)
    return answers


def _ask(hello: ClientHello, known: Sequence[int] = ()) -> Dialogue[Picked | Refused]:
    """The answer, once it is one to this hello. `known` are groups that a server may name unasked: some
    ignore what a client supports.
    """
    answer = yield hello
    if isinstance(answer, Refused):
        return answer
    if answer.version != hello.version:
        if answer.version < hello.version < TlsVersion.TLS1_3:
            return Refused(PROTOCOL_VERSION)
        raise HelloError(f"the server picked {answer.version.label}, which was not offered")
    if answer.suite not in hello.suites:
        raise HelloError(f"the server picked {suite(answer.suite).name}, which was not offered")
    if answer.group is not None and hello.groups and answer.group not in hello.groups and answer.group not in known:
        raise HelloError(f"the server picked group {answer.group}, which was not offered")
    return answer
