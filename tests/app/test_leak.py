"""What a look at the wire comes to, and how it is told."""

import io
import json
from datetime import UTC, datetime

import pytest

from tlsaudit.app.measure.leak import judge
from tlsaudit.evidence.wire import WireFlow, WireKind, WireLook, WireWay
from tlsaudit.report.leak import render_json, render_terminal

NOW = datetime(2026, 11, 28, 15, 0, tzinfo=UTC)
NOTHING = dict.fromkeys(WireKind, 0)
ESP = NOTHING | {WireKind.ENCRYPTED: 120}
IKE = NOTHING | {WireKind.NEGOTIATION: 2, WireKind.OTHER: 1}
AH = ESP | {WireKind.AUTHENTICATED: 1}
CLEAR = ESP | {WireKind.CLEAR: 3}
EAST_TO_WEST = "nothing passed eth0 in clear, from east to west"


def look(
    there: dict[WireKind, int], back: dict[WireKind, int], *, own: int = 0, dropped: int = 0, flows: int = 0
) -> WireLook:
    ways = WireWay("east", "west", there), WireWay("west", "east", back, own)
    shown = (WireFlow("10.64.1.2", "10.192.3.4", 6, 3),) * flows
    return WireLook("east-west", "eth0", NOW, 10.0, ways, dropped, shown)


@pytest.mark.parametrize(
    ("seen", "outcome", "message"),
    [
        (look(ESP, ESP), "pass", f"{EAST_TO_WEST} and from west to east"),
        (look(ESP, IKE), "pass", f"{EAST_TO_WEST}; from west to east nothing was seen"),
        (
            look(ESP, ESP, own=7),
            "pass",
            f"{EAST_TO_WEST}; from west to east this machine may have decrypted what it shows: look at west, too",
        ),
        (look(CLEAR, ESP), "fail", "3 packets passed eth0 in clear"),
        (look(CLEAR, NOTHING, dropped=5), "fail", "3 packets passed eth0 in clear"),
        (look(ESP, AH), "fail", "1 packet passed eth0 within AH, which encrypts nothing"),
        (look(ESP, ESP, dropped=5), "unknown", "5 packets that may be in clear came too fast to be looked at"),
        (look(IKE, NOTHING), "unknown", "nothing of this link passed eth0 while it was watched"),
        (
            look(NOTHING, ESP, own=7),
            "unknown",
            "this machine may have decrypted itself what it shows in clear: look at west, too",
        ),
    ],
)
def test_the_verdict(seen: WireLook, outcome: str, message: str) -> None:
    verdict = judge(seen)
    assert (verdict.outcome, verdict.message) == (outcome, message)


def terminal(seen: WireLook, monkeypatch: pytest.MonkeyPatch, columns: int) -> str:
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setenv("NO_COLOR", "1")
    out = io.StringIO()
    render_terminal(seen, judge(seen), out)
    return out.getvalue()


def test_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = terminal(look(CLEAR, ESP, own=2, flows=1), monkeypatch, 100)
    assert [" ".join(line.split()) for line in shown.splitlines()] == [
        "Leak test of east-west at eth0, 2026-11-28 15:00 UTC, 10 s",
        "",
        "LEAK 3 packets passed eth0 in clear",
        "",
        "WAY IN CLEAR AH ESP IKE OTHER DECRYPTED HERE",
        "east to west 3 0 120 0 0 0",
        "west to east 0 0 120 0 0 2",
        "",
        "In clear 10.64.1.2 -> 10.192.3.4 TCP 3",
    ]


def test_a_narrow_terminal_loses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = terminal(look(CLEAR, ESP, own=2, flows=1), monkeypatch, 30)
    assert max(map(len, shown.splitlines())) <= 30
    assert "in clear 3" in shown
    assert "decrypted here 2" in shown
    assert "10.192.3.4" in shown


def test_the_document() -> None:
    out = io.StringIO()
    seen = look(CLEAR, ESP, own=2, flows=1)
    render_json(seen, judge(seen), out)
    document = json.loads(out.getvalue())
    assert document["schema"] == "tlsaudit/leak/1"
    assert document["started_at"] == "2026-11-28T15:00:00Z"
    assert (document["outcome"], document["dropped"]) == ("fail", 0)
    assert document["ways"][1] == {
        "from": "west", "to": "east", "clear": 0, "ah": 0, "esp": 120, "ike": 0, "other": 0, "decrypted_here": 2
    }  # fmt: skip
    assert document["flows"] == [{"from": "10.64.1.2", "to": "10.192.3.4", "protocol": 6, "packets": 3}]
