"""Judge evidence with one check, as it is installed."""

from collections.abc import Mapping
from functools import cache

from tlsaudit.check import BySite, ByVantage, Fleet, Parent, Past
from tlsaudit.evidence import Evidence, NotObserved
from tlsaudit.registry import Registry, rule

Expected = tuple[str, str]
Argument = Evidence | Fleet[Evidence] | Past[Evidence] | Parent[Evidence]

registry = cache(Registry.load)


def judge(
    name: str,
    *arguments: Argument | NotObserved | BySite[Evidence | NotObserved] | ByVantage[Evidence | NotObserved],
    options: Mapping[str, object] | None = None,
) -> list[Expected]:
    """The verdicts of a check as (outcome, message), with options as written in targets.yaml."""
    verdicts = rule(registry()[name], options or {}).verdicts(arguments)
    return [(verdict.outcome.value, verdict.message) for verdict in verdicts]
