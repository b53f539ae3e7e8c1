import tracemalloc
from collections.abc import Iterator, Sequence

import pytest

from tests.checks.run import Expected, judge
from tests.checks.tls import NOW
from tlsaudit.check import Fleet
from tlsaudit.evidence import EphemeralKeys, Sessions

Seen = tuple[str, str, str]  # endpoint, address, key

TWO = [("www.example.org:443", "192.0.2.1", "aa"), ("mail.example.net:443", "192.0.2.2", "aa")]


def shares(seen: Sequence[Seen]) -> Fleet[EphemeralKeys]:
    return Fleet([(endpoint, address, EphemeralKeys(NOW, (key,), (), ())) for endpoint, address, key in seen])


def test_keys_that_are_no_longer_kept_are_unknown() -> None:
    gone = Fleet([("www.example.org:443", "192.0.2.1", EphemeralKeys(NOW, None, (), ()))])
    assert judge("keys-shared", gone, tickets([])) == [("unknown", "the keys are no longer kept")]


def tickets(seen: Sequence[Seen]) -> Fleet[Sessions]:
    return Fleet([(endpoint, address, Sessions(NOW, (key,), (), (), None, None)) for endpoint, address, key in seen])


@pytest.mark.parametrize(
    ("keys", "sealed", "expected"),
    [
        ([], [], [("not_applicable", "no key was seen")]),
        (TWO[:1], TWO[1:], [("pass", "none of 2 keys is shared between unrelated hosts")]),
        (TWO, [], [("fail", "the same key share at mail.example.net and www.example.org")]),
        ([], TWO, [("fail", "the same session ticket key at mail.example.net and www.example.org")]),
        (
            TWO,
            TWO,
            [
                ("fail", "the same key share at mail.example.net and www.example.org"),
                ("fail", "the same session ticket key at mail.example.net and www.example.org"),
            ],
        ),
        # The same host at two sites, or at two of its ports.
        (
            [],
            [("www.example.org:443@east", "192.0.2.1", "aa"), ("www.example.org:443@west", "192.0.2.2", "aa")],
            [("pass", "none of 1 keys is shared between unrelated hosts")],
        ),
        (
            [],
            [("www.example.org:443", "192.0.2.1", "aa"), ("www.example.org:8443", "192.0.2.2", "aa")],
            [("pass", "none of 1 keys is shared between unrelated hosts")],
        ),
        # Two hosts on one server, and on a farm of servers that all serve both.
        (
            [],
            [("www.example.org:443", "192.0.2.1", "aa"), ("m.example.org:443", "192.0.2.1", "aa")],
            [("pass", "none of 1 keys is shared between unrelated hosts")],
        ),
        (
            [],
            [
                ("www.example.org:443", "192.0.2.1", "aa"),
                ("m.example.org:443", "192.0.2.2", "aa"),
                ("www.example.org:443", "192.0.2.2", "aa"),
                ("m.example.org:443", "192.0.2.1", "aa"),
            ],
            [("pass", "none of 1 keys is shared between unrelated hosts")],
        ),
        # A host beside such a farm.
        (
            [],
            [
                ("www.example.org:443", "192.0.2.1", "aa"),
                ("m.example.org:443", "192.0.2.1", "aa"),
                ("shop.example.com:443", "2001:db8::9", "aa"),
            ],
            [("fail", "the same session ticket key at m.example.org and shop.example.com")],
        ),
        # A message names a few of many; the facts name all.
        (
            [],
            [(f"h{number}.org:443", f"192.0.2.{number}", "aa") for number in range(9)],
            [("fail", "the same session ticket key at h0.org, h1.org, h2.org, h3.org, h4.org and 4 more")],
        ),
    ],
)
def test_keys_shared(keys: list[Seen], sealed: list[Seen], expected: list[Expected]) -> None:
    assert judge("keys-shared", shares(keys), tickets(sealed)) == expected


def test_sharing_ticket_keys_can_be_meant() -> None:
    options = {"shared_tickets": True}
    assert judge("keys-shared", shares([]), tickets(TWO), options=options) == [("not_applicable", "no key was seen")]
    assert judge("keys-shared", shares(TWO), tickets(TWO), options=options) == [
        ("fail", "the same key share at mail.example.net and www.example.org")
    ]


def test_a_large_fleet_fits_into_memory() -> None:
    def fleet() -> Iterator[tuple[str, str, EphemeralKeys]]:
        for number in range(20_000):
            keys = tuple(f"{number:060x}{share:04x}" for share in range(5))
            yield (
                f"h{number}.example.org:443",
                f"192.0.{number // 256}.{number % 256}",
                EphemeralKeys(NOW, keys, (), ()),
            )

    tracemalloc.start()
    assert judge("keys-shared", Fleet(fleet()), tickets([])) == [
        ("pass", "none of 100000 keys is shared between unrelated hosts")
    ]
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 5 << 20
