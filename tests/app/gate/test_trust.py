"""Whom a change of a targets file may lead to."""

from dataclasses import replace
from typing import Any

import pytest

from tlsaudit.app.gate.trust import MOVED, NEW, Known
from tlsaudit.target import Endpoint, Route

PINNED = Route({("www.example.org", 443): (("192.0.2.1", 8443),)}, {"www.example.org": ("192.0.2.1", "192.0.2.2")})
WWW = Endpoint("www.example.org", site="east", route=PINNED)
BY_DNS = Endpoint("dns.example.org")
MX = Endpoint("mx.example.org", 25, None, starttls="smtp")


@pytest.mark.parametrize(
    ("endpoint", "edit", "why"),
    [
        (WWW, {}, None),
        (WWW, {"site": "west", "service": "renamed", "owner": "somebody else"}, None),
        (WWW, {"pages": ("/", "/new"), "sample": 3}, None),
        (BY_DNS, {}, None),
        (MX, {}, None),
        (WWW, {"route": Route(PINNED.pins, {"www.example.org": ("192.0.2.1",)})}, None),  # an address less
        (BY_DNS, {"host": "new.example.org"}, NEW),
        (BY_DNS, {"port": 8443}, NEW),
        (BY_DNS, {"http_port": 8080}, NEW),
        (MX, {"starttls": "imap"}, NEW),
        (MX, {"starttls": None}, NEW),
        (BY_DNS, {"route": Route({}, {"dns.example.org": ("127.0.0.1",)})}, MOVED),
        (WWW, {"route": Route()}, MOVED),
        (WWW, {"route": Route({}, PINNED.addresses)}, MOVED),
        (WWW, {"route": Route(PINNED.pins, {"www.example.org": ("192.0.2.1", "127.0.0.1")})}, MOVED),
        (WWW, {"route": Route({**PINNED.pins, ("www.example.org", 80): (("192.0.2.1", 22),)})}, MOVED),
    ],
)
def test_only_where_the_base_leads(endpoint: Endpoint, edit: dict[str, Any], why: str | None) -> None:
    assert Known([WWW, BY_DNS, MX]).distrust(replace(endpoint, **edit)) == why


def test_redirects_lead_where_they_led_before() -> None:
    sibling = Route(PINNED.pins, {**PINNED.addresses, "sibling.example.org": ("127.0.0.1",)})
    reached = Known([WWW]).reached_as_before(replace(WWW, route=sibling, pages=("/", "/new")))
    assert reached.pages == ("/", "/new")
    assert reached.route.sockets("www.example.org", 443) == (("192.0.2.1", 8443),)
    assert reached.route.sockets("sibling.example.org", 443) is None


def test_an_address_less_is_an_address_less() -> None:
    fewer = Route(PINNED.pins, {"www.example.org": ("192.0.2.2",)})
    reached = Known([WWW]).reached_as_before(replace(WWW, route=fewer))
    assert reached.route.sockets("www.example.org", 80) == (("192.0.2.2", 80),)
