from datetime import UTC, datetime

import pytest

from tests.checks.run import judge, registry
from tlsaudit.evidence import WebLatency
from tlsaudit.registry import rule

Times = tuple[float | None, float | None]
PLAIN: Times = (20.0, 30.0)
NONE: Times = (None, None)
ADDS, TAKES = "https adds no more than 1000 ms", "the TLS handshake takes no more than 1000 ms"


def measured(
    http: Times, https: Times, tls: float | None, http_status: int | None = 200, https_status: int | None = 200
) -> WebLatency:
    now = datetime(2026, 11, 25, tzinfo=UTC)
    return WebLatency("www.example.org", now, *http, https[0], tls, https[1], http_status, https_status)


@pytest.mark.parametrize(
    ("evidence", "expected", "added"),
    [
        # The same page: the difference of the whole.
        (measured(PLAIN, (21.0, 32.5), 40.04), ("pass", ADDS), 43.5),
        (measured(PLAIN, (1.0, 2.0), 3.0), ("pass", ADDS), -44.0),
        (measured(PLAIN, (20.0, 30.0), 1000.0), ("pass", ADDS), 1000.0),
        (measured(PLAIN, (20.0, 30.0), 1000.1), ("fail", "https adds 1000.1 ms, more than 1000 ms"), 1000.1),
        # A redirect is no page, nor is a closed port, nor are two errors the same.
        (measured(PLAIN, (20.0, 900.0), 40.0, 301), ("pass", TAKES), 40.0),
        (measured(PLAIN, (20.0, 900.0), 40.0, 301, 301), ("pass", TAKES), 40.0),
        (measured(PLAIN, (20.0, 900.0), 40.0, 404), ("pass", TAKES), 40.0),
        (measured(NONE, (20.0, 900.0), 40.0, None), ("pass", TAKES), 40.0),
        (
            measured(NONE, (20.0, 30.0), 2000.0, None),
            ("fail", "the TLS handshake takes 2000 ms, more than 1000 ms"),
            2000.0,
        ),
        (measured((None, 30.0), (20.0, 30.0), 40.0), ("pass", TAKES), 40.0),
        (measured(PLAIN, (None, 30.0), None), ("unknown", "the TLS handshake was not timed"), None),
    ],
)
def test_what_https_adds(evidence: WebLatency, expected: tuple[str, str], added: float | None) -> None:
    assert judge("https-latency", evidence) == [expected]
    [verdict] = rule(registry()["https-latency"], {}).verdicts([evidence])
    assert verdict.facts.get("added_ms") == added


def test_every_time_that_is_known_is_a_fact() -> None:
    [verdict] = rule(registry()["https-latency"], {}).verdicts([measured((20.04, 30.0), (21.0, 32.5), 40.0, 301)])
    assert verdict.facts == {
        "http_connect_ms": 20.0,
        "http_first_byte_ms": 30.0,
        "https_connect_ms": 21.0,
        "https_tls_ms": 40.0,
        "https_first_byte_ms": 32.5,
        "added_ms": 40.0,
    }
    [verdict] = rule(registry()["https-latency"], {}).verdicts([measured(NONE, (None, 1.0), 40.0, None)])
    assert set(verdict.facts) == {"https_tls_ms", "https_first_byte_ms", "added_ms"}


def test_the_maximum_can_be_set() -> None:
    evidence = measured(PLAIN, PLAIN, 40.0)
    assert judge("https-latency", evidence, options={"maximum": 39}) == [("fail", "https adds 40 ms, more than 39 ms")]
