import pytest

from tests.checks.dns import HOST, https, records
from tests.checks.evidence import NOW
from tests.checks.run import Expected, judge
from tlsaudit.evidence import EchAttempt, EchOutcome, EncryptedHellos, HttpsRecords, NotObserved, Reason

FRONT = "front.example.org"


def attempts(*given: EchAttempt | NotObserved) -> EncryptedHellos:
    return EncryptedHellos(HOST, NOW, given)


ACCEPTED = EchAttempt(FRONT, EchOutcome.ACCEPTED)
STALE = EchAttempt(FRONT, EchOutcome.REJECTED)


@pytest.mark.parametrize(
    ("dns", "hellos", "expected"),
    [
        (records(), attempts(), [("not_applicable", "no HTTPS record")]),
        (records(https()), attempts(), [("not_applicable", "no HTTPS record has ech")]),
        (
            records(https(ech="x")),
            attempts(ACCEPTED),
            [("pass", "the name is hidden: the network sees front.example.org")],
        ),
        (
            records(https(ech="x")),
            attempts(ACCEPTED, STALE),
            [
                ("pass", "the name is hidden: the network sees front.example.org"),
                (
                    "fail",
                    "the key in DNS is stale: the server answers as front.example.org and hands out another",
                ),
            ],
        ),
        (
            records(https(ech="x")),
            attempts(EchAttempt(FRONT, EchOutcome.IGNORED, distrust="no")),
            [
                (
                    "fail",
                    f"ech in DNS is ignored by the server, which answers as {FRONT}, and browsers will not connect: no",
                )
            ],
        ),
        (
            records(https(ech="x")),
            attempts(EchAttempt(FRONT, EchOutcome.REFUSED, "unrecognized_name")),
            [("fail", "the server refuses what is encrypted for front.example.org (unrecognized_name)")],
        ),
        (
            records(https(ech="x")),
            attempts(NotObserved(Reason.TIMED_OUT)),
            [("unknown", "timed out")],
        ),
    ],
)
def test_ech_accepted(dns: HttpsRecords, hellos: EncryptedHellos, expected: list[Expected]) -> None:
    assert judge("ech-accepted", dns, hellos) == expected
