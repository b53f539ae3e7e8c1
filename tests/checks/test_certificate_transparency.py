from datetime import UTC, datetime, timedelta

import pytest

from tests.checks.evidence import certificate, certificates, chain
from tests.checks.run import Expected, judge
from tlsaudit.evidence import UNDETAILED, Certificate, CertificateChain

ENOUGH = ("pass", "has the timestamps that browsers ask for")


def logged(logs: int, days: int = 90, issued: str = "2026-01-01") -> Certificate:
    start = datetime.fromisoformat(issued).replace(tzinfo=UTC)
    return certificate(embedded_logs=logs, not_before=start, not_after=start + timedelta(days=days))


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (chain(logged(2), public=True), ENOUGH),
        (chain(logged(1), public=True), ("fail", "1 of the 2 logs that browsers ask for have signed it")),
        (chain(logged(2, 180), public=True), ENOUGH),
        (chain(logged(2, 181), public=True), ("fail", "2 of the 3 logs that browsers ask for have signed it")),
        (chain(logged(3, 181), public=True), ENOUGH),
        (chain(logged(0), public=True, timestamps=2), ENOUGH),
        (chain(logged(0), public=True, stapled_logs=2), ENOUGH),
        (chain(logged(1), public=True, timestamps=1), ("fail", "1 of the 2 logs that browsers ask for have signed it")),
        (chain(logged(0)), ("not_applicable", "not of a public authority")),
        (
            chain(logged(0, issued="2018-04-30"), public=True),
            ("not_applicable", "issued before logging was required"),
        ),
        (chain(logged(0), path=(), roles=()), ("unknown", UNDETAILED)),
    ],
)
def test_certificate_transparency(seen: CertificateChain, expected: Expected) -> None:
    assert judge("certificate-transparency", certificates(seen)) == [expected]
