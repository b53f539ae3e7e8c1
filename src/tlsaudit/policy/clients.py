"""Reference clients: what real software offers in its ClientHello, and what it would get from a server.

The data file `clients.json` beside this module says for each client where its hello comes from.
"""

import json
from dataclasses import dataclass
from functools import cache
from importlib import resources

from tlsaudit.evidence import Order, TlsOffer, TlsVersion, VersionOffer, suite


@dataclass(frozen=True, slots=True)
class ReferenceClient:
    """The part of a client's hello that decides what it gets. Code points are in the client's order of preference.

    `origin` says how the hello was obtained, with a date.
    """

    name: str
    origin: str
    versions: tuple[TlsVersion, ...]
    suites: tuple[int, ...]
    groups: tuple[int, ...]


ReferenceClients = tuple[ReferenceClient, ...]


@dataclass(frozen=True, slots=True)
class Session:
    """What a client and a server would agree on."""

    version: TlsVersion
    suite: int

    @property
    def forward_secret(self) -> bool:
        return suite(self.suite).forward_secret


def negotiate(offer: TlsOffer, client: ReferenceClient) -> Session | None:
    """Predict the session from what the server was seen to serve; None where they have nothing in common.

    The highest common version is taken (RFC 8446 section 4.2.1), then the suite by whoever's order decides.
    A suite over a named group needs a common group.
    """
    for served in offer.versions:
        if served.version in client.versions:
            chosen = _pick_suite(served, client)
            return Session(served.version, chosen) if chosen is not None else None
    return None


def _pick_suite(served: VersionOffer, client: ReferenceClient) -> int | None:
    common_group = not served.groups or bool(set(served.groups) & set(client.groups))
    usable = {code for code in set(served.suites) & set(client.suites) if common_group or not _needs_group(code)}
    order = served.suites if served.suite_order in (Order.SERVER, Order.ONLY_ONE) else client.suites
    return next((code for code in order if code in usable), None)


def _needs_group(code: int) -> bool:
    known = suite(code)
    return known.tls13 or known.key_exchange.startswith("ECDH")


@cache
def reference_clients() -> ReferenceClients:
    """The clients shipped with this version."""
    text = resources.files("tlsaudit.policy").joinpath("clients.json").read_text("utf-8")
    return tuple(
        ReferenceClient(
            name=entry["name"],
            origin=entry["origin"],
            versions=tuple(TlsVersion(int(code, 16)) for code in entry["versions"]),
            suites=tuple(int(code, 16) for code in entry["suites"]),
            groups=tuple(int(code, 16) for code in entry["groups"]),
        )
        for entry in json.loads(text)["clients"]
    )
