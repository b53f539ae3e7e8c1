"""M-15-13 and BOD 18-01 over plain fields, and over rows as they were published."""

import pytest

from tlsaudit.policy import FEDERAL, HostFields, federal_fields, federal_verdict
from tlsaudit.policy.profile import profiles

# Enforces HTTPS, HSTS, SSLv2, SSLv3, RC4, 3DES, Preloaded: how published rows differ, and what each comes to.
ROWS = [
    (("Yes", "Yes", "No", "No", "No", "No", "No"), "met", []),
    (("Yes", "Preloaded", "No", "No", "No", "No", "Ready"), "met", []),
    (("Yes", "No", "No", "No", "No", "No", "No"), "not met", ["hsts"]),
    (("Yes", "No", "No", "No", "No", "No", "Yes"), "not met", ["hsts"]),  # listed, and no policy in force
    (("No", "Yes", "No", "No", "No", "No", "No"), "not met", ["enforced"]),
    (("No", "No", "", "", "", "", "No"), "not met", ["enforced", "hsts"]),
    (("Yes", "Yes", "No", "No", "No", "Yes", "No"), "not met", ["no-3des"]),
    (("Yes", "Yes", "No", "Yes", "Yes", "Yes", "No"), "not met", ["no-ssl", "no-rc4", "no-3des"]),
    (("Yes", "Yes", "", "", "", "", "No"), "unknown", []),  # published as compliant
    (("Yes", "Preloaded", "No", "No", "", "", "Ready"), "unknown", []),  # published as compliant
    (("Yes", "No", "", "", "", "", "No"), "not met", ["hsts"]),
]
COLUMNS = ("Enforces HTTPS", "Strict Transport Security (HSTS)", "SSLv2", "SSLv3", "RC4", "3DES", "Preloaded")


@pytest.mark.parametrize(("row", "standing", "gaps"), ROWS)
def test_a_published_row(row: tuple[str, ...], standing: str, gaps: list[str]) -> None:
    assessment = federal_verdict("bod-18-01", federal_fields(dict(zip(COLUMNS, row, strict=True))))
    assert (assessment.standing.value, [rule.id for rule, _ in assessment.gaps]) == (standing, gaps)


@pytest.mark.parametrize(
    ("fields", "m_15_13", "bod_18_01"),
    [
        (HostFields(), "unknown", "unknown"),
        (HostFields(https=True, enforced=True, hsts=True), "met", "unknown"),
        (HostFields(https=True, enforced=True, hsts=False, preloaded=True), "met", "unknown"),
        (HostFields(https=True, enforced=True, hsts=False), "unknown", "unknown"),
        (HostFields(https=True, enforced=True, hsts=False, preloaded=False), "not met", "not met"),
        (HostFields(https=False), "not met", "not met"),
        (HostFields(https=True, enforced=True, hsts=True, rc4=True), "met", "not met"),
        (HostFields(True, True, True, False, False, False, False, False), "met", "met"),
    ],
)
def test_what_is_unknown_is_never_compliant(fields: HostFields, m_15_13: str, bod_18_01: str) -> None:
    found = [federal_verdict(guideline, fields).standing.value for guideline in FEDERAL]
    assert found == [m_15_13, bod_18_01]


def test_every_rule_of_the_two_is_looked_at() -> None:
    tiers = {tier.id: tier for profile in profiles() for tier in profile.tiers}
    for guideline in FEDERAL:
        judged = federal_verdict(guideline, HostFields()).required
        assert [rule.id for rule, _ in judged] == [rule.id for rule in tiers[guideline].rules]


def test_another_guideline_has_no_such_fields() -> None:
    with pytest.raises(KeyError):
        federal_verdict("hstspreload", HostFields())
