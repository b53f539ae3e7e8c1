import pytest

from tests.checks.evidence import NOW
from tests.checks.run import Expected, judge
from tlsaudit.evidence import RecordPadding


@pytest.mark.parametrize(
    ("padded", "quantum", "expected"),
    [
        (True, 4096, ("pass", "records are padded to multiples of 4096 bytes")),
        (True, None, ("pass", "records are padded, to no common step")),
        (False, None, ("fail", "records are as long as what is in them")),
        (None, None, ("fail", "TLS 1.3 is not served, and no other version pads its records")),
    ],
)
def test_record_padding(padded: bool | None, quantum: int | None, expected: Expected) -> None:
    assert judge("record-padding", RecordPadding("www.example.org", NOW, padded, quantum, 600, 3000)) == [expected]
