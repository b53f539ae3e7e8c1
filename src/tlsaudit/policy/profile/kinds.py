"""How each kind of rule is held against what was seen, and what to do where it is not met."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from tlsaudit.evidence import (
    Certificate,
    Certificates,
    EvidenceType,
    Hop,
    HstsError,
    HttpExchange,
    HttpsExchange,
    Order,
    Reason,
    Sessions,
    TlsFeatures,
    TlsOffer,
    TlsVersion,
    UrlError,
    Visit,
    group_name,
    is_ip_address,
    origin,
    parse_hsts,
    suite,
)
from tlsaudit.policy.profile.fields import GROUPS
from tlsaudit.policy.profile.look import Look
from tlsaudit.policy.profile.model import Standing

Values = Mapping[str, Any]

_NAMED = 3
_CURVES = {f"secp{bits}r1": f"P-{bits}" for bits in (224, 256, 384, 521)}
_BITS = re.compile(r"[0-9]+")


class Judged(NamedTuple):
    """How a host stands with a rule, and what was found."""

    standing: Standing
    found: str


@dataclass(frozen=True, slots=True)
class Kind:
    """`needs` is the evidence that is looked at; `fix` says what to do. Where the rule is a list of what may be served,
    `served` names what is, and `admits` says whether a list allows it.
    """

    needs: tuple[EvidenceType, ...]
    judge: Callable[[Values, Look], Judged]
    fix: Callable[[Values], str]
    served: Callable[[Look], Iterable[str]] | None = None
    admits: Callable[[Values, str], bool] | None = None


def joined(names: Iterable[str], most: int = _NAMED) -> str:
    """`A`, `A and B`, `A, B, C and 2 more`."""
    listed = list(names)
    if len(listed) > most + 1:
        listed = [*listed[:most], f"{len(listed) - most} more"]
    return " and ".join(filter(None, (", ".join(listed[:-1]), listed[-1])))


def _served(names: list[str]) -> str:
    """Suites have long names."""
    most = 1 if any("_WITH_" in name for name in names) else _NAMED
    return f"{joined(names, most)} {'is' if len(names) == 1 else 'are'} served"


def _met(found: str) -> Judged:
    return Judged(Standing.MET, found)


def _not_met(found: str) -> Judged:
    return Judged(Standing.NOT_MET, found)


def _unknown(found: str) -> Judged:
    return Judged(Standing.UNKNOWN, found)


def _not_applicable(found: str) -> Judged:
    return Judged(Standing.NOT_APPLICABLE, found)


def _all_allowed(
    served: Callable[[Look], Iterable[str]], admits: Callable[[Values, str], bool], nothing: str
) -> Callable[[Values, Look], Judged]:
    def judge(values: Values, look: Look) -> Judged:
        names = list(dict.fromkeys(served(look)))
        beyond = [name for name in names if not admits(values, name)]
        if beyond:
            return _not_met(_served(beyond))
        return _met("nothing else is served") if names else _not_applicable(nothing)

    return judge


def _versions(look: Look) -> Iterator[str]:
    for offer in look.of(TlsOffer).versions:
        yield offer.version.label


def _suites(look: Look) -> Iterator[str]:
    for offer in look.of(TlsOffer).versions:
        yield from (suite(code).name for code in offer.suites)


def _groups(look: Look) -> Iterator[str]:
    for offer in look.of(TlsOffer).versions:
        yield from map(group_name, offer.groups)


def _leaves(look: Look) -> list[Certificate]:
    return [chain.leaf for chain in look.of(Certificates).chains]


def _keys(look: Look) -> Iterator[str]:
    for leaf in _leaves(look):
        if leaf.key_type == "ECDSA":
            yield f"ECDSA {_CURVES.get(leaf.curve or '') or leaf.curve or f'P-{leaf.key_bits}'}"
        else:
            yield leaf.key_type if leaf.key_type.startswith("Ed") else f"{leaf.key_type} {leaf.key_bits}"


def _signatures(look: Look) -> Iterator[str]:
    for leaf in _leaves(look):
        yield leaf.signature_algorithm.removeprefix("_")


def _listed(values: Values, name: str) -> bool:
    return name in values["allowed"]


def _key_listed(values: Values, name: str) -> bool:
    """`RSA 2048` on the list allows larger keys, too; so does `ECDSA 250`, whatever the curve."""
    kind, _, size = name.partition(" ")
    found = _BITS.search(size)
    minima = (spec.split(" ") for spec in values["allowed"] if spec.rpartition(" ")[2].isdigit())
    return name in values["allowed"] or any(kind == of and found and int(found[0]) >= int(bits) for of, bits in minima)


def _version_served(values: Values, look: Look) -> Judged:
    if values["version"] in _versions(look):
        return _met(f"{values['version']} is served")
    return _not_met(f"{values['version']} is not served")


def _group_served(values: Values, look: Look) -> Judged:
    if values["group"] in _groups(look):
        return _met(f"{values['group']} is served")
    return _not_met(f"{values['group']} is not served")


def _no_suites(values: Values, look: Look) -> Judged:
    weak = [name for name in dict.fromkeys(_suites(look)) if _words(name).intersection(values["with"])]
    if weak:
        return _not_met(_served(weak))
    return _met(f"no suite with {joined(values['with'])} is served")


def _words(name: str) -> set[str]:
    words = {word.rstrip("0123456789") if word.startswith("DES") else word for word in name.split("_")}
    return {"3DES"} if "EDE3" in words else words  # as SSL 2.0 calls it, beside DES


def _dh(values: Values, look: Look) -> Judged:
    primes = look.of(TlsOffer).dh_primes
    for prime in primes:
        if prime.bits < values["bits"]:
            return _not_met(f"a Diffie-Hellman prime of {prime.bits} bits")
        if "named" in values and prime.name not in values["named"]:
            return _not_met(f"the Diffie-Hellman prime is {prime.name or 'one of its own'}")
    return _met("the Diffie-Hellman primes are large enough") if primes else _not_applicable("no DHE suite is served")


def _primes_of(bits: int) -> list[str]:
    """The groups of RFC 7919 with so many bits or more."""
    return [name for name in GROUPS if name.startswith("ffdhe") and int(name.removeprefix("ffdhe")) >= bits]


def _order(values: Values, look: Look) -> Judged:
    orders = {offer.suite_order for offer in look.of(TlsOffer).versions if offer.version > TlsVersion.SSL2}
    decided = orders - {Order.ONLY_ONE, Order.NOT_ASKED}
    if decided - {Order(values["by"])}:
        return _not_met(f"the order is that of the {' and the '.join(sorted(decided))}")
    if Order.NOT_ASKED in orders:
        return _unknown("whose order decides was not asked")
    return _met(f"the order is that of the {values['by']}") if decided else _not_applicable("there is no choice")


def _lifetime(values: Values, look: Look) -> Judged:
    longest = max((leaf.not_after - leaf.not_before).total_seconds() for leaf in _leaves(look)) / 86_400
    if longest > values["days"]:
        return _not_met(f"the certificate lives for {longest:.0f} days")
    return _met("the certificate lives no longer")


def _trusted(_: Values, look: Look) -> Judged:
    for chain in look.of(Certificates).chains:
        if chain.trust_error is not None:
            return _not_met(f"the certificate: {chain.trust_error}")
    return _met("the certificate leads to a trusted root")


def _valid(_: Values, look: Look) -> Judged:
    certificates = look.of(Certificates)
    for chain in certificates.chains:
        leaf = chain.leaf
        if not leaf.not_before <= certificates.observed_at <= leaf.not_after:
            return _not_met(f"the certificate is valid from {leaf.not_before:%Y-%m-%d} to {leaf.not_after:%Y-%m-%d}")
        if chain.ocsp == "revoked":
            return _not_met("the certificate is revoked")
    return _met("the certificate is in its time, and no stapled response says that it is revoked")


def _hsts(values: Values, look: Look) -> Judged:
    https = look.of(HttpsExchange)
    if is_ip_address(https.host):
        return _not_applicable("browsers ignore HSTS on an IP address")
    own = _own_hsts(values, https)
    if own.standing is not Standing.NOT_MET or not values.get("or_preloaded"):
        return own
    if look.preload_list is None:
        return _unknown(f"{own.found}; whether its domain is preloaded takes --preload-list FILE")
    entry = look.preload_list.covering(https.host)
    # An entry of the host's own is no policy that is in force.
    return own if entry in (None, https.host) else _met(f"{entry} is preloaded")


def _own_hsts(values: Values, https: HttpsExchange) -> Judged:
    if https.chain_error is not None:
        return _not_met(f"browsers ignore HSTS over an untrusted certificate: {https.chain_error}")
    unseen = None
    for visit in https.visits:
        answer = visit.hops[0] if visit.hops else None
        if answer is None or (_turned_away(answer) and not answer.hsts):
            unseen = unseen or f"no HSTS to judge: {answer.status if answer else visit.stopped}"
        elif fault := _hsts_fault(values, answer):
            return _not_met(fault)
    return _unknown(unseen) if unseen else _met("HSTS is long enough")


def _hsts_fault(values: Values, answer: Hop) -> str | None:
    if not answer.hsts:
        return "no HSTS header"
    policy = parse_hsts(answer.hsts[0])
    if isinstance(policy, HstsError):
        return f"browsers ignore the HSTS header: {policy}"
    if policy.max_age < values["seconds"]:
        return f"HSTS max-age={policy.max_age} is less than {values['seconds']}"
    if values.get("include_subdomains") and not policy.include_subdomains:
        return "HSTS without includeSubDomains"
    if values.get("preload") and not policy.preload:
        return "HSTS without preload"
    return None


def _turned_away(answer: Hop) -> bool:
    return answer.status in (403, 407, 429, 511) or answer.status >= 500


def _redirect(values: Values, look: Look) -> Judged:
    http = look.of(HttpExchange)
    if http.refused or http.dropped:
        return _met("plain http is closed")
    unseen = None
    for visit in http.visits:
        judged = _first_step(visit, same_host=bool(values.get("same_host")))
        if judged.standing is Standing.NOT_MET:
            return judged
        unseen = unseen or (judged if judged.standing is Standing.UNKNOWN else None)
    return unseen or _met("plain http leads to https")


def _first_step(visit: Visit, *, same_host: bool) -> Judged:
    if not visit.hops:
        return _unknown(f"plain http: {visit.stopped}")
    first = visit.hops[0]
    if _turned_away(first):
        return _unknown(f"plain http -> {first.status}: nothing to judge")
    try:
        target = first.target() if first.redirects else None
    except UrlError:
        target = None
    if target is None:
        return _not_met(f"plain http -> {first.status}: not a redirect that leads anywhere")
    scheme, host, _ = origin(target)
    if scheme != "https":
        return _not_met(f"plain http -> {target:.120}: not https")
    if same_host and host != origin(first.url)[1]:
        return _not_met(f"plain http -> {target:.120}: other host")
    return _met("plain http leads to https")


def _https(_: Values, look: Look) -> Judged:
    missing = look.missing(HttpsExchange)
    if missing and missing.reason is Reason.REFUSED and not look.missing(HttpExchange):
        return _not_met("no https: connection refused")
    visit = look.of(HttpsExchange).visits[0]
    return _met("https is served") if visit.hops else _unknown(f"no answer over https: {visit.stopped}")


def _feature(values: Values, look: Look) -> Judged:
    name = values["feature"]
    on: bool | None = getattr(look.of(TlsFeatures), name.replace("-", "_"))
    if on is None:
        return _not_applicable("nothing that is served could show it")
    said = f"{name.replace('-', ' ')} is {'on' if on else 'off'}"
    return _met(said) if on is values["wanted"] else _not_met(said)


def _early_data(_: Values, look: Look) -> Judged:
    sessions = look.of(Sessions)
    if any(policy.early_data_bytes for policy in sessions.tickets):
        return _not_met("0-RTT is on")
    if TlsVersion.TLS1_3 in sessions.versions:
        return _met("0-RTT is off")
    if any(offer.version is TlsVersion.TLS1_3 for offer in look.of(TlsOffer).versions):
        return _unknown("no session of TLS 1.3 could be begun")
    return _not_applicable("TLS 1.3 is not served")


def _list(
    needs: EvidenceType, served: Callable[[Look], Iterable[str]], fix: str, nothing: str = "nothing of it is served"
) -> Kind:
    judge = _all_allowed(served, _listed, nothing)
    return Kind((needs,), judge, lambda values: f"{fix}: {', '.join(values['allowed'])}", served, _listed)


def _in_words(key: str) -> str:
    return f"{key} bits or more" if key.rpartition(" ")[2].isdigit() else key


def _hsts_fix(values: Values) -> str:
    words = [f"max-age={values['seconds']}"]
    words += ["includeSubDomains"] if values.get("include_subdomains") else []
    words += ["preload"] if values.get("preload") else []
    return f"send Strict-Transport-Security: {'; '.join(words)}"


KINDS: Mapping[str, Kind] = {
    "versions": _list(TlsOffer, _versions, "serve no other versions than"),
    "version-served": Kind((TlsOffer,), _version_served, lambda values: f"serve {values['version']}, too"),
    "suites": Kind(
        (TlsOffer,),
        _all_allowed(_suites, _listed, "no suite is served"),
        lambda values: f"serve no cipher suite beside the {len(values['allowed'])} that are allowed",
        _suites,
        _listed,
    ),
    "no-suites": Kind((TlsOffer,), _no_suites, lambda values: f"serve no suite with {joined(values['with'], 9)}"),
    "groups": _list(TlsOffer, _groups, "serve no other groups than", "no group is used"),
    "group-served": Kind((TlsOffer,), _group_served, lambda values: f"prefer {values['group']}"),
    "dh": Kind(
        (TlsOffer,),
        _dh,
        lambda values: f"serve no DHE suite, or take {', '.join(values.get('named') or _primes_of(values['bits']))}",
    ),
    "order": Kind((TlsOffer,), _order, lambda values: f"let the {values['by']} choose the suite"),
    "key": Kind(
        (Certificates,),
        _all_allowed(_keys, _key_listed, "there is no certificate"),
        lambda values: f"get a certificate for a key of: {', '.join(map(_in_words, values['allowed']))}",
        _keys,
        _key_listed,
    ),
    "signature": _list(Certificates, _signatures, "get a certificate that is signed with"),
    "lifetime": Kind(
        (Certificates,), _lifetime, lambda values: f"get certificates for at most {values['days']} days, by machine"
    ),
    "trusted": Kind(
        (Certificates,), _trusted, lambda _: "get a certificate of a trusted authority, and send its intermediates"
    ),
    "valid": Kind((Certificates,), _valid, lambda _: "renew the certificate, and reload the server"),
    "hsts": Kind((HttpsExchange,), _hsts, _hsts_fix),
    "redirect": Kind(
        (HttpExchange,), _redirect, lambda _: "answer plain http with a permanent redirect to https on the same host"
    ),
    "https": Kind((HttpsExchange, HttpExchange), _https, lambda _: "serve the same over https"),
    "feature": Kind(
        (TlsFeatures,),
        _feature,
        lambda values: f"turn {values['feature'].replace('-', ' ')} {'on' if values['wanted'] else 'off'}",
    ),
    "early-data": Kind((Sessions, TlsOffer), _early_data, lambda _: "turn 0-RTT off"),
}
