"""Which rules apply in a run: what is installed and what was asked for decide, and the user learns of it once."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from tests.cli.command import Done, tlsaudit
from tests.servers import free_port
from tlsaudit.app.applicable import applicable
from tlsaudit.app.settings import ProbeSettings
from tlsaudit.check import BySite, PreloadList, Rule, Severity, Verdict, check, passed
from tlsaudit.errors import UserError
from tlsaudit.evidence import ClientSessions, DeepScan, EvidenceType, QuicOffer, TlsOffer, WebLatency
from tlsaudit.registry import rule
from tlsaudit.target import Proxy


def _always(tls: TlsOffer) -> Iterator[Verdict]:
    yield passed("fine")


def _replayed(tls: TlsOffer, replayed: ClientSessions) -> Iterator[Verdict]:
    yield passed("fine")


def _attacked(found: BySite[DeepScan]) -> Iterator[Verdict]:
    yield passed("fine")


def _over_udp(found: QuicOffer) -> Iterator[Verdict]:
    yield passed("fine")


def _timed(found: WebLatency) -> Iterator[Verdict]:
    yield passed("fine")


def _rules(*functions: Callable[..., Iterator[Verdict]]) -> list[Rule]:
    for function in functions:
        function.__module__ = function.__name__
    return [rule(check(title="A rule", severity=Severity.LOW)(function), {}) for function in functions]


ALL = _rules(_always, _attacked, _over_udp, _replayed)


@pytest.mark.parametrize(
    ("on_demand", "left"),
    [
        ((), ["-always", "-over-udp"]),
        ((ClientSessions,), ["-always", "-over-udp", "-replayed"]),
        ((DeepScan, ClientSessions), ["-always", "-attacked", "-over-udp", "-replayed"]),
    ],
)
def test_what_is_looked_for_on_demand_is_left_out_in_silence(
    on_demand: Sequence[EvidenceType], left: list[str]
) -> None:
    chosen = applicable(ALL, ProbeSettings(on_demand=frozenset(on_demand)))
    assert [each.check.id for each in chosen.rules] == left
    assert chosen.notes == ()


@pytest.mark.parametrize(
    ("functions", "named", "complaint"),
    [
        ((_always, _attacked), {"-attacked"}, "-attacked: cannot be judged: add --deep"),
        ((_always, _replayed), {"-replayed"}, "-replayed: cannot be judged: add --clients"),
        ((_replayed,), set(), "-replayed: cannot be judged: add --clients"),
    ],
)
def test_what_was_named_is_not_left_out_in_silence(
    functions: Sequence[Callable[..., Iterator[Verdict]]], named: set[str], complaint: str
) -> None:
    with pytest.raises(UserError, match=f"^{complaint}$"):
        applicable(_rules(*functions), ProbeSettings(), named)


def _looked_up(tls: TlsOffer, *, preload_list: PreloadList) -> Iterator[Verdict]:
    yield passed("fine")


def test_what_is_looked_up_in_a_list_takes_the_list_and_tells_its_age() -> None:
    _looked_up.__module__ = _looked_up.__name__
    looked_up = check(title="A rule", severity=Severity.LOW)(_looked_up)
    without = applicable([*_rules(_always), rule(looked_up, {})], ProbeSettings())
    assert ([each.check.id for each in without.rules], without.notes) == (["-always"], ())
    assert without.lacking == {"-looked-up": "add --preload-list FILE"}
    preload_list = PreloadList(date(2026, 11, 20), {"example.org": True})
    settings = ProbeSettings(preload_list=preload_list, clock=lambda: datetime(2026, 11, 25, 1, tzinfo=UTC))
    chosen = applicable([rule(looked_up, {}, preload_list)], settings)
    assert [each.check.id for each in chosen.rules] == ["-looked-up"]
    assert chosen.notes == ("the HSTS preload list is of 2026-11-20, 5 days old",)
    assert applicable(_rules(_always), settings).notes == ()


def test_what_does_not_go_through_a_proxy_is_not_asked_around_it() -> None:
    proxied = ProbeSettings(proxy=Proxy("socks5", "127.0.0.1", 1080))
    chosen = applicable(ALL, proxied)
    assert [each.check.id for each in chosen.rules] == ["-always"]
    assert chosen.notes == ("-over-udp: not asked: it does not go through --proxy",)
    with pytest.raises(UserError, match=r"^--deep: it does not go through --proxy$"):
        applicable(ALL, replace(proxied, on_demand=frozenset({DeepScan})))
    chosen = applicable(_rules(_always, _timed), proxied)
    assert chosen.notes == ("-timed: not asked: through --proxy it would time the proxy",)


OWN_CHECK = '''"""A rule."""

from collections.abc import Iterator

from tlsaudit.check import Severity, Verdict, check, passed
from tlsaudit.evidence import {kind}


@check(title="A rule", severity=Severity.LOW)
def {name}(found: {kind}) -> Iterator[Verdict]:
    yield passed("fine")
'''


class Without:
    """tlsaudit where aioquic and sslyze are not installed, with two checks that take them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name, kind in (("over_udp", "QuicOffer"), ("attacked", "DeepScan")):
            (folder / f"{name}.py").write_text(OWN_CHECK.format(name=name, kind=kind), "utf-8")
        self._path = folder / "path"
        self._path.mkdir()
        hidden = "import sys\nsys.modules['aioquic'] = sys.modules['sslyze'] = None\n"
        (self._path / "sitecustomize.py").write_text(hidden, "utf-8")

    def run(self, command: str, *arguments: object) -> Done:
        where = ("--checks-dir", self.folder)
        return tlsaudit(command, *where, *arguments, cwd=self.folder, PYTHONPATH=str(self._path))


@pytest.fixture
def without(tmp_path: Path) -> Without:
    return Without(tmp_path)


def test_an_extra_that_is_not_installed_is_said_once(without: Without) -> None:
    dead = [f"127.0.0.{number}:{free_port('127.0.0.1')}" for number in (1, 2)]
    document = without.run("scan", *dead, "--format", "json").document
    assert document["notes"][0] == "http3, http3-certificate, over-udp: not asked: pip install 'tlsaudit[quic]'"
    assert not any("attacked" in note or "aioquic" in note for note in document["notes"])
    asked = {finding["check"] for finding in document["findings"]}
    assert "tls-versions" in asked
    assert not asked & {"over-udp", "attacked"}


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (("--select", "over-udp"), "over-udp: cannot be judged: pip install 'tlsaudit[quic]'"),
        (("--select", "attacked"), "attacked: cannot be judged: pip install 'tlsaudit[deep]', then add --deep"),
        (("--deep",), "--deep: pip install 'tlsaudit[deep]'"),
    ],
)
def test_what_was_asked_for_and_cannot_be_had_is_one_line(
    without: Without, options: Sequence[str], complaint: str
) -> None:
    done = without.run("scan", "example.org", *options)
    assert (done.code, done.out, done.err) == (2, "", f"tlsaudit: {complaint}\n")


def test_an_objective_whose_check_cannot_apply_stays_not_measured(without: Without) -> None:
    targets = f"""\
version: 1
services:
  web: {{hosts: [127.0.0.1:{free_port("127.0.0.1")}]}}
objectives:
  udp: {{title: UDP too, checks: [over-udp], milestones: {{2099-06-30: 100%}}}}
"""
    (without.folder / "targets.yaml").write_text(targets, "utf-8")
    without.run("audit")
    document = json.loads((without.folder / "reports" / "audit.json").read_text("utf-8"))
    (objective,) = document["objectives"]
    assert objective["status"] == "not-measured"
    assert "UDP too: over-udp was not judged: pip install 'tlsaudit[quic]'" in document["notes"]
