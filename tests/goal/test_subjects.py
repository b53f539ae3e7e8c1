"""By which names scopes and waivers may call what findings are about."""

from pathlib import Path

import pytest

from tests.goal.world import targets
from tlsaudit.check import SubjectKind
from tlsaudit.goal import Subjects
from tlsaudit.target import load_targets

EAST = ["www.example.org:443@east", "m.example.org:443@east"]
WEST = ["www.example.org:443@west", "m.example.org:443@west"]
SUBJECTS = Subjects(targets())


@pytest.mark.parametrize(
    ("entry", "called"),
    [
        ("wiki", ["wiki", *EAST, *WEST]),
        ("wiki@east", EAST),
        ("www.example.org", [EAST[0], WEST[0]]),
        ("WWW.Example.org", [EAST[0], WEST[0]]),
        ("www.example.org@west", [WEST[0]]),
        ("www.example.org:443", [EAST[0], WEST[0]]),
        ("www.example.org:443@west", [WEST[0]]),
        ("WWW.example.org:443@west", [WEST[0]]),
        ("old.example.org", ["old.example.org:8443"]),
        ("old.example.org:8443", ["old.example.org:8443"]),
        ("old.example.org:443", []),
        ("2001:db8::1", ["[2001:db8::1]:443"]),
        ("[2001:DB8::1]", ["[2001:db8::1]:443"]),
        ("[2001:db8::1]:443", ["[2001:db8::1]:443"]),
        ("east-west", ["east-west"]),
        ("fleet", ["fleet"]),
        ("east", []),
        ("wiki@moon", []),
        ("wik", []),
        ("example.org", []),
        ("", []),
        ("@east", []),
    ],
)
def test_names(entry: str, called: list[str]) -> None:
    assert sorted(subject.id for subject in SUBJECTS.called(entry)) == sorted(called)


@pytest.mark.parametrize(
    ("scope", "kind", "found"),
    [
        ((), SubjectKind.LINK, ["east-west"]),
        ((), SubjectKind.FLEET, ["fleet"]),
        ((), SubjectKind.SERVICE, ["wiki", "login"]),
        (("wiki",), SubjectKind.SERVICE, ["wiki"]),
        (("old",), SubjectKind.SERVICE, []),
        (("wiki",), SubjectKind.LINK, []),
        (("wiki@east", "www.example.org@east"), SubjectKind.ENDPOINT, EAST),
        (("login@west", "wiki@west"), SubjectKind.ENDPOINT, ["login.example.org:443@west", *WEST]),
    ],
)
def test_scope(scope: tuple[str, ...], kind: SubjectKind, found: list[str]) -> None:
    assert [subject.id for subject in SUBJECTS.in_scope(scope, kind)] == found


def test_without_a_scope_every_endpoint_counts() -> None:
    assert len(SUBJECTS.in_scope((), SubjectKind.ENDPOINT)) == 8


@pytest.mark.parametrize(
    ("vantages", "services"),
    [("{}", ["two"]), ("{fra: {}}", ["two"]), ("{fra: {}, sin: {}}", ["one", "two"])],
)
def test_a_service_at_one_site_can_be_compared_only_between_vantages(
    tmp_path: Path, vantages: str, services: list[str]
) -> None:
    (tmp_path / "targets.yaml").write_text(
        "version: 1\nsites: {east: {}, west: {}}\n"
        f"vantages: {vantages}\n"
        "services:\n"
        "  one: [a.example.org]\n"
        "  two: {hosts: [b.example.org], at: {east: 192.0.2.1, west: 192.0.2.2}}\n",
        "utf-8",
    )
    subjects = Subjects(load_targets(tmp_path / "targets.yaml"))
    assert [subject.id for subject in subjects.in_scope((), SubjectKind.SERVICE)] == services
    assert [subject.id for subject in subjects.at_sites(())] == ["two"]
