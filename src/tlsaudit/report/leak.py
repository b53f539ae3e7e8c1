"""What passed an interface between the two sides of a link: for the terminal, and as JSON."""

import json
from collections.abc import Callable, Mapping
from typing import TextIO

from rich.text import Text

from tlsaudit.check import Outcome, Verdict
from tlsaudit.evidence.wire import WireFlow, WireKind, WireLook
from tlsaudit.report.layout import gap, line, make_console, table, words, wrapped
from tlsaudit.report.text import sentence

SCHEMA = "tlsaudit/leak/1"

_WORDS = {Outcome.PASS: "NO LEAK", Outcome.FAIL: "LEAK", Outcome.UNKNOWN: "UNKNOWN"}
_STYLES = {Outcome.PASS: "green", Outcome.FAIL: "bold red", Outcome.UNKNOWN: "yellow"}
_PROTOCOLS = {1: "ICMP", 6: "TCP", 17: "UDP", 58: "ICMPv6", 132: "SCTP"}
_HEAD = ("WAY", "IN CLEAR", "AH", "ESP", "IKE", "OTHER", "DECRYPTED HERE")


def render_terminal(look: WireLook, verdict: Verdict, out: TextIO) -> None:
    """A line that says it all, and a table of what was counted."""
    console = make_console(out)
    lead = f"Leak test of {look.link} at {look.interface}, {look.started_at:%Y-%m-%d %H:%M} UTC, {look.seconds:g} s"
    wrapped(console, words(lead, "bold"))
    gap(console)
    said = Text(f" {_WORDS[verdict.outcome]}  ", _STYLES[verdict.outcome])
    line(console, said, words(sentence(verdict.message)))
    gap(console)
    rows = [
        [
            words(f"{way.sender} to {way.receiver}"),
            *(Text(f"{way.counts[kind]:,}") for kind in WireKind),
            Text(f"{way.own:,}"),
        ]
        for way in look.ways
    ]
    if not table(console, _HEAD, rows, flexible=(0,)):
        for row in rows:
            wrapped(console, Text.assemble(" ", row[0]))
            for name, count in zip(_HEAD[1:], row[1:], strict=True):
                wrapped(console, Text.assemble(f"   {name.lower()} ", count))
    for number, flow in enumerate(look.flows):
        if number == 0:
            gap(console)
        line(console, Text(f" {'' if number else 'In clear':<10}"), words(_flow(flow)))


def _flow(flow: WireFlow) -> str:
    protocol = _PROTOCOLS.get(flow.protocol, f"protocol {flow.protocol}")
    return f"{flow.source} -> {flow.destination}  {protocol}  {flow.packets:,}"


def render_json(look: WireLook, verdict: Verdict, out: TextIO) -> None:
    """One document, ASCII throughout."""
    document = {
        "schema": SCHEMA,
        "link": look.link,
        "interface": look.interface,
        "started_at": f"{look.started_at:%Y-%m-%dT%H:%M:%SZ}",
        "seconds": look.seconds,
        "outcome": verdict.outcome,
        "message": verdict.message,
        "ways": [
            {"from": way.sender, "to": way.receiver, **way.counts, "decrypted_here": way.own} for way in look.ways
        ],
        "dropped": look.dropped,
        "flows": [
            {"from": flow.source, "to": flow.destination, "protocol": flow.protocol, "packets": flow.packets}
            for flow in look.flows
        ],
    }
    out.write(json.dumps(document, indent=1, ensure_ascii=True) + "\n")


RENDERERS: Mapping[str, Callable[[WireLook, Verdict, TextIO], None]] = {
    "terminal": render_terminal,
    "json": render_json,
}
