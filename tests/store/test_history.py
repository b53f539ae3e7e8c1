"""What the history keeps of an audit."""

import itertools
import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from tests.store.fleet import (
    CHECKS,
    START,
    begin,
    endpoints,
    finding,
    observation,
    offer,
    pinned,
    record,
    unreachable,
)
from tlsaudit.check import Finding, Outcome, Severity, Subject, SubjectKind
from tlsaudit.evidence import (
    AddressObservation,
    Certificates,
    ChildSa,
    DhPrime,
    Direction,
    EndpointObservation,
    HttpsExchange,
    IpsecPolicy,
    LinkState,
    LinkView,
    NotObserved,
    PolicyAction,
    Reason,
    SaSample,
    Selectors,
    TlsOffer,
    TrafficSelector,
    UnreadSource,
)
from tlsaudit.store import AT_ONCE, EndpointSeen, Store, StoreError
from tlsaudit.target import Endpoint


def test_an_audit_says_how_it_was_made(store: Store) -> None:
    began = store.begin(
        START, vantage="lab", version="0.1.0", pinned=pinned("7"), targets="targets.yaml", targets_digest="ab"
    )
    running = store.audit(began)
    assert (running.finished_at, running.summary) == (None, None)
    end = START + timedelta(minutes=2)
    store.finish(began, end, summary={"endpoints": 0}, notes=["no IPv6 route from here"])
    audit = store.audit(began)
    assert (audit.started_at, audit.finished_at) == (START, end)
    assert (audit.vantage, audit.version, audit.targets, audit.targets_digest) == ("lab", "0.1.0", "targets.yaml", "ab")
    assert (audit.summary, audit.notes) == ({"endpoints": 0}, ("no IPv6 route from here",))
    assert store.pinned(began).policy == pinned().policy
    assert store.pinned(began).rules == pinned("7").rules


def test_times_are_utc_wherever_they_came_from(store: Store) -> None:
    elsewhere = datetime.fromisoformat("2026-10-01T04:10:00+02:00")
    assert store.audit(begin(store, elsewhere)).started_at == START
    assert store.audit("2026-10-01").started_at.tzinfo is UTC


@pytest.mark.parametrize(
    ("which", "found"),
    [(1, 1), ("2", 2), ("latest", 2), ("2026-10-01", 1), ("2026-10-02", 3), ("2026-10-02T02", 2), ("2026-", 3)],
)
def test_an_audit_is_found_by_id_or_time(store: Store, which: int | str, found: int) -> None:
    day = timedelta(days=1)
    record(store, [], START)
    record(store, [], START + day)
    begin(store, START + day + timedelta(hours=1))  # unfinished
    assert store.audit(which).id == found
    assert [audit.id for audit in store.audits()] == [3, 2, 1]


@pytest.mark.parametrize("which", ["9", "", "yesterday", "2027-01-01"])
def test_an_audit_that_is_not_there_is_a_clear_error(store: Store, which: str) -> None:
    record(store, [])
    with pytest.raises(StoreError, match="there is no audit"):
        store.audit(which)


def test_the_latest_audit_is_a_finished_one(store: Store) -> None:
    begin(store)
    with pytest.raises(StoreError, match="no audit was finished yet"):
        store.audit("latest")


def test_an_endpoint_is_told_as_it_was_seen(store: Store) -> None:
    endpoint = Endpoint("www.example.org", 8443, service="wiki", site="east", owner="web@example.org")
    full = replace(observation(endpoint, START).addresses[0], connections=24)
    seen = EndpointObservation(
        endpoint.id,
        START,
        (AddressObservation("192.0.2.9", None, {HttpsExchange: NotObserved(Reason.TIMED_OUT)}), full),
        (("2001:db8::1", "no IPv6 route"),),
    )
    audit = begin(store)
    store.add_observation(audit, endpoint, seen, headline=["TLS 1.3 1.2", "ECDSA P-256"])
    assert list(store.endpoints(audit)) == [
        EndpointSeen(
            id="www.example.org:8443@east",
            host="www.example.org",
            port=8443,
            starttls=None,
            service="wiki",
            site="east",
            owner="web@example.org",
            observed_at=START,
            addresses=("192.0.2.9", "192.0.2.1"),
            not_tried=(("2001:db8::1", "no IPv6 route"),),
            reachable=True,
            reason=None,
            connect_ms=1.25,
            first_byte_ms=12.5,
            headline=("TLS 1.3 1.2", "ECDSA P-256"),
            connections=24,
        )
    ]


def test_what_begins_in_clear_is_told_from_https_on_the_same_port(store: Store) -> None:
    audit = begin(store)
    for endpoint in (Endpoint("mx.example.org", 25, None), Endpoint("mx.example.org", 25, None, starttls="smtp")):
        store.add_observation(audit, endpoint, observation(endpoint, START))
    assert [(seen.id, seen.starttls) for seen in store.endpoints(audit)] == [
        ("mx.example.org:25", None),
        ("smtp://mx.example.org:25", "smtp"),
    ]


def test_an_unreachable_endpoint_says_why(store: Store) -> None:
    endpoint = Endpoint("gone.example.org", service="wiki", site="east")
    audit = begin(store)
    store.add_observation(audit, endpoint, unreachable(endpoint, START))
    (seen,) = store.endpoints(audit)
    assert (seen.reachable, seen.addresses) == (False, ())
    assert seen.reason == "the name does not resolve: NXDOMAIN"
    (evidence,) = store.evidence(audit, [TlsOffer, Certificates])
    assert (evidence.host, evidence.address) == ("gone.example.org:443", None)
    assert evidence.evidence == (NotObserved(Reason.UNRESOLVED, "NXDOMAIN"),) * 2


def test_findings_come_back_by_subject_and_check(store: Store) -> None:
    audit = begin(store)
    one, two = endpoints(2)
    said = [finding(two, "b", Outcome.FAIL, "TLS 1.0 is served"), finding(two, "a"), finding(one, "a")]
    store.add_observation(audit, two, observation(two, START), said[:2])
    store.add_observation(audit, one, observation(one, START), said[2:])
    whole = Finding("c", Subject(SubjectKind.FLEET, "fleet"), None, None, Outcome.UNKNOWN, Severity.LOW, "nothing seen")
    store.add_findings(audit, [whole])
    assert list(store.findings(audit)) == [said[2], said[1], said[0], whole]


def test_outlines_tell_what_is_open_in_full_and_count_the_rest(store: Store) -> None:
    audit = begin(store)
    one, two = endpoints(2)
    failing = finding(one, "c", Outcome.FAIL, "TLS 1.0 is served")
    of_one = [finding(one, "d"), failing, finding(one, "a", Outcome.NOT_APPLICABLE)]
    unseen = finding(two, "a", Outcome.UNKNOWN, "it fell silent")
    store.add_observation(audit, one, observation(one, START), of_one)
    store.add_observation(audit, two, observation(two, START), [unseen])
    told = [
        (subject.id, [said.of(subject, address, values) for said, address, values in judged], sorted(brief.outcomes))
        for subject, judged, brief in store.outlines(audit)
    ]
    assert told == [
        (one.id, [failing], [("a", Outcome.NOT_APPLICABLE), ("d", Outcome.PASS)]),
        (two.id, [unseen], []),
    ]


def test_what_is_said_of_a_service_comes_with_its_endpoints(store: Store) -> None:
    audit = begin(store)
    api, wiki = (Endpoint(f"{name}.example.org", service=name) for name in ("api", "wiki"))
    gone = Endpoint("gone.example.org")
    store.add_observation(audit, wiki, observation(wiki, START), [finding(wiki, "a", Outcome.FAIL, "TLS 1.0")])
    store.add_observation(audit, api, observation(api, START), [finding(api, "a", Outcome.UNKNOWN, "it fell silent")])
    store.add_observation(audit, gone, unreachable(gone, START), [finding(gone, "a", Outcome.UNKNOWN, "no answer")])
    beyond = [Subject(SubjectKind.SERVICE, "wiki"), Subject(SubjectKind.FLEET, "fleet")]
    store.add_findings(audit, [Finding("c", each, None, None, Outcome.FAIL, Severity.LOW, "no") for each in beyond])
    assert [(seen.id if seen else None, subject.id) for seen, (subject, _, _) in store.seen(audit)] == [
        (None, "fleet"),
        (api.id, api.id),
        (None, "wiki"),
        (wiki.id, wiki.id),
        (gone.id, gone.id),
    ]
    assert list(store.silent(audit)) == [(gone.id, "the name does not resolve: NXDOMAIN")]
    assert [(subject.id, [said.message for said, _, _ in judged]) for subject, judged in store.faults(audit)] == [
        (api.id, ["it fell silent"]),
        (wiki.id, ["TLS 1.0"]),
        ("fleet", ["no"]),
        ("wiki", ["no"]),
    ]


def test_outcomes_are_told_of_some_checks_in_few_words(store: Store) -> None:
    audit = begin(store)
    (one,) = endpoints(1)
    said = [
        finding(one, "a"),
        finding(one, "b"),
        finding(one, "c", Outcome.FAIL, "TLS 1.0 is served"),
        finding(one, "d"),
        replace(finding(one, "e", Outcome.FAIL), waiver="until the spring"),
    ]
    store.add_observation(audit, one, observation(one, START), said)
    outcomes = store.outcomes(audit, set("abce"), whole={"b"})
    told = {check: by_subject[one.id] for check, by_subject in outcomes.items()}
    assert {check: each.outcome for check, each in told.items()} == {"a": "pass", "b": "pass", "c": "fail", "e": "fail"}
    assert [(told[check].message, told[check].facts) for check in "ac"] == [("", {})] * 2
    assert [told["b"], told["e"]] == [said[1], said[4]]
    assert {check for check, found in outcomes.items() if found.in_brief(one.id)} == {"a", "c"}
    about = Subject(SubjectKind.ENDPOINT, one.id)
    assert store.messages(audit, [("c", about)]) == {("c", about): "TLS 1.0 is served"}


def test_findings_are_counted_those_apart_that_were_excused(store: Store) -> None:
    audit = begin(store)
    for number, endpoint in enumerate(endpoints(4)):
        failing = replace(finding(endpoint, "b", Outcome.FAIL), waiver=None if number else "until the spring")
        store.add_observation(audit, endpoint, observation(endpoint, START), [finding(endpoint, "a"), failing])
    excused = {("a", Outcome.PASS, False): 4, ("b", Outcome.FAIL, False): 3, ("b", Outcome.FAIL, True): 1}
    assert store.tallies(audit) == excused


def test_evidence_is_told_in_the_order_of_the_kinds_asked_for(store: Store) -> None:
    audit = record(store, endpoints(4))
    rows = list(store.evidence(audit, [Certificates, TlsOffer]))
    assert [row.endpoint for row in rows] == [endpoint.id for endpoint in endpoints(4)]
    assert all(isinstance(row.evidence[0], Certificates) and row.evidence[1] == offer(START) for row in rows)


def test_evidence_that_was_not_asked_for_is_not_told(store: Store) -> None:
    (endpoint,) = endpoints(1)
    audit = begin(store)
    seen = EndpointObservation(endpoint.id, START, (AddressObservation("192.0.2.1", 1.0, {TlsOffer: offer(START)}),))
    store.add_observation(audit, endpoint, seen)
    assert list(store.evidence(audit, [Certificates])) == []
    (row,) = store.evidence(audit, [TlsOffer, Certificates])
    assert row.evidence == (offer(START), NotObserved(Reason.NOT_PROBED))


def test_what_is_missing_is_told_as_beside_what_is_there(store: Store) -> None:
    audit = begin(store)
    whole, part, gone, other = endpoints(4)
    store.add_observation(audit, whole, observation(whole, START))
    refused = NotObserved(Reason.REFUSED, "port 443")
    looks = AddressObservation("192.0.2.1", 1.0, {TlsOffer: refused}), observation(part, START).addresses[0]
    store.add_observation(audit, part, EndpointObservation(part.id, START, looks))
    store.add_observation(audit, gone, unreachable(gone, START))
    without = EndpointObservation(other.id, START, (AddressObservation("192.0.2.1", 1.0, {HttpsExchange: refused}),))
    store.add_observation(audit, other, without)
    for kinds in ([TlsOffer], [Certificates], [Certificates, TlsOffer], [HttpsExchange, Certificates]):
        beside = [
            (row.endpoint, row.address, missing)
            for row in store.evidence(audit, kinds)
            if (missing := tuple(item for item in row.evidence if isinstance(item, NotObserved)))
        ]
        assert [(row.endpoint, row.address, row.evidence) for row in store.missing(audit, kinds)] == beside
        assert beside


def test_evidence_is_told_of_some_endpoints_service_by_service(store: Store) -> None:
    audit = begin(store)
    for endpoint in endpoints(6):
        store.add_observation(audit, endpoint, observation(endpoint, START))
    some = [endpoint.id for endpoint in reversed(endpoints(4))]
    told = [
        (row.service, row.host, row.site, row.address, row.evidence)
        for row in store.evidence(audit, [TlsOffer], of=some)
    ]
    assert told == [
        (f"s{number}", f"h{number}.example.org:443", site, "192.0.2.1", (offer(START),))
        for number in (0, 1)
        for site in ("east", "west")
    ]
    assert [*store.evidence(audit, [TlsOffer], of=[])] == []


def test_evidence_is_told_of_more_endpoints_than_a_statement_names(store: Store) -> None:
    audit = begin(store)
    endpoint, *_ = endpoints(1)
    store.add_observation(audit, endpoint, observation(endpoint, START))
    others = [f"other{number}.example.org:443" for number in range(AT_ONCE)]
    assert [row.endpoint for row in store.evidence(audit, [TlsOffer], of=[*others, endpoint.id])] == [endpoint.id]


def test_findings_may_be_judged_from_the_evidence_as_it_streams(store: Store) -> None:
    audit = begin(store)
    fleet = endpoints(60)
    for endpoint in fleet:
        store.add_observation(audit, endpoint, observation(endpoint, START))
    by_id = {endpoint.id: endpoint for endpoint in fleet}
    store.add_findings(audit, (finding(by_id[row.endpoint], "a") for row in store.evidence(audit, [TlsOffer])))
    assert {said.endpoint for said in store.findings(audit)} == set(by_id)


def test_what_was_seen_of_links_comes_back(store: Store) -> None:
    sample = SaSample("vici of east", "net", "1d714629", bytes_in=20, bytes_out=40, earlier_in=1, earlier_out=2)
    here, there = TrafficSelector("10.1.0.0/24"), TrafficSelector("10.2.0.0-10.2.0.9", "tcp/443")
    child = ChildSa("net", Selectors((here,), (there,)), "ESP", "tunnel", "ENCR_AES_GCM_16", 256)
    policy = IpsecPolicy(Direction.BOTH, child.selectors, PolicyAction.PROTECT, lasting=True)
    view = LinkView("vici of east", "east", (), (child,), (policy,), None)
    unread = UnreadSource("ssh of west", "west", NotObserved(Reason.TIMED_OUT, "not done within 15 s"))
    prefixes = (("10.1.0.0/24",), ("10.2.0.0/24",))
    state = LinkState("net", START, ("east", "west"), prefixes, (view,), (unread,), (), (sample,))
    links: dict[str, LinkState | NotObserved] = {
        "net": state,
        "dark": NotObserved(Reason.REFUSED, "vici of east: nobody listens there"),
    }
    said = [
        Finding("ipsec", Subject(SubjectKind.LINK, name), None, None, Outcome.FAIL, Severity.HIGH, "is open")
        for name in links
    ]
    for day in range(2):
        audit = begin(store, START + timedelta(days=day))
        store.add_findings(audit, said, links)
        assert store.links(audit) == links
        store.finish(audit, START + timedelta(days=day, minutes=1))
        assert store.links(audit) == links
        assert [finding.subject.id for finding in store.findings(audit)] == ["dark", "net"]
    assert not store.links(begin(store, START + timedelta(days=2)))


def test_writing_does_not_disturb_who_reads(store: Store) -> None:
    first = record(store, endpoints(60))
    reading = store.findings(first)
    seen = list(itertools.islice(reading, 10))
    record(store, endpoints(60), START + timedelta(days=1))
    assert len(seen + list(reading)) == 60 * len(CHECKS)


def test_objectives_come_back_and_make_a_series(store: Store) -> None:
    shares = [0.25, None, 0.75]
    for day, share in enumerate(shares):
        audit = begin(store, START + timedelta(days=day))
        goals = [
            {"id": "hsts", "status": "at-risk", "share": share, "value": None, "title": "HSTS"},
            {"id": "padding", "status": "met", "share": None, "value": 61.0, "title": "Page sizes"},
        ]
        store.finish(audit, START + timedelta(days=day, minutes=1), objectives=goals)
        assert store.objectives(audit) == goals
    begin(store, START + timedelta(days=3))
    assert store.series("hsts") == [(START, 0.25), (START + timedelta(days=2), 0.75)]
    assert [value for _, value in store.series("padding")] == [61.0] * 3
    assert store.series("unheard-of") == []


def test_a_history_grows_with_change_and_not_with_audits(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/history.db"
    sizes, contents = [], []
    with Store.open(url) as store:
        for day in range(20):
            record(store, endpoints(50), START + timedelta(days=day))
            contents.append(_rows(url, "endpoints", "evidence", "verdicts", "states", "spans", "pinned"))
            sizes.append(_pages(url))
    # 25 hosts, each the same at two sites; what they offer in TLS is the same everywhere.
    assert (
        contents
        == [{"endpoints": 50, "evidence": 1 + 25 * 4, "verdicts": len(CHECKS), "states": 50, "spans": 50, "pinned": 1}]
        * 20
    )
    growth = (sizes[-1] - sizes[0]) / 19
    assert growth < sizes[0] / 5
    assert math.isclose(sizes[-1] - sizes[10], growth * 9, rel_tol=0.2)


def _rows(url: str, *tables: str) -> dict[str, int]:
    engine = create_engine(url)
    with engine.connect() as connection:
        counts = {table: connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one() for table in tables}
    engine.dispose()
    return counts


def _pages(url: str) -> int:
    engine = create_engine(url)
    with engine.connect() as connection:
        pages: int = connection.execute(text("PRAGMA page_count")).scalar_one()
    engine.dispose()
    return pages


def test_a_changed_server_adds_its_new_content_alone(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/history.db"
    with Store.open(url) as store:
        for change in (2048, 1024):
            audit = begin(store)
            for endpoint in endpoints(50):
                bits = change if endpoint.host == "h7.example.org" else 2048
                served = TlsOffer(START, 1, offer(START).versions, (DhPrime(bits, "00", None, prime=True, safe=True),))
                seen = AddressObservation("192.0.2.1", 1.0, {TlsOffer: served})
                store.add_observation(audit, endpoint, EndpointObservation(endpoint.id, START, (seen,)))
            store.finish(audit, START)
    assert _rows(url, "evidence", "endpoints") == {"evidence": 2, "endpoints": 50}
