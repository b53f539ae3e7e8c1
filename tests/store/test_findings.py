"""What a check says of many subjects is kept in little memory, and read like any mapping."""

from hypothesis import given
from hypothesis import strategies as st

from tests.store.fleet import endpoints, finding
from tlsaudit.check import Finding, Outcome
from tlsaudit.store import CheckFindings

(ONE,) = endpoints(1)
NAMES = ["a", "b", "c", "d"]
SAID = {number: finding(ONE, str(number)) for number in (1, 2)}
NOT_ASKED = finding(ONE, "not asked", Outcome.NOT_APPLICABLE)
WHOLE = finding(ONE, "whole", Outcome.FAIL)


@given(
    st.dictionaries(st.sampled_from(NAMES), st.sampled_from([1, 2])),
    st.sets(st.sampled_from(NAMES)),
    st.sets(st.sampled_from(NAMES)),
)
def test_it_reads_like_a_mapping(brief: dict[str, int], filled: set[str], whole: set[str]) -> None:
    rows = {"nobody": 0, "a": 1, "b": 2}
    found = CheckFindings(rows, SAID)
    for name, verdict in brief.items():
        found.add(rows.setdefault(name, len(rows)), verdict)
    found.fill(sorted(filled), NOT_ASKED)
    expected: dict[str, Finding] = dict.fromkeys(filled, NOT_ASKED) | {name: SAID[each] for name, each in brief.items()}
    assert dict(found) == expected
    changed = found.having(dict.fromkeys(whole, WHOLE))
    assert dict(changed) == expected | dict.fromkeys(whole, WHOLE)
    assert dict(found) == expected
    assert len(changed) == len(expected.keys() | whole)
    assert {name: found.verdict(name) for name in NAMES} == {name: brief.get(name) for name in NAMES}
    assert [changed.get(name) for name in ("nobody", "elsewhere")] == [None, None]
