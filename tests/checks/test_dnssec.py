import pytest

from tests.checks.dns import host
from tests.checks.run import Expected, judge
from tlsaudit.evidence import Dnssec, HostRecords, NotObserved, Reason

UNTOLD = NotObserved(Reason.NOT_PROBED, "the resolver 192.0.2.53:53 does not validate: name one that does")
UNTOLD_TOO = f"not probed: {UNTOLD.detail}"


@pytest.mark.parametrize(
    ("name", "signed", "valid"),
    [
        (host(), ("pass", "signed, and the signatures are valid"), ("pass", "the signatures are valid")),
        (host(dnssec=Dnssec.INSECURE), ("fail", "not signed"), ("not_applicable", "not signed")),
        (
            host("www.example.net", dnssec=Dnssec.INSECURE),
            ("fail", "an alias into a zone that is not signed"),
            ("not_applicable", "not signed"),
        ),
        (
            host(dnssec=Dnssec.BOGUS),
            ("not_applicable", "signed, but the signatures are not valid"),
            ("fail", "DNSSEC validation fails: who validates cannot reach this name"),
        ),
        (host(dnssec=UNTOLD), ("unknown", UNTOLD_TOO), ("unknown", UNTOLD_TOO)),
    ],
)
def test_dnssec(name: HostRecords, signed: Expected, valid: Expected) -> None:
    assert judge("dnssec-signed", name) == [signed]
    assert judge("dnssec-valid", name) == [valid]
