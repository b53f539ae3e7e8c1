import pytest

from tests.checks.deep import CRASHED, deep
from tests.checks.run import judge
from tlsaudit.evidence import NotObserved


@pytest.mark.parametrize(
    ("found", "outcome", "message"),
    [
        (False, "pass", "clients cannot renegotiate without end"),
        (True, "fail", "a client can renegotiate as often as it likes"),
        (CRASHED, "unknown", "the probe failed: sslyze: bug in sslyze"),
    ],
)
def test_client_renegotiation(found: bool | NotObserved, outcome: str, message: str) -> None:
    assert judge("client-renegotiation", deep(client_renegotiation=found)) == [(outcome, message)]
