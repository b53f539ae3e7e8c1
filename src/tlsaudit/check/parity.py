"""What a host serves at several places, held against each other: what differs is said by place."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import Any, Literal, NamedTuple

from tlsaudit.check.listed import listed
from tlsaudit.check.outcome import Fact, Verdict, failed, not_applicable, passed, unknown
from tlsaudit.evidence import (
    CanonicalLinks,
    Certificates,
    Hop,
    HstsPolicy,
    HttpExchange,
    HttpsExchange,
    NotObserved,
    PageCopy,
    Reason,
    TlsOffer,
    UrlError,
    Visit,
    group_name,
    origin,
    parse_hsts,
    suite,
)

Dimension = Literal[
    "versions", "suites", "groups", "names", "key", "issuer", "trust", "expiry", "hsts", "redirect", "status",
    "canonical",
]  # fmt: skip

_USUAL_PORT = re.compile(r":443(?=$|[@ ])")
_SAYS_NOTHING = (403, 407, 429, 511)
_ALL = "*"
"""In the place of a page: what is said of every one."""

_ORGANISATION = re.compile(r"(?:^|,)O=((?:\\.|[^,\\])+)")  # of a name as RFC 4514 writes it

_NAMED: Mapping[Dimension, str] = {
    "versions": "", "suites": "", "groups": "group ", "names": "certificate for ", "key": "certificate key ",
    "issuer": "certificate by ", "trust": "certificate", "expiry": "certificate", "hsts": "HSTS",
    "redirect": "http {page}", "status": "https {page}", "canonical": "canonical link of {page}",
}  # fmt: skip
"""What a message begins with."""


class Places(NamedTuple):
    """How places are spoken of: several of them, how a host was that was seen at one, and what goes before a name."""

    several: str
    alone: str
    at: str


SITES = Places("sites", "seen at one site only", "at")
VANTAGES = Places("vantages", "seen from one vantage only", "from")


class _Difference(NamedTuple):
    """`places` is place -> what differs there; `only` are the items that some place lacks."""

    dimension: Dimension
    message: str
    places: Mapping[str, Sequence[str]]
    only: Sequence[str] = ()


class _Unsure(NamedTuple):
    """Why a dimension cannot be compared everywhere."""

    dimension: Dimension
    message: str


_Compared = Iterator[_Difference | _Unsure]
_Answers = Mapping[str, str | None]
"""Page -> what is answered; None where that says nothing."""


Seen = Mapping[str, Mapping[str, Any]]
"""host:port -> place -> evidence, or why it is missing."""


def parity(
    evidence: tuple[Seen, Seen, Seen, Seen, Seen],
    places: Places,
    *,
    without: Sequence[Dimension],
    expiry_apart: timedelta,
) -> Iterator[Verdict]:
    """Whether each host serves the same at all of its places, in all dimensions but those it goes `without`.

    `evidence` is of TlsOffer, Certificates, HttpsExchange, HttpExchange and CanonicalLinks, each of the same hosts and
    places.
    """
    at = places.at
    tls, certificates, https, http, links = evidence
    looks: tuple[tuple[Seen, Callable[[Mapping[str, Any]], _Compared], tuple[Dimension, ...]], ...] = (
        (tls, partial(_tls, at), ("versions", "suites", "groups")),
        (certificates, partial(_certificates, at, expiry_apart), ("names", "key", "issuer", "trust", "expiry")),
        (https, partial(_https, at), ("hsts", "status")),
        (http, partial(_http, at), ("redirect",)),
        (links, partial(_links, at), ("canonical",)),
    )
    found: list[tuple[str, _Difference]] = []
    for authority, seen in tls.items():
        host = host_of(authority)
        if len(seen) < 2:
            yield not_applicable(f"{host} was {places.alone}")
            continue
        compared: list[_Difference | _Unsure] = []
        for of_hosts, compare, dimensions in looks:
            items = of_hosts[authority]
            compared += compare({place: item for place, item in items.items() if not isinstance(item, NotObserved)})
            dimension = next((name for name in dimensions if name not in without), dimensions[0])
            compared += _missing(at, items, dimension)
        compared = [item for item in compared if item.dimension not in without]
        for item in compared:
            if isinstance(item, _Difference):
                found.append((host, item))
            else:
                yield unknown(f"{host}{item.message}")
        if not compared:
            names: dict[str, Fact] = {places.several: list(seen)}
            yield passed(f"{host} serves the same {at} {' and '.join(seen)}", **names)
    yield from _failures(found, places)


def host_of(authority: str) -> str:
    """`host:port`, and what may follow it, without the usual port: as a message names it."""
    return _USUAL_PORT.sub("", authority)


def _failures(found: Sequence[tuple[str, _Difference]], places: Places) -> Iterator[Verdict]:
    """One for each difference; all of them are among the facts of each, since the first speaks for the service."""
    differences: list[Fact] = [
        {
            "host": host,
            "dimension": item.dimension,
            places.several: {place: list(values) for place, values in item.places.items()},
            "only": list(item.only),
        }
        for host, item in found
    ]
    differing: list[Fact] = list(dict.fromkeys(f"{host} {item.dimension}" for host, item in found))
    for host, item in found:
        yield failed(f"{host}: {item.message}", differing=differing, differences=differences)


def _missing(at: str, items: Mapping[str, object], dimension: Dimension) -> Iterator[_Unsure]:
    """Where evidence is missing; what was asked nowhere, as HTTP is not of a mail server, is no matter of parity."""
    missing = {place: item for place, item in items.items() if isinstance(item, NotObserved)}
    if len(missing) < len(items) or any(item.reason is not Reason.NOT_PROBED for item in missing.values()):
        yield from (_Unsure(dimension, f" {at} {place}: {why}") for place, why in missing.items())


def _tls(at: str, offers: Mapping[str, TlsOffer]) -> _Compared:
    short = frozenset(place for place, offer in offers.items() if offer.incomplete)
    versions = {place: frozenset(each.version.label for each in offer.versions) for place, offer in offers.items()}
    suites = {
        place: frozenset(suite(code).name for each in offer.versions for code in each.suites)
        for place, offer in offers.items()
    }
    groups = {
        place: frozenset(group_name(code) for each in offer.versions for code in each.groups)
        for place, offer in offers.items()
    }
    yield from _lists(at, "versions", versions, short)
    yield from _lists(at, "suites", suites, short, "cipher suite")
    yield from _lists(at, "groups", groups, short)


def _lists(
    at: str,
    dimension: Dimension,
    served: Mapping[str, frozenset[str]],
    short: frozenset[str] = frozenset(),
    noun: str | None = None,
) -> Iterator[_Difference]:
    """What some places have and others lack, in words and by name; with a noun the words only count. Nothing is known
    to be lacking at the places whose list is too `short`.
    """
    whole = {place: items for place, items in served.items() if place not in short}
    only = sorted(
        item for item in frozenset().union(*served.values()) if any(item not in items for items in whole.values())
    )
    by_places: dict[tuple[str, ...], list[str]] = {}
    for item in only:
        by_places.setdefault(tuple(place for place, items in served.items() if item in items), []).append(item)
    said = []
    order = list(served)
    for having, items in sorted(by_places.items(), key=lambda found: [order.index(place) for place in found[0]]):
        several = "s" if len(items) > 1 else ""
        what = f"{len(items)} {noun}{several}" if noun else f"{_NAMED[dimension]}{listed(items)}"
        lacking = [place for place in whole if items[0] not in whole[place]]
        said.append(f"{what} {at} {' and '.join(having)}, not {at} {' and '.join(lacking)}")
    if only:
        sites = {place: [item for item in only if item in items] for place, items in served.items()}
        yield _Difference(dimension, "; ".join(said), sites, only)


def _certificates(at: str, apart: timedelta, shown: Mapping[str, Certificates]) -> _Compared:
    leaves = {place: [chain.leaf for chain in item.chains] for place, item in shown.items()}
    names = {
        place: frozenset(name.lower() for leaf in items for name in (*leaf.dns_names, *leaf.ip_addresses))
        for place, items in leaves.items()
    }
    keys = {
        place: frozenset(f"{leaf.key_type} {leaf.curve or leaf.key_bits}" for leaf in items)
        for place, items in leaves.items()
    }
    issuers = {place: frozenset(_organisation(leaf.issuer) for leaf in items) for place, items in leaves.items()}
    trust = {
        place: {_ALL: next((chain.trust_error for chain in item.chains if chain.trust_error), "trusted")}
        for place, item in shown.items()
    }
    yield from _lists(at, "names", names)
    yield from _lists(at, "key", keys)
    yield from _lists(at, "issuer", issuers)
    yield from _answers(at, "trust", trust)
    first = {place: min(leaf.not_after for leaf in items) for place, items in leaves.items()}
    over = {place: end < shown[place].observed_at for place, end in first.items()}
    if len(set(over.values())) > 1 or (first and max(first.values()) - min(first.values()) > apart):
        ends = {
            place: {_ALL: f"{'expired on' if over[place] else 'valid until'} {end:%Y-%m-%d}"}
            for place, end in first.items()
        }
        yield from _answers(at, "expiry", ends)


def _organisation(name: str) -> str:
    """Whose authority it is: its intermediates change from one certificate to the next."""
    found = _ORGANISATION.search(name)
    return found[1] if found else name


def _https(at: str, exchanges: Mapping[str, HttpsExchange]) -> _Compared:
    yield from _answers(at, "hsts", {place: {_ALL: _hsts(item)} for place, item in exchanges.items()})
    yield from _answers(at, "status", {place: dict(_statuses(item)) for place, item in exchanges.items()})


def _hsts(https: HttpsExchange) -> str | None:
    """The policies that its pages have, each once; those of pages that say nothing only where there is no other."""
    answers = [visit.hops[0] for visit in https.visits if visit.hops]
    policies = {_policy(answer) for answer in answers if answer.hsts or answer.status not in _SAYS_NOTHING}
    return " or ".join(sorted(policies)) or None


def _policy(answer: Hop) -> str:
    if not answer.hsts:
        return "none"
    policy = parse_hsts(answer.hsts[0])
    if not isinstance(policy, HstsPolicy):
        return f"void ({policy})"
    words = {"includeSubDomains": policy.include_subdomains, "preload": policy.preload}
    return "; ".join([f"max-age={policy.max_age}", *(word for word, said in words.items() if said)])


def _statuses(https: HttpsExchange) -> Iterator[tuple[str, str | None]]:
    for visit in https.visits:
        status = visit.hops[0].status if visit.hops else None
        yield _page(visit.url), None if status in (None, *_SAYS_NOTHING) else str(status)


def _http(at: str, exchanges: Mapping[str, HttpExchange]) -> _Compared:
    answers: dict[str, _Answers] = {}
    for place, item in exchanges.items():
        closed = item.refused or item.dropped
        answers[place] = {_ALL: "closed"} if closed else {_page(visit.url): _redirect(visit) for visit in item.visits}
    yield from _answers(at, "redirect", answers)


def _redirect(visit: Visit) -> str | None:
    if not visit.hops or visit.hops[0].status in _SAYS_NOTHING:
        return None
    first = visit.hops[0]
    try:
        target = first.target() if first.redirects else None
    except UrlError:
        target = None
    if target is None:
        return f"{first.status}, no redirect"
    scheme, host, _ = origin(target)
    elsewhere = "" if host == origin(first.url)[1] else " at another host"
    path = "" if elsewhere or _page(target) == _page(first.url) else ", another path"
    return f"{first.status} to {scheme}{elsewhere}{path}"


def _links(at: str, seen: Mapping[str, CanonicalLinks]) -> _Compared:
    yield from _answers(
        at,
        "canonical",
        {
            place: {
                page.path: " and ".join(page.https.links) or "none"
                for page in item.pages
                if isinstance(page.https, PageCopy) and page.https.status == 200
            }
            for place, item in seen.items()
        },
    )


def _answers(at: str, dimension: Dimension, answers: Mapping[str, _Answers]) -> _Compared:
    """Pages that are not answered alike; of those that differ in the same way, the first speaks for all. A page that
    only one place has an answer of is not compared."""
    alike: dict[tuple[tuple[str, str | None], ...], list[str]] = {}
    pages = dict.fromkeys(page for said in answers.values() for page in said)
    for page in [page for page in pages if page != _ALL] or pages:
        values = tuple(
            (place, said.get(page, said.get(_ALL))) for place, said in answers.items() if page in said or _ALL in said
        )
        if len({value for _, value in values}) > 1 or (values and None in dict(values).values()):
            alike.setdefault(values, []).append(page)
    for values, found in alike.items():
        what = _NAMED[dimension].format(page=listed(found))
        known = {place: value for place, value in values if value is not None}
        if len(set(known.values())) > 1:
            said = ", ".join(f"{value} {at} {place}" for place, value in known.items())
            yield _Difference(dimension, f"{what}: {said}", {place: [value] for place, value in known.items()})
        if len(known) < len(values):
            unsaid = " and ".join(place for place, value in values if value is None)
            yield _Unsure(dimension, f": {what} {at} {unsaid}: nothing to judge")


def _page(url: str) -> str:
    return "/" + url.split("/", 3)[3]
