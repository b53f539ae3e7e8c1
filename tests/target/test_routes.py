"""Where inventories say that hosts are is where they are connected to."""

import pickle

from tlsaudit.target import Endpoint, Roster, routed

EAST, WEST, OTHER = ("192.0.2.1", "2001:db8::1"), ("192.0.2.2",), ("192.0.2.3",)


def test_hosts_of_a_site_share_a_route_to_their_addresses() -> None:
    listed = [
        Endpoint("a.example.org", site="east", addresses=EAST),
        Endpoint("a.example.org", site="west", addresses=WEST),
        Endpoint("a.example.org", 8443, None, site="west", addresses=OTHER),
        Endpoint("b.example.org", site="west", addresses=OTHER),
        Endpoint("c.example.org", site="west"),
    ]
    east, west, further, sibling, unknown = routed(Roster(listed))
    assert further.route is sibling.route is west.route
    route = pickle.loads(pickle.dumps(west.route))
    for each in (west.route, route):
        assert each.sockets("a.example.org", 443) == (("192.0.2.2", 443),)
        assert each.sockets("a.example.org", 8443) == (("192.0.2.3", 8443),)
        assert each.sockets("b.example.org", 80) == (("192.0.2.3", 80),)
        assert each.sockets("c.example.org", 443) is None
    assert east.route.sockets("a.example.org", 80) == (("192.0.2.1", 80), ("2001:db8::1", 80))
    assert unknown.route.sockets("b.example.org", 443) is None
