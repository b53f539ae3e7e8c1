import pytest

from tests.checks.deep import CRASHED, deep
from tests.checks.run import judge
from tlsaudit.evidence import NotObserved


@pytest.mark.parametrize(
    ("found", "outcome", "message"),
    [
        (False, "pass", "an early ChangeCipherSpec is refused"),
        (True, "fail", "ChangeCipherSpec is accepted before there are keys (CCS injection)"),
        (CRASHED, "unknown", "the probe failed: sslyze: bug in sslyze"),
    ],
)
def test_ccs_injection(found: bool | NotObserved, outcome: str, message: str) -> None:
    assert judge("ccs-injection", deep(ccs_injection=found)) == [(outcome, message)]
