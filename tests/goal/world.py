"""A small world to measure goals in: three hosts at two sites, a link, and findings about them."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from tlsaudit.check import Fact, Finding, Outcome, Severity, Subject, SubjectKind
from tlsaudit.goal import Blocker, Progress, Subjects, Waivers, by_check_and_subject, measure
from tlsaudit.target import Targets, load_targets

KINDS = {
    "pfs-suites": SubjectKind.ENDPOINT,
    "pfs-clients": SubjectKind.ENDPOINT,
    "page-size-exposure": SubjectKind.ENDPOINT,
    "site-parity": SubjectKind.SERVICE,
    "ipsec-established": SubjectKind.LINK,
    "crawlers": SubjectKind.FLEET,
}

WORLD = """\
version: 1
defaults: {owner: ops@example.org}
sites: {east: {}, west: {}}
services:
  wiki: {hosts: [www.example.org, m.example.org], at: {east: 192.0.2.10, west: 198.51.100.10}}
  login: {hosts: [login.example.org], at: {east: 192.0.2.11, west: 198.51.100.11}}
  old: ["old.example.org:8443", "[2001:db8::1]:443"]
links: {east-west: {sites: [east, west]}}
"""

PASS, FAIL, UNKNOWN, NOT_APPLICABLE = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN, Outcome.NOT_APPLICABLE


def targets(more: str = "", **services: list[str]) -> Targets:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "targets.yaml"
        listed = "".join(f"  {name}: [{', '.join(hosts)}]\n" for name, hosts in services.items())
        path.write_text(WORLD.replace("links:", f"{listed}links:") + more, encoding="utf-8")
        return load_targets(path)


def objective(line: str, waivers: Sequence[str] = ()) -> Targets:
    text = f"objectives:\n  goal: {line}\n"
    if waivers:
        text += "waivers:\n" + "".join(f"  - {waiver}\n" for waiver in waivers)
    return targets(text)


def finding(check: str, subject: str, outcome: Outcome, **facts: Fact) -> Finding:
    kind = KINDS.get(check, SubjectKind.ENDPOINT)
    return Finding(check, Subject(kind, subject), None, None, outcome, Severity.HIGH, f"says {outcome}", facts)


def day(text: str) -> date:
    return date.fromisoformat(text)


def at_ten_past_two(text: str) -> datetime:
    return datetime.combine(day(text), datetime.min.time(), UTC).replace(hour=2, minute=10)


def progress(
    world: Targets,
    findings: Sequence[Finding],
    at: str,
    *,
    observed: str | None = "today",
    earlier: Sequence[tuple[str, float]] = (),
) -> Progress:
    """The first objective of a world on a day; `observed` is a day, `today` the same one."""
    subjects = Subjects(world)
    waivers = Waivers(world.waivers, subjects, day(at))
    return measure(
        world.objectives[0],
        by_check_and_subject([waivers.apply(item) for item in findings]),
        subjects,
        waivers,
        KINDS,
        at=day(at),
        observed_at=at_ten_past_two(at if observed == "today" else observed) if observed else None,
        earlier=[(day(when), value) for when, value in earlier],
    )


def lines(blocking: Sequence[Blocker]) -> tuple[str, ...]:
    """What blocks, a line each."""
    return tuple(
        f"{item.check} {item.subject.id}: {item.message}"
        + (f" (waived until {item.excused_until})" if item.excused_until else "")
        for item in blocking
    )
