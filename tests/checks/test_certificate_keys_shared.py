from collections.abc import Sequence

import pytest

from tests.checks.evidence import certificate, certificates, chain
from tests.checks.run import Expected, judge
from tlsaudit.check import Fleet

Seen = tuple[str, str, str, str]  # endpoint, address, certificate, key

WWW = ("www.example.org:443", "192.0.2.1", "01", "aa")
NONE = ("pass", "no key is shared between certificates of unrelated hosts")
SHARED = ("fail", "different certificates with the same key at mail.example.net and www.example.org")


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        ([], ("not_applicable", "no certificate was seen")),
        ([WWW], NONE),
        ([WWW, ("mail.example.net:443", "192.0.2.2", "02", "bb")], NONE),
        ([WWW, ("mail.example.net:443", "192.0.2.2", "02", "aa")], SHARED),
        ([WWW, WWW, ("mail.example.net:443", "192.0.2.2", "02", "aa")], SHARED),
        # One certificate for both.
        ([WWW, ("mail.example.net:443", "192.0.2.2", "01", "aa")], NONE),
        # One host on two ports and at two sites, renewed at one of them; two hosts at one address.
        ([WWW, ("www.example.org:8443@west", "192.0.2.2", "02", "aa")], NONE),
        ([WWW, ("mail.example.net:443", "192.0.2.1", "02", "aa")], NONE),
    ],
)
def test_certificate_keys_shared(seen: Sequence[Seen], expected: Expected) -> None:
    fleet = Fleet(
        [
            (endpoint, address, certificates(chain(certificate(sha256=whole, spki_sha256=key))))
            for endpoint, address, whole, key in seen
        ]
    )
    assert judge("certificate-keys-shared", fleet) == [expected]
