from collections.abc import Sequence
from dataclasses import replace

import pytest

from tests.checks.evidence import NOW, certificate, certificates, chain
from tests.checks.run import Expected, judge
from tlsaudit.evidence import CaaRecord, CaaRecords, CaaSet, Certificate

LETS_ENCRYPT = "CN=R13,O=Let's Encrypt,C=US"
GODADDY = (
    "CN=Go Daddy Secure Certificate Authority - G2,OU=http://certs.godaddy.com/repository/,O=GoDaddy.com\\, Inc.,C=US"
)
DISGUISED = "CN=x\\,O=Let's Encrypt,O=Somebody,C=US"


def records(*values: str, name: str = "example.org") -> CaaSet:
    """From texts such as `issue ca.example` or, critical, `!tag value`."""
    read = (value.partition(" ") for value in values)
    return CaaSet(name, tuple(CaaRecord(tag.startswith("!"), tag.lstrip("!"), text) for tag, _, text in read))


def caa(own: CaaSet | None, above: CaaSet | None = None) -> CaaRecords:
    return CaaRecords(NOW, "www.example.org", own, above or own)


def by(issuer: str, *names: str) -> Certificate:
    return replace(certificate(*names or ("www.example.org",)), issuer=issuer)


@pytest.mark.parametrize(
    ("values", "issuer", "expected"),
    [
        (["issue letsencrypt.org"], LETS_ENCRYPT, ("pass", "CAA at example.org allows Let's Encrypt")),
        (
            ["issue godaddy.com", "iodef mailto:x@example.org"],
            GODADDY,
            ("pass", "CAA at example.org allows GoDaddy.com, Inc."),
        ),
        # Parameters, space and case change nothing (RFC 8659 section 4.2).
        (
            ["issue  LetsEncrypt.ORG ; validationmethods=dns-01"],
            LETS_ENCRYPT,
            ("pass", "CAA at example.org allows Let's Encrypt"),
        ),
        (
            ["issue pki.goog", "issue sectigo.com"],
            LETS_ENCRYPT,
            ("fail", "CAA at example.org allows pki.goog, sectigo.com, but the certificate is of Let's Encrypt"),
        ),
        (
            ["issue ;"],
            LETS_ENCRYPT,
            ("fail", "CAA at example.org allows nobody, but the certificate is of Let's Encrypt"),
        ),
        # A value that is none forbids as an empty one does.
        (
            ["issue letsencrypt.org, pki.goog"],
            LETS_ENCRYPT,
            ("fail", "CAA at example.org allows nobody, but the certificate is of Let's Encrypt"),
        ),
        # Neither restricts who may issue.
        (
            ["iodef mailto:x@example.org"],
            LETS_ENCRYPT,
            ("fail", "CAA at example.org names no authority for issuance: any may issue"),
        ),
        (
            ["issuewild pki.goog"],
            LETS_ENCRYPT,
            ("fail", "CAA at example.org names no authority for issuance: any may issue"),
        ),
        (
            ["!unheard of", "issue letsencrypt.org"],
            LETS_ENCRYPT,
            ("fail", "CAA at example.org: nobody may issue who does not know unheard, which is marked critical"),
        ),
        (["!issue letsencrypt.org"], LETS_ENCRYPT, ("pass", "CAA at example.org allows Let's Encrypt")),
        # Whoever it is, nobody may issue.
        (
            ["issue ;"],
            "CN=Ours,O=Somebody",
            ("fail", "CAA at example.org allows nobody, but the certificate is of Somebody"),
        ),
        # Of an authority that is not known, nothing is claimed.
        (
            ["issue pki.goog"],
            "CN=Ours,O=Somebody",
            ("unknown", "CAA at example.org allows pki.goog; which of them Somebody is, is not known here"),
        ),
        (
            ["issue letsencrypt.org"],
            DISGUISED,
            ("unknown", "CAA at example.org allows letsencrypt.org; which of them Somebody is, is not known here"),
        ),
    ],
)
def test_dns_caa(values: Sequence[str], issuer: str, expected: Expected) -> None:
    assert judge("dns-caa", caa(records(*values)), certificates(chain(by(issuer)))) == [expected]


def test_where_there_is_none_any_authority_may_issue() -> None:
    assert judge("dns-caa", caa(None), certificates()) == [("fail", "no CAA record: any authority may issue")]


def test_a_wildcard_goes_by_issuewild_and_by_the_records_above() -> None:
    wildcard = certificates(chain(by(LETS_ENCRYPT, "*.example.org")))
    above = records("issue pki.goog", "issuewild letsencrypt.org")
    assert judge("dns-caa", caa(records("issue ;", name="www.example.org"), above), wildcard) == [
        ("pass", "CAA at example.org allows Let's Encrypt")
    ]
    assert judge("dns-caa", caa(records("issuewild ;", "issue letsencrypt.org")), wildcard) == [
        ("fail", "CAA at example.org allows nobody, but the certificate is of Let's Encrypt")
    ]
    both = certificates(chain(by(LETS_ENCRYPT, "*.example.org", "www.example.org")))
    assert judge("dns-caa", caa(above), both) == [
        ("fail", "CAA at example.org allows pki.goog, but the certificate is of Let's Encrypt")
    ]


def test_one_s_own_authority_can_be_named() -> None:
    private = certificates(chain(by("CN=Ours,O=Somebody")))
    found = judge("dns-caa", caa(records("issue ca.example.org")), private, options={"own": ["ca.example.org"]})
    assert found == [("pass", "CAA at example.org allows Somebody")]


def test_the_authority_above_a_branded_one_excuses_it() -> None:
    leaf, intermediate = by("CN=DV,O=Reseller"), by("CN=Root,O=Sectigo Limited", "")
    chained = replace(chain(leaf), certificates=(leaf, intermediate))
    allowed = judge("dns-caa", caa(records("issue sectigo.com")), certificates(chained))
    assert allowed == [("pass", "CAA at example.org allows Reseller")]
    other = judge("dns-caa", caa(records("issue pki.goog")), certificates(chained))
    assert other == [("unknown", "CAA at example.org allows pki.goog; which of them Reseller is, is not known here")]
