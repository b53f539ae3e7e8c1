"""What a server chooses from: the code points still to ask about, those it picked, and whose order decided."""

from collections.abc import Collection, Sequence
from itertools import filterfalse

from tlsaudit.evidence import Order, suite


class Choice:
    """Suites or groups. `found` are those that were picked, in that order; `rest` those that were not yet.

    `settled` is the order that the answers to plain questions showed, where these were asked. `by_client`: a new one
    was picked though one that the server had picked before stood behind it. `by_server`: one picked before was picked
    again though others stood before it. `tested`: an answer came to an offer of what was found, in another order.
    """

    def __init__(self, codes: Sequence[int]) -> None:
        self.rest = tuple(codes)
        self.found: list[int] = []
        self.by_client = False
        self.by_server = False
        self.tested = False
        self.settled: Order | None = None
        # What was passed over by an answer. Where one of these is found, whose order it is not is known.
        self._against_server: set[int] = set()
        self._against_client: set[int] = set()

    def learn(self, offered: Sequence[int], picked: int | None) -> bool:
        """Whether this was news."""
        if picked is None or not offered:
            return False
        self.tested |= offered[0] in self.found[1:]
        all_new = offered is self.rest  # which is long: not to be compared with what was found
        news = self.take(picked)
        better = self.found[: self.found.index(picked)] if picked in self.found else []
        beside = set(better).intersection(offered) if better and not all_new else set()
        explicable = picked in self.found and picked in offered
        self._against_server.update(beside if explicable else offered)
        self._against_client.update(offered[: offered.index(picked)] if explicable else offered)
        if news:
            self.by_client |= bool(beside)
        else:
            self.by_server |= offered[0] != picked
        return news

    def take(self, picked: int | None) -> bool:
        """The same where nothing was offered that could tell an order."""
        if picked in self.found or picked not in self.rest:
            return False
        self._cut(picked)
        self.found.append(picked)
        return True

    def drop(self, code: int) -> None:
        """It is neither to be asked about any more, nor was it found."""
        if code in self.rest:
            self._cut(code)

    def _cut(self, code: int) -> None:
        at = self.rest.index(code)
        self.rest = self.rest[:at] + self.rest[at + 1 :]

    def without(self, codes: Collection[int]) -> tuple[int, ...]:
        """What is still to ask about, but for these."""
        return tuple(filterfalse(codes.__contains__, self.rest)) if codes else self.rest

    def beside(self) -> tuple[int, ...]:
        """What is still to ask about, and behind it the first that was picked: something is common in any case."""
        return (*self.rest, *self.found[:1])

    def turned(self) -> tuple[int, ...]:
        """What was found, in another order."""
        return turned(self.found)

    def pairs(self) -> tuple[tuple[int, ...], ...]:
        """The plain questions: two of those found first, in both orders."""
        pair = turned(self.found[:3])[:2]
        return pair, pair[::-1]

    def settle(self, picked: Sequence[int | None]) -> None:
        """Take in the answers to the plain questions."""
        one, other = picked
        if one is not None and one == other:
            self.settled = Order.SERVER
        elif tuple(picked) == self.pairs()[0]:
            self.settled = Order.CLIENT

    def order(self) -> Order:
        """Whose order explains every answer, or else those to the plain questions."""
        if self.settled:
            return self.settled
        if len(self.found) < 2:
            return Order.ONLY_ONE
        if not (self.tested or self.by_client or self.by_server):
            return Order.NOT_ASKED
        if self._against_server.isdisjoint(self.found):
            return Order.SERVER
        return Order.CLIENT if self._against_client.isdisjoint(self.found) else Order.MIXED


def turned(codes: Sequence[int]) -> tuple[int, ...]:
    """The same, but for another at the head.

    No ChaCha20 suite where there is another: a server may move it up for clients that put it first, whatever its
    order. The first comes second, because some servers read no more than the beginning of a list.
    """
    if len(codes) < 2:
        return tuple(codes)
    head = next((code for code in reversed(codes[1:]) if "CHACHA20" not in suite(code).name), codes[-1])
    return (head, *(code for code in codes if code != head))
