"""A fleet, and what an audit would see of it and say of it, for the tests of the history."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from tlsaudit.check import Finding, Outcome, Severity, Subject, SubjectKind
from tlsaudit.evidence import (
    AddressObservation,
    CanonicalLinks,
    Certificate,
    CertificateChain,
    Certificates,
    DhPrime,
    EndpointObservation,
    Evidence,
    Hop,
    HttpExchange,
    HttpsExchange,
    NotObserved,
    Order,
    Page,
    PageCopy,
    Reason,
    TlsOffer,
    TlsVersion,
    VersionOffer,
    Visit,
)
from tlsaudit.store import Pinned, Store
from tlsaudit.target import Endpoint

START = datetime(2026, 10, 1, 2, 10, tzinfo=UTC)
CHECKS = tuple(f"check-{number}" for number in range(12))


def endpoints(count: int) -> list[Endpoint]:
    """Hosts of ten services, each at the sites east and west."""
    return [
        Endpoint(f"h{number // 2}.example.org", service=f"s{number // 2 % 10}", site=("east", "west")[number % 2])
        for number in range(count)
    ]


def offer(at: datetime, connections: int = 21) -> TlsOffer:
    modern = VersionOffer(TlsVersion.TLS1_3, (0x1301, 0x1302), Order.SERVER, (0x11EC, 0x1D), Order.CLIENT)
    older = VersionOffer(TlsVersion.TLS1_2, (0xC02B, 0xC02F), Order.CLIENT, (0x1D,), Order.ONLY_ONE)
    return TlsOffer(at, connections, (modern, older), (DhPrime(2048, "00" * 32, "ffdhe2048", prime=True, safe=True),))


def evidence(host: str, at: datetime) -> list[Evidence | NotObserved]:
    """One of each kind of a web server."""
    issued = datetime(2026, 9, 1, tzinfo=UTC)
    leaf = Certificate(
        sha256="0" * 64,
        subject=f"CN={host}",
        issuer="CN=A root",
        serial="0A",
        not_before=issued,
        not_after=issued + timedelta(days=90),
        dns_names=(host,),
        ip_addresses=(),
        key_type="ECDSA",
        key_bits=256,
        signature_algorithm="ecdsa-with-SHA256",
        self_issued=False,
    )
    home = f"https://{host}/"
    copy = PageCopy(home, 200, (home,), ())
    plain = Hop(f"http://{host}/", 301, home, (), ())
    shown = Hop(home, 200, None, ("max-age=31536000",), ())
    return [
        offer(at),
        Certificates(host, at, (CertificateChain((leaf,), None),)),
        HttpExchange(host, at, refused=False, visits=(Visit(plain.url, (plain, shown), None),)),
        HttpsExchange(host, at, first_byte_ms=12.5, chain_error=None, visits=(Visit(home, (shown,), None),)),
        CanonicalLinks(host, at, (Page("/", NotObserved(Reason.FORBIDDEN), copy),)),
    ]


def observation(endpoint: Endpoint, at: datetime) -> EndpointObservation:
    """Everything of an endpoint at one address."""
    seen = {type(item): item for item in evidence(endpoint.host, at) if not isinstance(item, NotObserved)}
    return EndpointObservation(endpoint.id, at, (AddressObservation("192.0.2.1", 1.25, seen),))


def unreachable(endpoint: Endpoint, at: datetime) -> EndpointObservation:
    return EndpointObservation(endpoint.id, at, (), unresolved=NotObserved(Reason.UNRESOLVED, "NXDOMAIN"))


def finding(
    endpoint: Endpoint, check: str, outcome: Outcome = Outcome.PASS, message: str = "as it should be"
) -> Finding:
    return Finding(
        check=check,
        subject=Subject(SubjectKind.ENDPOINT, endpoint.id),
        endpoint=endpoint.id,
        address="192.0.2.1",
        outcome=outcome,
        severity=Severity.HIGH,
        message=message,
        facts={"max_age_s": 31536000, "versions": ["TLS 1.3", "TLS 1.2"]},
    )


def pinned(digest: str = "1", checks: Sequence[str] = CHECKS) -> Pinned:
    return Pinned(policy={"reference_clients": "2026-09"}, checks=[{"id": each, "digest": digest} for each in checks])


def begin(store: Store, at: datetime = START, held_against: Pinned | None = None) -> int:
    return store.begin(at, vantage="lab", version="0.1.0", pinned=held_against or pinned())


def record(store: Store, fleet: Sequence[Endpoint], at: datetime = START) -> int:
    """A whole audit of a fleet in which nothing is wrong."""
    audit = begin(store, at)
    for endpoint in fleet:
        store.add_observation(
            audit, endpoint, observation(endpoint, at), [finding(endpoint, check) for check in CHECKS]
        )
    store.finish(audit, at + timedelta(minutes=1), summary={"endpoints": len(fleet)})
    return audit
