import pytest

from tests.checks.deep import CRASHED, deep
from tests.checks.run import judge
from tlsaudit.evidence import NotObserved


@pytest.mark.parametrize(
    ("found", "outcome", "message"),
    [
        (False, "pass", "no answer to a heartbeat that lies"),
        (True, "fail", "a heartbeat reads the server's memory (Heartbleed)"),
        (CRASHED, "unknown", "the probe failed: sslyze: bug in sslyze"),
    ],
)
def test_heartbleed(found: bool | NotObserved, outcome: str, message: str) -> None:
    assert judge("heartbleed", deep(heartbleed=found)) == [(outcome, message)]
