"""What a check says of many subjects is kept in little memory, and read like any mapping."""

from hypothesis import given
from hypothesis import strategies as st

from tests.goal.world import FAIL, NOT_APPLICABLE, finding, targets
from tlsaudit.check import Finding, Outcome
from tlsaudit.goal import CheckFindings, Places, Subjects
from tlsaudit.target import Endpoint

WORLD = targets()
ENDPOINTS = [*WORLD.endpoints.ids()]
NAMES = [*ENDPOINTS[:3], "wiki", "login"]
NOT_ASKED = finding("pfs-suites", "nobody", NOT_APPLICABLE)


def _whole(name: str) -> Finding:
    return finding("pfs-suites", name, FAIL)


def _outcomes(findings: CheckFindings) -> dict[str, Outcome]:
    return {name: each.outcome for name, each in findings.items()}


@given(
    st.dictionaries(st.sampled_from(NAMES), st.sampled_from(Outcome)),
    st.sets(st.sampled_from(NAMES)),
    st.sets(st.sampled_from(NAMES)),
    st.sets(st.sampled_from(NAMES)),
)
def test_it_reads_like_a_mapping(
    brief: dict[str, Outcome], whole: set[str], filled: set[str], changed: set[str]
) -> None:
    places = Places(WORLD.endpoints)
    found = CheckFindings("pfs-suites", places)
    for name, outcome in brief.items():
        found.tell(places.number(name), outcome)
    for name in sorted(whole):
        found.add(_whole(name))
    found.fill(map(places.number, sorted(filled)), NOT_ASKED)
    expected = {**dict.fromkeys(filled, NOT_APPLICABLE), **brief, **dict.fromkeys(whole, FAIL)}
    assert _outcomes(found) == expected
    assert {name for name in NAMES if found.in_brief(name)} == brief.keys() - whole
    assert found.own == {name: _whole(name) for name in whole}
    assert len(found) == len(expected)
    excused = found.having({name: _whole(name) for name in changed})
    assert _outcomes(excused) == {**expected, **dict.fromkeys(changed, FAIL)}
    assert _outcomes(found) == expected
    assert [excused.get(name) for name in (ENDPOINTS[3], "elsewhere")] == [None, None]


def test_what_is_said_of_each_is_told_in_their_order() -> None:
    places = Places(WORLD.endpoints)
    found = CheckFindings("pfs-suites", places)
    found.tell(1, FAIL)
    found.add(_whole("old.example.org:8443"))
    subjects = Subjects(WORLD)
    everybody = subjects.endpoints(())
    scopes = [everybody, subjects.endpoints(["old", "wiki"]), subjects.endpoints(["wiki"])[1:3]]
    for scope in scopes:
        said = [found.said(code, subject.id) for code, subject in zip(found.codes(scope), scope, strict=True)]
        assert said == [found.get(subject.id) for subject in scope]
        assert found.codes(scope) == found.codes([*scope])
    assert [*everybody] == [*everybody.among(everybody)]
    assert everybody[0] in everybody
    assert Subjects(WORLD.having([Endpoint("else.example.org")])).endpoints(())[0] not in everybody
