"""What a scan keeps for its report: whatever it was, in the order of the targets, and in little memory."""

import os
import resource
import tracemalloc
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from tests.report import views
from tests.store.fleet import observation
from tlsaudit.app.records import endpoint_record, finding_record, location_record
from tlsaudit.app.spool import Spool, SpoolView
from tlsaudit.check import Finding, Outcome, Severity, Subject, SubjectKind
from tlsaudit.errors import UserError
from tlsaudit.report.document import FindingRecord, Header, Summary, Tool
from tlsaudit.report.view import Outline, Quiet
from tlsaudit.target import Endpoint, Location

NOW = datetime(2026, 11, 28, tzinfo=UTC)


def found(endpoint: Endpoint) -> list[Finding]:
    subject = Subject(SubjectKind.ENDPOINT, endpoint.id)
    return [
        Finding(
            f"check-{outcome.value}",
            subject,
            endpoint.id,
            "192.0.2.1",
            outcome,
            Severity.HIGH,
            f"{endpoint.host} says it",
            also=("and more",),
            facts={"figure": 1.5, "days": [1, 2], "none": None},
        )
        for outcome in Outcome
    ]


def view(spool: Spool) -> SpoolView:
    counts = {"pass": 0, "fail": 0, "unknown": 0, "not_applicable": 0, "waived": 0}
    summary = Summary.model_validate(
        {"endpoints": 0, "reachable": 0, "findings": counts, "coverage": None, "connections": 0, "duration_s": 0}
    )
    about: dict[str, object] = {
        "policy": {},
        "checks": [],
        "sites": [],
        "links": [],
        "waivers": [],
        "notes": [],
        "vantage": "here",
    }
    about |= {"tool": Tool(version="1"), "started_at": NOW, "finished_at": NOW, "summary": summary}
    return SpoolView(Header.model_validate(about), spool)


def test_it_gives_back_what_it_got_in_the_order_of_the_targets() -> None:
    fleet = [Endpoint(f"h{number}.example.org", location=Location("hosts", number, 1)) for number in range(5)]
    with Spool(fleet) as spool:
        for endpoint in reversed(fleet):
            spool.add(endpoint, observation(endpoint, NOW), found(endpoint))
        seen = view(spool)
        assert list(seen.endpoints()) == [endpoint_record(each, observation(each, NOW)) for each in fleet]
        said = [finding_record(item, location_record(each.location)) for each in fleet for item in found(each)]
        assert list(seen.findings()) == said
        told, same = seen.outlines(), views.Plain(seen).outlines()
        assert [_whole(each) for each in told] == [_whole(each) for each in same]


def test_memory_does_not_grow_with_what_was_found() -> None:
    fleet = [Endpoint(f"h{number}.example.org") for number in range(40)]
    tracemalloc.start()
    with Spool(fleet) as spool:
        for endpoint in fleet:
            incompressible = [replace(item, message=os.urandom(1 << 18).hex()) for item in found(endpoint)]
            spool.add(endpoint, observation(endpoint, NOW), incompressible)  # a megabyte
        del incompressible
        held, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert held < 4 << 20
        assert len(next(view(spool).findings()).message) == 1 << 19


def _whole(outline: Outline) -> tuple[str | None, list[FindingRecord], tuple[Quiet, ...]]:
    return outline.endpoint, [item.record() for item in outline.open], outline.quiet


def test_a_disk_that_is_full_is_one_line() -> None:
    host = Endpoint("www.example.org")
    (said, *_) = found(host)
    much = [replace(said, message=os.urandom(10 << 20).hex())]
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    with Spool([host]) as spool:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, limits[1]))
        try:
            with pytest.raises(UserError, match=r"\A/[^\n]*cannot be kept there[^\n]*TMPDIR[^\n]*\Z"):
                spool.add(host, observation(host, NOW), much)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
