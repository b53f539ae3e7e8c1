from collections.abc import Mapping

import pytest

from tests.checks.run import Expected, judge
from tests.checks.tls import TLS13, offer
from tlsaudit.check import ByVantage
from tlsaudit.evidence import NotObserved, Reason, TlsOffer

SEEN = offer(TLS13)
TIMED_OUT = NotObserved(Reason.TIMED_OUT, "no answer within 5 s")
REFUSED, UNRESOLVED = NotObserved(Reason.REFUSED), NotObserved(Reason.UNRESOLVED)
NO_NAME = "the name does not resolve"
NO_WORKER = NotObserved(Reason.NOT_PROBED, "no worker at sin")


@pytest.mark.parametrize(
    ("vantages", "expected"),
    [
        ({"fra": SEEN, "sin": SEEN}, ("pass", "a answers from fra and sin")),
        (
            {"fra": SEEN, "sin": TIMED_OUT, "gru": SEEN},
            ("fail", "a answers from fra and gru, not from sin: timed out: no answer within 5 s"),
        ),
        (
            {"fra 192.0.2.1": SEEN, "sin 192.0.2.9": REFUSED, "gru": UNRESOLVED},
            (
                "fail",
                "a answers from fra 192.0.2.1, not from sin 192.0.2.9: connection refused and from gru: " + NO_NAME,
            ),
        ),
        # A place that did not look says nothing, unless another one shows that it matters from where.
        ({"fra": SEEN, "sin": NO_WORKER}, ("unknown", "a from sin: not probed: no worker at sin")),
        (
            {"fra": SEEN, "sin": NO_WORKER, "gru": REFUSED},
            ("fail", "a answers from fra, not from gru: connection refused"),
        ),
        ({"fra": TIMED_OUT, "sin": REFUSED}, ("unknown", "a answers from none of fra, sin")),
        ({"fra": SEEN}, ("not_applicable", "a was asked from one vantage only")),
    ],
)
def test_whom_a_host_answers(vantages: Mapping[str, TlsOffer | NotObserved], expected: Expected) -> None:
    assert judge("vantage-reachable", ByVantage("wiki", {"a:443": vantages})) == [expected]


def test_hosts_are_named_without_the_usual_port() -> None:
    seen = {"fra": SEEN, "sin": SEEN}
    assert judge("vantage-reachable", ByVantage("wiki", {"a:443@east 192.0.2.1": seen})) == [
        ("pass", "a@east 192.0.2.1 answers from fra and sin")
    ]
