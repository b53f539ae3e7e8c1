"""Many endpoints are kept in little memory, and come back as they were."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from tlsaudit.target import Endpoint, Location, Names, Roster, Route

ROUTES = (Route(), Route(addresses={"a.example.org": ("192.0.2.1",)}))
WEIGHTS: tuple[dict[str, Fraction], ...] = ({}, {"views": Fraction(1, 3)})

endpoints = st.builds(
    Endpoint,
    host=st.sampled_from(["a.example.org", "b.example.org", "2001:db8::1", "192.0.2.1"]),
    port=st.sampled_from([1, 443, 65535]),
    http_port=st.sampled_from([None, 80]),
    service=st.sampled_from([None, "a", "b"]),
    site=st.sampled_from([None, "east", "west"]),
    owner=st.sampled_from([None, "me"]),
    pages=st.sampled_from([("/",), ("/", "/about")]),
    route=st.sampled_from(ROUTES),
    starttls=st.sampled_from([None, "smtp"]),
    sample=st.integers(0, 2),
    weights=st.sampled_from(WEIGHTS),
    was=st.sampled_from([(), ("old.example.org:443",)]),
    location=st.none() | st.builds(Location, st.sampled_from(["f", "g"]), st.integers(1, 9), st.integers(1, 70_000)),
    web=st.booleans(),
    addresses=st.sampled_from([(), ("192.0.2.1",), ("192.0.2.1", "2001:db8::1")]),
)


def _whole(endpoint: Endpoint) -> tuple[object, ...]:
    """Also what two endpoints may differ in and be equal all the same."""
    return endpoint, endpoint.route, endpoint.weights, endpoint.location, endpoint.addresses


@given(st.lists(endpoints), st.data())
def test_endpoints_come_back_as_they_were(given_: list[Endpoint], data: st.DataObject) -> None:
    roster = Roster(given_)
    assert list(map(_whole, roster)) == list(map(_whole, given_))
    assert list(roster.ids()) == [endpoint.id for endpoint in given_]
    assert roster == given_
    part = slice(*sorted(data.draw(st.lists(st.integers(0, len(given_)), min_size=2, max_size=2))))
    assert list(roster[part]) == given_[part]
    order = data.draw(st.permutations(range(len(given_))))
    assert list(roster.picked(order)) == [given_[number] for number in order]
    assert {kind.id for kind in roster.kinds()} <= {endpoint.id for endpoint in given_}
    assert roster[part].owners() == {endpoint.owner for endpoint in given_[part]}
    owned = [*roster[part].owned()]
    assert len(owned) == len({*owned})
    assert {service for service, _ in owned} == {endpoint.service for endpoint in given_[part] if endpoint.service}
    assert {service for service, owner in owned if owner} == {
        endpoint.service for endpoint in given_[part] if endpoint.service and endpoint.owner
    }


@given(st.lists(endpoints))
def test_each_is_found_by_its_id(given_: list[Endpoint]) -> None:
    roster = Roster(given_)
    by_id: dict[str, list[int]] = {}
    for number, endpoint in enumerate(given_):
        by_id.setdefault(endpoint.id, []).append(number)
    assert {name: roster.find(name) for name in by_id} == {name: numbers[0] for name, numbers in by_id.items()}
    assert sorted(roster.repeated()) == sorted(numbers for numbers in by_id.values() if len(numbers) > 1)
    assert roster.find("nobody.example.org:443") is None


@given(st.lists(endpoints))
def test_each_is_called_by_its_names(given_: list[Endpoint]) -> None:
    names = Names(Roster(given_))
    assert names.called("a.example.org") == [each for each in given_ if each.host == "a.example.org"]
    assert names.called("a.example.org:443@east") == [
        each for each in given_ if (each.host, each.port, each.site) == ("a.example.org", 443, "east")
    ]
    assert names.called("smtp://a.example.org:1") == [each for each in given_ if each.name == "smtp://a.example.org:1"]
    assert names.called("nobody.example.org") == []
