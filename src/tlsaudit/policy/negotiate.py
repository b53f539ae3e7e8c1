"""What a client and a server would agree on, from what each was seen to offer."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from tlsaudit.evidence import Order, TlsOffer, TlsVersion, VersionOffer, group_name, suite, suites
from tlsaudit.policy.clients import ReferenceClient, ReferenceClients


@dataclass(frozen=True, slots=True)
class Session:
    """What a client would get. Where what was measured does not decide, `suites` and `groups` are all that it may be,
    the likelier first. `groups` is empty for a key exchange over none.
    """

    version: TlsVersion
    suites: tuple[int, ...]
    groups: tuple[int, ...]

    @property
    def forward_secret(self) -> bool | None:
        """None where that depends on which of the suites it is."""
        found = {suite(code).forward_secret for code in self.suites}
        return found.pop() if len(found) == 1 else None

    def __str__(self) -> str:
        parts = (
            self.version.label,
            " or ".join(suite(code).name for code in self.suites),
            " or ".join(map(group_name, self.groups)),
        )
        return " ".join(part for part in parts if part)


def negotiate(offer: TlsOffer, client: ReferenceClient) -> Session | None:
    """Predict the session from what the server was seen to serve; None where they have nothing in common.

    The highest common version is taken (RFC 8446 section 4.2.1), and a server that has nothing else in common with
    the client in that version does not fall back to an older one. What is not looked at is whether the client can
    verify the certificate: a server with one on P-384 alone turns away who knows no other curve than P-256.
    """
    return negotiate_all(offer, (client,))[0]


def negotiate_all(offer: TlsOffer, clients: ReferenceClients) -> tuple[Session | None, ...]:
    """The same for many clients, in their order."""
    return _sessions(offer.versions, clients)


@lru_cache(maxsize=1024)  # the hosts of a fleet are much alike, and several checks ask the same
def _sessions(versions: tuple[VersionOffer, ...], clients: ReferenceClients) -> tuple[Session | None, ...]:
    return tuple(_session(versions, client) for client in clients)


def _session(versions: Sequence[VersionOffer], client: ReferenceClient) -> Session | None:
    served = next((served for served in versions if served.version in client.versions), None)
    if served is None:
        return None
    groups = _groups(served, client)
    suites = _suites(served, client, over_groups=bool(groups) or not served.groups)
    if not suites:
        return None
    if client.groups is None:  # a server may then use any or none (RFC 8422 section 4)
        suites = _distinct((*suites, *_suites(served, client, over_groups=False)))
    return Session(served.version, suites, groups if any(map(_over_group, suites)) else ())


def _suites(served: VersionOffer, client: ReferenceClient, *, over_groups: bool) -> tuple[int, ...]:
    offered = frozenset(client.suites)
    by_server = [code for code in served.suites if code in offered and (over_groups or not _over_group(code))]
    if served.suite_order is Order.MIXED and _certificate_first(served.suites):
        by_server = [code for code in by_server if suite(code).authentication == "ECDSA"] or by_server
    by_client = [code for code in client.suites if code in by_server]
    match served.suite_order:
        case Order.SERVER if prefers_chacha20(client):
            # A server may move it up for those who put it first, as those without AES in hardware do; HAProxy does.
            return _distinct((*by_server[:1], *(code for code in by_server if _chacha20(code))))[:2]
        case Order.SERVER | Order.ONLY_ONE:
            return tuple(by_server[:1])
        case Order.CLIENT:
            return tuple(by_client[:1])
    return _distinct((*by_server[:1], *by_client[:1]))


def prefers_chacha20(client: ReferenceClient) -> bool:
    """Whether the first suite with a name that a client offers is one of ChaCha20."""
    return next((_chacha20(code) for code in client.suites if code in suites()), False)


def _chacha20(code: int) -> bool:
    return "CHACHA20" in suite(code).name


def _certificate_first(suites: Sequence[int]) -> bool:
    """Whether the server, as HAProxy does, first picks the ECDSA certificate where a client can use it."""
    kinds = [kind for code in suites if (kind := suite(code).authentication) in {"ECDSA", "RSA"}]
    return "ECDSA" in kinds and kinds == sorted(kinds)


def _groups(served: VersionOffer, client: ReferenceClient) -> tuple[int, ...]:
    if client.groups is None:
        return served.groups
    preferred = _preferred(served, client.groups)
    if served.version is not TlsVersion.TLS1_3 or not preferred:
        return preferred
    # A server may ask for the group it likes best, or settle for one that the client has sent a share of already
    # (RFC 8446 section 4.2.8): its own favourite among those, or the client's.
    shares = [group for group in client.shares if group in served.groups]
    return _distinct((*shares[:1], *_preferred(served, shares), *preferred))


def _preferred(served: VersionOffer, offered: Collection[int]) -> tuple[int, ...]:
    by_server = [group for group in served.groups if group in offered]
    by_client = [group for group in offered if group in by_server]
    match served.group_order:
        case Order.SERVER | Order.ONLY_ONE:
            return tuple(by_server[:1])
        case Order.CLIENT:
            return tuple(by_client[:1])
    return tuple(by_server)


def _over_group(code: int) -> bool:
    known = suite(code)
    return known.tls13 or known.key_exchange.startswith(("ECDHE_", "ECDH_anon"))


def _distinct(codes: Iterable[int]) -> tuple[int, ...]:
    return tuple(dict.fromkeys(codes))
