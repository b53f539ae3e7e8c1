from datetime import date, timedelta

import pytest

from tests.checks.run import registry
from tests.checks.web import NOW, hop, https, visit
from tlsaudit.check import PreloadList, Verdict
from tlsaudit.registry import rule

LISTED = {"example.org": True, "example.net": False, "own.example.org": False, "pins.example": None}


def verdict(host: str, age: int = 5, **options: object) -> Verdict:
    preload_list = PreloadList(NOW.date() - timedelta(days=age), LISTED)
    judged = rule(registry()["hsts-preloaded"], options, preload_list)
    (said,) = judged.verdicts([https(visit(hop(f"https://{host}/")), host=host)])
    return said


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("example.org", ("pass", "preloaded, by the list of 2026-11-18")),
        ("a.b.example.org", ("pass", "preloaded with all of example.org, by the list of 2026-11-18")),
        ("example.net", ("pass", "preloaded, by the list of 2026-11-18")),
        # An entry without include_subdomains covers none of them, and stops one further up.
        ("www.example.net", ("fail", "not preloaded, by the list of 2026-11-18")),
        ("own.example.org", ("pass", "preloaded, by the list of 2026-11-18")),
        ("a.own.example.org", ("fail", "not preloaded, by the list of 2026-11-18")),
        ("pins.example", ("fail", "not preloaded, by the list of 2026-11-18")),
        ("notexample.org", ("fail", "not preloaded, by the list of 2026-11-18")),
        ("org", ("fail", "not preloaded, by the list of 2026-11-18")),
        ("192.0.2.10", ("not_applicable", "an IP address cannot be preloaded")),
    ],
)
def test_a_host_is_looked_up(host: str, expected: tuple[str, str]) -> None:
    said = verdict(host)
    assert (said.outcome.value, said.message) == expected


def test_the_entry_and_the_date_are_told() -> None:
    assert verdict("a.b.example.org").facts == {"entry": "example.org", "list_date": "2026-11-18"}
    assert verdict("example.com").facts == {"entry": None, "list_date": "2026-11-18"}


@pytest.mark.parametrize("host", ["example.org", "www.example.net"])
def test_an_old_list_tells_nothing_either_way(host: str) -> None:
    assert verdict(host, age=70).outcome != "unknown"
    said = verdict(host, age=71)
    assert (said.outcome, said.message) == (
        "unknown",
        "the list of 2026-09-13 is more than 70 days old: fetch a new one",
    )
    assert verdict(host, age=71, maximum_age="1000d").outcome != "unknown"
    assert said.facts["list_date"] == date(2026, 9, 13).isoformat()
