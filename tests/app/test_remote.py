"""What workers get: parts of a rate, which together are never more, and no more of a fleet than they are asked."""

import pickle

import pytest

from tlsaudit.app.remote import RemoteProbe
from tlsaudit.app.settings import ProbeSettings
from tlsaudit.target import Endpoint, Route


@pytest.mark.parametrize(
    ("rate", "vantages", "size", "batches", "of_each"),
    [
        (None, (), 32, None, None),
        (5, (), 1, 1, 5),
        (20, (), 4, 1, 20),
        (200, (), 32, 1, 200),
        (1000, (), 32, 6, 1000 / 6),
        (1000, ("fra", "sin"), 32, 3, 500 / 3),
        (40, ("fra", "sin"), 4, 1, 20),
    ],
)
def test_a_rate_is_shared(
    rate: float | None, vantages: tuple[str, ...], size: int, batches: int | None, of_each: float | None
) -> None:
    probe = RemoteProbe.of(frozenset(), ProbeSettings(rate=rate, vantages=vantages), ())
    assert (probe.size, probe.batches, probe.settings.rate) == (size, batches, of_each)


def test_what_is_known_of_a_site_does_not_travel_with_each_endpoint() -> None:
    hosts = [f"host-{number}.example.org" for number in range(1000)]
    east, west = (Route(addresses=dict.fromkeys(hosts, (address,))) for address in ("192.0.2.1", "192.0.2.2"))
    endpoints = [Endpoint(host, site=site, route=route) for host in hosts for site, route in (("e", east), ("w", west))]
    probe = RemoteProbe.of(frozenset(), ProbeSettings(), endpoints)
    sent = [*probe.sent(endpoints)]
    assert max(len(pickle.dumps(each)) for each in sent) < 1000
    assert [probe.whole(each).route for each in sent] == [each.route for each in endpoints]
