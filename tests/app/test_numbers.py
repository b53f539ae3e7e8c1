"""The page says of every number how it was made, over histories that are written here."""

import pytest
from bs4 import BeautifulSoup

from tests.app.written import FAIL, PASS, UNKNOWN, Written

TARGETS = """\
version: 1
defaults: {owner: ops@example.org}
services:
  wiki: [{host: www.example.org, weights: {page-views: 300}}, {host: m.example.org, weights: {page-views: 100}}]
  shop: [{host: shop.example.org, weights: {page-views: 100}}, {host: old.example.org, weights: {page-views: 0}}]
objectives:
  pfs: {title: Recordings stay secret, checks: [pfs-suites], milestones: {2015-12-31: 100%}}
  heavy:
    {title: By page views, scope: [wiki], weighted: page-views, checks: [pfs-suites], milestones: {2015-12-31: 95%}}
  old: {title: Old versions are off, checks: [tls-versions], window: 3d, milestones: {2015-12-31: 100%}}
  step: {title: HSTS, metric: hsts-max-age/step, milestones: {2015-12-31: '>= 5'}}
  force: {title: Force HTTPS?, decision: undecided, milestones: {2015-12-31: decided}}
checks: {hsts-max-age: {minimum: 180d}}
waivers: [{check: pfs-suites, on: [shop.example.org], reason: an old balancer, expires: 2015-12-31}]
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, str]]:
    history = Written(tmp_path_factory.mktemp("numbers"))
    history.targets(TARGETS)
    history.audit("2015-03-01T02:10", {"": FAIL}, checks=("pfs-suites", "tls-versions"))
    history.audit("2015-03-02T02:10", {"www": PASS, "m.": UNKNOWN, "": FAIL}, checks=("pfs-suites", "hsts-max-age"))
    page = BeautifulSoup(history.shown("report", "--at", "2015-03-02", "--format", "html"), "lxml")
    (link,) = page.select("header p.how a")
    assert page.select_one(str(link["href"])) is not None  # one click from the first screen
    found = {}
    for details in page.select("section[aria-labelledby=how] > details"):
        title = details.select_one("summary strong")
        if title is not None:
            lines = details.select("dl.facts > div")
            found[title.get_text()] = {
                line.dt.get_text(): line.dd.get_text() for line in lines if line.dt is not None and line.dd is not None
            }
    return found


def test_a_share(made: dict[str, dict[str, str]]) -> None:
    said = made["Recordings stay secret"]
    assert said["The number"] == "how many pass all of the checks, divided by how many count"
    assert said["Made of"] == "1 pass + 1 fail + 1 unknown + 1 excused = 4 that count"
    assert said["Judged"] == "3 of 4, 75%; what is unknown counts as not done"
    assert said["Counts"] == "everything that the checks are about"
    assert said["Checks"].startswith("pfs-suites, rule ")
    assert said["Measured"] == "by the audit that began on 2 March 2015, 02:10 UTC; a figure counts for 7 days"
    assert said["Compared"] == "with 0% by the audit of 1 March 2015, 02:10 UTC: 1 fixed, 1 unknown now"


def test_a_weighted_share(made: dict[str, dict[str, str]]) -> None:
    said = made["By page views"]
    assert said["Made of"] == "1 pass + 0 fail + 1 unknown + 0 excused = 2 that count"
    assert said["Judged"] == "1 of 2, 75% of the page-views; what is unknown counts as not done"
    assert (said["Weighted"], said["Counts"]) == ("each counts by its page-views, as targets.yaml has them", "wiki")


def test_what_an_earlier_audit_measured(made: dict[str, dict[str, str]]) -> None:
    assert made["Old versions are off"]["Checks"] == "tls-versions, not run by the last audit"
    assert made["Old versions are off"]["Measured"] == (
        "by an earlier audit, that of 1 March 2015, 02:10 UTC, the last that ran all of these checks, as they were "
        "then; a figure counts for 3 days"
    )


def test_a_metric_and_a_decision(made: dict[str, dict[str, str]]) -> None:
    assert made["HSTS"]["The number"] == "the worst figure of hsts-max-age/step among all that count"
    assert "minimum 180 days" in made["HSTS"]["Checks"]
    assert made["Force HTTPS?"]["The number"] == "none: it is decided or not"
