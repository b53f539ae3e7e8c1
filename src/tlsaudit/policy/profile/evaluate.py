"""A tier of a profile, held against what was seen of one address: pure, and by the day of the look."""

from dataclasses import dataclass
from datetime import date

from tlsaudit.evidence import Reason
from tlsaudit.policy.profile.kinds import KINDS, Judged
from tlsaudit.policy.profile.look import Look, MissingError
from tlsaudit.policy.profile.model import Profile, ProfileRule, Standing, Tier


@dataclass(frozen=True, slots=True)
class Assessment:
    """How each rule of a tier is kept. `required` are those that count, `recommended` those that are told only, and
    `announced` those that do not hold yet.
    """

    required: tuple[tuple[ProfileRule, Judged], ...]
    recommended: tuple[tuple[ProfileRule, Judged], ...]
    announced: tuple[tuple[ProfileRule, Judged], ...]

    @property
    def gaps(self) -> list[tuple[ProfileRule, Judged]]:
        """The rules that keep the host from the tier."""
        return [(rule, judged) for rule, judged in self.required if judged.standing is Standing.NOT_MET]

    @property
    def unknown(self) -> list[tuple[ProfileRule, Judged]]:
        return [(rule, judged) for rule, judged in self.required if judged.standing is Standing.UNKNOWN]

    @property
    def standing(self) -> Standing:
        """Of the tier: one rule that is not met decides, then one that is unknown; not applicable where all are."""
        standings = {judged.standing for _, judged in self.required}
        worst_first = (Standing.NOT_MET, Standing.UNKNOWN, Standing.MET)
        return next((each for each in worst_first if each in standings), Standing.NOT_APPLICABLE)


def assess(tier: Tier, look: Look, day: date) -> Assessment:
    """Hold a tier against a look, as of a day, UTC."""
    judged = [(rule, _judge(rule, look)) for rule in tier.rules]
    return Assessment(
        required=tuple(each for each in judged if not each[0].recommended and _holds(each[0], day)),
        recommended=tuple(each for each in judged if each[0].recommended and _holds(each[0], day)),
        announced=tuple(each for each in judged if not _holds(each[0], day)),
    )


def _holds(rule: ProfileRule, day: date) -> bool:
    return rule.since is None or rule.since <= day


def _judge(rule: ProfileRule, look: Look) -> Judged:
    try:
        return KINDS[rule.kind].judge(rule.values, look)
    except MissingError as missing:
        # What this kind of server is never asked, as one that speaks no HTTP is not asked for HSTS.
        never = missing.why.reason is Reason.NOT_PROBED
        return Judged(Standing.NOT_APPLICABLE if never else Standing.UNKNOWN, str(missing))


def tiers_of_served(profile: Profile, look: Look) -> dict[str, list[str]]:
    """The best tier that allows each protocol version, suite, group, key and signature that is served; what none allows
    is under the name for that.
    """
    found: dict[str, list[str]] = {name: [] for name in (*(tier.name for tier in profile.tiers), profile.below)}
    for name, kind in KINDS.items():
        if kind.served is None or kind.admits is None:
            continue
        lists = {tier.name: [rule.values for rule in tier.rules if rule.kind == name] for tier in profile.tiers}
        if not any(lists.values()):
            continue
        try:
            served = list(dict.fromkeys(kind.served(look)))
        except MissingError:
            continue
        for item in served:
            admitting = (
                tier for tier, rules in lists.items() if rules and all(kind.admits(each, item) for each in rules)
            )
            found[next(admitting, profile.below)].append(item)
    return {tier: items for tier, items in found.items() if items}
