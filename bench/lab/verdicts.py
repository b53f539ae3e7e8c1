"""What an audit or a scan must say of the lab, whatever its size."""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from bench.lab.kinds import Kind

OLD = frozenset(
    {
        "broken-suites",
        "hsts-max-age",
        "obsolete-key-exchange",
        "pfs-clients",
        "pfs-suites",
        "redirect-https",
        "tls-versions",
    }
)
"""The checks that the legacy server fails."""

ELSEWHERE = frozenset({"post-quantum-groups", "https-latency"})
"""What OpenSSL's version and the load of the machine decide."""


@dataclass
class Verdicts:
    """`wrong` counts what was not said as it must be, by kind, check and outcome."""

    endpoints: Counter[Kind] = field(default_factory=Counter)
    findings: int = 0
    wrong: Counter[tuple[str, str, str]] = field(default_factory=Counter)


def read(lines: Iterable[str]) -> Verdicts:
    """Read a report in JSON Lines."""
    found = Verdicts()
    kinds: dict[str, Kind] = {}
    for record in map(json.loads, lines):
        if record["type"] == "endpoint":
            kinds[record["id"]] = kind = Kind.at(record["addresses"][0])
            found.endpoints[kind] += 1
        elif record["type"] == "finding" and record["endpoint"]:
            kind = kinds[record["endpoint"]]
            found.findings += 1
            if not as_expected(kind, record["check"], record["outcome"]):
                found.wrong[kind.value, record["check"], record["outcome"]] += 1
    return found


def as_expected(kind: Kind, check: str, outcome: str) -> bool:
    if not kind.answers:
        return outcome == "unknown"
    if check in ELSEWHERE:
        return outcome != "unknown"
    if kind is Kind.LEGACY and check in OLD:
        return outcome == "fail"
    return outcome in ("pass", "not_applicable")
