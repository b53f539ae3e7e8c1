"""Every tier of a published guideline, as a check of its own: so that goals, waivers, the history and reports know no
other kind of verdict.
"""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from textwrap import wrap

from tlsaudit.check.definition import Check, PublishedTier
from tlsaudit.check.outcome import (
    Fact,
    Setting,
    Severity,
    SubjectKind,
    Verdict,
    failed,
    not_applicable,
    passed,
    unknown,
)
from tlsaudit.evidence import Evidence, EvidenceType, HttpExchange, NotObserved
from tlsaudit.policy import PreloadList, profile
from tlsaudit.policy.profile import (
    KINDS,
    SERVERS,
    Assessment,
    Judged,
    Look,
    Profile,
    ProfileRule,
    Standing,
    Tier,
    assess,
    lines_of_tier,
    ready_lines,
    tiers_of_served,
)

TAG = "profile"

_TOLD = 3
"""Gaps that a message names."""

_WIDTH = 120

_LINES = (
    "These lines bring a server there, as far as it is a matter of its configuration; they replace what it says of the "
    "same. In HAProxy, those that begin with `ssl-default-bind-` go under `global`, the others to the frontend or "
    "backend that answers. Groups that OpenSSL 3.0 does not know are left out, since servers do not start with them: "
    "from OpenSSL 3.5 on, put X25519MLKEM768 first where the rules name it."
)

_CODE = Path(profile.__file__).parent

_SETTINGS: Mapping[str, Setting] = {
    "versions": Setting.PROTOCOLS, "version-served": Setting.PROTOCOLS, "suites": Setting.CIPHER_SUITES,
    "no-suites": Setting.CIPHER_SUITES, "order": Setting.CIPHER_SUITES, "groups": Setting.NAMED_GROUPS,
    "group-served": Setting.NAMED_GROUPS, "dh": Setting.DH_PARAMETERS, "key": Setting.CERTIFICATE,
    "signature": Setting.CERTIFICATE, "lifetime": Setting.CERTIFICATE, "trusted": Setting.CERTIFICATE,
    "valid": Setting.CERTIFICATE, "hsts": Setting.HSTS, "redirect": Setting.REDIRECT, "early-data": Setting.EARLY_DATA,
}  # fmt: skip


def profile_checks(published: Profile) -> Iterator[Check]:
    """One opt-in check for each tier."""
    for tier in published.tiers:
        yield _check(published, tier)


def _check(published: Profile, tier: Tier) -> Check:
    kinds = [KINDS[rule.kind] for rule in tier.rules]
    evidence: tuple[EvidenceType, ...] = tuple(dict.fromkeys(kind for needed in kinds for kind in needed.needs))
    name = tier.name if len(published.tiers) > 1 else None
    level = f", {name}" if name else ""
    return Check(
        id=tier.id,
        title=f"{published.title} {published.version}{level}: {tier.title}",
        severity=Severity.HIGH,
        tags=frozenset({TAG, published.id}),
        settings=frozenset(_SETTINGS[rule.kind] for rule in tier.rules if rule.kind in _SETTINGS),
        references=(published.url,),
        subject_kind=SubjectKind.ENDPOINT,
        evidence=evidence,
        beside=(),
        options={},
        policies={"preload_list": PreloadList | None},
        samples=frozenset(),
        opt_in=True,
        function=_function(published, tier, evidence),
        documentation="\n".join(_documentation(published, tier)),
        faults=frozenset({"gaps"}),
        # Where it is about web servers, others are not asked at all.
        optional=frozenset(evidence) - ({HttpExchange} if published.web else set()),
        sources=(published.path, _CODE / "kinds.py", _CODE / "evaluate.py"),
        tier=PublishedTier(name, published.title, published.version, published.url),
    )


def _function(published: Profile, tier: Tier, kinds: tuple[EvidenceType, ...]) -> Callable[..., Iterator[Verdict]]:
    def judge(*seen: Evidence | NotObserved, preload_list: PreloadList | None = None) -> Iterator[Verdict]:
        observed = [item for item in seen if not isinstance(item, NotObserved)]
        if not observed:
            yield unknown(str(seen[0]))
            return
        look = Look(dict(zip(kinds, seen, strict=True)), preload_list)
        assessment = assess(tier, look, max(item.observed_at for item in observed).date())
        yield _verdict(published, tier, assessment, tiers_of_served(published, look))

    return judge


def _verdict(published: Profile, tier: Tier, assessment: Assessment, served: Mapping[str, list[str]]) -> Verdict:
    applicable = [each for each in assessment.required if each[1].standing is not Standing.NOT_APPLICABLE]
    met = sum(judged.standing is Standing.MET for _, judged in applicable)
    facts: dict[str, Fact] = {
        "profile": published.id,
        "version": published.version,
        "tier": tier.name,
        "rules": len(applicable),
        "met": met,
        "unknown": [_fact(rule, judged) for rule, judged in assessment.unknown],
        "gaps": [_fact(rule, judged) for rule, judged in assessment.gaps],
        "recommended": [
            _fact(rule, judged) for rule, judged in assessment.recommended if judged.standing is Standing.NOT_MET
        ],
        "announced": [
            {**_fact(rule, judged), "from": rule.since.isoformat() if rule.since else None, "standing": judged.standing}
            for rule, judged in assessment.announced
        ],
        "served": served,
    }
    of = f"of {len(applicable)} rules"
    match assessment.standing:
        case Standing.NOT_MET:
            gaps = assessment.gaps
            return failed(
                f"not reached: {len(gaps)} {'gap' if len(gaps) == 1 else 'gaps'} {of}: {_told(gaps)}", **facts
            )
        case Standing.UNKNOWN:
            return unknown(f"{len(assessment.unknown)} {of} could not be judged: {_told(assessment.unknown)}", **facts)
        case Standing.MET:
            return passed("reached", **facts)
    return not_applicable("no rule applies here")


def _told(rules: list[tuple[ProfileRule, Judged]]) -> str:
    more = [f"{len(rules) - _TOLD} more"] if len(rules) > _TOLD else []
    return "; ".join([*(judged.found for _, judged in rules[:_TOLD]), *more])


def _fact(rule: ProfileRule, judged: Judged) -> dict[str, Fact]:
    return {
        "rule": rule.id,
        "found": judged.found,
        "fix": KINDS[rule.kind].fix(rule.values),
        "lines": ready_lines([rule]),
        "source": rule.source,
    }


def _documentation(published: Profile, tier: Tier) -> Iterator[str]:
    when = f", published {published.published}" if published.published else ""
    named = f", {tier.name}" if len(published.tiers) > 1 else ""
    yield f"{published.title}, version {published.version}{named}: {tier.title}."
    yield ""
    yield "## Rationale"
    about = (
        f"A guideline of {published.publisher}{when}, held against what is served, rule by rule: a verdict beside "
        "those of the other checks, with its own list of gaps. One rule that is not met is enough to miss it; else one "
        "that could not be judged makes it unknown. What is only recommended is told and does not count. A rule "
        "that begins later is announced, and does not count before its day."
    )
    for text in (about, *published.notes):
        yield from (*wrap(text, _WIDTH), "")
    yield "## Rules"
    for rule in tier.rules:
        level = "recommended: " if rule.recommended else ""
        since = f" (from {rule.since} on)" if rule.since else ""
        yield f"- {rule.id}: {level}{KINDS[rule.kind].fix(rule.values)}{since} [{rule.source}]"
        if rule.kind == "suites":
            yield from (f"  - {name}" for name in rule.values["allowed"])
    yield from ("", "## Remediation")
    ready = lines_of_tier(tier)
    if ready:
        yield from wrap(_LINES, _WIDTH)
    else:
        yield "See the rules."
    for server in SERVERS:
        if server in ready:
            yield from ("", f"```{server}", *ready[server], "```")
