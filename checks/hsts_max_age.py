"""HSTS lasts long enough to outlive the gap between two visits.

## Rationale
Without Strict-Transport-Security, every visit that starts with `http://` gives an attacker on the path one request to
hijack, redirect or not. A browser that has seen the header goes to https by itself until max-age runs out, so a short
one protects only those who come often. The header counts on the first answer of the host itself, over a certificate
that the browser accepts; a header that does not parse is no header, and max-age=0 removes the protection. Redirects
and error pages need it, too: they may be the only answer that a visitor ever gets from this host.

A domain above that says `includeSubDomains` protects this host as well, whatever the host itself says: max-age=0 here
does not take it back. That counts where the domain above is looked at in the same run, and says so at each of its
addresses that answered; where it could not be seen, a host whose own policy is not long enough is unknown.

The facts tell the progress on a ladder of six steps: 1 day, 1 week, 30 days, 180 days, 1 year, 2 years. `step` is 0 to
6 and `max_age_s` is in seconds, so that an objective can climb: `metric: hsts-max-age/step`, milestones `>= 3`.

## Remediation
Raise max-age step by step, from a day to a year or more, and watch what breaks. Watch for `Header set` without
`always` in Apache and `add_header` without `always` in nginx: both leave out errors, Apache also redirects.

- nginx: `add_header Strict-Transport-Security "max-age=31536000" always;`
- apache: `Header always set Strict-Transport-Security "max-age=31536000"`
- haproxy: `http-after-response set-header Strict-Transport-Security "max-age=31536000"`
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import NamedTuple

from tlsaudit.check import (
    Fact,
    Parent,
    Setting,
    Severity,
    Verdict,
    check,
    failed,
    listed,
    not_applicable,
    passed,
    unknown,
)
from tlsaudit.evidence import Hop, HstsError, HstsPolicy, HttpsExchange, NotObserved, Visit, is_ip_address, parse_hsts

_STEPS = tuple(timedelta(days=days) for days in (1, 7, 30, 180, 365, 730))
_NONE = timedelta()


class _Said(NamedTuple):
    """What the host itself says: a policy, or why there is none as the two halves of a sentence. `unclear` where it may
    say something else when asked again. `note` ends what is said of a policy that is not long enough, or void.
    """

    policy: HstsPolicy | None
    subject: str = "HSTS"
    reason: str = ""
    unclear: bool = False
    note: str = ""

    @property
    def lifetime(self) -> timedelta:
        return _lifetime(self.policy) if self.policy else _NONE


class _Inherited(NamedTuple):
    """The longest that a domain above protects its subdomains. `unseen` says which one might do so for longer."""

    host: str | None
    lifetime: timedelta
    unseen: str | None


@check(
    title="HSTS max-age is long enough",
    severity=Severity.HIGH,
    tags={"http", "hsts"},
    settings={Setting.HSTS},
    strengths={"max_age_s"},
    references=(
        "RFC 6797 section 6.1.1",
        "RFC 6797 section 8.1",
        "RFC 6797 section 8.2",
        "RFC 6797 section 8.3",
        "RFC 6797 section 11.4",
    ),
)
def hsts_max_age(
    https: HttpsExchange, parents: Parent[HttpsExchange], *, minimum: timedelta = timedelta(days=365)
) -> Iterator[Verdict]:
    if is_ip_address(https.host):
        yield not_applicable("browsers ignore HSTS on an IP address")
        return
    inherited = _inherited(parents)
    if https.chain_error is not None:
        said = _Said(None, "browsers ignore HSTS over an untrusted certificate", f": {https.chain_error}")
        yield _judge(said, "", inherited, minimum)
        return
    pages: dict[_Said, list[str]] = {}
    for visit in https.visits:
        pages.setdefault(_said(visit), []).append(_path(visit.url))
    for said, paths in pages.items():
        verdict = _judge(said, _where(paths) if len(pages) > 1 else "", inherited, minimum)
        yield replace(verdict, facts={**verdict.facts, "path": paths[0]})


def _said(visit: Visit) -> _Said:
    if not visit.hops:
        return _Said(None, "no answer", f": {visit.stopped}", unclear=True)
    answer = visit.hops[0]
    if not answer.hsts:
        if _turned_away(answer):
            return _Said(None, f"{answer.status} from the server", ": no HSTS to judge", unclear=True)
        return _Said(None, "no HSTS header")
    policy, *others = map(parse_hsts, answer.hsts)
    better = any(_lifetime(other) > _lifetime(policy) for other in others)
    note = f", the first of {len(answer.hsts)} headers: no other counts" if better else ""
    if isinstance(policy, HstsError):
        return _Said(None, "browsers ignore the HSTS header", f": {policy}{note}")
    return _Said(policy, note=note)


def _lifetime(policy: HstsPolicy | HstsError) -> timedelta:
    return timedelta(seconds=policy.max_age) if isinstance(policy, HstsPolicy) else _NONE


def _turned_away(answer: Hop) -> bool:
    return answer.status in (403, 429) or answer.status >= 500


def _judge(said: _Said, where: str, inherited: _Inherited, minimum: timedelta) -> Verdict:
    own = said.lifetime
    facts = _facts(said.policy, own)
    if own >= minimum and said.policy:
        subdomains = ", subdomains included" if said.policy.include_subdomains else ""
        return _ranked(passed(f"HSTS lasts {_span(own)}{where}{subdomains}", **facts), own)
    if inherited.host and inherited.lifetime > own:
        return _judge_inherited(said, inherited, minimum)
    message = f"{said.subject}{where}{said.reason}"
    if said.policy and own:
        message = f"HSTS lasts {_span(own)}{where}, less than {_span(minimum)}{_progress(own)}{said.note}"
    elif said.policy:
        message = f"HSTS is withdrawn{where} (max-age=0){said.note}"
    if said.unclear:
        return unknown(message)
    if inherited.unseen:
        return unknown(f"{message}, and {inherited.unseen}")
    return _ranked(failed(message, **facts), own)


def _judge_inherited(said: _Said, inherited: _Inherited, minimum: timedelta) -> Verdict:
    """A domain above protects for longer than the host itself, and no header of the host takes that back."""
    lifetime = inherited.lifetime
    message = f"HSTS lasts {_span(lifetime)}, inherited from {inherited.host}"
    facts = {**_facts(said.policy, lifetime), "inherited_from": inherited.host}
    if lifetime >= minimum:
        return _ranked(passed(message, **facts), lifetime)
    message += f", less than {_span(minimum)}"
    if said.unclear or inherited.unseen:
        return unknown(f"{message}, and {inherited.unseen or said.subject + said.reason}")
    return _ranked(failed(f"{message}{_progress(lifetime)}", **facts), lifetime)


def _inherited(parents: Parent[HttpsExchange]) -> _Inherited:
    best, unseen = _Inherited(None, _NONE, None), None
    for host, observed in parents.hosts.items():
        found = [str(seen) if isinstance(seen, NotObserved) else _for_subdomains(seen) for seen in observed]
        # A browser may have met any of its addresses: it is as good as the weakest of those that were seen.
        lifetime = min((item for item in found if not isinstance(item, str)), default=None)
        if lifetime is None:
            unseen = unseen or f"{host} was not seen: {next(iter(found), 'not probed')}"
        elif lifetime > best.lifetime:
            best = _Inherited(host, lifetime, None)
    return best._replace(unseen=unseen)


def _for_subdomains(https: HttpsExchange) -> timedelta | str:
    """How long an address of a domain above protects its subdomains, or why that was not seen.

    The answer of its first page must carry the policy. Of the others, one without a header takes nothing back, one with
    another policy does.
    """
    if https.chain_error is not None:
        return _NONE
    first, *others = [_said(visit) for visit in https.visits]
    if first.unclear:
        return f"{first.subject}{first.reason}"
    said = [first, *(other for other in others if other.policy)]
    if not all(one.policy and one.policy.include_subdomains for one in said):
        return _NONE
    return min(one.lifetime for one in said)


def _facts(policy: HstsPolicy | None, lifetime: timedelta) -> dict[str, Fact]:
    """`step` is how many of the ladder's steps are reached, 0 to 6; the rest is about the host's own policy."""
    own: dict[str, Fact] = (
        {"include_subdomains": policy.include_subdomains, "preload": policy.preload} if policy else {}
    )
    following = _next_step(lifetime)
    return {
        "max_age_s": int(lifetime.total_seconds()),
        "step": _step(lifetime),
        "next_step_days": following.days if following else None,
        **own,
    }


def _step(lifetime: timedelta) -> int:
    return sum(lifetime >= step for step in _STEPS)


def _next_step(lifetime: timedelta) -> timedelta | None:
    return next((step for step in _STEPS if step > lifetime), None)


def _progress(lifetime: timedelta) -> str:
    following = _next_step(lifetime)
    return f": step {_step(lifetime)} of {len(_STEPS)}" + (f", next {_span(following)}" if following else "")


def _ranked(verdict: Verdict, lifetime: timedelta) -> Verdict:
    """The shortest lifetime speaks for the host."""
    return replace(verdict, rank=int(lifetime.total_seconds()))


def _where(paths: list[str]) -> str:
    return f" on {listed(paths, 3)}"


def _path(url: str) -> str:
    return "/" + url.split("/", 3)[3]


def _span(time: timedelta) -> str:
    seconds = int(time.total_seconds())
    count, unit = next(
        (seconds // size, unit)
        for size, unit in ((86400, "day"), (3600, "hour"), (60, "minute"), (1, "second"))
        if seconds % size == 0 or seconds >= 2 * size
    )
    return f"{count} {unit}" if count == 1 else f"{count} {unit}s"
