"""Audits made up for the renderers' tests."""

import datetime
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from tlsaudit.report.document import (
    AnswerRecord,
    AuditDocument,
    AvailabilityRecord,
    BlockerRecord,
    CheckRecord,
    Counts,
    DecisionRecord,
    EndpointRecord,
    FindingRecord,
    ForecastRecord,
    GateRecord,
    GoalpostsRecord,
    Latency,
    LockedOutRecord,
    LooksRecord,
    MilestoneRecord,
    MoveRecord,
    ObjectiveRecord,
    ProfileRecord,
    ReadinessRecord,
    ReferencesRecord,
    SpreadRecord,
    SubjectRecord,
    Summary,
    Tool,
    WaiverRecord,
    WeekRecord,
)
from tlsaudit.report.view import AuditView, DocumentView

AT = datetime.date(2015, 3, 1)
STARTED = datetime.datetime(2015, 3, 1, 2, 9, 58, tzinfo=datetime.UTC)
FINISHED = datetime.datetime(2015, 3, 1, 2, 10, 7, tzinfo=datetime.UTC)
day = datetime.date.fromisoformat

HOSTILE = "\x1b[2J\x1b]0;owned\x07<script>alert(1)</script>\u202etxt.exe\x7f\x9b31m\r\n'\"&{{7*7}}[bold red]"

CHECKS = [
    CheckRecord(
        id="tls-versions",
        title="Only current versions of TLS are served",
        severity="high",
        summary="Only current versions of TLS are served.",
        rationale="SSL 3.0, TLS 1.0 and TLS 1.1 rest on broken or ageing constructions and must not be negotiated.\n\n"
        "No browser of the last years needs them.",
        remediation="Serve TLS 1.2 and 1.3 only. The log says whether old clients are left.\n\n"
        "- nginx: `ssl_protocols TLSv1.2 TLSv1.3;`",
        fixes={
            "nginx": "ssl_protocols TLSv1.2 TLSv1.3;",
            "apache": "SSLProtocol -all +TLSv1.2 +TLSv1.3",
            "haproxy": "ssl-default-bind-options ssl-min-ver TLSv1.2",
        },
        references=["RFC 8996", "RFC 9325 section 3.1.1"],
        options={"minimum": "1.2"},
        digest="3f1c9a27be04",
    ),
    CheckRecord(
        id="pfs-clients",
        title="Reference clients get forward secrecy",
        severity="high",
        summary="Every reference client that can connect gets a forward-secret session.",
        rationale="A server may offer forward secrecy and still hand out static-RSA sessions (`TLS_RSA_...`), when its "
        "order of preference puts them first.",
        remediation="Put ECDHE suites first and let the server's order decide.",
        fixes={"nginx": "ssl_prefer_server_ciphers on;", "apache": "SSLHonorCipherOrder on"},
        references=["RFC 9325 section 4.1"],
        options={},
        digest="a01b77c2d5ee",
    ),
    CheckRecord(
        id="redirect-https",
        title="Plain http leads to https",
        severity="medium",
        summary="A visitor who asks for http is sent to the same host under https, permanently.",
        rationale="A redirect that leaves the host cannot be upgraded by HSTS.",
        remediation="Redirect permanently to the same host.",
        fixes={"nginx": "return 301 https://$host$request_uri;"},
        references=["RFC 9110 section 15.4.2"],
        options={},
        digest="77d0e1f2a3b4",
    ),
    CheckRecord(
        id="canonical-https",
        title="Pages name their https address as canonical",
        severity="medium",
        summary="Search engines are told to index the https address.",
        rationale="The http copy must name https too, or the index keeps http.",
        remediation="Write the https address into `rel=canonical` on both copies.",
        fixes={},
        references=["RFC 6596"],
        options={},
        digest="0badc0ffee12",
    ),
    CheckRecord(
        id="hsts-max-age",
        title="HSTS max-age is long enough",
        severity="high",
        summary="HSTS lasts long enough to outlive the gap between two visits.",
        rationale="Without HSTS the first request of a visit may go out unencrypted.",
        remediation="Send the header with a year or more.",
        fixes={"nginx": 'add_header Strict-Transport-Security "max-age=31536000" always;'},
        references=["RFC 6797 section 6.1.1"],
        options={"minimum": "365d"},
        digest="5e5e5e5e0001",
    ),
    CheckRecord(
        id="ipsec-coverage",
        title="All prefixes between the sites are encrypted",
        severity="critical",
        summary="Every pair of prefixes behind a link is covered by a security association.",
        rationale="Traffic that matches no traffic selector leaves the data centre in the clear.",
        remediation="Install a security association for each pair of prefixes.",
        fixes={},
        references=["RFC 4301 section 4.4"],
        options={},
        digest="1b5ec0000001",
    ),
]
SEVERITY = {item.id: item.severity for item in CHECKS}


def counts(passed: int = 0, **others: int) -> Counts:
    return Counts.model_validate({"pass": passed, **others})


def endpoint(host: str, site: str | None = None, service: str | None = None, **changes: Any) -> EndpointRecord:
    fields: dict[str, Any] = {
        "id": f"{host}:443@{site}" if site else f"{host}:443",
        "host": host,
        "port": 443,
        "service": service,
        "site": site,
        "owner": None,
        "addresses": ["192.0.2.10" if site != "west" else "198.51.100.10"],
        "not_tried": [],
        "reachable": True,
        "reason": None,
        "latency_ms": Latency(connect=11.0 if site != "west" else 68.4, first_byte=48.0 if site != "west" else 203.0),
        "headline": ["TLS 1.3 1.2", "X25519MLKEM768", "ECDSA P-256, 61 of 90 days left"],
        "connections": 24,
    }
    return EndpointRecord(**(fields | changes))


def finding(check: str, subject: str, outcome: str, message: str, **changes: Any) -> FindingRecord:
    kind = changes.pop("kind", "endpoint")
    fields: dict[str, Any] = {
        "check": check,
        "subject": SubjectRecord(kind=kind, id=subject),
        "endpoint": subject if kind == "endpoint" else None,
        "address": None,
        "outcome": outcome,
        "severity": SEVERITY.get(check, "high"),
        "message": message,
        "also": [],
        "facts": {},
        "waiver": None,
    }
    return FindingRecord(**(fields | changes))


def objective(name: str, title: str, **changes: Any) -> ObjectiveRecord:
    fields: dict[str, Any] = {
        "id": name,
        "title": title,
        "kind": "share",
        "owner": "web@example.org",
        "status": "on-track",
        "share": None,
        "value": None,
        "coverage": None,
        "counts": Counts(),
        "target": "100%",
        "due": None,
        "forecast": None,
        "decision": None,
        "milestones": [],
        "previous": None,
        "excused_until": None,
        "blocking": [],
    }
    blocking = changes.get("blocking", [])
    return ObjectiveRecord(**(fields | changes), blocking_count=len(blocking))


def blocker(check: str, subject: str, message: str, kind: str = "endpoint") -> BlockerRecord:
    return BlockerRecord.model_validate({"check": check, "subject": {"kind": kind, "id": subject}, "message": message})


def milestone(due: str, target: str, held: bool | None = None) -> MilestoneRecord:
    return MilestoneRecord(due=day(due), target=target, held=held)


class Plain(AuditView):
    """The same audit, of which all is made of its endpoints and its findings."""

    def __init__(self, view: AuditView) -> None:
        self.header, self.objectives, self._view = view.header, view.objectives, view

    def endpoints(self) -> Iterator[EndpointRecord]:
        return self._view.endpoints()

    def findings(self) -> Iterator[FindingRecord]:
        return self._view.findings()

    def availability(self) -> Iterator[AvailabilityRecord]:
        return self._view.availability()


def view(
    endpoints: Sequence[EndpointRecord],
    findings: Sequence[FindingRecord],
    objectives: Sequence[ObjectiveRecord] = (),
    **changes: Any,
) -> DocumentView:
    """A document whose summary is counted from its lists."""
    tally = Counter("waived" if item.waiver is not None else item.outcome for item in findings)
    applicable = sum(tally.values()) - tally["not_applicable"]
    fields: dict[str, Any] = {
        "tool": Tool(version="0.1.0"),
        "started_at": STARTED,
        "finished_at": FINISHED,
        "vantage": "office, us-east",
        "policy": {"reference_clients": "2026-05"},
        "checks": CHECKS,
        "sites": sorted({item.site for item in endpoints if item.site}),
        "links": [],
        "waivers": [],
        "notes": [],
        "summary": Summary(
            endpoints=len(endpoints),
            reachable=sum(item.reachable for item in endpoints),
            findings=Counts.model_validate(tally),
            coverage=(applicable - tally["unknown"]) / applicable if applicable else None,
            connections=sum(item.connections or 0 for item in endpoints),
            duration_s=1.2,
        ),
        "endpoints": list(endpoints),
        "findings": list(findings),
        "objectives": list(objectives),
    }
    return DocumentView(AuditDocument(**(fields | changes)))


def answer(question: str, counted: Counts, measured: int | None = None, **figures: Any) -> AnswerRecord:
    fields = {"question": question, "check": question, "counts": counted, "open": [], "measured": measured}
    return AnswerRecord.model_validate(fields | figures)


def spread(median: float, least: float, most: float) -> SpreadRecord:
    return SpreadRecord(
        median=median, least=least, least_at="www.example.org:443@east", most=most, most_at="m.example.org:443@west"
    )


def move(goalpost: str, name: str, before: str | None = None, after: str | None = None, **more: Any) -> MoveRecord:
    fields: dict[str, Any] = {
        "seen": day("2015-02-20"), "goalpost": goalpost, "objective": None, "name": name, "before": before,
        "after": after, "easier": True, "count": len(more.get("subjects", [])), "subjects": [], "not_passing": 0,
    }  # fmt: skip
    return MoveRecord(**(fields | more))


MOVES = [
    move("milestone", "Encrypt between data centres", "100% by 2015-01-31", "100% by 2015-02-28", seen=None),
    *(
        move("subjects", name, subjects=["m.example.org:443@east"], not_passing=1)
        for name in ("Search engines use HTTPS", "Recorded traffic stays secret")
    ),
    move("options", "hsts-max-age", "minimum: 365d", "minimum: 180d", easier=None),
    move("milestone", "Search engines use HTTPS", None, "50% by 2015-04-30", easier=False),
]
WAIVER = WaiverRecord(
    check="pfs-clients",
    on=["login@west"],
    reason="Old load balancer, replaced in March",
    owner="web@example.org",
    ticket="https://tickets.example.org/4711",
    expires=day("2015-03-31"),
)
SHEET = ReadinessRecord(
    answers=[
        answer("enforced", counts(passed=3, fail=1), open=["m.example.org:443@east"]),
        answer("hsts", counts(passed=2, fail=1, unknown=1), 3, steps={0: 1, 5: 2}, open=["m.example.org:443@east"]),
        answer(
            "mixed-content", counts(passed=3, fail=1), 4,
            references=ReferencesRecord(
                active=2, passive=12, forms=1, pages=40, endpoints=1, where=["m.example.org:443@east"]
            ),
        ),
        answer("cookies", counts(not_applicable=4)),
        answer(
            "clients", counts(passed=4), 4,
            locked_out=LockedOutRecord(clients=97, names=["IE 7 on Windows Vista", "Java 7u25", "Android 4.0.4"]),
        ),
        answer(
            "latency", counts(passed=4), 4,
            times_ms={
                "added_ms": spread(31, 12, 60.2), "http_connect_ms": spread(10.4, 9, 20),
                "http_first_byte_ms": spread(40, 30, 50), "https_connect_ms": spread(10.6, 9, 20),
                "https_tls_ms": spread(30.8, 12, 60), "https_first_byte_ms": spread(40, 30, 50),
            },
        ),
    ],
    exceptions=[WAIVER],
)  # fmt: skip


def undecided(at: str = "2015-06-30", **changes: Any) -> ObjectiveRecord:
    """A decision with all its questions answered."""
    fields: dict[str, Any] = {
        "owner": "cto@example.org", "kind": "decision", "status": "undecided", "target": "decided", "due": day(at),
        "decision": DecisionRecord(outcome="undecided", decided=None, record=None),
        "milestones": [milestone(at, "decided")], "readiness": SHEET,
    }  # fmt: skip
    title = changes.pop("title", "Decide whether HTTPS is forced for everyone")
    return objective("force-https", title, **(fields | changes))


def overdue() -> DocumentView:
    """Nobody has decided in time."""
    late = DecisionRecord(outcome="undecided", decided=None, record=None, days_late=9)
    return view([endpoint("a.example")], [], [undecided("2015-02-20", status="overdue", decision=late)])


def answered(service: str, site: str, count: int) -> AvailabilityRecord:
    """A service that answered so many of 14 looks."""
    looks = LooksRecord(
        looks=14,
        answered=count,
        low=count / 14 - 0.2,
        high=1.0,
        gap_s=86400.0,
        watched_h=None,
        median_ms=20,
        p95_ms=None,
    )
    week = WeekRecord(**looks.model_dump(), week=day("2015-02-23"))
    return AvailabilityRecord(
        **looks.model_dump(), service=service, site=site, source="audits", endpoints=2, weeks=[week]
    )


def one_host() -> DocumentView:
    """`tlsaudit scan example.org`."""
    name = "example.org:443"
    host = endpoint(
        "example.org",
        headline=["TLS 1.3 1.2 1.0", "X25519MLKEM768", "ECDSA P-256, 61 of 90 days left"],
        not_tried=["2001:db8::10: no IPv6 route from here"],
    )
    findings = [
        finding("pfs-suites", name, "pass", "all 6 suites are forward secret"),
        finding("pfs-clients", name, "pass", "all 12 reference clients that connect get forward secrecy"),
        finding("hsts-max-age", name, "pass", "one year"),
        finding("certificate-trust", name, "pass", "trusted"),
        finding("certificate-validity", name, "pass", "61 of 90 days left"),
        finding("canonical-https", name, "unknown", "403 from the server: nothing to judge"),
        finding(
            "redirect-https", name, "fail", "http -> 302 https://www.example.org/: other host, not permanent",
            facts={"status": 302, "location": "https://www.example.org/"},
        ),
        finding(
            "tls-versions", name, "fail", "TLS 1.0 is served", address="192.0.2.10",
            facts={"served": ["TLS 1.3", "TLS 1.2", "TLS 1.0"], "too_old": ["TLS 1.0"]},
        ),
    ]  # fmt: skip
    return view([host], findings)


def timetable() -> DocumentView:
    """The audit of 1 March 2015: five goals, three hosts at two sites, one link."""
    hosts = {"www.example.org": "wiki", "m.example.org": "wiki", "login.example.org": "login"}
    endpoints = [endpoint(host, site, service) for host, service in hosts.items() for site in ("east", "west")]
    findings = []
    for item in endpoints:
        findings.append(finding("tls-versions", item.id, "pass", "TLS 1.3 and TLS 1.2, nothing older"))
        if item.id == "login.example.org:443@west":
            findings.append(
                finding(
                    "pfs-clients", item.id, "fail",
                    "2 of 12 reference clients get no forward secrecy: IE 8 on XP gets TLS_RSA_WITH_3DES_EDE_CBC_SHA",
                    waiver="Old load balancer, replaced in March", address="198.51.100.11",
                    facts={"forward_secret": 10, "connected": 12, "without": ["IE 8 on XP", "Java 6"]},
                )
            )  # fmt: skip
        else:
            findings.append(finding("pfs-clients", item.id, "pass", "all 12 reference clients get forward secrecy"))
        if item.host == "m.example.org":
            bad = item.site == "east"
            outcome, message = ("fail", "the http copy names http") if bad else ("unknown", "403 from the server")
            findings.append(finding("canonical-https", item.id, outcome, message))
        elif item.service == "wiki":
            findings.append(finding("canonical-https", item.id, "pass", "both copies name https"))
    findings.append(
        finding("ipsec-coverage", "east-west", "fail", "no SA for 10.64.0.0/16 -> 10.192.0.0/16", kind="link")
    )
    objectives = [
        objective(
            "forward-secrecy", "Recorded traffic stays secret if a key leaks",
            status="overdue", share=5 / 6, coverage=1.0, counts=counts(passed=5, waived=1), due=day("2014-12-31"),
            milestones=[milestone("2014-07-31", "50%", True), milestone("2014-12-31", "100%", False)],
            excused_until=day("2015-03-31"), previous=5 / 6,
            blocking=[
                blocker(
                    "pfs-clients", "login.example.org:443@west", "2 of 12 reference clients get no forward secrecy"
                )
            ],
        ),
        objective(
            "ipsec", "Traffic between the data centres is encrypted", owner="net@example.org",
            status="overdue", share=0.0, coverage=1.0, counts=counts(fail=1), due=day("2015-02-28"), previous=0.0,
            milestones=[milestone("2015-01-31", "measured", True), milestone("2015-02-28", "100%", False)],
            forecast=ForecastRecord(date=None, low=None, high=None),
            blocking=[blocker("ipsec-coverage", "east-west", "no SA for 10.64.0.0/16 -> 10.192.0.0/16", "link")],
        ),
        objective(
            "canonical", "Search engines index us under HTTPS",
            status="at-risk", share=0.5, coverage=0.75, counts=counts(passed=2, fail=1, unknown=1),
            due=day("2015-06-16"), previous=0.25,
            milestones=[milestone("2015-02-28", "25%", True), milestone("2015-06-16", "100%")],
            forecast=ForecastRecord(date=day("2015-08-10"), low=day("2015-07-04"), high=day("2015-09-20")),
            blocking=[
                blocker("canonical-https", "m.example.org:443@east", "the http copy names http"),
                blocker("canonical-https", "m.example.org:443@west", "403 from the server"),
            ],
        ),
        undecided(share=0.5, counts=counts(passed=3, fail=3), coverage=1.0),
        objective(
            "traffic-analysis", "Know what page sizes give away, then lower it", owner="ops@example.org",
            kind="metric", value=0.52, previous=0.61, target="<= 45%", due=day("2015-06-30"), coverage=1.0,
            milestones=[milestone("2014-12-31", "measured", True), milestone("2015-06-30", "<= 45%")],
            forecast=ForecastRecord(date=day("2015-05-31"), low=day("2015-05-10"), high=day("2015-06-20")),
        ),
    ]  # fmt: skip
    return view(
        endpoints,
        findings,
        objectives,
        links=["east-west"],
        waivers=[WAIVER],
        notes=["the extra sslyze is not installed: heartbleed was not judged"],
        goalposts=GoalpostsRecord(known_since=day("2015-02-01"), moves=[]),
        previous_at=datetime.datetime(2015, 2, 1, 2, 10, tzinfo=datetime.UTC),
        availability=[answered("wiki", "east", 14), answered("wiki", "west", 13)],
    )


def edited() -> DocumentView:
    """The same after the timetable was edited."""
    header, whole = timetable().header, timetable()
    return view(
        list(whole.endpoints()),
        list(whole.findings()),
        whole.objectives,
        links=header.links,
        previous_at=header.previous_at,
        goalposts=GoalpostsRecord(known_since=day("2015-02-01"), moves=MOVES, later=2),
    )


def gated() -> DocumentView:
    """What a change of the targets file does, as a gate tells it."""
    whole = timetable()
    said = [
        (
            "broken",
            "pfs",
            "Recorded traffic stays secret: 5 of 5 -> 5 of 6 (1 new); 100% by 2014-12-31 is late, was met",
        ),
        (
            "goalpost",
            "canonical milestone",
            "Search engines use HTTPS: 100% by 2015-06-16 -> 100% by 2015-12-31 (easier)",
        ),
        ("new", "login.example.org:443@west", "login.example.org at west: new in this change"),
        ("dropped", "old.example.org:443", "1 endpoint dropped: old.example.org"),
    ]
    review = [
        {"kind": kind, "about": about, "message": message,
         "location": {"file": "ops/targets.yaml", "line": line, "column": 3}}
        for line, (kind, about, message) in enumerate(said, 12)
    ]  # fmt: skip
    gate = GateRecord.model_validate(
        {"configs": [], "targets": "ops/targets.yaml", "judged_with": "what answers now", "base": "main (1234567)",
         "unaffected": [], "review": review}
    )  # fmt: skip
    changes = {"pass": "same", "fail": "worse", "unknown": "same", "not_applicable": "same"}
    findings = [item.model_copy(update={"change": changes[item.outcome]}) for item in whole.findings()]
    return view(list(whole.endpoints()), findings, whole.objectives, gate=gate)


def fleet(size: int = 300) -> DocumentView:
    """Many hosts of three services at two sites: old versions on 14, no answer from 3, a message of its own on 20."""
    endpoints, findings = [], []
    for number in range(size):
        site, service = ("east", "west")[number % 2], ("shop", "search", "mail")[number % 3]
        silent = number in (7, 70, 170)
        item = endpoint(
            f"h{number:04}.example.org", site, service, reachable=not silent,
            reason=("timed out" if number == 7 else "connection refused") if silent else None,
            latency_ms=Latency() if silent else Latency(connect=5 + number % 40, first_byte=20 + number % 90),
        )  # fmt: skip
        endpoints.append(item)
        for check in CHECKS[:5]:
            outcome, message = "pass", "as it should be"
            if silent:
                outcome, message = "unknown", item.reason or ""
            elif check.id == "tls-versions" and number % 20 == 1 and number < 280:
                outcome, message = "fail", "TLS 1.0 is served"
            elif check.id == "hsts-max-age" and 100 <= number < 120:
                outcome, message = "fail", f"max-age is {number} s"
            findings.append(finding(check.id, item.id, outcome, message, address=item.addresses[0]))
    return view(endpoints, findings)


def hostile() -> DocumentView:
    """Every string that a server or a configuration can influence is an attack."""
    host = endpoint(
        HOSTILE, HOSTILE, HOSTILE,
        id=HOSTILE, addresses=[HOSTILE], not_tried=[f"{HOSTILE}: {HOSTILE}"], headline=[HOSTILE], owner=HOSTILE,
    )  # fmt: skip
    silent = endpoint("b", id=f"2{HOSTILE}", reachable=False, reason=HOSTILE)
    check = CHECKS[0].model_copy(
        update={
            "id": "evil", "title": HOSTILE, "summary": HOSTILE, "rationale": HOSTILE, "remediation": HOSTILE,
            "fixes": {"nginx": HOSTILE}, "references": [HOSTILE], "options": {HOSTILE: HOSTILE}, "digest": HOSTILE,
            "profile": ProfileRecord(tier=HOSTILE, title=HOSTILE, version=HOSTILE, url="javascript:alert(3)"),
        }
    )  # fmt: skip
    gap = {"rule": HOSTILE, "found": HOSTILE, "fix": HOSTILE, "lines": {"nginx": [HOSTILE]}, "source": HOSTILE}
    differs = {"host": HOSTILE, "dimension": HOSTILE, "sites": {HOSTILE: [HOSTILE], f"2{HOSTILE}": []}}
    told = {
        HOSTILE: [HOSTILE],
        "differences": [differs],
        "gaps": [gap],
        "announced": [{**gap, "from": HOSTILE, "standing": "not met"}],
    }
    findings = [
        finding("evil", HOSTILE, "fail", HOSTILE, facts=told, also=[HOSTILE + "2"], address=HOSTILE),
        finding("evil", HOSTILE, "fail", HOSTILE, waiver=HOSTILE),
        finding("evil", HOSTILE, "unknown", HOSTILE, vantages={HOSTILE: "unknown", f"2{HOSTILE}": "pass"}),
        finding("evil", HOSTILE, "fail", HOSTILE, kind="service"),
    ]
    goal = objective(
        HOSTILE, HOSTILE, owner=HOSTILE, status="overdue", target=HOSTILE, due=day("2015-01-01"),
        blocking=[blocker(HOSTILE, HOSTILE, HOSTILE)],
        milestones=[milestone("2015-01-01", HOSTILE)], counts=counts(fail=1), share=0.0, coverage=1.0,
        decision=DecisionRecord(outcome="force", decided=AT, record="javascript:alert(1)"),
    )  # fmt: skip
    sheet = ReadinessRecord(
        answers=[
            answer("enforced", counts(fail=1), open=[HOSTILE], check=HOSTILE),
            answer("clients", counts(fail=1), 1, locked_out=LockedOutRecord(clients=1, names=[HOSTILE])),
            answer("hsts", counts(fail=1), 1, steps={99: 1, -1: 1}),
            answer("latency", counts(fail=1), 1, times_ms={HOSTILE: spread(1, 1, 1)}),
        ],
        exceptions=[WAIVER.model_copy(update={"reason": HOSTILE, "on": [HOSTILE], "owner": HOSTILE})],
    )
    decide = undecided(title=HOSTILE, owner=HOSTILE, readiness=sheet)
    waiver = WaiverRecord(
        check="evil", on=[HOSTILE], reason=HOSTILE, owner=HOSTILE, ticket="javascript:alert(2)", expires=AT
    )
    return view(
        [host, silent], findings, [goal, decide],
        checks=[check], waivers=[waiver], notes=[HOSTILE], vantage=HOSTILE, policy={HOSTILE: HOSTILE}, sites=[HOSTILE],
        tool=Tool(version=HOSTILE), owners=[HOSTILE], availability=[answered(HOSTILE, HOSTILE, 7)],
        goalposts=GoalpostsRecord(
            known_since=day("2015-02-01"), moves=[move("scope", HOSTILE, HOSTILE, HOSTILE, subjects=[HOSTILE])]
        ),
    )  # fmt: skip
