"""The other site can take over without a drop in encryption.

## Rationale
When a data centre fails, its readers are sent to another, and nobody looks at how they are encrypted there on that day.
For each host of a service, and for each site that could take over from each other one, this check compares what readers
have today with what they would get. A take-over fails where

- a reference client that connects today could not, or would get an older version of TLS, lose forward secrecy or a
  post-quantum key exchange;
- the certificate would no longer be trusted, name the host or be valid;
- HSTS would last for less time, or no longer count for subdomains;
- a page that plain http redirects to https would be answered in clear;
- a page that is there would be answered with an error.

A site that is stronger than another passes as its stand-in, and fails to have one. What else differs is what
site-parity tells. A page that answers 403, 407, 429 or 511 to the probe says nothing, and a site that could not be
looked at makes it unknown.

The clients, and where the hello of each comes from, are listed in docs/clients.md.

## Remediation
Bring the site that would take over to what the other one has: one configuration for all sites, deployed to those that
stand by on the same day. Then let it take over for an hour, and write the drill into targets.yaml (docs/failover.md).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations

from tlsaudit.check import (
    BySite,
    Fact,
    ReferenceClients,
    Session,
    Setting,
    Severity,
    Verdict,
    check,
    failed,
    listed,
    negotiate_all,
    not_applicable,
    passed,
    unknown,
)
from tlsaudit.evidence import (
    Certificates,
    HstsPolicy,
    HttpExchange,
    HttpsExchange,
    NotObserved,
    Reason,
    TlsOffer,
    UrlError,
    Visit,
    covers,
    group_name,
    parse_hsts,
)

_SAYS_NOTHING = (403, 407, 429, 511)
_DAY = 24 * 60 * 60


@dataclass(frozen=True, slots=True)
class _Place:
    """What readers have at one place.

    `sessions` are those of the clients that can connect, and `incomplete` is why there may be better ones. `distrust`
    is why clients turn away. `hsts` is the shortest lifetime of its pages, in seconds, and whether it counts for
    subdomains. `in_clear` is whether plain http answers a page with anything but a redirect to https; a closed port
    answers none. `status` is what https answers to a page. What was not seen is None; `unseen` says why.
    """

    sessions: Mapping[str, Session]
    incomplete: NotObserved | None
    distrust: str | None
    hsts: tuple[int, bool] | None
    in_clear: Mapping[str, bool | None] | None
    status: Mapping[str, int]
    unseen: Sequence[str]


@check(
    title="The other site can take over without a drop in encryption",
    severity=Severity.HIGH,
    tags={"tls", "http", "sites"},
    settings={
        Setting.PROTOCOLS,
        Setting.CIPHER_SUITES,
        Setting.NAMED_GROUPS,
        Setting.CERTIFICATE,
        Setting.HSTS,
        Setting.REDIRECT,
        Setting.PAGE,
    },
    faults={"losing"},
)
def failover_ready(
    tls: BySite[TlsOffer],
    certificates: BySite[Certificates],
    https: BySite[HttpsExchange | NotObserved],
    http: BySite[HttpExchange | NotObserved],
    *,
    clients: ReferenceClients,
) -> Iterator[Verdict]:
    found: list[tuple[str, str, str, list[str], list[str]]] = []
    for authority, offers in tls.hosts.items():
        host = authority.removesuffix(":443")
        if len({_site(place) for place in offers}) < 2:
            yield not_applicable(f"{host} was seen at one site only")
            continue
        places = {
            place: _look(
                offer,
                certificates.hosts[authority][place],
                https.hosts[authority][place],
                http.hosts[authority][place],
                clients,
            )
            for place, offer in offers.items()
        }
        for today, after in permutations(places, 2):
            if _site(today) != _site(after):
                losses = list(_losses(places[today], places[after]))
                unsure = [
                    *(f"{place}: {why}" for place in (today, after) for why in places[place].unseen),
                    *_unsure(places[today], places[after], after),
                ]
                found.append((host, today, after, losses, unsure))
    takeovers: list[Fact] = [
        {"host": host, "from": today, "to": after, "losses": list(losses)} for host, today, after, losses, _ in found
    ]
    losing: list[Fact] = [f"{host}, {after} for {today}" for host, today, after, losses, _ in found if losses]
    for host, today, after, losses, unsure in found:
        would = f"{host}: if {after} takes over from {today}"
        if losses:
            yield failed(f"{would}, {'; '.join(losses)}", takeovers=takeovers, losing=losing)
        elif unsure:
            yield unknown(f"{would}: {unsure[0]}")
        else:
            yield passed(f"{would}, nothing is lost", takeovers=takeovers)


def _site(place: str) -> str:
    return place.partition(" ")[0]


def _look(
    tls: TlsOffer,
    certificates: Certificates,
    https: HttpsExchange | NotObserved,
    http: HttpExchange | NotObserved,
    clients: ReferenceClients,
) -> _Place:
    predicted = zip((client.name for client in clients), negotiate_all(tls, clients), strict=True)
    distrust = _distrust(certificates, https)
    unseen = [str(item) for item in (https, http) if isinstance(item, NotObserved) and _asked(item)]
    return _Place(
        sessions={name: session for name, session in predicted if session},
        incomplete=tls.incomplete,
        distrust=distrust,
        hsts=None if isinstance(https, NotObserved) else (0, False) if distrust else _hsts(https),
        in_clear=None if isinstance(http, NotObserved) else dict(_in_clear(http)),
        status={} if isinstance(https, NotObserved) else dict(_statuses(https.visits)),
        unseen=unseen,
    )


def _asked(item: NotObserved) -> bool:
    """HTTP is asked of no mail server, and plain http only where there is a port for it."""
    return item.reason is not Reason.NOT_PROBED


def _distrust(certificates: Certificates, https: HttpsExchange | NotObserved) -> str | None:
    """Why clients turn away; None where they do not."""
    if isinstance(https, HttpsExchange):
        return https.chain_error
    host, now = certificates.host.removesuffix("."), certificates.observed_at
    for chain in certificates.chains:
        if chain.trust_error:
            return chain.trust_error
        if not any(covers(name, host) for name in (*chain.leaf.dns_names, *chain.leaf.ip_addresses)):
            return f"it does not name {host}"
        if not chain.leaf.not_before <= now <= chain.leaf.not_after:
            return f"it is valid from {chain.leaf.not_before:%Y-%m-%d} to {chain.leaf.not_after:%Y-%m-%d}"
    return None


def _hsts(https: HttpsExchange) -> tuple[int, bool] | None:
    kept = []
    for answer in (visit.hops[0] for visit in https.visits if visit.hops):
        policy = parse_hsts(answer.hsts[0]) if answer.hsts else None
        if isinstance(policy, HstsPolicy):
            kept.append((policy.max_age, policy.include_subdomains))
        elif answer.status not in _SAYS_NOTHING:
            kept.append((0, False))
    return min(kept, default=None)


def _in_clear(http: HttpExchange) -> Iterator[tuple[str, bool | None]]:
    for visit in http.visits:
        status = visit.hops[0].status if visit.hops else None
        unclear = status is None or status in _SAYS_NOTHING or status >= 500
        yield _page(visit.url), None if unclear else not _leads_to_https(visit)


def _leads_to_https(visit: Visit) -> bool:
    try:
        return visit.hops[0].redirects and visit.hops[0].target().startswith("https:")
    except UrlError:
        return False


def _statuses(visits: Sequence[Visit]) -> Iterator[tuple[str, int]]:
    for visit in visits:
        if visit.hops and visit.hops[0].status not in _SAYS_NOTHING:
            yield _page(visit.url), visit.hops[0].status


def _losses(today: _Place, after: _Place) -> Iterator[str]:
    if not after.incomplete and after.sessions != today.sessions:
        yield from _lost_sessions(today.sessions, after.sessions)
    if after.distrust and not today.distrust:
        yield f"the certificate is not accepted: {after.distrust}"
    if today.hsts and after.hsts and not after.distrust:
        if after.hsts[0] < today.hsts[0]:
            yield f"HSTS lasts {_days(after.hsts[0])} instead of {_days(today.hsts[0])}"
        elif today.hsts[1] and not after.hsts[1]:
            yield "HSTS does not count for subdomains"
    if today.in_clear is not None and after.in_clear is not None:
        kept = (page for page, clear in after.in_clear.items() if clear)
        if answered := [page for page in kept if today.in_clear.get(page, False) is False]:
            yield f"http {listed(answered)} is answered in clear"
    gone = [page for page, status in after.status.items() if status >= 400 > today.status.get(page, status)]
    if gone:
        yield f"https {listed(gone)} answers {after.status[gone[0]]}"


def _lost_sessions(today: Mapping[str, Session], after: Mapping[str, Session]) -> Iterator[str]:
    out = [name for name in today if name not in after]
    if out:
        yield f"no connection for {listed(out)}"
    both = [(name, session, after[name]) for name, session in today.items() if name in after]
    older = [name for name, now, then in both if then.version < now.version]
    if older:
        versions = f"{after[older[0]].version.label} instead of {today[older[0]].version.label}"
        yield f"{versions} for {listed(older)}"
    bare = [name for name, now, then in both if now.forward_secret and then.forward_secret is False]
    if bare:
        yield f"no forward secrecy for {listed(bare)}"
    plain = [name for name, now, then in both if _post_quantum(now) and not _post_quantum(then)]
    if plain:
        yield f"no post-quantum key exchange for {listed(plain)}"


def _post_quantum(session: Session) -> bool:
    return "MLKEM" in group_name(session.groups[0]) if session.groups else False


def _unsure(today: _Place, after: _Place, name: str) -> Iterator[str]:
    if after.incomplete:
        yield f"{name}: {after.incomplete}"
    if today.hsts and not after.hsts:
        yield f"{name} says nothing of HSTS to the probe"
    silent = [page for page in today.status if page not in after.status]
    if silent:
        yield f"https {listed(silent)} was not answered to the probe at {name}"


def _days(seconds: int) -> str:
    return f"{seconds} s" if 0 < seconds < _DAY else f"{seconds // _DAY} days"


def _page(url: str) -> str:
    return "/" + url.split("/", 3)[3]
