"""What is read comes in one order, whatever language a database sorts by."""

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

import pytest

from tests.store.fleet import START, begin, finding, observation, pinned
from tlsaudit.check import Outcome
from tlsaudit.evidence import TlsOffer
from tlsaudit.store import BUCKETS_MS, Audit, Availability, Store
from tlsaudit.target import Endpoint

HOSTS = [Endpoint("2001:db8::1", service="Z"), Endpoint("192.0.2.1", service="Z"), Endpoint("a.example", service="a")]
"""In English brackets come before digits, and a before Z."""

HOUR = START.replace(minute=0)

READ: dict[str, Callable[[Store, Audit], Iterable[Any]]] = {
    "endpoints": lambda store, audit: [seen.id for seen in store.endpoints(audit.id)],
    "spoken": lambda store, audit: [spoken.subject.id for spoken in store.spoken(audit.id)],
    "findings": lambda store, audit: [each.subject.id for each in store.findings(audit.id, ["a"])],
    "outlines": lambda store, audit: [subject.id for subject, *_ in store.outlines(audit.id)],
    "faults": lambda store, audit: [subject.id for subject, _ in store.faults(audit.id)],
    "seen": lambda store, audit: [outlined[0].id for _, outlined in store.seen(audit.id)],
    "evidence": lambda store, audit: [each.endpoint for each in store.evidence(audit.id, [TlsOffer])],
    "availability": lambda store, _: [each.endpoint for each in store.availability(HOUR, HOUR + timedelta(hours=1))],
}


@pytest.mark.parametrize("read", READ.values(), ids=READ)
def test_the_order_of_a_language_changes_nothing(
    url_of_a_language: str, read: Callable[[Store, Audit], Iterable[Any]]
) -> None:
    with Store.open(url_of_a_language) as store:
        audit = begin(store, START, pinned(checks="a"))
        for host in HOSTS:
            store.add_observation(audit, host, observation(host, START), [finding(host, "a", Outcome.FAIL)])
        store.finish(audit, START)
        hour, none = timedelta(hours=1), (0,) * (len(BUCKETS_MS) + 1)
        store.add_availability([Availability(host.id, HOUR, hour, 1, 1, 1, 1, 1.0, none) for host in HOSTS])
        assert read(store, store.audit(audit)) == ["192.0.2.1:443", "[2001:db8::1]:443", "a.example:443"]
