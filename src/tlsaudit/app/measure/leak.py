"""Whether packets between the two sides of a link pass an interface in clear: look, judge, show."""

import sys
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from tlsaudit.app.settings import utc_now
from tlsaudit.check import Outcome, Verdict, failed, passed, unknown
from tlsaudit.errors import UserError
from tlsaudit.evidence.wire import WireKind, WireLook, WireWay
from tlsaudit.probe.wire.sides import Side, side
from tlsaudit.probe.wire.watch import watch
from tlsaudit.report.leak import RENDERERS
from tlsaudit.report.text import joined, plural
from tlsaudit.target import Link, load_targets

EXIT = {Outcome.PASS: 0, Outcome.FAIL: 1, Outcome.UNKNOWN: 3}


@dataclass(frozen=True, slots=True)
class MeasureLeak:
    """Which link of which targets file, at which interface, for how long."""

    link: str
    config: Path
    interface: str
    seconds: float
    packets: int

    def run(self, format_name: str) -> int:
        """Look, and write what was seen to standard output; the exit status. Raises UserError."""
        sides = find_sides(self.config, self.link)
        if sys.stderr.isatty():
            print(f"watching {self.interface} for {self.seconds:g} s", file=sys.stderr)  # noqa: T201
        look = watch(self.link, self.interface, sides, seconds=self.seconds, packets=self.packets, now=utc_now)
        verdict = judge(look)
        RENDERERS[format_name](look, verdict, sys.stdout)
        return EXIT[verdict.outcome]


def find_sides(config: Path, name: str) -> tuple[Side, Side]:
    """The two sides of a link of the targets file. Raises UserError, also where it does not say enough of them."""
    links = load_targets(config).links
    if name not in links:
        near = get_close_matches(name, links, n=1)
        there = f"did you mean {near[0]}?" if near else f"there is {', '.join(links) or 'none'}"
        raise UserError(f"{config}: no link is called {name!r:.80}; {there}")
    one, other = links[name].sites
    return _side(links[name], one), _side(links[name], other)


def _side(link: Link, site: str) -> Side:
    where = ":".join(map(str, link.location)) if link.location else link.id
    if not link.prefixes.get(site):
        raise UserError(f"{where}: which prefixes are behind {site}? Write prefixes: {{{site}: [10.64.0.0/16]}}")
    if not link.gateways.get(site):
        raise UserError(f"{where}: which gateway does {site} have? Write gateways: {{{site}: 192.0.2.1}}")
    return side(site, link.gateways[site], link.prefixes[site])


def judge(look: WireLook) -> Verdict:
    """Whether something leaked. That nothing was seen in clear counts only where something encrypted was."""
    clear, authenticated = look.count(WireKind.CLEAR), look.count(WireKind.AUTHENTICATED)
    if clear:
        return failed(f"{plural(clear, 'packet')} passed {look.interface} in clear")
    if authenticated:
        return failed(f"{plural(authenticated, 'packet')} passed {look.interface} within AH, which encrypts nothing")
    if look.dropped:
        return unknown(f"{plural(look.dropped, 'packet')} that may be in clear came too fast to be looked at")
    sure = [way for way in look.ways if way.counts[WireKind.ENCRYPTED] and not way.own]
    if sure:
        rest = [way for way in look.ways if way not in sure]
        ways = joined([_named(way) for way in sure])
        return passed(f"nothing passed {look.interface} in clear, {ways}{''.join(f'; {_doubt(way)}' for way in rest)}")
    if own := [way.sender for way in look.ways if way.own]:
        return unknown(f"this machine may have decrypted itself what it shows in clear: look at {joined(own)}, too")
    return unknown(f"nothing of this link passed {look.interface} while it was watched")


def _doubt(way: WireWay) -> str:
    if way.own:
        return f"{_named(way)} this machine may have decrypted what it shows: look at {way.sender}, too"
    return f"{_named(way)} nothing was seen"


def _named(way: WireWay) -> str:
    return f"from {way.sender} to {way.receiver}"
