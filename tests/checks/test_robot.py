import pytest

from tests.checks.deep import CRASHED, deep
from tests.checks.run import judge
from tlsaudit.evidence import NotObserved


@pytest.mark.parametrize(
    ("found", "outcome", "message"),
    [
        ("no", "pass", "no padding oracle"),
        ("weak", "fail", "RSA key exchange is a weak padding oracle (ROBOT)"),
        ("strong", "fail", "RSA key exchange is a strong padding oracle (ROBOT)"),
        (CRASHED, "unknown", "the probe failed: sslyze: bug in sslyze"),
    ],
)
def test_robot(found: str | NotObserved, outcome: str, message: str) -> None:
    assert judge("robot", deep(robot=found)) == [(outcome, message)]
